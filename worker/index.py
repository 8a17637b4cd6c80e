"""Lists bookings without reading every record: a page of those that fit filters, and how many there are."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from worker.filing import month_of
from worker.index_scripts import COUNT, FIRST, KEYS_OF, PAGE
from worker.keyspace import FS
from worker.ledger import Ledger, record_key
from worker.records import BookingStatus, Record
from worker.store import Store
from worker.vault import Vault

LISTED = f"{FS}:listed"
FILED = f"{FS}:filed"
VERSION = f"{FS}:index:version"
NEWEST = 4  # what an index that is made today says there, before the newest key's code

PAGE_LENGTH = 50
LOOKED_AT = 5000  # bookings in one call, so that the store never keeps others waiting for long
COUNTED_AT_ONCE = 100_000  # the same where the store only counts: about 8 ms
LOOKED_UP = 0.05  # of all bookings' numbers, up to which each is looked up by itself; from there all are read
LOOKED_UP_AT_ONCE = 500  # numbers in one call: each takes the store up to 20 us among a million

PLACE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ([0-9]+)")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What bookings are to be; None is any. `month` is the one in which the stay ends, 2026-08."""

    status: BookingStatus | None = None
    reason: str | None = None
    account: str | None = None
    property_name: str | None = None
    channel: str | None = None
    month: str | None = None

    @property
    def sets(self) -> list[str]:
        """The sets of the index that a booking has to be in."""
        facets = {
            "status": self.status,
            "reason": self.reason,
            "account": self.account,
            "property": self.property_name,
            "channel": self.channel,
            "month": self.month,
        }
        return [facet_key(facet, value) for facet, value in facets.items() if value is not None]

    def fit(self, record: Record) -> bool:
        """Whether the booking is so."""
        booking = record.booking
        return (
            self.status in {None, record.status}
            and self.reason in {None, record.last_reason}
            and self.account in {None, record.account}
            and self.property_name in {None, record.property_name}
            and self.channel in {None, booking.channel if booking else None}
            and self.month in {None, month_of(booking) if booking else None}
        )


EVERYTHING = Filters()


def facet_key(facet: str, value: str) -> str:
    """Where the numbers of the bookings are that have this value."""
    return f"{FS}:facet:{facet}:{value}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list, the booking that changed last first. `after` is where the next one begins, "" at the end."""

    records: list[Record]
    after: str


class Index:
    """Reads the index; what is written to it is the ledger's."""

    def __init__(self, store: Store, vault: Vault, ledger: Ledger) -> None:
        self._store = store
        self._vault = vault
        self._ledger = ledger

    @property
    def version(self) -> str:
        """What `fs:index:version` says where all of an older store is indexed, with the newest key."""
        return f"{NEWEST} {self._vault.blinded('the newest key')[0]}"

    @property
    def is_whole(self) -> bool:
        """Whether every booking is in the lists and counts; for a while after an update a worker is still filing them."""
        return (self._store.get(VERSION) or b"").startswith(f"{NEWEST} ".encode())

    def page(self, filters: Filters = EVERYTHING, *, after: str = "", limit: int = PAGE_LENGTH) -> Page:
        """`limit` bookings that fit `filters`, from `after` on: what the page before said, or "" for the newest."""
        found = list(islice(self.walk(filters.sets, after, ahead=limit + 1), limit + 1))
        keys = [key for key, _ in found[:limit]]
        more = len(found) > limit
        return Page(records=self._ledger.many(keys), after=self._place(*found[limit - 1]) if more else "")

    def keys(self, filters: Filters = EVERYTHING) -> list[str]:
        """All that fit `filters` at this moment, the one that changed last first: for exports, and what is done to all."""
        sets = filters.sets
        numbers = self._store.sinter(sets) if sets else self._store.zrange(LISTED, 0, -1)
        times = {number: time for number, time in self._times(list(numbers)).items() if time is not None}
        newest = sorted(times, key=lambda number: (times[number], number), reverse=True)
        return self.numbered(newest)

    def _times(self, numbers: Sequence[bytes]) -> dict[bytes, float | None]:
        """When each of these bookings last changed."""
        if not numbers:
            return {}
        with self._store.pipeline(transaction=False) as pipe:
            for begin in range(0, len(numbers), LOOKED_AT):
                pipe.zmscore(LISTED, numbers[begin : begin + LOOKED_AT])
            times = [time for found in pipe.execute() for time in found]
        return dict(zip(numbers, times, strict=True))

    def numbered(self, numbers: Sequence[bytes]) -> list[str]:
        """The bookings of these numbers."""
        filed = self._store.llen(FILED)
        if len(numbers) > filed * LOOKED_UP:
            keys = [key for begin in range(0, filed, LOOKED_AT) for key in self._filed(begin)]
            return [keys[int(number) - FIRST].decode() for number in numbers]
        chunks = (numbers[begin : begin + LOOKED_UP_AT_ONCE] for begin in range(0, len(numbers), LOOKED_UP_AT_ONCE))
        return [key.decode() for chunk in chunks for key in self._store.eval(KEYS_OF, 0, *chunk)]

    def _filed(self, begin: int) -> list[bytes]:
        return self._store.lrange(FILED, begin, begin + LOOKED_AT - 1)

    def _place(self, key: str, time: str) -> str:
        """Where a list goes on after this booking."""
        return f"{time} {(self._store.hget(record_key(key), 'number') or b'0').decode()}"

    def all(self, filters: Filters = EVERYTHING) -> list[Record]:
        """The same as records, also while not all bookings of an older store are in the index."""
        keys = self.keys(filters) if self.is_whole else self._ledger.keys_of(*BookingStatus)
        found = [record for record in self._ledger.many(keys) if filters.fit(record)]
        return sorted(found, key=lambda record: record.updated_at, reverse=True)

    def counts(self, account: str | None = None) -> Mapping[str, Mapping[str, int]]:
        """How many bookings the account, or everybody, has of each value: {"status": {"parked": 3}, "month": ...}.

        Facets are status, reason, account, property, channel and month; a value without bookings is left out.
        """
        counted: dict[str, dict[str, int]] = {}
        for field, number in self._store.hgetall(f"{FS}:counts:{account}" if account else f"{FS}:counts").items():
            facet, _, value = field.decode().partition("|")
            counted.setdefault(facet, {})[value] = int(number)
        return counted

    def statuses(self, filters: Filters) -> Mapping[BookingStatus, int]:
        """How many of the bookings that fit `filters`, but for the status that they ask for, have each status."""
        others = replace(filters, status=None)
        if others == Filters(account=others.account):
            told = self.counts(others.account).get("status", {})
            return {status: told.get(status, 0) for status in BookingStatus}
        of_status = {status: facet_key("status", status) for status in BookingStatus}
        sizes = {status: self._store.scard(name) for status, name in of_status.items()}
        *small, largest = sorted(BookingStatus, key=lambda status: sizes[status])  # the largest is what the rest leaves
        found = {status: self._count([of_status[status], *others.sets]) for status in small}
        return {**found, largest: max(0, self._count(others.sets) - sum(found.values()))}

    def _count(self, sets: list[str]) -> int:
        """How many bookings are in all `sets`."""
        if len(sets) == 1:
            return int(self._store.scard(sets[0]))
        number, rank = 0, 0
        while rank >= 0:
            found, rank = self._store.eval(COUNT, len(sets), *sets, rank, LOOKED_AT, COUNTED_AT_ONCE)
            number += found
        return number

    def walk(self, sets: list[str], after: str, *, ahead: int) -> Iterator[tuple[str, str]]:
        """The bookings that are in all `sets` and their times, the one that changed last first."""
        begun = PLACE.fullmatch(after)
        at, key = (begun[1], begun[2]) if begun else ("", "")
        while True:
            at, key, rows = self._store.eval(PAGE, len(sets), *sets, at, key, ahead, LOOKED_AT, COUNTED_AT_ONCE)
            for found, time in zip(rows[::2], rows[1::2], strict=True):
                yield found.decode(), time.decode()
            if not at:
                return
