"""Stays by the day on which they end: those whose document is still a draft, those that have none, and what was billed.

Kept by the ledger's scripts in the same call as the status, for reminders and an exempt host's turnover: neither may
read a hundred thousand records to find ten.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mapping.booking import Booking, Status
from worker.invoicexpress.documents import DELETED, DRAFT
from worker.keyspace import FS
from worker.records import BookingStatus, Trail
from worker.store import Store

GONE = {DELETED, "canceled"}
"""States of documents that are no turnover (invoicexpress.md 5.3)."""

UNFINISHED = frozenset({BookingStatus.WAITING, BookingStatus.PARKED, BookingStatus.FAILED})
"""What a booking is that should have a document and has none."""


class Lacks(StrEnum):
    """What a confirmed stay still needs from a person."""

    FINALISING = "finalising"  # its document is a draft
    DOCUMENT = "document"  # there is none


STAYS = """
local function bill(account, billed, sign)
  local year, cents = string.match(billed or '', '^(%d+) (%-?%d+)$')
  if year then redis.call('HINCRBY', FS .. ':turnover:' .. account, year, sign * cents) end
end

local function lack_nothing(key)
  local lacked = redis.call('HGET', record, 'lacks')
  if lacked and lacked ~= '' then redis.call('ZREM', FS .. ':stays:' .. lacked, key) end
  redis.call('HSET', record, 'lacks', '')
end

-- ends as yyyymmdd ('-' leaves all as it was), what the stay lacks ('' for nothing), year and cents billed ('' for none).
local function set_stay(key, ends, lacks, billed)
  if ends == '-' then return end
  local before = redis.call('HGET', record, 'billed')
  lack_nothing(key)
  if lacks ~= '' then redis.call('ZADD', FS .. ':stays:' .. lacks, ends, key) end
  bill(account, before, -1)
  bill(account, billed, 1)
  redis.call('HSET', record, 'lacks', lacks, 'billed', billed)
end
"""
"""Lua for the ledger's scripts; `record` is the booking's record."""
KEPT_STAY = ("-", "-", "-")
"""What the script takes for a stay of which nothing is known anew."""


@dataclass(frozen=True, kw_only=True)
class Stay:
    """What is kept of a stay. `billed` is the year in which it ends, and its document's total."""

    ends: date | None = None
    lacks: Lacks | None = None
    billed: tuple[int, Decimal] | None = None

    def words(self) -> list[str]:
        """As the script takes it."""
        year, total = self.billed or (0, Decimal(0))
        return [
            str(_score(self.ends)) if self.ends else "",
            self.lacks or "",
            f"{year} {int(total * 100)}" if self.billed else "",
        ]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A booking whose stay ended on `check_out`."""

    key: str
    check_out: date


def stay_of(status: BookingStatus, booking: Booking | None, trail: Trail) -> Stay:
    """What is to be kept of the booking's stay."""
    if booking is None:
        return Stay()
    state = trail.document.state if trail.document else None
    # The stay's end decides the year, as it decides the rate: the draft's own day moves until it is finalised.
    stands = state is not None and state not in GONE and trail.sent is not None
    billed = (booking.check_out.year, trail.sent.draft.total) if stands and trail.sent else None
    return Stay(ends=booking.check_out, lacks=_lacks(status, booking, state), billed=billed)


def _lacks(status: BookingStatus, booking: Booking, state: str | None) -> Lacks | None:
    if booking.status is not Status.CONFIRMED or booking.is_test or status is BookingStatus.IGNORED:
        return None
    if state == DRAFT:
        return Lacks.FINALISING
    if status not in UNFINISHED or (state is not None and state not in GONE):
        return None
    return Lacks.DOCUMENT


def ended(store: Store, lacks: Lacks, *, last_day: date, since: date = date.min, limit: int = -1) -> list[Ended]:
    """The stays that ended from `since` to `last_day` and lack this, the one that ended first first; `limit` at most."""
    low, high = _score(since), _score(last_day)
    found = store.zrangebyscore(_key(lacks), low, high, start=0, num=limit, withscores=True)
    return [Ended(key=key.decode(), check_out=_day(score)) for key, score in found]


def how_many_ended(store: Store, lacks: Lacks, *, last_day: date) -> int:
    """How many stays ended on `last_day` or before and lack this."""
    return store.zcount(_key(lacks), 0, _score(last_day))


def ended_by_account(store: Store, lacks: Lacks, *, last_day: date) -> Counter[str]:
    """The same for each account."""
    return Counter(stay.key.partition(":")[0] for stay in ended(store, lacks, last_day=last_day))


def billed(store: Store, account: str, year: int) -> Decimal:
    """The euros of the account's documents for stays that end in `year`."""
    return Decimal(int(store.hget(f"{FS}:turnover:{account}", str(year)) or 0)) / 100


def billed_in(words: bytes | None, year: int) -> Decimal:
    """What a record keeps as billed, in euros, if it was in `year`."""
    its_year, _, cents = (words or b"").decode().partition(" ")
    return Decimal(int(cents)) / 100 if its_year == str(year) else Decimal(0)


def _score(day: date) -> int:
    return day.year * 10000 + day.month * 100 + day.day


def _day(score: float) -> date:
    return date(int(score) // 10000, int(score) // 100 % 100, int(score) % 100)


def _key(lacks: Lacks) -> str:
    return f"{FS}:stays:{lacks}"
