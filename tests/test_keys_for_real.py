"""A store is brought under a new secret key while two receivers, two workers and a stream of deliveries are at work.

Afterwards, with the new key alone, every delivery is there, every booking has its one draft, and everything opens.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from subprocess import Popen
from typing import Any

import httpx
import pytest

from mapping.delivery import Delivery
from tests.console.visits import PASSWORD, log_in
from tests.processes import PLAIN, Processes, end_all, free_port, is_up, sandbox
from tests.waiting import until
from tests.worker.room import API_KEY, body, set_up
from webhook.console import create_console
from worker.connections import vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.keyspace import FS
from worker.presence import processes as present
from worker.records import BookingStatus
from worker.retries import retry
from worker.services import Services, services
from worker.store import connect
from worker.vault import Vault, fresh_key
from worker.webhook_urls import webhook_url

OLD, NEW = fresh_key(), fresh_key()
BULK = 1000
"""Deliveries that could not be read: they give the rotation something to do, and the workers nothing."""
FIRST = range(5)
"""The bookings that are there before the rotation, and are changed all the time while it is at work."""


@dataclass(kw_only=True)
class Plant:
    """What runs, and what was delivered to it."""

    processes: Processes
    house: Services
    sandbox: httpx.Client
    port: int
    hook: str = ""
    secret: str = ""
    running: list[Popen[bytes]] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    streamed: list[int] = field(default_factory=list)
    prices: dict[int, str] = field(default_factory=dict)

    def start(self, keys: str) -> None:
        self.processes.environment["FATURASYNC_SECRET_KEYS"] = keys
        self.house = services(read_environment(self.processes.environment, terminal=False), self.house.store)
        receiver = self.processes.start("receiver", "receiver", "--port", str(self.port), "--processes", "2")
        self.running += [receiver, *(self.processes.start(f"worker-{number}", "worker") for number in (1, 2))]
        until(lambda: is_up(f"http://127.0.0.1:{self.port}/readyz"), what="the receiver")
        until(lambda: len(present(self.house.store)) == 4, what="the word of two receivers and two workers")

    def stop(self) -> None:
        end_all(self.running)
        self.running.clear()
        assert present(self.house.store) == []  # said by those that ended

    def fill(self) -> None:
        connection = self.house.connections.get("casa-generic")
        for number in range(BULK):
            self.house.intake.take_unreadable(connection, Delivery(body=b"%d" % number), (), now=self.house.clock())

    def deliver(self, number: int, **data: object) -> None:
        content = body(number, guest_name=f"Hóspede {number}", **data)
        scheme, now = vendor_of("generic").scheme, self.house.clock()
        signed = scheme.sign(content, self.secret, delivery_id=sha256(content).hexdigest(), now=now)
        answer = httpx.post(self.hook, content=signed.body, headers=dict(signed.headers), **PLAIN, timeout=30)
        self.answers[answer.status_code] += 1

    def stream(self, stop: threading.Event) -> None:
        """Deliver until it is stopped: new bookings, and between them new prices of the first ones."""
        for number in count(100):
            if stop.is_set():
                return
            self.deliver(number)
            changed, euros = number % len(FIRST), f"{number}.00"
            self.deliver(changed, total_guest=euros)
            self.streamed.append(number)
            self.prices[changed] = euros

    def are_drafted(self, number: int) -> bool:
        """Whether there are so many bookings, all at rest with a draft."""
        counted = {status: self.house.store.zcard(f"{FS}:status:{status}") for status in BookingStatus}
        return counted == {**dict.fromkeys(BookingStatus, 0), BookingStatus.DRAFTED: number}

    def documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.get("/documents?account=casa").json()["documents"]
        return found

    def references(self) -> Counter[str]:
        return Counter(document["reference"] for document in self.documents())


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    port = free_port()
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore(tmp_path / "store"))
        variables = {"FATURASYNC_SECRET_KEYS": OLD, "FATURASYNC_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        processes = stack.enter_context(Processes(tmp_path, REDIS_URL=store.url, **variables))
        url = stack.enter_context(sandbox(processes, ("casa", API_KEY)))
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        client = stack.enter_context(closing(connect(store.url)))
        house = services(read_environment(processes.environment, terminal=False), client)
        desk = stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN))
        plant = Plant(processes=processes, house=house, sandbox=desk, port=port)
        connection = set_up(house)
        plant.hook = webhook_url(house, house.connections.new_url(connection.id)) or ""
        (plant.secret,) = house.connections.secrets(connection.id)
        yield plant


def test_a_store_is_rekeyed_while_everything_runs(plant: Plant) -> None:
    plant.start(OLD)
    plant.fill()
    for number in FIRST:
        plant.deliver(number)
    until(lambda: plant.are_drafted(len(FIRST)), what="rest", seconds=60)
    both = f"{NEW},{OLD}"
    refused = plant.processes.run("keys", "rotate", code=1, FATURASYNC_SECRET_KEYS=both)
    assert f"seals with the key {Vault([OLD]).fingerprints[0]}" in refused.err

    plant.stop()
    plant.start(both)
    rotate_under_a_stream(plant)
    keys = plant.processes.run("keys", "check", "--json").json["keys"]
    assert [(each["opens"] > BULK, each["can_be_taken_out"]) for each in keys] == [(True, False), (False, True)]

    plant.stop()
    plant.start(NEW)
    plant.deliver(50)
    bookings = [*FIRST, *plant.streamed, 50]
    until(lambda: plant.are_drafted(len(bookings)), what="rest", seconds=60)
    assert plant.answers == {200: len(FIRST) + 2 * len(plant.streamed) + 1}
    check_each_booking(plant, bookings)
    look_and_retry(plant)
    assert plant.references().total() == len(plant.references()) == len(bookings)
    lines = [json.loads(line) for path in plant.processes.logs.glob("[rw]*") for line in path.read_text().splitlines()]
    assert not [line for line in lines if line["level"] not in {"info", "warning"}]


def rotate_under_a_stream(plant: Plant) -> None:
    stop = threading.Event()
    streaming = threading.Thread(target=plant.stream, args=(stop,))
    streaming.start()
    try:
        until(lambda: len(plant.streamed) > len(FIRST), what="a stream")
        before = len(plant.streamed)
        said = plant.processes.run("keys", "rotate")
        assert len(plant.streamed) > before
    finally:
        stop.set()
        streaming.join()
    assert int(said.out.split()[0]) >= BULK
    assert said.out.endswith(" 0 could not be opened.\n")


def check_each_booking(plant: Plant, bookings: list[int]) -> None:
    """What was told last of each is what the ledger has and what its draft says."""
    found = {record.source_id: record.booking for record in plant.house.ledger.all(BookingStatus.DRAFTED)}
    assert found.keys() == {f"R-{number}" for number in bookings}
    for number in bookings:
        booking = found[f"R-{number}"]
        assert booking
        told = (booking.guest_name, str(booking.total_guest))
        assert told == (f"Hóspede {number}", plant.prices.get(number, "106.00"))
    totals = Counter(Decimal(str(each["total"])) for each in plant.documents())
    assert totals == Counter(Decimal(plant.prices.get(number, "106.00")) for number in bookings)


def look_and_retry(plant: Plant) -> None:
    key = "casa:generic:R-1"
    assert "Hóspede 1" in plant.processes.run("show", key).out
    attempts = len(plant.house.ledger.history(key))
    assert retry(plant.house, [key], who="Rita") == [key]
    until(lambda: len(plant.house.ledger.history(key)) > attempts + 1, what="the retry's end")
    until(lambda: plant.house.ledger.known(key).status is BookingStatus.DRAFTED, what="rest")
    page = create_console(plant.house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    log_in(page)
    assert "Hóspede 1" in page.get(f"/bookings/{key}").text
