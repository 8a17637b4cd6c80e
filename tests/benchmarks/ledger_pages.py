"""How long the console's questions to the ledger take with 100,000 bookings in it.

    python -m tests.benchmarks.ledger_pages [COUNT]

Prints a table: for each kind of question the median and the worst of its calls, in milliseconds. Each is to be below 50,
so that pages stay below 100. No part of the test suite.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from mapping.booking import Channel
from mapping.reasons import Reason
from tests.benchmarks.many_bookings import ACCOUNTS, PLACES, build, made
from worker.embedded import EmbeddedStore
from worker.environment import Environment, read_environment
from worker.index import Filters, Index
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

AIM = 50
CALLS = 15
Question = Callable[[], object]


def questions(house: Services, count: int) -> Iterator[tuple[str, list[Question]]]:
    """Each kind, and its calls."""
    index = house.index
    big, small = ACCOUNTS[0], ACCOUNTS[-2]
    months = [f"2025-{month:02}" for month in range(1, 13)]
    filters = {
        "everything": [Filters()],
        "a status of many": [Filters(status=BookingStatus.FINAL)],
        "parked": [Filters(status=BookingStatus.PARKED)],
        "a reason": [Filters(reason=Reason.NO_COMMISSION)],
        "a large account": [Filters(account=big)],
        "a small account": [Filters(account=small)],
        "a channel": [Filters(channel=channel) for channel in Channel],
        "a month": [Filters(month=month) for month in months],
        "account, property": [Filters(account=big, property_name=place) for place in PLACES],
        "status, channel": [Filters(status=BookingStatus.DRAFTED, channel=Channel.BOOKING)],
        "status, channel, month": [
            Filters(status=BookingStatus.DRAFTED, channel=Channel.BOOKING, month=month) for month in months
        ],
        "all six": [
            Filters(
                status=BookingStatus.IGNORED, reason=Reason.BLOCKED, account=big, property_name=PLACES[0],
                channel=Channel.AIRBNB, month=month,
            )
            for month in months
        ],
        "two that have nothing in common": [Filters(status=BookingStatus.FINAL, reason=Reason.BLOCKED)],
        "small account, rare channel": [Filters(account=small, channel=Channel.OTHER)],
    }  # fmt: skip
    for name, each in filters.items():
        yield f"page: {name}", [partial(index.page, one) for one in each]
    deep = list(_deep(index, count))
    yield "page: everything, far down", [partial(index.page, after=after) for after in deep]
    yield (
        "page: account, channel, far down",
        [partial(index.page, Filters(account=big, channel=Channel.AIRBNB), after=after) for after in deep],
    )
    yield "counts: of all", [index.counts]
    yield "counts: of an account", [partial(index.counts, account) for account in ACCOUNTS]
    some = [made(number) for number in range(7, count, count // CALLS)]
    by = {
        "a key": [each.key for each in some],
        "a source id": [each.booking.source_id for each in some],
        "a reference": [f"FS-smoobu-{each.booking.source_id}-1" for each in some],
        "a channel's code": [each.booking.channel_reference or "" for each in some],
        "what many begin with": ["casa", "7", "fs-", "hm", "casa-1:smoobu:7000"],
        "a common name": ["maria", "ana", "silva"],
        "a rare name": ["zoe", "helga", "neves"],
        "two names": ["maria neves", "helga raposo", "yara rocha"],
        "a whole name": [each.booking.guest_name or "" for each in some],
        "what nobody is called": ["marzipan", "silvestre", "carlota joaquina"],
    }
    for name, texts in by.items():
        yield f"search: {name}", [partial(index.search, text) for text in texts]
    yield "search: a name, in a small account", [partial(index.search, "maria", Filters(account=small))]
    yield "search: a name, parked", [partial(index.search, "silva", Filters(status=BookingStatus.PARKED))]
    yield "a booking and its history", [partial(_whole, house, each.key) for each in some]
    yield "not a page: keys of all parked", [partial(index.keys, Filters(status=BookingStatus.PARKED))]
    yield (
        "not a page: keys of status, channel",
        [lambda: index.keys(Filters(status=BookingStatus.FINAL, channel=Channel.AIRBNB))],
    )


def _whole(house: Services, key: str) -> None:
    house.ledger.get(key)
    house.ledger.history(key)
    house.ledger.deliveries(key)


def _deep(index: Index, count: int) -> Iterator[str]:
    """Places in the middle and near the end of the list."""
    for rank in (count // 2, count * 9 // 10):
        booking = made(rank)
        yield f"{booking.at.timestamp()!r} {booking.key}"


def measured(calls: list[Question]) -> list[float]:
    """Milliseconds of each call, each made at least once and all together `CALLS` times or more."""
    times: list[float] = []
    while len(times) < CALLS:
        for call in calls:
            begun = time.perf_counter()
            call()
            times.append((time.perf_counter() - begun) * 1000)
    return times


def main(count: int) -> int:
    """Build, measure, print; 1 if a page's question takes longer than it should."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore(Path(folder)) as server:
        variables = {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": fresh_key(), "HOME": folder}
        environment: Environment = read_environment(variables, terminal=False)
        house = services(environment, connect(server.url))
        store: Any = house.store
        store.config_set("appendfsync", "no")  # while it is built
        begun = time.monotonic()
        build(environment, count)
        memory = store.info("memory")["used_memory"] / 2**20
        say(f"{count} bookings in {time.monotonic() - begun:.0f} s, {memory:.0f} MB in the store")
        store.config_set("appendfsync", "always")
        assert sum(house.index.counts()["status"].values()) == count
        say(f"{'milliseconds':45} {'median':>8} {'worst':>8}")
        slow = 0
        for name, calls in questions(house, count):
            times = measured(calls)
            is_slow = max(times) > AIM and not name.startswith("not a page")
            slow += is_slow
            say(f"{name:45} {median(times):8.1f} {max(times):8.1f}{'  slow' if is_slow else ''}")
    return int(slow > 0)


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
