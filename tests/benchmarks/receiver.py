"""The receiver beside a naive view and beside the least that can be done.

All have two processes of eight threads and the same store, which has each write on disk before it answers. The naive view
is served by gunicorn, as its tutorial says; the floor by the same server as FaturaSync's receiver.
"""

import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from mapping.channel_managers import channel_managers
from tests.benchmarks.load import Load, at_once, at_rate, render
from tests.benchmarks.many_bookings import body_of, made
from tests.benchmarks.naive_way import signature
from tests.benchmarks.report import Row
from tests.benchmarks.rounds import alternate
from tests.processes import Processes, end_all, free_port, listens
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.services import services
from worker.store import Store, connect
from worker.vault import fresh_key

OURS, NAIVE, FLOOR = "ours", "naive", "floor"
ROUNDS = 3
SENDERS = 32
REQUESTS = 3000  # of each side in each round, as fast as they are answered
RATE = 200  # a second, which the naive view can still keep up with
REQUESTS_AT_RATE = 800
WARM = 300

Numbers = Iterator[int]


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the three: where it listens, and how a delivery is rendered for it."""

    port: int
    request: Callable[[bytes], bytes]

    def at_once(self, numbers: Numbers) -> float:
        """Deliveries a second."""
        return at_once(self.port, self._requests(numbers, REQUESTS), senders=SENDERS).rate

    def at_rate(self, numbers: Numbers) -> float:
        """What 99 % of the deliveries did not take longer than, in milliseconds."""
        return at_rate(self.port, self._requests(numbers, REQUESTS_AT_RATE), senders=SENDERS, rate=RATE).p99

    def warm_up(self, numbers: Numbers) -> Load:
        """What comes before the clock starts."""
        return at_once(self.port, self._requests(numbers, WARM), senders=SENDERS)

    def _requests(self, numbers: Numbers, how_many: int) -> list[bytes]:
        return [self.request(body_of(made(next(numbers)).booking)) for _ in range(how_many)]


def measure(*, is_long: bool) -> Iterator[Row]:
    """The same at any length."""
    del is_long
    numbers = count()
    with ExitStack() as stack:
        sides = _sides(stack, numbers)
        # First, while the store's append-only file is short: a rewrite of it takes a core for a while.
        waits = alternate({name: partial(side.at_rate, numbers) for name, side in sides.items()}, rounds=ROUNDS)
        for other in (NAIVE, FLOOR):
            yield Row(
                what=f"p99 at {RATE} deliveries a second, milliseconds, beside the {other}",
                ours=f"{waits.median(OURS):.1f}",
                other=f"{waits.median(other):.1f}",
                ratio=str(waits.ratio(OURS, other)),
            )
        rates = alternate({name: partial(side.at_once, numbers) for name, side in sides.items()}, rounds=ROUNDS)
        for other, goal in ((NAIVE, 2.5), (FLOOR, 0.5)):
            ratio = rates.ratio(OURS, other)
            yield Row(
                what=f"deliveries a second, {SENDERS} senders, beside the {other}",
                ours=f"{rates.median(OURS):,.0f}",
                other=f"{rates.median(other):,.0f}",
                ratio=str(ratio),
                goal=f"{goal} or more",
                is_met=ratio.median >= goal,
            )


def _sides(stack: ExitStack, numbers: Numbers) -> Mapping[str, Side]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faturasync-")))
    server = stack.enter_context(EmbeddedStore(folder / "store"))
    store = stack.enter_context(closing(connect(server.url)))
    keys = {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
    processes = stack.enter_context(Processes(folder / "processes", **keys))
    stack.callback(lambda: end_all(processes.started))
    house = services(read_environment(processes.environment, terminal=False), store)
    issued = house.connections.add("casa", "generic", [], now=house.clock())
    secret = issued.secret or ""

    ours = Side(port=free_port(), request=partial(_signed, f"/webhooks/generic/{issued.token}", secret))
    processes.start(OURS, "receiver", "--port", str(ours.port))
    _await(ours)
    before = _written(store)
    ours.warm_up(numbers)
    size = (_written(store) - before) // WARM

    naive = Side(port=free_port(), request=_signed_naively)
    gunicorn = [
        sys.executable,
        "-m",
        "gunicorn",
        "--workers",
        "2",
        "--threads",
        "8",
        "--bind",
        f"127.0.0.1:{naive.port}",
    ]
    processes.start_other(NAIVE, [*gunicorn, "tests.benchmarks.naive_way:app"])

    floor = Side(port=free_port(), request=ours.request)
    bare = [sys.executable, "-m", "tests.benchmarks.floor_receiver", str(floor.port)]
    processes.start_other(FLOOR, bare, FLOOR_BYTES=str(size))
    for side in (naive, floor):
        _await(side)
        side.warm_up(numbers)
    return {OURS: ours, NAIVE: naive, FLOOR: floor}


def _signed(path: str, secret: str, body: bytes) -> bytes:
    scheme = channel_managers()["generic"].scheme
    signed = scheme.sign(body, secret, delivery_id=uuid.uuid4().hex, now=datetime.now(UTC))
    return render(path, {"content-type": "application/json", **signed.headers}.items(), signed.body)


def _signed_naively(body: bytes) -> bytes:
    headers = {"Content-Type": "application/json", "X-Signature": signature(body)}
    return render("/webhooks/casa", headers.items(), body)


def _await(side: Side) -> None:
    until(lambda: listens(side.port), what=f"whoever listens at port {side.port}")


def _written(store: Store) -> int:
    """Bytes that the store has put into its append-only file."""
    return int(store.info("persistence")["aof_current_size"])
