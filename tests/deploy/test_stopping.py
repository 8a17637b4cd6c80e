"""How processes stop: they take nothing new, finish what is under way, and end, at whatever moment they are asked."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from subprocess import Popen
from urllib.parse import urlsplit

import httpx
import pytest

from mapping.delivery import Delivery, NotABooking
from tests.chaos.plant import Address, set_up
from tests.deploy.machines import accepts, start_on_socket
from tests.processes import PLAIN, ROOT, Processes, end, free_port, is_up, sandbox
from tests.waiting import until
from tests.worker.room import body
from worker.connections import vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.records import BookingStatus
from worker.rq_worker import AT_ONCE
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A store, and the processes that share it."""
    folder = tmp_path_factory.mktemp("stopping")
    with EmbeddedStore(folder / "store") as store:
        keys = {"REDIS_URL": store.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        with Processes(folder / "processes", **keys) as found:
            yield found


@pytest.fixture(scope="module")
def house(processes: Processes) -> Iterator[Services]:
    environment = read_environment(processes.environment, terminal=False)
    with closing(connect(environment.redis_url or "")) as store:
        yield services(environment, store)


@pytest.fixture(scope="module")
def casa(house: Services) -> Address:
    return set_up(house, "casa", "http://receiver.invalid")


def signed(address: Address, content: bytes) -> tuple[str, dict[str, str]]:
    """The path, and the headers that prove `content`."""
    scheme = vendor_of("generic").scheme
    delivery = scheme.sign(content, address.secret, delivery_id=os.urandom(8).hex(), now=datetime.now(UTC))
    return urlsplit(address.url).path, dict(delivery.headers)


def test_a_stopping_receiver_takes_no_connection_and_finishes_what_is_under_way(
    processes: Processes, casa: Address
) -> None:
    where = ("127.0.0.1", free_port())
    receiver = processes.start("receiver", "receiver", "--port", str(where[1]))
    until(lambda: is_up(f"http://127.0.0.1:{where[1]}/readyz"), what="the receiver")
    content = body(1)
    path, headers = signed(casa, content)
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(content)}", "Expect: 100-continue"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(where, timeout=20) as slow:
        slow.sendall("\r\n".join([*lines, "", ""]).encode() + content[:50])
        assert slow.recv(4096).startswith(b"HTTP/1.1 100 ")  # now somebody waits for the body
        receiver.terminate()
        until(lambda: not accepts(where), what="a closed door", seconds=5)
        assert receiver.poll() is None
        slow.sendall(content[50:])
        assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert receiver.wait(20) == 0


def test_who_comes_between_two_receivers_waits_in_the_socket(processes: Processes, casa: Address) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        url = f"http://127.0.0.1:{kept.getsockname()[1]}"
        receiver = start_on_socket(processes, "receiver-1", kept, "receiver", "--port", "1")
        until(lambda: is_up(f"{url}/readyz"), what="the receiver")
        assert end(receiver) == 0
        content = body(2)
        path, headers = signed(casa, content)
        with socket.create_connection(kept.getsockname(), timeout=20) as waiting:
            head = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(content)}"]
            head += [f"{name}: {value}" for name, value in headers.items()]
            waiting.sendall("\r\n".join([*head, "", ""]).encode() + content)
            receiver = start_on_socket(processes, "receiver-2", kept, "receiver", "--port", "1")
            assert waiting.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert end(receiver) == 0


def test_a_scheduler_that_is_asked_to_stop_while_it_starts_stops(processes: Processes) -> None:
    script = """
        import sys, time
        from worker.queue import bookings_queue
        from worker.rq_worker import BookingWorker
        from worker.store import connect
        worker = BookingWorker(bookings_queue(connect(sys.argv[1])), between_jobs=lambda: None)
        worker._install_signal_handlers()
        for _ in range(5):
            worker._start_scheduler()
            assert worker.scheduler.acquired_locks, "the one before did not give its place free"
            worker.stop_scheduler()
            print(worker.scheduler._process.exitcode, file=sys.stderr)
    """
    said = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), processes.environment["REDIS_URL"]],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (said.stderr, said.returncode) == ("0\n" * 5, 0), said.stderr


def drafted(house: Services) -> int:
    return len(list(house.ledger.all(BookingStatus.DRAFTED)))


@contextmanager
def at_a_creation(
    processes: Processes, house: Services, number: int, *, seconds: float
) -> Iterator[tuple[Popen[bytes], httpx.Client]]:
    """A worker whose creations InvoiceXpress answers after so long, and the sandbox's own endpoints."""
    delivery = Delivery(body=body(number))
    reading = vendor_of("generic").read(delivery)
    assert not isinstance(reading, NotABooking)
    (connection,) = house.connections.all()
    with ExitStack() as stack:
        url = stack.enter_context(sandbox(processes, ("casa", "key-of-casa")))
        desk = stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN, timeout=30))
        fault = {"fault": "late_commit", "seconds": seconds, "method": "POST", "path": "invoices", "times": AT_ONCE}
        desk.post("/faults", json=fault)
        house.intake.take(connection, delivery, reading, now=house.clock())
        worker = processes.start("worker", "worker", INVOICEXPRESS_URL=f"{url}/{{account}}")
        until(lambda: desk.get("/requests").json()["requests"].get("POST /invoices.json"), what="a creation under way")
        yield worker, desk


def ask_twice(worker: Popen[bytes], sign: signal.Signals) -> None:
    asked_at = time.monotonic()
    worker.send_signal(sign)
    until(lambda: time.monotonic() > asked_at + 1.1, what="more than the second in which RQ ignores another")
    worker.send_signal(sign)


@pytest.mark.usefixtures("casa")
def test_a_worker_that_is_asked_twice_still_finishes_its_jobs(processes: Processes, house: Services) -> None:
    with at_a_creation(processes, house, 3, seconds=3) as (worker, desk):
        ask_twice(worker, signal.SIGTERM)
        assert worker.wait(30) == 0
        documents = desk.get("/documents", params={"account": "casa"}).json()["documents"]
        assert drafted(house) == len(documents) >= 1
        assert not house.queue.started_job_registry.get_job_count(cleanup=False)


@pytest.mark.usefixtures("casa")
def test_a_second_interrupt_from_the_keyboard_ends_a_worker_in_the_middle(
    processes: Processes, house: Services
) -> None:
    before = drafted(house)
    with at_a_creation(processes, house, 4, seconds=15) as (worker, _):
        ask_twice(worker, signal.SIGINT)
        assert worker.wait(5) == 1
        assert drafted(house) == before
