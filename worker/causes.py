"""Bookings in groups by why they are stuck: those that failed or are parked alike.

The groups move in the same call of the ledger's scripts as the status, so that a group of ten thousand is counted and
found without a look at ten thousand records.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mapping.reasons import Reason
from worker.keyspace import FS
from worker.records import BookingStatus
from worker.store import Store

CAUSES = f"{FS}:causes"  # id of a cause -> what it is
WORDS_LENGTH = 300
STUCK = (BookingStatus.FAILED, BookingStatus.PARKED)
NUMBERS = re.compile(r"\d{5,}")
"""Ids in InvoiceXpress's words, each of which would make a group of its own."""
TELLING: Final = ("words", "problems")
"""The facts of a reason that are part of the cause: what InvoiceXpress said, where a fault or an unreadable path is."""

GROUPING = f"""
local function leave_cause(key)
  local cause = redis.call('HGET', record, 'cause')
  if not cause then return end
  redis.call('HDEL', record, 'cause')
  redis.call('ZREM', '{FS}:cause:' .. cause, key)
  if redis.call('EXISTS', '{FS}:cause:' .. cause) == 0 then redis.call('HDEL', '{CAUSES}', cause) end
end

local function join_cause(key, now, cause, told)
  if cause == '' then return end
  redis.call('HSET', record, 'cause', cause)
  redis.call('ZADD', '{FS}:cause:' .. cause, now, key)
  redis.call('HSET', '{CAUSES}', cause, told)
end
"""
"""Lua for the ledger's scripts; `record` is the booking's record."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why bookings are stuck: the reason, and what was said."""

    status: BookingStatus
    reason: Reason | None
    words: str = ""

    @property
    def id(self) -> str:
        """Its name in keys and addresses."""
        return hashlib.sha256(self.told.encode()).hexdigest()[:16]

    @property
    def told(self) -> str:
        """What it is, as it is kept."""
        return json.dumps([self.status, self.reason, self.words])


@dataclass(frozen=True, kw_only=True)
class Group:
    """The bookings of one cause. `example` is the one that came last."""

    cause: Cause
    count: int
    oldest_at: datetime
    newest_at: datetime
    example: str


def cause_of(status: BookingStatus, reason: Reason | None, facts: Mapping[str, str]) -> Cause | None:
    """Why a booking is stuck; None where it is not."""
    if status not in STUCK:
        return None
    words = next((facts[name] for name in TELLING if facts.get(name)), "")
    return Cause(status=status, reason=reason, words=NUMBERS.sub("…", words)[:WORDS_LENGTH])


def cause_words(status: BookingStatus, reason: Reason | None, facts: Mapping[str, str]) -> list[str]:
    """The same as the scripts take it: its id and what it is."""
    found = cause_of(status, reason, facts)
    return [found.id, found.told] if found else ["", ""]


def groups(store: Store) -> list[Group]:
    """All groups, the largest first."""
    known = [(name.decode(), _cause(told)) for name, told in store.hgetall(CAUSES).items()]
    with store.pipeline(transaction=False) as pipe:
        for name, _ in known:
            pipe.zcard(_key(name))
            pipe.zrange(_key(name), 0, 0, withscores=True)
            pipe.zrange(_key(name), -1, -1, withscores=True)
        found = iter(pipe.execute())
    told = [_group(cause, next(found), [*next(found), *next(found)]) for _, cause in known]
    return sorted((group for group in told if group), key=lambda group: (-group.count, group.cause.told))


def bookings_of(store: Store, cause_id: str) -> list[str]:
    """The bookings of this cause, the one that has been in it longest first; none for a cause that is over."""
    return [key.decode() for key in store.zrange(_key(cause_id), 0, -1)]


def cause(store: Store, cause_id: str) -> Cause | None:
    """What the cause of this id is; None once it is over."""
    told = store.hget(CAUSES, cause_id)
    return _cause(told) if told else None


def _cause(told: bytes) -> Cause:
    status, reason, words = json.loads(told)
    return Cause(status=BookingStatus(status), reason=Reason(reason) if reason else None, words=words)


def _group(cause: Cause, count: int, ends: list[tuple[bytes, float]]) -> Group | None:
    if not count:  # it was over between the two questions
        return None
    (_, oldest), (example, newest) = ends
    return Group(
        cause=cause,
        count=count,
        oldest_at=datetime.fromtimestamp(oldest, UTC),
        newest_at=datetime.fromtimestamp(newest, UTC),
        example=example.decode(),
    )


def _key(cause_id: str) -> str:
    return f"{FS}:cause:{cause_id}"
