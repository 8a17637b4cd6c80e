"""How much was done and how long bookings waited: counted in the ledger's own scripts, in buckets of ten minutes.

What is waited for is the end of a booking's newest state: from the delivery that told it until the booking is at rest,
or waits for its day and nothing else. Each delivery is timed once, a later retry or look adds nothing.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Self

from mapping.reasons import Reason
from worker.counters import Counted, count
from worker.keyspace import FS
from worker.store import Store, Writes

BUCKET_SECONDS = 600
KEPT_SECONDS = 2 * 24 * 3600
DAY_BUCKETS = 24 * 3600 // BUCKET_SECONDS

BOUNDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
"""Upper bounds of the waiting times' histogram, in seconds; what is longer is counted beyond the last."""

ACTS: Mapping[str, str] = {"created": "drafted", "updated": "updated", "withdrawn": "withdrawn"}
"""The events of a booking's history that are counted, and as what."""

COUNTING = f"""
local function tally(now, what, by)
  local bucket = '{FS}:activity:' .. string.format('%d', now - now % {BUCKET_SECONDS})
  redis.call('HINCRBY', bucket, what, by)
  redis.call('EXPIRE', bucket, {KEPT_SECONDS})
end

-- A job has brought the booking to `status`; the newest delivery's wait is over unless the booking waits for others.
local function tally_end(key, now, status, reason)
  if status == 'parked' or status == 'failed' then tally(now, status, 1) end
  if status == 'waiting' and reason ~= '{Reason.NOT_YET}' then return end
  if not await_no_more(key) then return end
  local seconds, place = math.max(0, now - redis.call('HGET', record, 'arrival')), {len(BOUNDS)}
  for index, bound in ipairs({{{", ".join(map(str, BOUNDS))}}}) do
    if seconds <= bound then place = index - 1 break end
  end
  tally(now, 'waits', 1)
  tally(now, 'waited', math.floor(seconds * 1000))
  tally(now, 'wait' .. place, 1)
  if status ~= 'drafted' then return end
  count_up('{Counted.DRAFT_WAITS}|' .. place)
  count_up('{Counted.DRAFT_WAITED_MS}', math.floor(seconds * 1000))
end
"""
"""Lua for the ledger's scripts, after `AWAITING` and `COUNT_UP`; `record` is the booking's record."""


def tally_acts(pipe: Writes, lines: Iterable[str]) -> None:
    """Count on `pipe` what was done in InvoiceXpress, as these lines of a booking's history tell it."""
    for line in lines:
        told = json.loads(line)
        if told["event"] in ACTS:
            bucket = _key(_start(datetime.fromisoformat(told["at"])))
            pipe.hincrby(bucket, ACTS[told["event"]])
            pipe.expire(bucket, KEPT_SECONDS)
            count(pipe, Counted.DRAFTS, told["event"])


def tally_delivery(pipe: Writes, at: datetime) -> None:
    """Count on `pipe` a delivery that was taken in, whatever it told."""
    bucket = _key(_start(at))
    pipe.hincrby(bucket, "deliveries")
    pipe.expire(bucket, KEPT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How long deliveries waited until their booking was at rest."""

    count: int = 0
    seconds: float = 0.0  # of all together
    places: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)  # how many in each place of the histogram

    def __add__(self, other: Self) -> Self:
        places = tuple(mine + theirs for mine, theirs in zip(self.places, other.places, strict=True))
        return type(self)(count=self.count + other.count, seconds=self.seconds + other.seconds, places=places)

    def quantile(self, part: float) -> float | None:
        """The seconds within which this part of the deliveries was at rest, as nearly as the histogram tells.

        None where there were none; the last bound where it is longer than that.
        """
        wanted = part * sum(self.places)
        lower, before = 0.0, 0
        for bound, number in zip(BOUNDS, self.places, strict=False):
            if number and before + number >= wanted:
                return lower + (bound - lower) * (wanted - before) / number
            lower, before = float(bound), before + number
        return lower if self.places[-1] else None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """What was done within ten minutes, or within several such times together."""

    start: datetime
    deliveries: int = 0  # that were taken in
    jobs: int = 0  # that came to their end, whatever it was
    drafted: int = 0
    updated: int = 0
    withdrawn: int = 0
    parked: int = 0
    failed: int = 0
    waits: Waits = field(default_factory=Waits)


COUNTS = tuple(each.name for each in fields(Bucket) if each.type is int)
"""What is counted in a bucket, by name."""


def last_day(store: Store, *, now: datetime) -> list[Bucket]:
    """The buckets of the last 24 hours, the oldest first; the last one is still going on."""
    return _kept(store, _start(now) - timedelta(seconds=BUCKET_SECONDS * (DAY_BUCKETS - 1)), DAY_BUCKETS)


def between(store: Store, start: datetime, end: datetime) -> list[Bucket]:
    """The buckets from `start` to `end`, which are whole buckets of the last two days; the oldest first."""
    return _kept(store, start, int((end - start).total_seconds()) // BUCKET_SECONDS)


def _kept(store: Store, first: datetime, count: int) -> list[Bucket]:
    starts = [first + timedelta(seconds=BUCKET_SECONDS * number) for number in range(count)]
    with store.pipeline(transaction=False) as pipe:
        for start in starts:
            pipe.hgetall(_key(start))
        found = pipe.execute()
    return [_bucket(start, kept) for start, kept in zip(starts, found, strict=True)]


def together(buckets: Iterable[Bucket]) -> Bucket:
    """One bucket of all of these; at least one."""
    each = list(buckets)
    counts = {name: sum(getattr(bucket, name) for bucket in each) for name in COUNTS}
    return Bucket(start=each[0].start, waits=sum((bucket.waits for bucket in each), Waits()), **counts)


def _bucket(start: datetime, kept: Mapping[bytes, bytes]) -> Bucket:
    had = {name.decode(): int(number) for name, number in kept.items()}
    waits = Waits(
        count=had.get("waits", 0),
        seconds=had.get("waited", 0) / 1000,
        places=tuple(had.get(f"wait{place}", 0) for place in range(len(BOUNDS) + 1)),
    )
    return Bucket(start=start, waits=waits, **{name: had.get(name, 0) for name in COUNTS})


def _start(moment: datetime) -> datetime:
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % BUCKET_SECONDS, UTC)


def _key(start: datetime) -> str:
    return f"{FS}:activity:{int(start.timestamp())}"
