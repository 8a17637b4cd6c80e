"""How long the console's questions to the ledger take with 100,000 bookings in it.

    python -m tests.benchmarks.ledger_pages [COUNT]

Prints a table: for each kind of question the median and the worst of its calls, in milliseconds. Each is to be below 50,
so that pages stay below 100. No part of the test suite.
"""

import sys
from collections.abc import Iterator
from functools import partial

from mapping.booking import Channel
from mapping.reasons import Reason
from tests.benchmarks.filled_store import filled_store
from tests.benchmarks.many_bookings import ACCOUNTS, NOW, PLACES, VENDOR, far_down, made
from tests.benchmarks.timing import Question, timed
from worker.index import Filters
from worker.records import BookingStatus
from worker.services import Services

AIM = 50
CALLS = 15


def questions(house: Services, count: int) -> Iterator[tuple[str, list[Question]]]:
    """Each kind, and its calls."""
    index = house.index
    big, small = ACCOUNTS[0], ACCOUNTS[-2]
    months = [f"{NOW.year - 1}-{month:02}" for month in range(1, 13)]
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
    deep = list(far_down(count))
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
        "a reference": [f"FS-{VENDOR}-{each.booking.source_id}-1" for each in some],
        "a channel's code": [each.booking.channel_reference or "" for each in some],
        "what many begin with": ["casa", "7", "fs-", "hm", f"casa-1:{VENDOR}:7000"],
        "a common name": ["maria", "ana", "silva"],
        "a rare name": ["zoe", "helga", "neves"],
        "two names": ["maria neves", "helga raposo", "yara rocha"],
        "a whole name": [each.booking.guest_name or "" for each in some],
        "what nobody is called": ["marzipan", "silvestre", "carlota joaquina"],
    }
    for name, texts in by.items():
        yield f"search: {name}", [partial(house.search.find, text) for text in texts]
    yield "search: a name, in a small account", [partial(house.search.find, "maria", Filters(account=small))]
    yield "search: a name, parked", [partial(house.search.find, "silva", Filters(status=BookingStatus.PARKED))]
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


def main(count: int) -> int:
    """Build, measure, print; 1 if a page's question takes longer than it should."""
    with filled_store(count) as filled:
        say(f"{count} bookings in {filled.seconds:.0f} s, {filled.megabytes:.0f} MB in the store")
        say(f"{'milliseconds':45} {'median':>8} {'worst':>8}")
        slow = 0
        for name, calls in questions(filled.house, count):
            times = timed(calls, calls=CALLS)
            is_slow = times.longest > AIM and not name.startswith("not a page")
            slow += is_slow
            say(f"{name:45} {times.median:8.1f} {times.longest:8.1f}{'  slow' if is_slow else ''}")
    return int(slow > 0)


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
