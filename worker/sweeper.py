"""Looks at every booking that is not at rest and has no live job, and gives it a new one.

Our records are the truth, RQ's jobs are replaceable pointers to them: whatever RQ loses comes back by itself. The same
goes for what no job waits for: the trials of paused accounts, and the looks at open drafts.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import structlog
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, ScheduledJobRegistry

from worker.counters import Counted
from worker.keyspace import FS
from worker.lapses import look_for_a_lapse
from worker.looks import due
from worker.pauses import ACCOUNT_WIDE, Pauses, PersonsPauses
from worker.queue import ALLOWED_FUNCTIONS, CONVERGE, BookingJob, enqueue_look
from worker.records import BookingStatus
from worker.retention import drop_due
from worker.retries import take_in_left
from worker.services import Services

SWEEP_SECONDS = 5
SWEPT_AT = f"{FS}:swept-at"  # when it last did
SETTLED_IN_SECONDS = 15
"""A record that changed this recently is left alone: its job may be on its way from one of RQ's lists to another."""

log = structlog.get_logger()


def swept_at(services: Services) -> datetime | None:
    """When some process last swept."""
    found = services.store.get(SWEPT_AT)
    return datetime.fromtimestamp(float(found), UTC) if found else None


class Find(StrEnum):
    """What a sweep finds to do."""

    LOST = "lost-job"  # a booking whose job is gone
    ABANDONED = "abandoned-job"  # a job whose worker died
    TRIAL = "trial"  # of a paused account
    LEFT = "left-delivery"  # that an older program only kept
    LOOK = "look"  # at an account's drafts
    GUESTS = "guest-data"  # whose time is over


class Sweeper:
    """One sweep at a time over all processes."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def sweep_when_due(self) -> None:
        """Sweep, unless some process did so in the last seconds."""
        if self._services.store.set(f"{FS}:sweep", "1", nx=True, ex=SWEEP_SECONDS):
            self._note()
            look_for_a_lapse(self._services.store, now=self._services.clock())
            found = {
                Find.LOST: len(self.sweep()),
                Find.ABANDONED: self.forget_abandoned_jobs(),
                Find.TRIAL: len(self.try_paused_accounts()),
                Find.LEFT: len(take_in_left(self._services)),
                Find.LOOK: self.enqueue_looks(),
                Find.GUESTS: drop_due(self._services),
            }
            for what, number in found.items():
                self._services.counters.add(Counted.SWEPT, what, by=number)

    def enqueue_looks(self) -> int:
        """Have the drafts looked at that are due; how many accounts these are."""
        accounts = due(self._services)
        for account in accounts:
            enqueue_look(self._services.queue, account, job_id=self._services.new_id())
        return len(accounts)

    def forget_abandoned_jobs(self) -> int:
        """Take jobs that RQ counts as failed, as their worker died, out of its list once no booking waits for them."""
        queue, forgotten = self._services.queue, 0
        failed = FailedJobRegistry(queue=queue)
        for found in failed.get_job_ids():
            job = _fetched(queue, found)
            if job is None or job.func_name not in ALLOWED_FUNCTIONS:
                continue
            record = self._services.ledger.get(job.args[0]) if job.func_name == CONVERGE else None
            if record is None or record.job != found or record.status is not BookingStatus.FAILED:
                failed.remove(job, delete_job=True)
                forgotten += 1
        return forgotten

    def try_paused_accounts(self) -> list[str]:
        """Give one parked booking of each paused account a job, or all once the pause is over; returns their keys."""
        services, now = self._services, self._services.clock()
        pauses, by_persons = Pauses(services.store), PersonsPauses(services.store).all()
        tried = []
        for account in pauses.due(now=now):
            if account in by_persons:
                continue
            parked = services.ledger.parked_for(account, ACCOUNT_WIDE)
            if not parked:
                pauses.forget(account)
            elif pauses.is_paused(account):
                parked = parked[:1]
                pauses.try_one(account, parked[0], now=now)
            else:
                pauses.look_again(account, now=now)
            tried += [key for key in parked if services.ledger.requeue(key, job=services.new_id(), now=now)]
        if tried:
            log.info("tried-paused-accounts", bookings=len(tried))
        return tried

    def sweep(self) -> list[str]:
        """Give each booking whose job is gone a new one; returns their keys."""
        ledger, queue = self._services.ledger, self._services.queue
        now = self._services.clock()
        # In this order: a job that is due goes from the second to the first.
        alive = {*_scheduled(queue), *queue.job_ids}
        held = PersonsPauses(self._services.store).all()
        swept = []
        for status in (BookingStatus.QUEUED, BookingStatus.WAITING):
            keys = ledger.unchanged_since(status, now - timedelta(seconds=SETTLED_IN_SECONDS))
            if status is BookingStatus.WAITING:  # who waits for a person to resume the account needs no job
                keys = [key for key in keys if key.partition(":")[0] not in held]
            for key, job in zip(keys, ledger.jobs(keys), strict=True):
                if job in alive or ledger.is_locked(key):
                    continue
                if ledger.requeue(key, job=self._services.new_id(), now=now, instead_of=job):
                    log.warning("swept", booking=key)
                    _forget(queue, job)
                    swept.append(key)
        return swept

    def _note(self) -> None:
        services = self._services
        services.counters.add(Counted.SWEEPS)
        with services.store.pipeline(transaction=True) as pipe:
            pipe.set(SWEPT_AT, services.clock().timestamp())
            services.counters.write(pipe)
            pipe.execute()


def _scheduled(queue: Queue) -> list[str]:
    registry = ScheduledJobRegistry(queue=queue)  # type: ignore[no-untyped-call]
    found: list[str] = registry.get_job_ids()
    return found


def _forget(queue: Queue, job: str) -> None:
    """Take a lost job out of RQ's lists: RQ would count it as failed for a year."""
    found = _fetched(queue, job)
    if found:
        found.delete()


def _fetched(queue: Queue, job: str) -> Job | None:
    try:
        return BookingJob.fetch(job, connection=queue.connection, serializer=queue.serializer)
    except NoSuchJobError:
        return None
