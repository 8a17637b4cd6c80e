"""A backlog of one account beside ten small ones', as after an outage: all is there, the large account's first, then work begins.

The long form is the goal's: 10,000 bookings at InvoiceXpress's own limit, which take thirteen minutes. The short form has a
limit raised so far that the sandbox's and ours are what bounds, not this machine, and a backlog of more than a minute of it.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis
from rq import Queue

from mapping.settings import Settings
from tests.benchmarks.naive_way import JOB, QUEUE
from tests.benchmarks.report import Row
from tests.benchmarks.whole_system import WORKERS, WholeSystem, data_of, whole_system
from tests.processes import end_all
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.pacing import LIMIT
from worker.records import BookingStatus

LARGE = "grande"
SMALL = tuple(f"pequena-{number}" for number in range(10))
EACH = 10  # bookings of each small account
MINUTE = 60.0
GLANCE_SECONDS = 0.25
SMALL_GOAL = 10.0  # seconds until the small ones are done
SHARE_GOAL = 0.95
NAIVE_BACKLOG = 100


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much. `limit` is in requests a minute."""

    backlog: int
    limit: int
    seconds: float  # for which the large account is watched


SHORT = Size(backlog=2000, limit=1200, seconds=76)
LONG = Size(backlog=10_000, limit=LIMIT, seconds=13.5 * MINUTE)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen from the moment when work began, in seconds, and of the large account how many requests by then."""

    small_done: float
    requests: Sequence[tuple[float, int]]
    too_many: int  # answers of 429

    def share(self, limit: int) -> float:
        """Of `limit`, from the first request to the last that was seen."""
        return self._part(0, self._end, limit)

    def minutes(self, limit: int) -> list[float]:
        """The same of each full minute."""
        return [self._part(minute * MINUTE, (minute + 1) * MINUTE, limit) for minute in range(int(self._end // MINUTE))]

    @property
    def _begun(self) -> float:
        return next(at for at, made in self.requests if made)

    @property
    def _end(self) -> float:
        return next(at for at, made in self.requests if made == self.requests[-1][1]) - self._begun

    def _part(self, begin: float, end: float, limit: int) -> float:
        made = (
            self._made(self._begun + end) - self._made(self._begun + begin) if begin else self._made(self._begun + end)
        )
        return made / (limit * (end - begin) / MINUTE)

    def _made(self, moment: float) -> int:
        return max((made for at, made in self.requests if at <= moment), default=0)


def measure(*, is_long: bool) -> Iterator[Row]:
    """The large account's backlog, and the small ones' behind it."""
    size = LONG if is_long else SHORT
    with whole_system([LARGE, *SMALL], Settings(limit=size.limit)) as system:
        for number in range(size.backlog):
            system.take(LARGE, number)
        for account in SMALL:
            for number in range(EACH):
                system.take(account, number)
        system.start_workers()
        seen = _watch(system, size)
        naive = _naively(system)
    small = f"{len(SMALL)} accounts with {EACH} each behind {size.backlog:,} of one"
    yield Row(
        what=f"{small}: until they are drafted (beside it behind {NAIVE_BACKLOG} only)",
        ours=f"{seen.small_done:.1f} s",
        other=f"{naive:.1f} s",
        goal=f"{SMALL_GOAL:.0f} s or less",
        is_met=seen.small_done <= SMALL_GOAL,
    )
    share, minutes = seen.share(size.limit), seen.minutes(size.limit)
    yield Row(
        what=f"the large account's share of {size.limit:,} requests a minute",
        ours=f"{share:.1%}",
        goal=f"{SHARE_GOAL:.0%} or more",
        is_met=share >= SHARE_GOAL,
    )
    yield Row(what="the same, minute by minute", ours=", ".join(f"{each:.1%}" for each in minutes))
    yield Row(what="answers of 429", ours=f"{seen.too_many}", goal="none", is_met=not seen.too_many)


def _watch(system: WholeSystem, size: Size) -> Seen:
    begun = time.monotonic()
    small_done = None
    requests: list[tuple[float, int]] = []
    while (now := time.monotonic() - begun) < size.seconds:
        requests.append((now, system.asked(LARGE)["POST /invoices.json"]))
        if small_done is None and all(_drafted(system, account) == EACH for account in SMALL):
            small_done = time.monotonic() - begun
        if requests[-1][1] == size.backlog and small_done:
            break
        time.sleep(GLANCE_SECONDS)
    statuses: Mapping[str, int] = system.desk.get("/requests").json()["statuses"]
    return Seen(
        small_done=small_done or size.seconds,
        requests=requests,
        too_many=statuses.get(str(HTTPStatus.TOO_MANY_REQUESTS.value), 0),
    )


def _drafted(system: WholeSystem, account: str) -> int:
    return system.house.index.counts(account).get("status", {}).get(BookingStatus.DRAFTED, 0)


def _naively(system: WholeSystem) -> float:
    """Seconds until RQ's default workers have done the same with a backlog that is much smaller."""
    with (
        TemporaryDirectory(prefix="naive-") as folder,
        EmbeddedStore(Path(folder, "store")) as server,
        closing(Redis.from_url(server.url)) as store,
    ):
        queue = Queue(QUEUE, connection=store)
        for number in range(NAIVE_BACKLOG):
            queue.enqueue(JOB, LARGE, data_of(100_000 + number))
        small: list[Any] = [
            queue.enqueue(JOB, account, data_of(100_000 + number)) for account in SMALL for number in range(EACH)
        ]
        command = [sys.executable, "-m", "rq.cli", "worker", "--url", server.url, QUEUE]
        started = [system.processes.start_other(f"naive-worker-{number}", command) for number in range(WORKERS)]
        until(
            lambda: all("Listening on" in system.processes.log(f"naive-worker-{number}") for number in range(WORKERS)),
            what="RQ's workers",
        )
        begun = time.monotonic()
        until(
            lambda: all(job.get_status() == "finished" for job in reversed(small)), what="the naive side", seconds=120
        )
        seconds = time.monotonic() - begun
        end_all(started)
        return seconds
