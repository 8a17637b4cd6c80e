"""Fetches a booking that a delivery only names: question by question, each paced, and tried again within seconds."""

from typing import Any

from mapping.delivery import Delivery, json_body
from mapping.errors import (
    BookingNotFound,
    ChannelManagerRejected,
    ChannelManagerUnavailable,
    NoCredentials,
    UnreadableDelivery,
)
from mapping.fetch import Answers, Fetch, Question
from mapping.reasons import Reason
from worker.fetching.tokens import Tokens
from worker.fetching.transport import Answer, ChannelManagerPool, CountedRequests
from worker.invoicexpress.answers import seconds_to_wait
from worker.pacing import Gate, Pass
from worker.records import Record
from worker.services import Services
from worker.waits import within_seconds

NOT_NOW = frozenset({408, 425})
GONE = frozenset({404, 410})


class Fetcher:
    """One attempt's questions about one booking, with the credentials of the connection that told of it."""

    def __init__(self, services: Services, pool: ChannelManagerPool, record: Record) -> None:
        self._services = services
        self._record = record
        self._requests = CountedRequests(pool=pool, channel_manager=record.channel_manager, counters=services.counters)
        self._tokens = Tokens(services.credentials, self._requests, record.connection)
        self._has_dropped_a_token = False

    def fetch(self, how: Fetch, delivery: Delivery) -> Answers:
        """What the channel manager answers; where its parts may not fit together, what it answered twice alike.

        Raises `ChannelManagerUnavailable`, `ChannelManagerRejected`, `TurnComesLater`, `AccountPaused`, or
        `UnreadableDelivery` for an answer that no wait mends.
        """
        gate = self._gate(how)
        answers = self._asked(how, delivery, gate)
        if how.reads_twice and how.read(delivery, answers) != how.read(delivery, self._asked(how, delivery, gate)):
            raise ChannelManagerUnavailable("it is changing the booking just now")
        return answers

    def _asked(self, how: Fetch, delivery: Delivery, gate: Gate) -> Answers:
        answers: list[Any] = []
        while question := how.question(delivery, self._record.source_id, answers):
            answers.append(within_seconds()(self._ask, how, question, gate))
        return answers

    def _ask(self, how: Fetch, question: Question, gate: Gate) -> Any:
        base = self._services.environment.channel_manager_base(self._record.channel_manager, how.host)
        headers = how.headers(self._key(how, base, gate))
        with gate.request():
            answer = self._requests.ask(base, question, headers)
        if answer.status == 429:
            asked = seconds_to_wait(answer.retry_after, self._services.clock())
            gate.hold(asked)
            raise ChannelManagerUnavailable("status 429", retry_after=asked)
        if answer.status == 401 and how.token:
            self._drop_token()
        _raise_unless_told(answer)
        try:
            return json_body(answer.body)
        except UnreadableDelivery as error:  # a page of a proxy that says that something is out of order
            raise ChannelManagerUnavailable(f"an answer whose {error}") from None

    def _key(self, how: Fetch, base: str, gate: Gate) -> str:
        """What the headers are made from."""
        given = self._services.credentials.of(self._record.connection)
        if not given:
            raise NoCredentials("there are none")
        return self._tokens.token(how.token, given, base, gate) if how.token else given

    def _drop_token(self) -> None:
        """A token may be taken back before its time: then another is asked for, once. A second one refused is a refusal."""
        self._services.credentials.drop_token(self._record.connection)
        if self._has_dropped_a_token:
            self._services.credentials.set_refused(self._record.connection)
            return
        self._has_dropped_a_token = True
        raise ChannelManagerUnavailable("status 401: its access token is not taken any more", retry_after=0)

    def _gate(self, how: Fetch) -> Gate:
        connection = self._record.connection
        who = Pass(
            account=f"connection {connection}",  # with a space, which no account's name has
            owner=self._record.account,
            booking=self._record.key,
            limit=how.a_minute,
            needs=how.requests,
            has_waited=self._record.last_reason is Reason.IN_LINE,
        )
        return Gate(self._services.store, who, clock=self._services.clock)


def _raise_unless_told(answer: Answer) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    if status in {401, 403}:
        raise ChannelManagerRejected(f"status {status}")
    if status in GONE:
        raise BookingNotFound(f"status {status}")
    if status >= 500 or status in NOT_NOW:
        raise ChannelManagerUnavailable(f"status {status}")
    raise UnreadableDelivery.at("answer", f"has the status {status}, which was not expected")
