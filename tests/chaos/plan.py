"""What a round does, all of it from one seed: bookings and their histories, deliveries, faults and kills. Pure.

The same seed gives the same plan; how processes take turns is the machine's own chance.
"""

import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

ACCOUNTS = ("norte", "centro", "sul", "ilhas")
SURNAMES = ("Silva", "Moço", "Conceição", "O'Neill", "Brandão", "Žižek", "Lourenço", "von Ahn")
FIRST_MODIFIED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
FIRST_DAY = date(2026, 8, 1)
ALL_AT_ONCE = 0.25
"""How many of the deliveries that repeat come at the very moment of the first one."""


class Kill(StrEnum):
    """What is killed, or for `FROZEN` stopped and much later continued; `FORGETFUL` as after a loss of power."""

    WORKER = "worker"
    RECEIVER = "receiver"
    SCHEDULER = "scheduler"
    STORE = "store"
    FROZEN = "frozen worker"
    FORGETFUL = "store that lost its last second"


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of a booking, as its channel manager tells it."""

    modified_at: datetime
    cancelled: bool
    guest: str
    check_in: date
    check_out: date
    total: Decimal

    def says_the_same_as(self, other: "State") -> bool:
        """Whether both want the same document."""
        return replace(self, modified_at=other.modified_at) == other


@dataclass(frozen=True, kw_only=True)
class PlannedBooking:
    """One booking: what it is at each moment of its life, oldest first."""

    account: str
    number: int
    states: Sequence[State]

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"{self.account}:generic:R-{self.number}"

    @property
    def newest(self) -> State:
        """What must hold in the end: a draft that says just this, or nothing where it is cancelled."""
        return self.states[-1]


@dataclass(frozen=True, kw_only=True, order=True)
class Sending:
    """One delivery: at this second of the storm, or as soon after it as a sender is free, this state is told."""

    at: float
    booking: int
    state: int


@dataclass(frozen=True, kw_only=True)
class Blow:
    """Something goes wrong at this second: a fault of InvoiceXpress's, or a process dies and is away for `seconds`."""

    at: float
    fault: Mapping[str, object] | None = None
    kill: Kill | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One round. `seconds` is how long the storm lasts."""

    seed: int
    seconds: float
    bookings: Sequence[PlannedBooking]
    sendings: Sequence[Sending]
    blows: Sequence[Blow]
    switches: Mapping[str, object]


def make_plan(seed: int, *, bookings: int, seconds: float, rare: Collection[Kill] = ()) -> Plan:
    """The plan of `seed`, with `rare` kills besides the usual ones: those that take over a minute, or lose something."""
    chance = random.Random(seed)
    planned = [_booking(chance, number) for number in range(bookings)]
    sendings = [sending for number, each in enumerate(planned) for sending in _sendings(chance, number, each, seconds)]
    blows = [*_faults(chance, seconds), *_kills(chance, seconds, rare)]
    return Plan(
        seed=seed,
        seconds=seconds,
        bookings=planned,
        sendings=sorted(sendings),
        blows=sorted(blows, key=lambda blow: blow.at),
        switches={name: chance.choice(values) for name, values in SWITCHES.items()},
    )


def _booking(chance: random.Random, number: int) -> PlannedBooking:
    guest = f"Hóspede {number} {chance.choice(SURNAMES)}"
    check_in = FIRST_DAY + timedelta(days=chance.randrange(60))
    state = State(
        modified_at=FIRST_MODIFIED + timedelta(minutes=number),
        cancelled=False,
        guest=guest,
        check_in=check_in,
        check_out=check_in + timedelta(days=chance.randrange(1, 15)),
        total=_price(chance),
    )
    states = [state]
    for _ in range(chance.choice((0, 1, 1, 2, 2, 3, 4))):
        states.append(_changed(chance, number, states))
    return PlannedBooking(account=ACCOUNTS[number % len(ACCOUNTS)], number=number, states=states)


def _changed(chance: random.Random, number: int, states: Sequence[State]) -> State:
    """The next state: one thing is another, or all is again as it was before the last change (A, B, A)."""
    now = states[-1]
    later = now.modified_at + timedelta(seconds=chance.choice((1, 60, 86_400)))
    change = chance.choice(("price", "price", "dates", "guest", "cancel", "back"))
    if change == "back" and len(states) > 1:
        return replace(states[-2], modified_at=later)
    if now.cancelled:
        return replace(now, modified_at=later, cancelled=False)
    if change == "cancel":
        return replace(now, modified_at=later, cancelled=True)
    if change == "dates":
        check_in = now.check_in + timedelta(days=chance.randrange(1, 9))
        return replace(now, modified_at=later, check_in=check_in, check_out=check_in + timedelta(days=3))
    if change == "guest":
        return replace(now, modified_at=later, guest=f"Hóspede {number} {chance.choice(SURNAMES)}-{len(states)}")
    return replace(now, modified_at=later, total=_price(chance))


def _price(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(2_000, 400_000)) / 100


def _sendings(chance: random.Random, number: int, booking: PlannedBooking, seconds: float) -> Iterator[Sending]:
    """Each state once at least, some again; in most bookings in their order, in some in any order."""
    moments = sorted(chance.uniform(0, seconds) for _ in booking.states)
    if chance.random() < 0.3:
        chance.shuffle(moments)
    for state, at in enumerate(moments):
        yield Sending(at=at, booking=number, state=state)
        for _ in range(chance.choice((0, 0, 0, 1, 1, 3))):
            again = at if chance.random() < ALL_AT_ONCE else chance.uniform(at, seconds)
            yield Sending(at=again, booking=number, state=state)


REQUESTS: Mapping[str, Mapping[str, object]] = {
    "create": {"method": "POST", "path": r"^/invoices\.json"},
    "list": {"method": "GET", "path": r"^/invoices\.json"},
    "read": {"method": "GET", "path": r"^/invoices/\d+\.json"},
    "update": {"method": "PUT", "path": r"^/invoices/\d+\.json"},
    "withdraw": {"method": "PUT", "path": r"change-state\.json"},
}
"""Those that make, find, change and delete drafts."""

FAULTS: Sequence[Mapping[str, object]] = (
    {"fault": "drop_after_commit"},
    {"fault": "error_after_commit", "status": 500},
    {"fault": "error_after_commit", "status": 502},
    {"fault": "delay_without_commit", "seconds": 0.5},
    {"fault": "late_commit", "seconds": 1},
    {"fault": "truncated_json"},
    {"fault": "html_content_type"},
)
"""Invoicexpress.md 13.29, but those below, each of which holds a worker or an account up for long."""

LATE: Mapping[str, object] = {"fault": "late_commit"}
GIVEN_UP_SECONDS = (21.0, 28.0)
"""`worker.invoicexpress.transport` gives up on an answer after 20 s; what is late is carried out within 30 s."""
BURST: Mapping[str, object] = {"fault": "too_many_requests", "times": 3}
QUOTA: Mapping[str, object] = {"fault": "quota_reached", **REQUESTS["create"]}
SECONDS_FOR_A_FAULT = 0.25


def _faults(chance: random.Random, seconds: float) -> Iterator[Blow]:
    """Every fault meets creations, which there are most of; and each of the requests, by chance, some of them."""
    for _ in range(1 + int(seconds / 30)):
        late = {**LATE, "seconds": chance.uniform(*GIVEN_UP_SECONDS)}
        yield Blow(at=chance.uniform(0.1, 0.3) * seconds, fault={**late, **_request(chance, "create", "update")})
        burst = {**BURST, "account": chance.choice(ACCOUNTS)}
        yield Blow(at=chance.uniform(0.1, 0.6) * seconds, fault={**burst, **_request(chance, *REQUESTS)})
    yield Blow(at=chance.uniform(0.3, 0.6) * seconds, fault={**QUOTA, "account": chance.choice(ACCOUNTS)})
    for fault in FAULTS:
        yield Blow(at=chance.uniform(0.05, 0.3) * seconds, fault={**fault, **REQUESTS["create"]})
    for _ in range(int(seconds / SECONDS_FOR_A_FAULT)):
        yield Blow(at=chance.uniform(0, 0.8) * seconds, fault={**chance.choice(FAULTS), **_request(chance, *REQUESTS)})


def _request(chance: random.Random, *names: str) -> Mapping[str, object]:
    return REQUESTS[chance.choice(names)]


KILLED = {
    Kill.WORKER: (0.05, 0.25),  # early: what a killed one held is locked for most of a minute
    Kill.RECEIVER: (0.1, 0.7),
    Kill.SCHEDULER: (0.1, 0.7),
    Kill.STORE: (0.6, 0.8),  # late: for half a minute after it nothing new is made
    Kill.FROZEN: (0.1, 0.5),
    Kill.FORGETFUL: (0.2, 0.8),
}
"""When in a storm, as parts of its length."""
AWAY_SECONDS = (0.1, 2.0)
FROZEN_SECONDS = (55.0, 70.0)  # longer than a booking is locked


def _kills(chance: random.Random, seconds: float, rare: Collection[Kill]) -> Iterator[Blow]:
    """Each kind once at least; workers more often."""
    usual = (Kill.WORKER, Kill.WORKER, Kill.RECEIVER, Kill.SCHEDULER, Kill.STORE)
    for kill in (*usual * (1 + int(seconds / 30)), *rare):
        away = chance.uniform(*(FROZEN_SECONDS if kill is Kill.FROZEN else AWAY_SECONDS))
        yield Blow(at=chance.uniform(*KILLED[kill]) * seconds, kill=kill, seconds=away)


SWITCHES: Mapping[str, Sequence[object]] = {
    "index_lag": (0, 5, 15),
    "uid_replay": ("same_201", "same_200", "conflict"),
    "update_answer": ("empty", "document"),
    "deleted_document": ("shown", "missing"),
    "reference_filter": ("substring", "exact"),
    "list_order": ("oldest_first", "newest_first"),
    "error_shape": ("list", "object", "texts"),
    "retry_after": (0, 1, 3),
    "client_conflict": ("refuse", "code", "name"),
}
"""Of the sandbox: what nobody knows of InvoiceXpress must not matter (invoicexpress.md section 14)."""
