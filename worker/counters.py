"""What is counted for ever, in one hash of the store: the same whichever process is asked, and after a restart.

Nothing here costs a round trip of its own: the ledger's scripts count as they run, what goes with a transaction is queued
on it, and what happens in between (requests) is kept in the process until its next write takes it along.
"""

import atexit
import threading
import time
from collections import Counter
from contextlib import suppress
from enum import StrEnum

from redis import RedisError

from worker.keyspace import FS
from worker.store import Store, Value, Writes

COUNTERS = f"{FS}:counters"  # "<what>|<label>|<label>" -> how many
FLUSH_SECONDS = 1.0
UNKNOWN = "unknown"  # in place of what a stranger names
OK, CREATED = "ok", "created"
NO_ANSWER = "no-answer"  # it was sent: what it asked for may have been done
NOT_SENT = "not-sent"  # there was no connection
EXACT = frozenset({401, 404, 429})
"""Statuses that are told apart: a key, a look-up that found nothing, the limit."""
OUTCOMES = (OK, *map(str, sorted(EXACT)), "3xx", "4xx", "5xx", NO_ANSWER)
"""How a request can end; one that InvoiceXpress is asked can also be `created` or `not-sent`."""


class Rejected(StrEnum):
    """Why a delivery was not taken in."""

    UNKNOWN_URL = "unknown-url"  # 404
    SIGNATURE = "signature"  # 401
    TOO_LARGE = "too-large"  # 413
    BROKEN = "broken"  # 400: no HTTP, or it broke off
    INVALID = "invalid"  # 422: what is documented here was not kept to
    UNPROVEN = "unproven"  # 503: what proves it cannot be had just now
    STORE_AWAY = "store-away"  # 503


class Counted(StrEnum):
    """What is counted, and by which labels. All labels are words of ours, so that the hash stays small."""

    DELIVERIES = "deliveries"  # channel manager, outcome
    REJECTED = "rejected"  # channel manager, reason
    DRAFTS = "drafts"  # what was done
    TURNS = "turns"  # status in which a job left its booking
    WAITS = "waits"  # reason
    INVOICEXPRESS = "invoicexpress"  # outcome
    INVOICEXPRESS_MS = "invoicexpress-ms"
    CHANNEL_MANAGERS = "channel-managers"  # channel manager, outcome
    SWEEPS = "sweeps"
    SWEPT = "swept"  # what was found
    DRAFT_WAITS = "draft-waits"  # place in the histogram
    DRAFT_WAITED_MS = "draft-waited-ms"


COUNT_UP = f"""
local function count_up(field, by) redis.call('HINCRBY', '{COUNTERS}', field, by or 1) end

-- Counts the fields in ARGV from `at` on, their number first, each with by how much. Answers where the rest begins.
local function count_all(at)
  local last = at + 2 * tonumber(ARGV[at])
  for index = at + 1, last, 2 do count_up(ARGV[index], ARGV[index + 1]) end
  return last + 1
end
"""
"""Lua for the ledger's scripts."""


def field_of(counted: Counted, *labels: str) -> str:
    """The hash's field."""
    return "|".join((counted, *labels))


def count(pipe: Writes, counted: Counted, *labels: str) -> None:
    """Queue on `pipe` that it happened once."""
    pipe.hincrby(COUNTERS, field_of(counted, *labels))


def outcome_of(status: int) -> str:
    """How a request ended that was answered with this status, as a label."""
    if 200 <= status < 300:
        return OK
    return str(status) if status in EXACT else f"{status // 100}xx"


class Counters:
    """What was counted in this process and is not in the store yet. Threads may share it.

    A process that is killed forgets it: at most what its jobs asked, or a receiver refused within a second.
    """

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, counted: Counted, *labels: str, by: int = 1) -> None:
        """Count it `by` times."""
        if not by:
            return
        with self._lock:
            self._counted[field_of(counted, *labels)] += by

    def write(self, pipe: Writes) -> None:
        """Queue all of it on `pipe`."""
        for field, by in self._taken().items():
            pipe.hincrby(COUNTERS, field, by)

    def words(self) -> list[Value]:
        """All of it as `count_all` takes it: it counts as written."""
        taken = self._taken()
        return [len(taken), *(word for pair in taken.items() for word in pair)]

    def flush(self, store: Store) -> None:
        """Write all of it, if there is anything; what the store does not take is kept for the next time."""
        taken = self._taken()
        if not taken:
            return
        try:
            with store.pipeline(transaction=True) as pipe:
                for field, by in taken.items():
                    pipe.hincrby(COUNTERS, field, by)
                pipe.execute()
        except RedisError:
            with self._lock:
                self._counted += taken
            raise

    def _taken(self) -> Counter[str]:
        with self._lock:
            taken, self._counted = self._counted, Counter()
        return taken


def keep_flushing(counters: Counters, store: Store, *, seconds: float = FLUSH_SECONDS) -> None:
    """From now on write what is counted every `seconds`, and when the process ends: one write, however many they are."""

    def flush() -> None:
        with suppress(RedisError):  # the next time, then
            counters.flush(store)

    def go_on() -> None:
        while True:
            time.sleep(seconds)
            flush()

    threading.Thread(target=go_on, daemon=True).start()
    atexit.register(flush)


def counted_so_far(store: Store) -> dict[tuple[str, ...], int]:
    """Everything, by what it is and its labels."""
    return {tuple(field.decode().split("|")): int(number) for field, number in store.hgetall(COUNTERS).items()}
