"""Fetches a booking that a delivery only names: question by question, each paced, and tried again within seconds."""

from collections.abc import Mapping
from typing import Any

from mapping.delivery import json_body
from mapping.errors import (
    BookingNotFound,
    ChannelManagerRejected,
    ChannelManagerUnavailable,
    NoCredentials,
    UnreadableDelivery,
)
from mapping.fetch import Answers, Fetch, Question
from mapping.reasons import Reason
from worker.fetching.transport import Answer, ChannelManagerPool
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
        self._pool = pool
        self._record = record

    def fetch(self, how: Fetch) -> Answers:
        """What the channel manager answers; where its parts may not fit together, what it answered twice alike.

        Raises `ChannelManagerUnavailable`, `ChannelManagerRejected`, `TurnComesLater`, or `UnreadableDelivery` for an
        answer that no wait mends.
        """
        credentials = self._services.connections.credentials(self._record.connection)
        if credentials is None:
            raise NoCredentials("there are none")
        headers, gate = how.headers(credentials), self._gate(how)
        answers = self._asked(how, headers, gate)
        if how.reads_twice and how.read(answers) != how.read(self._asked(how, headers, gate)):
            raise ChannelManagerUnavailable("it is changing the booking just now")
        return answers

    def _asked(self, how: Fetch, headers: Mapping[str, str], gate: Gate) -> Answers:
        answers: list[Any] = []
        while question := how.question(self._record.source_id, answers):
            answers.append(within_seconds()(self._ask, how.host, question, headers, gate))
        return answers

    def _ask(self, host: str, question: Question, headers: Mapping[str, str], gate: Gate) -> Any:
        with gate.request():
            answer = self._pool.ask(host, question, headers)
        if answer.status == 429:
            asked = seconds_to_wait(answer.retry_after, self._services.clock())
            gate.hold(asked)
            raise ChannelManagerUnavailable("status 429", retry_after=asked)
        _raise_unless_told(answer)
        try:
            return json_body(answer.body)
        except UnreadableDelivery as error:  # a page of a proxy that says that something is out of order
            raise ChannelManagerUnavailable(f"an answer whose {error}") from None

    def _gate(self, how: Fetch) -> Gate:
        connection = self._record.connection
        who = Pass(
            account=f"connection {connection}",  # with a space, which no account's name has
            booking=self._record.key,
            limit=how.a_minute,
            has_waited=self._record.reason is Reason.IN_LINE,
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
