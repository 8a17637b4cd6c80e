"""The one job: bring a booking's document to where its newest state says it should be."""

import json
import traceback
from dataclasses import dataclass

import structlog
from rq import Retry, get_current_job
from rq.job import Job
from rq.timeouts import JobTimeoutException

from mapping.draft import InvoiceDraft
from mapping.errors import (
    FaturaSyncError,
    InvoiceXpressRejected,
    InvoiceXpressUnavailable,
    UnreadableDelivery,
    UserError,
)
from mapping.reasons import Reason
from worker.attempt import Attempt, Outcome
from worker.invoicexpress.client import InvoiceXpressPool
from worker.ledger import BookingStatus
from worker.meaning import Meaning, meaning, newest_booking
from worker.services import Services
from worker.store import Value
from worker.taxes import forget_taxes, tax_name
from worker.waits import BUSY_SECONDS, LOCK_SECONDS, later

log = structlog.get_logger()

NEVER_SPENT = 1_000_000
"""RQ's own limit on retries: how often is ours to count, in the booking's record."""


class UnexpectedFailure(FaturaSyncError):
    """A fault of ours. Its text names the error's type and place; the error's own text may hold guests' data."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What a worker process works with; the pool's connections live across jobs."""

    services: Services
    pool: InvoiceXpressPool


_equipped: list[Workshop] = []


def equip(workshop: Workshop) -> None:
    """Give this process what its jobs work with, once, before it takes any: a job brings only a booking's key."""
    _equipped[:] = [workshop]


def converge_booking(key: str) -> Retry | None:
    """RQ's entry point: None when the booking is at rest, else when RQ shall try again."""
    job = get_current_job()
    if job is None or not _equipped:
        raise RuntimeError("This runs as a job of `faturasync worker` only.")
    structlog.contextvars.bind_contextvars(booking=key, delivery=job.meta.get("delivery"))
    return _Turn(_equipped[0], key, job).take()


class _Turn:
    """One job's turn at one booking."""

    def __init__(self, workshop: Workshop, key: str, job: Job) -> None:
        self._services = workshop.services
        self._pool = workshop.pool
        self._ledger = workshop.services.ledger
        self._key = key
        self._job = job
        self._attempts = 0
        self._meaning: Meaning | None = None

    def take(self) -> Retry | None:
        """One attempt, alone: a second job of the same booking gives its place to others and comes back."""
        token = self._services.new_id()
        if not self._ledger.lock(self._key, token, seconds=LOCK_SECONDS):
            return Retry(max=NEVER_SPENT, interval=BUSY_SECONDS)
        try:
            if not self._ledger.begin(self._key, self._job.id):
                log.info("superseded")
                return None
            return self._attempt()
        finally:
            self._ledger.unlock(self._key, token)

    def _attempt(self) -> Retry | None:
        failure = None
        try:
            outcome = self._outcome()
        except InvoiceXpressUnavailable as error:
            return self._wait(str(error), asked=error.retry_after)
        except JobTimeoutException:
            return self._wait("The attempt took too long.", asked=None)
        except InvoiceXpressRejected as refusal:
            outcome = _refused(refusal)
        except UnreadableDelivery as error:
            outcome = Outcome(status=BookingStatus.FAILED, reason=Reason.UNREADABLE, facts={"problems": str(error)})
        except UserError as error:
            outcome = _failed(str(error))
        except Exception as error:  # noqa: BLE001 whatever it is, the booking says so and its text stays here
            failure = UnexpectedFailure(_place(error))
            outcome = _failed(str(failure))
        self._settle(outcome)
        if failure:  # out here it does not carry the error that it stands for
            raise failure
        return None

    def _outcome(self) -> Outcome:
        record = self._ledger.get(self._key)
        if record is None:
            raise UserError("The booking's record is gone.")
        self._attempts = record.attempts
        structlog.contextvars.bind_contextvars(account=record.account, delivery=record.newest)
        booking = newest_booking(self._services, record)
        self._meaning = meaning(self._services, record.account, record.channel_manager, booking)
        account = self._services.accounts.get(record.account)
        api = self._pool.account(account.subdomain, self._services.accounts.api_key(account.name))
        base = self._services.environment.invoicexpress_url.replace("{account}", account.subdomain)

        def name_of_tax(draft: InvoiceDraft) -> str | None:
            return tax_name(self._services.store, account.name, api, rate=draft.rate, region=draft.region)

        attempt = Attempt(
            record,
            self._ledger,
            api,
            tax_name=name_of_tax,
            document_url=lambda document: f"{base}/invoices/{document}",
            clock=self._services.clock,
        )
        outcome = attempt.run(self._meaning.desired)
        if outcome.reason is Reason.DOCUMENT_DIFFERS:  # perhaps as a tax has another name now
            forget_taxes(self._services.store, account.name)
        return outcome

    def _wait(self, words: str, *, asked: float | None) -> Retry | None:
        """Come back later through RQ, or when all waits are spent leave it to an operator."""
        facts = {"words": words}
        seconds = later(self._attempts, asked=asked)
        if seconds is None:
            self._settle(Outcome(status=BookingStatus.FAILED, reason=Reason.UNAVAILABLE, facts=facts))
            return None
        waiting = Outcome(status=BookingStatus.WAITING, reason=Reason.UNAVAILABLE, facts=facts)
        if not self._settle(waiting, attempts=self._attempts + 1):
            return None
        return Retry(max=NEVER_SPENT, interval=seconds)

    def _settle(self, outcome: Outcome, *, attempts: int = 0) -> bool:
        now = self._services.clock()
        fields: dict[str, Value] = {"attempts": attempts}
        facts = dict(outcome.facts)
        if self._meaning:
            fields |= {
                "booking": self._ledger.seal_booking(self._key, self._meaning.booking),
                "property": self._meaning.property_name or "",
                "figures": json.dumps(self._meaning.figures),
            }
            facts = {**self._meaning.facts, **facts}
        settled = self._ledger.settle(
            self._key, self._job.id, outcome.status, now=now, reason=outcome.reason, facts=facts, fields=fields
        )
        reason = outcome.reason.value if outcome.reason else ""
        log.info("settled", status=outcome.status.value, reason=reason, superseded=not settled)
        self._ledger.note(self._key, outcome.status.value, at=now, reason=reason)
        return settled


def _refused(refusal: InvoiceXpressRejected) -> Outcome:
    reason = Reason.API_KEY_REFUSED if refusal.status in {401, 403} else Reason.REFUSED
    words = "; ".join(refusal.words) or f"status {refusal.status}"
    return Outcome(status=BookingStatus.PARKED, reason=reason, facts={"words": words})


def _failed(words: str) -> Outcome:
    return Outcome(status=BookingStatus.FAILED, reason=Reason.UNEXPECTED, facts={"words": words})


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
