"""Finds bookings without reading every record: a page of those that fit filters, how many there are, and a search."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from worker.filing import (
    has_account,
    has_name,
    is_common,
    is_named,
    month_of,
    plain_word,
    searched_beginnings,
    source_ids_in,
)
from worker.index_scripts import COUNT, FIRST, KEYS_OF, PAGE
from worker.keyspace import FS
from worker.ledger import Ledger, record_key
from worker.records import BookingStatus, Record
from worker.store import Store
from worker.vault import Vault

LISTED = f"{FS}:listed"
FILED = f"{FS}:filed"
WORDS = f"{FS}:word"
VERSION = f"{FS}:index:version"
NEWEST = 4  # what an index that is made today says there, before the newest key's code

PAGE_LENGTH = 50
LOOKED_AT = 5000  # bookings in one call, so that the store never keeps others waiting for long
COUNTED_AT_ONCE = 100_000  # the same where the store only counts: about 8 ms
LOOKED_UP = 0.05  # of all bookings' numbers, up to which each is looked up by itself; from there all are read
LOOKED_UP_AT_ONCE = 500  # numbers in one call: each takes the store up to 20 us among a million
MOST_WORDS = 500  # of one search
OPENED = 50  # names at a time ...
MOST_OPENED = 400  # ... and of one search: decrypting takes most of its time

PLACE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ([0-9]+)")
WITH_GENERATION = re.compile(r"(.+-)[0-9]{1,6}", re.DOTALL)


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
            and self.reason in {None, record.reason}
            and self.account in {None, record.account}
            and self.property_name in {None, record.property_name}
            and self.channel in {None, booking.channel if booking else None}
            and self.month in {None, month_of(booking) if booking else None}
        )


EVERYTHING = Filters()


def facet_key(facet: str, value: str) -> str:
    """Where the numbers of the bookings are that have this value."""
    return f"{FS}:facet:{facet}:{value}"


Range = tuple[bytes, bytes]


def _ranges(begun: str) -> Iterator[Range]:
    """Where in alphabetical order the words are by which a booking may be found whose names begin so.

    First of all the words that begin so themselves. A reference is filed without the number behind it, as a booking may
    have had several documents; where it or the key has the source id in it, that is what is filed.
    """
    for word in dict.fromkeys((begun, *source_ids_in(begun))):
        text = word.encode()
        yield b"[" + text, b"(" + text + b"\xff"
        if stem := WITH_GENERATION.fullmatch(word):
            for exact in (stem[1].encode(), stem[1].removesuffix("-").encode()):
                yield b"[" + exact + b"\0", b"(" + exact + b"\1"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list, the booking that changed last first. `after` is where the next one begins, "" at the end."""

    records: list[Record]
    after: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found, the booking that changed last first. There may be more that fit unless it `is_all`."""

    records: list[Record]
    is_all: bool


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
        found = list(islice(self._walk(filters.sets, after, ahead=limit + 1), limit + 1))
        keys = [key for key, _ in found[:limit]]
        more = len(found) > limit
        return Page(records=self._ledger.many(keys), after=self._place(*found[limit - 1]) if more else "")

    def keys(self, filters: Filters = EVERYTHING) -> list[str]:
        """All that fit `filters` at this moment, the one that changed last first: for exports, and what is done to all."""
        sets = filters.sets
        numbers = self._store.sinter(sets) if sets else self._store.zrange(LISTED, 0, -1)
        times = {number: time for number, time in self._times(list(numbers)).items() if time is not None}
        newest = sorted(times, key=lambda number: (times[number], number), reverse=True)
        return self._keys(newest)

    def _times(self, numbers: Sequence[bytes]) -> dict[bytes, float | None]:
        """When each of these bookings last changed."""
        if not numbers:
            return {}
        with self._store.pipeline(transaction=False) as pipe:
            for begin in range(0, len(numbers), LOOKED_AT):
                pipe.zmscore(LISTED, numbers[begin : begin + LOOKED_AT])
            times = [time for found in pipe.execute() for time in found]
        return dict(zip(numbers, times, strict=True))

    def _keys(self, numbers: Sequence[bytes]) -> list[str]:
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

    def search(self, text: str, filters: Filters = EVERYTHING, *, limit: int = PAGE_LENGTH) -> Found:
        """Bookings whose key, source id, reference or channel's code begins with `text`, or whose guest's names do.

        Each word of `text` has to begin one of the guest's; one of three letters or more is needed, or whole short names.
        """
        by_word, all_words = self._with_word(plain_word(text), filters, limit=limit)
        by_name, all_names = self._with_name(text, filters, limit=limit)
        found = by_word | by_name
        newest = sorted(found, key=lambda key: (found[key], key), reverse=True)
        return Found(records=self._ledger.many(newest[:limit]), is_all=all_words and all_names and len(newest) <= limit)

    def _with_word(self, begun: str, filters: Filters, *, limit: int) -> tuple[dict[str, float], bool]:
        """The newest bookings filed under a word that begins so, each with its time, and whether those are all."""
        if not begun:
            return {}, True
        ranges = list(_ranges(begun))
        rows = [self._store.zrangebylex(WORDS, *each, 0, MOST_WORDS) for each in ranges]
        numbers = list(dict.fromkeys(row.partition(b"\0")[2] for found in rows for row in found))
        fitting = self._fitting(numbers, filters.sets)
        keys = dict(zip(fitting, self._keys(list(fitting)), strict=True))
        coded = {row.partition(b"\0")[2] for row in rows[0]}
        found = {
            keys[number]: time for number, time in fitting.items() if number in coded or has_name(keys[number], begun)
        }
        newest = sorted(found, key=lambda key: found[key], reverse=True)[: limit + 1]
        many, are_all = self._with_common_beginning(begun, filters, limit=limit)
        return {key: found[key] for key in newest} | many, are_all and max(map(len, rows)) < MOST_WORDS

    def _with_common_beginning(self, begun: str, filters: Filters, *, limit: int) -> tuple[dict[str, float], bool]:
        """The same where what was searched for is no more than what the names of many begin with."""
        accounts = list(self.counts().get("account", {}))
        named = [name for name in accounts if has_account(name, begun)]
        if len(named) == len(accounts) and ":" not in begun:
            lists = [filters.sets]
        else:
            lists = [[facet_key("account", name), *filters.sets] for name in named]
            lists += [filters.sets] if is_common(begun) else []
        # Of an account whose name begins so all bookings fit; else one may have to look at more.
        most = MOST_WORDS if ":" in begun or is_common(begun) else limit + 1
        found: dict[str, float] = {}
        are_all = True
        for sets in lists:
            looked_at = list(islice(self._walk(sets, "", ahead=most), most))
            are_all = are_all and len(looked_at) < most
            found |= {key: float(time) for key, time in looked_at if has_name(key, begun)}
        return found, are_all

    def _fitting(self, numbers: list[bytes], sets: Sequence[str]) -> dict[bytes, float]:
        """Those of these bookings that are in all `sets`, each with the time of its last change."""
        if not numbers:
            return {}
        with self._store.pipeline(transaction=False) as pipe:
            pipe.zmscore(LISTED, numbers)
            for each in sets:
                pipe.smismember(each, numbers)
            times, *answers = pipe.execute()
        return {
            number: time
            for number, time, *are_in in zip(numbers, times, *answers, strict=True)
            if time is not None and all(are_in)
        }

    def _with_name(self, text: str, filters: Filters, *, limit: int) -> tuple[dict[str, float], bool]:
        """The same by the guest's name."""
        found: dict[str, float] = {}
        codes = [self._vault.blinded(beginning) for beginning in searched_beginnings(text)]
        left = MOST_OPENED
        for of_one_key in zip(*codes, strict=True):
            sets = [*(facet_key("guest", code) for code in of_one_key), *filters.sets]
            walk = self._walk(sets, "", ahead=OPENED)
            while len(found) <= limit and (candidates := dict(islice(walk, OPENED))):
                if left <= 0:
                    return found, False
                left -= len(candidates)
                names = self._ledger.guest_names(candidates)
                found |= {key: float(candidates[key]) for key, name in names.items() if is_named(name, text)}
        return found, True

    def _walk(self, sets: list[str], after: str, *, ahead: int) -> Iterator[tuple[str, str]]:
        """The bookings that are in all `sets` and their times, the one that changed last first."""
        begun = PLACE.fullmatch(after)
        at, key = (begun[1], begun[2]) if begun else ("", "")
        while True:
            at, key, rows = self._store.eval(PAGE, len(sets), *sets, at, key, ahead, LOOKED_AT, COUNTED_AT_ONCE)
            for found, time in zip(rows[::2], rows[1::2], strict=True):
                yield found.decode(), time.decode()
            if not at:
                return
