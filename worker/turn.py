"""One job's turn at one booking: what it works with, and what becomes of however it ends."""

import json
import traceback
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache, partial

import structlog
from redis import RedisError
from rq import Retry
from rq.job import Job
from rq.timeouts import JobTimeoutException

from mapping.booking import Booking
from mapping.desired import Desired, Nothing
from mapping.errors import (
    AccountPaused,
    ChannelManagerRejected,
    ChannelManagerUnavailable,
    FaturaSyncError,
    InvoiceXpressRejected,
    InvoiceXpressUnavailable,
    TurnComesLater,
    UnreadableDelivery,
    UserError,
)
from mapping.reasons import Reason
from worker.accounts import Account
from worker.adoption import Adoption, Existing
from worker.attempt import Attempt
from worker.converge import Ignored, next_step
from worker.fetching.fetcher import Fetcher
from worker.history import Story, line
from worker.invoicexpress.client import InvoiceXpress
from worker.lapses import IN_MIND, Lapse, look_for_a_lapse
from worker.meaning import Meaning, drafts_meant, meaning_of, newest_booking
from worker.outcome import Outcome, at_rest, failed, failed_by, let_go, reason_to_wait, refused
from worker.pauses import Pauses
from worker.recognition import state_of
from worker.records import BookingStatus, Decision, Record, Trail
from worker.requests import Requests
from worker.resting import rest_fields
from worker.sealing import correction_field
from worker.sequences import sequence_id
from worker.stays import Stay, stay_of
from worker.store import Value
from worker.store_version import NewerStore
from worker.taxes import forget_taxes, tax_names
from worker.waits import BUSY_SECONDS, LOCK_SECONDS, NEVER_SPENT, later, seconds_until, when_its_turn_comes
from worker.workshop import Workshop

TOLD_ANEW = "told-anew"
"""Why a correction is dropped: its channel manager says something else of that field by now."""

log = structlog.get_logger()


class UnexpectedFailure(FaturaSyncError):
    """A fault of ours. Its text names the error's type and place; the error's own text may hold guests' data."""


class Turn:
    """One job's turn at one booking."""

    def __init__(self, workshop: Workshop, key: str, job: Job) -> None:
        self._workshop = workshop
        self._services = workshop.services
        self._ledger = workshop.services.ledger
        self._key = key
        self._job = job
        self._attempts = 0
        self._meaning: Meaning | None = None
        self._record: Record | None = None
        self._made: Attempt | None = None
        self._story = Story(workshop.services.clock)
        self._token = workshop.services.new_id()
        self._is_alone = True  # for all that is known: the booking's lock is ours to give free
        self._pauses = Pauses(self._services.store)

    def take(self) -> Retry | None:
        """One attempt, alone: a second job of the same booking gives its place to others and comes back."""
        try:
            kept = self._ledger.take(self._key, self._job.id, self._token, seconds=LOCK_SECONDS)
            if kept is None:
                self._is_alone = False
                return Retry(max=NEVER_SPENT, interval=BUSY_SECONDS)
            if not kept:
                log.info("superseded")
                return None
            return self._attempt(kept)
        except NewerStore as error:  # what is not in the ledger was not asked for, or is looked up by whoever goes on
            log.warning("left-to-a-newer-program", why=str(error))
            return Retry(max=NEVER_SPENT, interval=BUSY_SECONDS)
        finally:
            if self._is_alone:
                self._ledger.unlock(self._key, self._token)

    def _attempt(self, kept: Mapping[bytes, bytes]) -> Retry | None:
        failure = None
        try:
            outcome = self._outcome(kept)
        except NewerStore:
            raise
        except (TurnComesLater, AccountPaused) as error:
            return self._give_way(error)
        except (InvoiceXpressUnavailable, ChannelManagerUnavailable) as error:
            return self._wait(str(error), asked=error.retry_after, reason=reason_to_wait(error))
        except JobTimeoutException:
            return self._wait("The attempt took too long.", asked=None)
        except RedisError as error:
            return self._wait(type(error).__name__, asked=None, reason=Reason.STORE_WAS_AWAY)
        except (InvoiceXpressRejected, ChannelManagerRejected) as refusal:
            outcome = refused(refusal, without_guest=self._story.without_hidden)
        except (UnreadableDelivery, UserError) as error:
            outcome = failed_by(error)
        except Exception as error:  # noqa: BLE001 whatever it is, the booking says so and its text stays here
            failure = UnexpectedFailure(place(error))
            outcome = failed(str(failure))
        again = self._end(outcome)
        if failure:  # out here it does not carry the error that it stands for
            raise failure
        return again

    def _end(self, outcome: Outcome) -> Retry | None:
        settled = self._settle(outcome)
        if outcome.again_at is None or not settled:
            return None
        return Retry(max=NEVER_SPENT, interval=seconds_until(outcome.again_at, self._services.clock()))

    def _outcome(self, kept: Mapping[bytes, bytes]) -> Outcome:
        self._record = record = self._ledger.sealing.record(self._key, kept)
        self._attempts = record.attempts
        structlog.contextvars.bind_contextvars(account=record.account, delivery=record.newest)
        if record.decision is Decision.IGNORE:  # before anything is read or asked: perhaps it is that which fails
            step = next_step(Ignored(), state_of(record.trail.document), sent_equal=False)
            return at_rest(step, Ignored(), record.trail)
        if record.dropped and not (record.shall_look and record.trail.document):
            return let_go(record, record.dropped, record.trail)
        account, api_key = self._services.accounts.with_key(record.account)
        self._meaning = None if record.dropped else self._read(record, account)
        self._story.hide(_of_guests(record, self._meaning))
        gate = self._workshop.gate(
            account,
            booking=record.key,
            needs=2 if record.trail.claim else 1,  # there is something to be read first
            has_waited=record.last_reason is Reason.IN_LINE,
        )
        try:
            api = self._workshop.open(account, gate, story=self._story, api_key=api_key)
            return self._converged(record, account, api, self._meaning.desired if self._meaning else Nothing())
        finally:
            if gate.passed_a_trial:
                self._pauses.lift(account.name, now=self._services.clock())

    def _read(self, record: Record, owner: Account) -> Meaning | None:
        """What the booking's newest state means; None for one of which no more is known than that it was cancelled."""
        fetcher = Fetcher(self._services, self._workshop.channel_managers, record)
        booking = newest_booking(self._services, record, fetched=fetcher.fetch)
        return meaning_of(self._services, record, booking, owner=owner) if booking else None

    def _converged(self, record: Record, account: Account, api: InvoiceXpress, wanted: Desired) -> Outcome:
        services = self._services
        base = services.environment.invoicexpress_url.replace("{account}", account.subdomain)

        requests = Requests(
            record=record,
            tax_names=cache(partial(tax_names, services.store, account.name, api)),
            sequence_id=partial(sequence_id, services.store, account.name, api),
            clock=services.clock,
        )

        def existing(lost: list[Lapse]) -> Existing | None:
            adoption = Adoption(services.store, account.name, clock=services.clock)
            if lost and any(drafts_meant(services, record)):
                for each in lost:
                    adoption.catch_up(api, each)
            return adoption.existing(record.channel_manager, record.source_id)

        self._made = attempt = Attempt(
            record,
            self._ledger,
            api,
            existing=lambda: existing([*self._forgotten(), *self._before_the_restart(record)]),
            later=lambda: existing(self._forgotten()),
            meant=lambda: drafts_meant(services, record),
            outdated_since=lambda: self._outdated_since(record),
            requests=requests,
            document_url=lambda document: f"{base}/invoices/{document}",
            story=self._story,
            clock=services.clock,
        )
        if record.dropped:
            attempt.look()
            return let_go(record, record.dropped, attempt.trail)
        outcome = attempt.run(wanted)
        if outcome.reason is Reason.DOCUMENT_DIFFERS:  # perhaps as a tax has another name now
            forget_taxes(services.store, account.name)
        return outcome

    def _forgotten(self) -> list[Lapse]:
        """The last time of which the store may know nothing, if there was one."""
        found = look_for_a_lapse(self._services.store, now=self._services.clock())
        return [found] if found else []

    def _before_the_restart(self, record: Record) -> list[Lapse]:
        """The moment before the store was started, if the booking was there then."""
        started = self._workshop.store_started()
        return [Lapse(since=started, until=started)] if record.first_at <= started else []

    def _outdated_since(self, record: Record) -> timedelta | None:
        """How long ago the store may have forgotten a newer state that the channel manager told; None if it has not."""
        since = [self._services.clock() - lost.until for lost in self._forgotten() if record.told_at <= lost.until]
        return since[0] if since and since[0] < IN_MIND else None

    def _give_way(self, error: TurnComesLater | AccountPaused) -> Retry | None:
        """Come back when the booking's place in its account's line comes up, or a person resumes the account.

        It costs no attempt.
        """
        reason = Reason.PAUSED if isinstance(error, AccountPaused) else Reason.IN_LINE
        settled = self._settle(Outcome(status=BookingStatus.WAITING, reason=reason), attempts=self._attempts)
        if isinstance(error, AccountPaused) or not settled:
            return None
        # To the front: its turn has come, and what is behind it in a long backlog would only be told to wait.
        return Retry(max=NEVER_SPENT, interval=when_its_turn_comes(error.seconds), enqueue_at_front=True)

    def _wait(self, words: str, *, asked: float | None, reason: Reason = Reason.UNAVAILABLE) -> Retry | None:
        """Come back later through RQ, or when all waits are spent leave it to an operator."""
        facts = {"words": words}
        seconds = later(self._attempts, asked=asked)
        if seconds is None:
            self._settle(Outcome(status=BookingStatus.FAILED, reason=reason, facts=facts))
            return None
        waiting = Outcome(status=BookingStatus.WAITING, reason=reason, facts=facts)
        if not self._settle(waiting, attempts=self._attempts + 1):
            return None
        return Retry(max=NEVER_SPENT, interval=seconds)

    def _settle(self, outcome: Outcome, *, attempts: int = 0) -> bool:
        now = self._services.clock()
        fields: dict[str, Value] = {"attempts": attempts}
        facts = dict(outcome.facts)
        reason = outcome.reason.value if outcome.reason else ""
        lines = []
        if self._meaning:
            fields |= {
                "property": self._meaning.property_name or "",
                "figures": json.dumps(self._meaning.figures),
                "warnings": json.dumps(self._meaning.warnings),
            }
            fields |= {correction_field(field): "" for field in self._meaning.outdated}
            lines += [
                line("correction-dropped", at=now, field=field, why=TOLD_ANEW) for field in self._meaning.outdated
            ]
            facts = {**self._meaning.facts, **facts}
        settled = self._ledger.settle(
            self._key,
            self._job.id,
            outcome.status,
            now=now,
            reason=outcome.reason,
            facts=facts,
            booking=self._meaning.booking if self._meaning else None,
            stay=self._stay(outcome.status),
            fields=fields | self._rest(),
            done=self._story.lines,
            lines=[*lines, line(outcome.status.value, at=now, reason=reason)],
            token=self._token,
        )
        self._is_alone = False
        self._story.kept()
        log.info("settled", status=outcome.status.value, reason=reason, superseded=not settled)
        return settled

    def _stay(self, status: BookingStatus) -> Stay | None:
        """What is to be kept of the booking's stay, as far as this turn came."""
        return stay_of(status, *self._state(self._record)) if self._record else None

    def _rest(self) -> dict[str, Value]:
        """What is to be kept of since when the booking is at rest, if it is."""
        return dict(rest_fields(*self._state(self._record))) if self._record else {}

    def _state(self, record: Record) -> tuple[Booking | None, Trail]:
        """The booking and what was asked for it, as far as this turn came."""
        booking = self._meaning.booking if self._meaning else record.booking
        return booking, self._made.trail if self._made else record.trail


def _of_guests(record: Record, meant: Meaning | None) -> Iterator[str | None]:
    """What InvoiceXpress may repeat of the guest as it was told, now and before."""
    if meant:
        booking = meant.booking
        yield from (booking.guest_name, booking.guest_tax_id, booking.guest_email, booking.guest_company)
    for request in (record.trail.sent, record.trail.earlier, *record.trail.sending):
        if request:
            yield from (request.client_name, request.draft.client_name, request.draft.client_tax_number)


def place(error: BaseException) -> str:
    """The error's type, and where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
