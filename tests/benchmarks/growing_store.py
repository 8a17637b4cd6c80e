"""A store that grows as one in use does: bookings come, are settled, and are let go once retention is over."""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.filled_store import FilledStore, not_synced
from tests.benchmarks.many_bookings import OVER, build, made
from worker.environment import Environment
from worker.keyspace import FS
from worker.retention import drop
from worker.services import services
from worker.store import connect

PART = 45_000  # bookings that are settled and not let go yet: more would need gigabytes
PROCESSES = 2
TIDYING_SECONDS = 0.3  # in which some of it is done, if any is left
AT_FIRST = 100  # bookings, after which what a store has once is there: compiled scripts, buffers, its first tables


@dataclass(frozen=True, kw_only=True)
class Bytes:
    """What a booking takes in memory."""

    settled: float  # with its delivery's body
    let_go: float  # the same without its guest's data and the body


class GrowingStore:
    """The embedded store of a `FilledStore` that was empty."""

    def __init__(self, filled: FilledStore) -> None:
        self.house = filled.house
        self._raw: Any = filled.house.store
        self._kept = self.count = 0
        self.seconds = 0.0
        """How long it took to fill it."""
        self.grow(AT_FIRST)
        self._kept = 0

    def grow(self, count: int) -> Bytes:
        """Go on to `count` bookings, all of them let go."""
        begun, settled, at_first = time.monotonic(), 0.0, self._memory()
        with not_synced(self.house):
            while self.count < count:
                numbers = range(self.count, min(count, self.count + PART))
                before = self._memory()
                build(self.house.environment, numbers, statuses=OVER, processes=PROCESSES)
                settled = (self._memory() - before) / len(numbers)
                _let_go(self.house.environment, numbers)
                self.count = numbers.stop
                self._raw.delete(*self._raw.keys(f"{FS}:activity:*"))  # of days that have been over for long
        self.seconds += time.monotonic() - begun
        assert "queued" not in self.house.index.counts()["status"]
        self._kept += self._memory() - at_first  # what else was put into the store meanwhile is not in it
        return Bytes(settled=settled, let_go=self._kept / max(1, count - AT_FIRST))

    def on_disk(self) -> float:
        """What each takes in an append-only file that is rewritten now, with whatever else is in the store.

        To be asked for when all is timed: after the fork the first write to each page of memory costs a fault.
        """
        return self._append_only_file() / self.count

    def _memory(self) -> int:
        """What is in use when the store has tidied up: it moves its tables into larger ones while it has nothing to do."""
        before, found = -1, self._used()
        while found != before:
            time.sleep(TIDYING_SECONDS)
            before, found = found, self._used()
        return found

    def _used(self) -> int:
        """Bytes, without what waits for connections and for the file."""
        found = self._raw.info("memory")
        return int(found["used_memory"]) - int(found["mem_clients_normal"]) - int(found["mem_aof_buffer"])

    def _append_only_file(self) -> int:
        self._wait_for_rewrite()  # of the store's own
        self._raw.bgrewriteaof()
        return int(self._wait_for_rewrite()["aof_base_size"])

    def _wait_for_rewrite(self) -> dict[str, Any]:
        while True:
            found: dict[str, Any] = self._raw.info("persistence")
            if not (found["aof_rewrite_in_progress"] or found["aof_rewrite_scheduled"]):
                return found
            time.sleep(0.1)


def _let_go(environment: Environment, numbers: range) -> None:
    parts = [numbers[part::PROCESSES] for part in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(_let_go_each, [environment] * PROCESSES, parts))


def _let_go_each(environment: Environment, numbers: range) -> None:
    house = services(environment, connect(environment.redis_url or ""))
    for number in numbers:
        assert drop(house, made(number, OVER).key)
