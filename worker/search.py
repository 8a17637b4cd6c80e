"""Finds bookings by what a person writes: keys, references, channels' codes, and names of guests."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from worker.filing import has_account, has_name, is_common, is_named, plain_word, searched_beginnings, source_ids_in
from worker.index import EVERYTHING, LISTED, PAGE_LENGTH, Filters, Index, facet_key
from worker.keyspace import FS
from worker.ledger import Ledger
from worker.records import Record
from worker.store import Store
from worker.vault import Vault

WORDS = f"{FS}:word"
MOST_WORDS = 500  # of one search
OPENED = 50  # names at a time ...
MOST_OPENED = 400  # ... and of one search: decrypting takes most of its time

WITH_GENERATION = re.compile(r"(.+-)[0-9]{1,6}", re.DOTALL)

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
class Found:
    """What a search found, the booking that changed last first. There may be more that fit unless it `is_all`."""

    records: list[Record]
    is_all: bool


class Search:
    """Reads the words and codes that the ledger files bookings under."""

    def __init__(self, store: Store, vault: Vault, ledger: Ledger, index: Index) -> None:
        self._store = store
        self._vault = vault
        self._ledger = ledger
        self._index = index

    def find(self, text: str, filters: Filters = EVERYTHING, *, limit: int = PAGE_LENGTH) -> Found:
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
        keys = dict(zip(fitting, self._index.numbered(list(fitting)), strict=True))
        coded = {row.partition(b"\0")[2] for row in rows[0]}
        found = {
            keys[number]: time for number, time in fitting.items() if number in coded or has_name(keys[number], begun)
        }
        newest = sorted(found, key=lambda key: found[key], reverse=True)[: limit + 1]
        many, are_all = self._with_common_beginning(begun, filters, limit=limit)
        return {key: found[key] for key in newest} | many, are_all and max(map(len, rows)) < MOST_WORDS

    def _with_common_beginning(self, begun: str, filters: Filters, *, limit: int) -> tuple[dict[str, float], bool]:
        """The same where what was searched for is no more than what the names of many begin with."""
        accounts = list(self._index.counts().get("account", {}))
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
            looked_at = list(islice(self._index.walk(sets, "", ahead=most), most))
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
            walk = self._index.walk(sets, "", ahead=OPENED)
            while len(found) <= limit and (candidates := dict(islice(walk, OPENED))):
                if left <= 0:
                    return found, False
                left -= len(candidates)
                names = self._ledger.guest_names(candidates)
                found |= {key: float(candidates[key]) for key, name in names.items() if is_named(name, text)}
        return found, True
