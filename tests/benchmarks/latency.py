"""From webhook to draft when nothing else is to be done, beside the naive way.

A delivery is posted over a connection of its own, as channel managers do, once the one before is at rest and a pause has
passed. It takes from just before that until the store says that the booking is drafted; on the naive side until it says that
the job is finished. InvoiceXpress's own time is what the same POST takes by itself, measured after each delivery; its median
is taken off both sides.
"""

import json
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.naive_way import QUEUE, signature
from tests.benchmarks.report import Row
from tests.benchmarks.rounds import alternate
from tests.benchmarks.timing import Times
from tests.benchmarks.whole_system import WholeSystem, booking, key_of, whole_system
from tests.processes import end_all, free_port, listens
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.ledger import record_key
from worker.records import booking_key
from worker.store import Store, connect

ACCOUNT = "casa"
ROUNDS = 3
DELIVERIES = 100  # of ours in each round
NAIVE_DELIVERIES = 15  # which take much longer
WARM = 10
GOALS = {"p50": 25, "p99": 100}  # milliseconds on top of InvoiceXpress's own time
PAUSE_SECONDS = (0.01, 0.09)
GLANCE_SECONDS = 0.001  # between two looks into the store
QUIET_SECONDS = 60  # after which InvoiceXpress's connection is made anew
QUIET_DELIVERIES = 5

Deliver = Callable[[int], Callable[[], bool]]
"""Posts the booking of this number; what comes back says whether it is done."""


@dataclass
class Side:
    """One of the two, and what was measured of it: milliseconds of each delivery, and of InvoiceXpress alone."""

    deliver: Deliver
    alone: Callable[[], float]
    numbers: Iterator[int]
    chance: random.Random = field(default_factory=partial(random.Random, 8))
    each: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)  # until the delivery was acknowledged
    own: list[float] = field(default_factory=list)

    def round(self, deliveries: int) -> float:
        """The round's median on top of InvoiceXpress's own time, in milliseconds."""
        begin = len(self.each)
        for _ in range(deliveries):
            time.sleep(self.chance.uniform(*PAUSE_SECONDS))
            self.each.append(self.once())
            self.own.append(self.alone())
        return Times(each=self.each[begin:]).median - Times(each=self.own[begin:]).median

    def once(self) -> float:
        """One delivery, in milliseconds."""
        number = next(self.numbers)
        begun = time.perf_counter()
        is_done = self.deliver(number)
        self.answered.append((time.perf_counter() - begun) * 1000)
        while not is_done():
            time.sleep(GLANCE_SECONDS)
        return (time.perf_counter() - begun) * 1000


def measure(*, is_long: bool) -> Iterator[Row]:
    """The same at any length; the long form also lets minutes pass between deliveries."""
    with ExitStack() as stack:
        system = stack.enter_context(whole_system([ACCOUNT]))
        system.switch(rate_limit=100_000)  # the naive side and InvoiceXpress alone are asked beside ours
        system.start_workers()
        numbers = count(1)
        alone = partial(_alone, stack.enter_context(_connected(system.invoicexpress)), numbers)
        ours = Side(deliver=_ours(system), alone=alone, numbers=numbers)
        naive = Side(deliver=stack.enter_context(_naive(system)), alone=alone, numbers=numbers)
        for side in (ours, naive):
            for _ in range(WARM):
                side.once()
        rounds = alternate(
            {"ours": partial(ours.round, DELIVERIES), "naive": partial(naive.round, NAIVE_DELIVERIES)}, rounds=ROUNDS
        )
        own = Times(each=ours.own)
        yield Row(
            what=f"InvoiceXpress's own time, milliseconds (p99 {own.p99:.1f})",
            ours=f"{own.median:.1f}",
            other=f"{Times(each=naive.own).median:.1f}",
        )
        yield Row(
            what="until the delivery is acknowledged, median, milliseconds",
            ours=f"{Times(each=ours.answered).median:.1f}",
            other=f"{Times(each=naive.answered).median:.1f}",
        )
        for name, goal in GOALS.items():
            mine, other = (_of(side.each, name) - Times(each=side.own).median for side in (ours, naive))
            yield Row(
                what=f"{name} on top of it, {len(ours.each)} deliveries (beside it {len(naive.each)})",
                ours=f"{mine:.1f} ms",
                other=f"{other:.1f} ms",
                ratio=str(rounds.ratio("naive", "ours")) if name == "p50" else f"{other / mine:.2f}",
                goal=f"{goal} ms or less",
                is_met=mine <= goal,
            )
        if is_long:
            yield _after_quiet(ours)


def _after_quiet(side: Side) -> Row:
    found = []
    for _ in range(QUIET_DELIVERIES):
        time.sleep(QUIET_SECONDS)
        found.append(side.once() - Times(each=side.own).median)
    return Row(
        what=f"on top of it after {QUIET_SECONDS} s of quiet, median of {len(found)}",
        ours=f"{Times(each=found).median:.1f} ms (at most {max(found):.1f})",
    )


def _of(each: list[float], name: str) -> float:
    times = Times(each=each)
    return times.median if name == "p50" else times.p99


def _ours(system: WholeSystem) -> Deliver:
    path = f"/webhooks/generic/{system.issued[ACCOUNT].token}"

    def deliver(number: int) -> Callable[[], bool]:
        signed = system.signed(ACCOUNT, booking(number))
        assert _posted(system.port, path, signed.body, dict(signed.headers))["outcome"] == "queued"
        key = record_key(booking_key(ACCOUNT, "generic", f"R-{number}"))
        return lambda: system.house.store.hget(key, "status") == b"drafted"

    return deliver


@contextmanager
def _naive(system: WholeSystem) -> Iterator[Deliver]:
    """The naive side, on a store of its own that is as durable."""
    port = free_port()
    with (
        TemporaryDirectory(prefix="naive-") as folder,
        EmbeddedStore(Path(folder, "store")) as server,
        closing(connect(server.url)) as store,
    ):
        gunicorn = ["gunicorn", "--workers", "2", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
        programs = {
            "naive-view": [*gunicorn, "tests.benchmarks.naive_way:app"],
            "naive-worker": ["rq.cli", "worker", "--url", server.url, QUEUE],
        }
        started = [
            system.processes.start_other(name, [sys.executable, "-m", *words], REDIS_URL=server.url)
            for name, words in programs.items()
        ]
        until(lambda: listens(port), what="the naive view")
        yield partial(_deliver_naively, store, port)
        end_all(started)


def _deliver_naively(store: Store, port: int, number: int) -> Callable[[], bool]:
    body = booking(number)
    headers = {"Content-Type": "application/json", "X-Signature": signature(body)}
    job = _posted(port, f"/webhooks/{ACCOUNT}", body, headers)["job"]
    return lambda: store.hget(f"rq:job:{job}", "status") == b"finished"


def _posted(port: int, path: str, body: bytes, headers: dict[str, str]) -> Any:
    """The answer to one POST over a connection of its own."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)


@contextmanager
def _connected(url: str) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        yield connection


def _alone(connection: HTTPConnection, numbers: Iterator[int]) -> float:
    """A POST like the worker's, over a connection that is kept; in milliseconds."""
    name = f"alone-{next(numbers)}"
    made = {
        "proprietary_uid": str(uuid.uuid4()),
        "invoice": {
            "date": f"{time.strftime('%d/%m/%Y')}",
            "due_date": f"{time.strftime('%d/%m/%Y')}",
            "reference": name,
            "client": {"name": name, "code": name},
            "items": [
                {
                    "name": "Alojamento",
                    "description": "Serviço de alojamento de 03/07/2026 a 07/07/2026 (4 noites).",
                    "unit_price": "100.0000",
                    "quantity": "1.0",
                    "unit": "service",
                    "tax": {"name": "IVA6"},
                }
            ],
        },
    }
    content = json.dumps(made).encode()
    begun = time.perf_counter()
    connection.request(
        "POST",
        f"/{ACCOUNT}/invoices.json?api_key={key_of(ACCOUNT)}",
        content,
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    return (time.perf_counter() - begun) * 1000
