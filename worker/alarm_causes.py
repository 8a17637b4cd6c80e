"""What there is to be alarmed about: each cause told from facts that are there anyway, and what to do about it.

A cause that is about an account or a connection is an alarm for each of them. How it is kept from coming and going stands
in `worker.alarms`; a cause may do its part with a sign that keeps an alarm open but does not open one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from mapping.reasons import Reason
from worker.backlog import waiting_since
from worker.connections import Connection
from worker.due import late_drafts
from worker.overview import AccountLine, accounts
from worker.reminders import Slug, day_over, silence_of
from worker.rhythm import heard_on
from worker.services import Services
from worker.spans import span
from worker.stays import Lacks, ended_by_account
from worker.sweeper import SWEEP_SECONDS, swept_at
from worker.workers import seen_queue, seen_workers

SWEEPER_SILENT = timedelta(seconds=24 * SWEEP_SECONDS)


class AlarmCause(StrEnum):
    """The slugs that scripts rely on, the most urgent first."""

    WORKERS = "workers-gone"
    SCHEDULER = "scheduler-stopped"
    SWEEPER = "sweeper-stopped"
    LOOK = "look-failed"  # in worker.watch: what cannot be looked at cannot be told
    KEY_REFUSED = Reason.API_KEY_REFUSED.value
    QUOTA_SPENT = Reason.QUOTA_SPENT.value
    BACKLOG = "backlog-old"
    UNREADABLE = "deliveries-unreadable"
    SILENT = Slug.SILENT.value
    DRAFTS = Slug.DRAFTS.value
    STAYS = Slug.STAYS.value


# {names} are facts that go with the alarm; {subject} is the account or the connection.
TITLES: Final[Mapping[AlarmCause, str]] = {
    AlarmCause.WORKERS: "No worker is alive",
    AlarmCause.SCHEDULER: "The scheduler does not run",
    AlarmCause.SWEEPER: "The sweeper does not run",
    AlarmCause.LOOK: "The look for alarms fails",
    AlarmCause.KEY_REFUSED: "InvoiceXpress refuses the API key of {subject}",
    AlarmCause.QUOTA_SPENT: "The document quota of {subject} is spent",
    AlarmCause.BACKLOG: "Bookings have been waiting for {age}",
    AlarmCause.UNREADABLE: "Deliveries of {subject} cannot be read: {count}",
    AlarmCause.SILENT: "The connection {subject} has been silent for {days} days",
    AlarmCause.DRAFTS: "Drafts of {subject} were not finalised in time: {count}",
    AlarmCause.STAYS: "Stays of {subject} ended without a document: {count}",
}
TODO: Final[Mapping[AlarmCause, str]] = {
    AlarmCause.WORKERS: "Start one: faturasync worker. Deliveries are taken in meanwhile, and nothing is lost.",
    AlarmCause.SCHEDULER: (
        "Restart the workers: one of them has to run it. Bookings that wait for their day or for a retry do not go on."
    ),
    AlarmCause.SWEEPER: "Restart the workers: each sweeps between its jobs. Their log says what keeps them from it.",
    AlarmCause.LOOK: "No other alarm is told until it can. The log says why (alarms-cannot-look); please report it.",
    AlarmCause.KEY_REFUSED: (
        "Its bookings are parked until there is a good one: faturasync account set {subject} takes it, and they go on."
    ),
    AlarmCause.QUOTA_SPENT: "A larger plan in InvoiceXpress, or the next period: its bookings go on by themselves.",
    AlarmCause.BACKLOG: "faturasync queues says what they wait for: workers, an account's limit, or InvoiceXpress.",
    AlarmCause.UNREADABLE: (
        "Bookings may be missing. faturasync show DELIVERY names what is wrong; after a fix, faturasync retry --all."
    ),
    AlarmCause.SILENT: (
        "{allowed} days are unusual for it already. Look in {channel_manager} whether its webhook is still there and "
        "switched on."
    ),
    AlarmCause.DRAFTS: (
        "The fifth working day after check-out is over (CIVA art. 36). Finalise them in InvoiceXpress; "
        "faturasync reminders names them."
    ),
    AlarmCause.STAYS: "faturasync reminders names them, and faturasync show BOOKING says why each has none.",
}


@dataclass(frozen=True, kw_only=True)
class Sign:
    """That a cause is there at this moment. `opens` says whether it is reason enough for an alarm that is not open."""

    cause: AlarmCause
    subject: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    opens: bool = True


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is looked at, at the moment `at`. What counts something does so by account, or by connection."""

    at: datetime
    backlog_after: timedelta
    alive: int
    has_scheduler: bool
    swept_at: datetime | None
    accounts: Sequence[AccountLine]
    waiting_since: datetime | None
    unreadable: Mapping[str, int]
    connections: Sequence[tuple[Connection, Sequence[date]]]
    late_drafts: Mapping[str, int]
    ended_stays: Mapping[str, int]


def look_around(services: Services) -> Facts:
    """The facts now: numbers, lists and what is due; never all records."""
    now, queue = services.clock(), seen_queue(services.queue)
    connections = services.connections.all()
    return Facts(
        at=now,
        backlog_after=services.environment.alarms.backlog_after,
        alive=sum(worker.is_alive(now) for worker in seen_workers(services.queue)),
        has_scheduler=queue.has_scheduler,
        swept_at=swept_at(services),
        accounts=accounts(services),
        waiting_since=waiting_since(services),
        unreadable=services.deliveries.unreadable_by_connection(),
        connections=list(
            zip(connections, heard_on(services.store, [connection.id for connection in connections]), strict=True)
        ),
        late_drafts=late_drafts(services, now=now),
        ended_stays=ended_by_account(services.store, Lacks.DOCUMENT, last_day=day_over(now)),
    )


def signs(facts: Facts) -> list[Sign]:
    """All causes that are there, the most urgent first."""
    urgency = list(AlarmCause)
    found = [sign for finder in FINDERS for sign in finder(facts)]
    return sorted(found, key=lambda sign: (urgency.index(sign.cause), sign.subject))


def _workers(facts: Facts) -> Iterator[Sign]:
    """Without a worker there is neither scheduler nor sweeper: that is one cause."""
    if not facts.alive:
        yield Sign(cause=AlarmCause.WORKERS)
        return
    if not facts.has_scheduler:
        yield Sign(cause=AlarmCause.SCHEDULER)
    if facts.swept_at is None or facts.at - facts.swept_at > SWEEPER_SILENT:
        yield Sign(cause=AlarmCause.SWEEPER)


def _refusals(facts: Facts) -> Iterator[Sign]:
    for line in facts.accounts:
        if line.refusal:
            spent = line.refusal.reason is Reason.QUOTA_SPENT
            yield Sign(cause=AlarmCause.QUOTA_SPENT if spent else AlarmCause.KEY_REFUSED, subject=line.account)


def _backlog(facts: Facts) -> Iterator[Sign]:
    """Half of what opens an alarm keeps it open: a backlog that is worked off would else come and go."""
    age = facts.at - facts.waiting_since if facts.waiting_since else timedelta(0)
    if age > facts.backlog_after / 2:
        told = {"age": span(age.total_seconds())}
        yield Sign(cause=AlarmCause.BACKLOG, facts=told, opens=age > facts.backlog_after)


def _silences(facts: Facts) -> Iterator[Sign]:
    """One that was never heard is a reminder: it has no rhythm to be out of."""
    for connection, days in facts.connections:
        silence = silence_of(connection, days, now=facts.at)
        if silence and silence.slug is Slug.SILENT:
            yield Sign(cause=AlarmCause.SILENT, subject=connection.id, facts=silence.facts)


def _counted(cause: AlarmCause, counts: Callable[[Facts], Mapping[str, int]]) -> Callable[[Facts], Iterator[Sign]]:
    def found(facts: Facts) -> Iterator[Sign]:
        for subject, count in counts(facts).items():
            if count:
                yield Sign(cause=cause, subject=subject, facts={"count": str(count)})

    return found


FINDERS: Final[Sequence[Callable[[Facts], Iterator[Sign]]]] = (
    _workers,
    _refusals,
    _backlog,
    _silences,
    _counted(AlarmCause.UNREADABLE, lambda facts: facts.unreadable),
    _counted(AlarmCause.DRAFTS, lambda facts: facts.late_drafts),
    _counted(AlarmCause.STAYS, lambda facts: facts.ended_stays),
)
