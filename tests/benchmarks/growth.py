"""Growth: what a booking takes in the store, and how long things take, as the ledger grows.

A store is filled by the ledger's own scripts (`many_bookings`), each booking is settled and then let go by what retention
itself calls. The times are those of the code alone: neither HTTP nor InvoiceXpress is in them, the store's fsyncs are.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import httpx

from mapping.booking import Channel
from mapping.delivery import Delivery, NotABooking
from tests.benchmarks.filled_store import FilledStore, empty_store
from tests.benchmarks.growing_store import Bytes, GrowingStore
from tests.benchmarks.many_bookings import ACCOUNTS, NOW, OVER, VENDOR, made
from tests.benchmarks.report import Row
from tests.benchmarks.timing import Times, timed
from tests.conftest import FakeClock
from tests.worker.room import Room, body, furnished, nobody_is_asked
from worker.connections import vendor_of
from worker.index import Filters
from worker.records import BookingStatus
from worker.services import services

SHORT, LONG = (1_000, 10_000, 30_000), (1_000, 10_000, 100_000, 1_000_000)
GOAL_BYTES = 1229  # 1.2 KB
GOAL_RATIO = 1.5  # of a time to the same among the first 1,000
TAKEN = 200  # bookings that are taken in and drafted, for the times
CALLS = 40  # of each kind of question

ACCEPT, CONVERGE = "accept a delivery", "turn a booking into a draft"


def measure(*, is_long: bool) -> Iterator[Row]:
    """The rows, size by size."""
    with empty_store() as filled:
        store, desk = GrowingStore(filled), Desk(filled)
        first: Mapping[str, Times] = {}
        for size in LONG if is_long else SHORT:
            yield from _of_bytes(size, store.grow(size))
            found = desk.times(size)
            first = first or found
            yield from _of_times(size, found, first)
        kept = "each in the append-only file, those that were timed with them"
        yield Row(what=f"{size:,} bookings: {kept}", ours=f"{store.on_disk():,.0f} bytes")
        yield Row(what=f"to fill the store with {size:,} and let them go", ours=f"{store.seconds:.0f} s")


def _of_bytes(size: int, found: Bytes) -> Iterator[Row]:
    yield Row(what=f"{size:,} bookings: each settled, with what was delivered", ours=f"{found.settled:,.0f} bytes")
    yield Row(
        what=f"{size:,} bookings: each after retention",
        ours=f"{found.let_go:,.0f} bytes",
        goal=f"{GOAL_BYTES:,} bytes",
        is_met=found.let_go <= GOAL_BYTES,
    )


def _of_times(size: int, found: Mapping[str, Times], first: Mapping[str, Times]) -> Iterator[Row]:
    for what, times in found.items():
        before = first[what]
        if before is times:
            yield Row(what=f"{size:,} bookings: {what}", ours=f"{times.median:.2f} ms")
            continue
        ratio = times.median / before.median
        yield Row(
            what=f"{size:,} bookings: {what}",
            ours=f"{times.median:.2f} ms",
            other=f"{before.median:.2f} ms among the first",
            ratio=f"{ratio:.2f}",
            goal=f"{GOAL_RATIO} times",
            is_met=ratio <= GOAL_RATIO,
        )


class Desk:
    """Does what is timed, at whatever size the store has by then."""

    def __init__(self, filled: FilledStore) -> None:
        clock = FakeClock()
        clock.now = NOW + timedelta(days=1)
        self._house = services(filled.house.environment, filled.house.store, clock=clock)
        self._room = furnished(self._house, clock, asked=nobody_is_asked)
        self._away = 0.0  # seconds in InvoiceXpress
        self._taken = 0
        self._room.wire.before = self._leave
        self._room.wire.after = self._return

    def times(self, size: int) -> Mapping[str, Times]:
        """How long each thing takes among `size` bookings."""
        accepted, drafted = [], []
        for _ in range(TAKEN):
            self._taken += 1
            accepted.append(self._timed(self._accept(self._room, self._taken)))
            drafted.append(self._timed(lambda: self._room.turn(self._taken)))
            self._room.go_on(seconds=1)  # an account may ask so much in a minute
        assert self._room.record(self._taken).status is BookingStatus.DRAFTED
        listed = {what: timed([ask], calls=CALLS) for what, ask in self._questions(size).items()}
        return {ACCEPT: Times(each=accepted), CONVERGE: Times(each=drafted), **listed}

    def _accept(self, room: Room, number: int) -> Callable[[], object]:
        told = body(number, ota="airbnb", ota_reference=f"HM{number:08}", commission="15.00", guest_country="DE")
        delivery = Delivery(body=told)
        reading = vendor_of(VENDOR).read(delivery)
        assert not isinstance(reading, NotABooking)
        return lambda: self._house.intake.take(room.connection, delivery, reading, now=room.clock())

    def _questions(self, size: int) -> Mapping[str, Callable[[], object]]:
        """As the console's list asks them."""
        index, search, some = self._house.index, self._house.search, made(size // 2, OVER)
        account, channel = Filters(account=ACCOUNTS[0]), Filters(channel=Channel.BOOKING)
        both = Filters(account=ACCOUNTS[0], channel=Channel.BOOKING)
        deep = f"{some.at.timestamp()!r} 0"
        return {
            "list a page of all": index.page,
            "list a page of an account": lambda: index.page(account),
            "list a page of an account and a channel": lambda: index.page(both),
            "list a page far down": lambda: index.page(channel, after=deep),
            "count": index.counts,
            "find a reference": lambda: search.find(f"FS-{VENDOR}-{some.booking.source_id}-1"),
            "find a channel's code": lambda: search.find(some.booking.channel_reference or ""),
        }

    def _timed(self, do: Callable[[], object]) -> float:
        """Milliseconds, without those in InvoiceXpress."""
        self._away = 0.0
        begun = time.perf_counter()
        do()
        return (time.perf_counter() - begun - self._away) * 1000

    def _leave(self, _request: httpx.Request) -> None:
        self._away -= time.perf_counter()

    def _return(self, _request: httpx.Request) -> None:
        self._away += time.perf_counter()
