"""How the work stands at this moment: the queue, each account's backlog and pauses, what is stuck, who works.

One use case for `faturasync queues`, the console's page and metrics. It reads a few numbers and lists, never all records.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mapping.reasons import Reason
from worker.accounts import Account
from worker.activity import Bucket, last_day
from worker.causes import Group, groups
from worker.forecast import Backlog
from worker.keyspace import FS
from worker.pacing import LIMIT
from worker.pauses import Pauses, PersonsPause, PersonsPauses, Refusal
from worker.records import BookingStatus
from worker.services import Services
from worker.store import Store
from worker.sweeper import swept_at
from worker.waits import WINDOW_SECONDS
from worker.workers import SeenQueue, SeenWorker, seen_queue, seen_workers

COUNTED = {
    "queued": f"status|{BookingStatus.QUEUED}",
    "waiting": f"status|{BookingStatus.WAITING}",
    "parked": f"status|{BookingStatus.PARKED}",
    "failed": f"status|{BookingStatus.FAILED}",
    "in_line": f"reason|{Reason.IN_LINE}",
    "for_their_day": f"reason|{Reason.NOT_YET}",
    "paused": f"reason|{Reason.PAUSED}",
}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Bookings. The last three are among those that wait."""

    queued: int
    waiting: int
    parked: int
    failed: int
    in_line: int
    for_their_day: int
    paused: int


@dataclass(frozen=True, kw_only=True)
class AccountLine:
    """One account. `refusal` is InvoiceXpress's pause, `pause` a person's; `held_seconds` is what a 429 asked for."""

    account: str
    counts: Counts
    limit: int
    made: int  # requests of the last minute
    held_seconds: float
    refusal: Refusal | None
    pause: PersonsPause | None
    done_seconds: int | None  # until its backlog is done at its limit; None while it is paused

    @property
    def is_paused(self) -> bool:
        """Whether nothing is asked for it but trials."""
        return self.refusal is not None or self.pause is not None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All of it, at the moment `at`."""

    at: datetime
    queue: SeenQueue
    counts: Counts
    oldest_at: datetime | None  # since when the booking that is queued longest is
    accounts: Sequence[AccountLine]
    stuck: Sequence[Group]
    workers: Sequence[SeenWorker]
    swept_at: datetime | None

    @property
    def oldest_seconds(self) -> float | None:
        """For how long that booking is queued."""
        return (self.at - self.oldest_at).total_seconds() if self.oldest_at else None

    @property
    def alive(self) -> int:
        """How many workers gave a sign of life lately."""
        return sum(worker.is_alive(self.at) for worker in self.workers)

    @property
    def done_seconds(self) -> int:
        """Until the backlog of every account that is not paused is done at its limit."""
        return max((line.done_seconds or 0 for line in self.accounts), default=0)


def overview(services: Services) -> Overview:
    """How the work stands now."""
    store = services.store
    return Overview(
        at=services.clock(),
        queue=seen_queue(services.queue),
        counts=_counts(services, [""])[0],
        oldest_at=oldest_queued(store),
        accounts=accounts(services),
        stuck=groups(store),
        workers=seen_workers(services.queue),
        swept_at=swept_at(services),
    )


def oldest_queued(store: Store) -> datetime | None:
    """Since when the booking that is queued longest is; None where none is."""
    oldest = store.zrange(f"{FS}:status:{BookingStatus.QUEUED}", 0, 0, withscores=True)
    return datetime.fromtimestamp(oldest[0][1], UTC) if oldest else None


def activity(services: Services) -> list[Bucket]:
    """What was done in the last day."""
    return last_day(services.store, now=services.clock())


def accounts(services: Services) -> list[AccountLine]:
    """How each account's work stands now."""
    known = services.accounts.all()
    names = [account.name for account in known]
    refusals, by_persons = Pauses(services.store).of(names), PersonsPauses(services.store).all()
    with services.store.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(f"{FS}:asked:{name}")
            pipe.pttl(f"{FS}:line:{name}")
            pipe.pttl(f"{FS}:hold:{name}")
        limits = iter(pipe.execute())
    lines = zip(known, _counts(services, names), limits, limits, limits, strict=True)
    return [
        _line(account, counts, (made, line, hold), refusals.get(account.name), by_persons.get(account.name))
        for account, counts, made, line, hold in lines
    ]


def _line(
    account: Account, counts: Counts, limits: tuple[int, int, int], refusal: Refusal | None, pause: PersonsPause | None
) -> AccountLine:
    made, line, hold = limits  # milliseconds below zero where there is none
    held, limit = max(0, hold) / 1000, account.settings.limit or LIMIT
    line_seconds = max(held, line / 1000 - WINDOW_SECONDS)  # the line is kept for as long as a window beyond its end
    backlog = Backlog(queued=counts.queued, in_line=counts.in_line, limit=limit, made=made, line_seconds=line_seconds)
    return AccountLine(
        account=account.name,
        counts=counts,
        limit=limit,
        made=made,
        held_seconds=held,
        refusal=refusal,
        pause=pause,
        done_seconds=None if refusal or pause else backlog.seconds,
    )


def _counts(services: Services, accounts: Sequence[str]) -> list[Counts]:
    """The counts of each account; of all together for ""."""
    with services.store.pipeline(transaction=False) as pipe:
        for account in accounts:
            pipe.hmget(f"{FS}:counts:{account}" if account else f"{FS}:counts", list(COUNTED.values()))
        found = pipe.execute()
    return [
        Counts(**{name: int(number or 0) for name, number in zip(COUNTED, numbers, strict=True)}) for numbers in found
    ]
