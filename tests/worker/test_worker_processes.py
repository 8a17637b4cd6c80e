"""Real worker processes on a real store and a sandbox over HTTP: stopped warmly, and killed."""

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

import pytest
from flask import Flask
from redis import Redis
from werkzeug.serving import make_server

from mapping.delivery import Delivery, NotABooking
from mapping.settings import Settings
from tests.processes import Processes, end, is_alive, kill
from tests.waiting import until
from tests.worker.indexed import forget_the_index, index_by_records, index_in
from tests.worker.room import API_KEY, EMAIL, body, everything, set_up
from worker.accounts import Account
from worker.connections import Connection, vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import Environment
from worker.records import BookingStatus
from worker.rq_worker import AT_ONCE
from worker.sandbox.app import create_sandbox
from worker.services import Services, services
from worker.store import Store, connect, started_at

SEED = 20261122


@dataclass(frozen=True, kw_only=True)
class Plant:
    """A store with an account in it, a sandbox, and the command line to start workers with."""

    house: Services
    connection: Connection
    desk: Any  # the sandbox's own endpoints
    processes: Processes

    def deliver(self, numbers: range) -> None:
        for number in numbers:
            delivery = Delivery(body=body(number, guest_name=f"Hóspede Canário {number}"))
            reading = vendor_of("generic").read(delivery)
            assert not isinstance(reading, NotABooking)
            self.house.intake.take(self.connection, delivery, reading, now=self.house.clock())

    def start(self, name: str, *words: str) -> Popen[bytes]:
        return self.processes.start(name, "worker", *words)

    def references(self) -> Counter[str]:
        documents = self.desk.get("/_sandbox/documents?account=casa").get_json()["documents"]
        return Counter(document["reference"] for document in documents)

    def statuses(self) -> Counter[BookingStatus]:
        counted = {status: self.house.store.zcard(f"fs:status:{status}") for status in BookingStatus}
        return Counter({status: count for status, count in counted.items() if count})

    def requests(self) -> dict[str, int]:
        counted: dict[str, int] = self.desk.get("/_sandbox/requests").get_json()["requests"]
        return counted

    def logs(self) -> str:
        return "".join(path.read_text() for path in self.processes.logs.iterdir())


@pytest.fixture
def sandbox_app() -> Iterator[tuple[Flask, str]]:
    app = create_sandbox([("casa", API_KEY)])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield app, f"http://127.0.0.1:{server.server_port}/{{account}}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def plant(environment: Environment, store: Store, sandbox_app: tuple[Flask, str], tmp_path: Path) -> Iterator[Plant]:
    app, url = sandbox_app
    house = services(environment, store)
    keys = ",".join(environment.secret_keys)
    redis_url = environment.redis_url or ""
    with Processes(
        tmp_path / "processes", REDIS_URL=redis_url, FATURASYNC_SECRET_KEYS=keys, INVOICEXPRESS_URL=url
    ) as processes:
        # What comes in the store's first second may be thought to have been lost, and is looked for.
        until(
            lambda: house.clock() - started_at(store, now=house.clock()) > timedelta(seconds=1), what="a store of age"
        )
        yield Plant(house=house, connection=set_up(house), desk=app.test_client(), processes=processes)


def scheduler_of(worker: int) -> list[int]:
    """The process that RQ's scheduler runs in, where this worker has it."""
    return [int(pid) for pid in Path(f"/proc/{worker}/task/{worker}/children").read_text().split()]


def test_workers_that_are_stopped_at_any_moment_lose_and_fail_nothing(plant: Plant) -> None:
    count = 300
    chance = random.Random(SEED)
    plant.deliver(range(count))
    workers = [plant.start(f"worker-{number}") for number in range(2)]
    for number, enough in enumerate(sorted(chance.sample(range(1, count), 6)), 2):
        until(lambda at_least=enough: plant.references().total() >= at_least, what=f"{enough} documents")  # type: ignore[misc]  # a lambda's default
        until(lambda: plant.logs().count("worker-started") == number, what="the start of all")  # noqa: B023  # asked at once
        stopped = workers.pop(0)
        assert end(stopped, seconds=10) == 0
        workers.append(plant.start(f"worker-{number}"))
    until(lambda: plant.statuses() == {BookingStatus.DRAFTED: count}, what="all drafts")
    until(lambda: plant.logs().count("worker-started") == 8, what="the start of the last")
    assert [end(worker, seconds=10) for worker in workers] == [0, 0]

    assert set(plant.references().values()) == {1}
    assert plant.references().total() == count
    assert plant.requests()["POST /invoices.json"] == count, "no job was run twice"
    assert "GET /invoices.json" not in plant.requests(), "no outcome was unknown"
    store = cast("Redis", plant.house.store)
    for left in ("rq:queue:bookings", "rq:queue:bookings:intermediate"):
        assert store.llen(left) == 0
    for left in ("rq:wip:bookings", "rq:failed:bookings", "rq:scheduled:bookings"):
        assert store.zcard(left) == 0

    lines = [json.loads(line) for line in plant.logs().splitlines()]
    settled = [line for line in lines if line["event"] == "settled"]
    assert len(settled) == count
    for line in settled:
        assert {"job", "booking", "account", "delivery", "timestamp", "level", "logger"} <= line.keys()
    assert len({line["booking"] for line in settled}) == count
    assert not [line for line in lines if line["level"] not in {"info", "warning"}]
    for canary in ("Canário", "Can\\u00e1rio", EMAIL, API_KEY):
        assert canary not in plant.logs()


def test_a_small_account_does_not_wait_for_a_large_ones_backlog(plant: Plant) -> None:
    count = 25
    plant.deliver(range(count))
    plant.desk.post("/_sandbox/accounts", json={"name": "pequena", "key": API_KEY})
    small = replace(plant, connection=set_up(plant.house, "pequena"))
    small.deliver(range(1))
    worker = plant.start("worker")
    until(lambda: plant.statuses() == {BookingStatus.DRAFTED: count + 1}, what="all drafts")
    recent = plant.desk.get(f"/_sandbox/requests?recent={2 * count}").get_json()["recent"]
    made = [request["account"] for request in recent if request["method"] == "POST"]
    assert Counter(made) == {"casa": count, "pequena": 1}
    assert made.index("pequena") < 2 * AT_ONCE, "it was second in the queue, and some are at work at once"
    assert end(worker) == 0


def test_a_killed_workers_bookings_are_finished_by_another(plant: Plant) -> None:
    count = 30
    fault = {"fault": "late_commit", "times": AT_ONCE, "seconds": 2, "method": "POST"}
    plant.desk.post("/_sandbox/faults", json=fault)
    killed = plant.start("killed")
    until(lambda: b"worker-started" in (plant.processes.logs / "killed").read_bytes(), what="the worker's start")
    scheduler = until(lambda: scheduler_of(killed.pid), what="its scheduler")
    plant.deliver(range(count))
    until(lambda: plant.requests().get("POST /invoices.json", 0) == AT_ONCE, what="creations under way")
    kill(killed.pid)
    survivor = plant.start("survivor")
    until(lambda: plant.statuses()[BookingStatus.DRAFTED] == count - AT_ONCE, what="all the others", seconds=20)
    until(lambda: plant.statuses() == {BookingStatus.DRAFTED: count}, what="those", seconds=75)
    assert plant.requests()["POST /invoices.json"] == count, "what had become of the killed one's was looked up"
    assert set(plant.references().values()) == {1}
    assert plant.references().total() == count
    until(lambda: not any(is_alive(pid) for pid in scheduler), what="the end of the killed worker's scheduler")
    assert end(survivor) == 0


def test_an_older_store_is_indexed_by_workers_while_deliveries_arrive(plant: Plant) -> None:
    count = 200
    plant.deliver(range(count))
    forget_the_index(plant.house.store)
    workers = [plant.start(f"worker-{number}") for number in range(2)]
    for number in range(count, count + 40):
        plant.deliver(range(number, number + 1))
    until(lambda: plant.statuses() == {BookingStatus.DRAFTED: count + 40}, what="all drafts")
    until(lambda: plant.house.index.is_whole, what="the index")
    assert plant.logs().count('"indexed"') == 1
    assert [end(worker) for worker in workers] == [0, 0]
    assert index_in(plant.house) == index_by_records(plant.house)


def test_workers_end_when_what_started_them_is_killed(plant: Plant) -> None:
    parent = plant.start("parent", "--processes", "2")
    until(lambda: plant.processes.log("parent").count("worker-started") == 2, what="two workers")
    workers = [pid for pid in plant.processes.pids() if pid != parent.pid]
    assert len(workers) >= 2
    kill(parent.pid)
    until(lambda: not any(is_alive(pid) for pid in workers), what="the end of the workers")
    assert plant.processes.log("parent").count("worker-stopped") == 2


def test_a_worker_that_is_stopped_beside_its_store_ends_well(environment: Environment, tmp_path: Path) -> None:
    variables = {"FATURASYNC_SECRET_KEYS": ",".join(environment.secret_keys)}
    with (
        EmbeddedStore(tmp_path / "store") as server,
        Processes(tmp_path / "processes", REDIS_URL=server.url, **variables) as processes,
    ):
        worker = processes.start("worker", "worker")
        until(lambda: "worker-started" in processes.log("worker"), what="the worker's start")
        until(lambda: scheduler_of(worker.pid), what="its scheduler")
        kill(server.process.pid)
        assert end(worker) == 0


def test_a_worker_outlives_an_absence_of_the_store(environment: Environment, tmp_path: Path) -> None:
    keys = ",".join(environment.secret_keys)
    nowhere = "http://127.0.0.1:9/{account}"
    with (
        EmbeddedStore(tmp_path / "store") as server,
        Processes(
            tmp_path / "processes", REDIS_URL=server.url, FATURASYNC_SECRET_KEYS=keys, INVOICEXPRESS_URL=nowhere
        ) as processes,
    ):
        house = services(replace(environment, redis_url=server.url), connect(server.url))
        worker = processes.start("worker", "worker")
        until(lambda: "worker-started" in processes.log("worker"), what="the worker's start")
        scheduler = until(lambda: scheduler_of(worker.pid), what="its scheduler")
        until(lambda: b"idle" in everything(house.store), what="its wait for jobs")
        kill(server.process.pid)
        until(lambda: "scheduler-waits-for-the-store" in processes.log("worker"), what="the scheduler's word")
        server.restart_if_dead()
        house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), API_KEY)
        connection = house.connections.add("casa", "generic", [], now=house.clock()).connection
        reading = vendor_of("generic").read(Delivery(body=body(status="owner_stay")))
        assert not isinstance(reading, NotABooking)
        house.intake.take(connection, Delivery(body=body(status="owner_stay")), reading, now=house.clock())
        until(lambda: house.store.zcard(f"fs:status:{BookingStatus.IGNORED}"), what="the booking's rest")
        assert scheduler_of(worker.pid) == scheduler
        assert end(worker) == 0
        assert "Traceback" not in "".join(
            line for line in processes.log("worker").splitlines() if not line.startswith("{")
        )
