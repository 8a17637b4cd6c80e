"""`faturasync up --sandbox`: one command that runs everything, outlives kills and leaves nothing behind."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.processes import PLAIN, Processes, free_port, is_alive, kill
from tests.samples import load_cases
from tests.waiting import until

SMOOBU = next(case.bodies[0] for case in load_cases() if case.id == "smoobu/created-direct")
SERVER = "valkey-server"
WORKER, RECEIVER = "worker.cli worker", "worker.cli receiver"


class Up:
    """`faturasync up --sandbox`, and a look at what it does."""

    def __init__(self, folder: Path) -> None:
        self.port, self.console, self.sandbox = free_port(), free_port(), free_port()
        self.processes = Processes(folder, INVOICEXPRESS_URL=f"http://127.0.0.1:{self.sandbox}/{{account}}")
        self.number = 0
        self.hook = ""

    def start(self) -> None:
        """Start it and wait for its greeting."""
        self.number += 1
        self.process = self.processes.start(
            f"up-{self.number}", "up", "--sandbox", "--port", str(self.port), "--console-port", str(self.console),
            "--sandbox-port", str(self.sandbox),
        )  # fmt: skip
        until(lambda: "Ready." in self.log or self.process.poll() is not None, what="the greeting")
        assert self.process.poll() is None, self.log

    @property
    def log(self) -> str:
        return self.processes.log(f"up-{self.number}")

    def set_up(self) -> None:
        """The demo account, with a property and a connection of Smoobu."""
        self.processes.run("account", "add", "demo", "--subdomain", "demo", given="sandbox-demo-key")
        self.processes.run("property", "add", "demo", "Casa", "--location", "mainland", "--listing", "smoobu:2210045")
        self.processes.environment["FATURASYNC_PUBLIC_URL"] = f"http://127.0.0.1:{self.port}"
        self.hook = self.processes.run("connection", "add", "demo", "smoobu", "--json").json["url"]

    def deliver(self, number: int) -> None:
        """Booking `number`, again until it is acknowledged."""
        body = json.loads(SMOOBU)
        body["data"] |= {"id": number, "guest-name": f"Guest {number}"}
        until(lambda: self._is_acknowledged(json.dumps(body).encode()), what=f"the acknowledgement of {number}")

    def _is_acknowledged(self, body: bytes) -> bool:
        try:
            return httpx.post(self.hook, content=body, **PLAIN, timeout=30).status_code == 200
        except httpx.TransportError:
            return False

    def workers(self) -> list[int]:
        return self.processes.children(self.process.pid, WORKER)

    def documents(self) -> list[dict[str, Any]]:
        url = f"http://127.0.0.1:{self.sandbox}/_sandbox/documents?account=demo"
        found: list[dict[str, Any]] = httpx.get(url, **PLAIN).json()["documents"]
        return found

    def has_draft(self, number: int) -> bool:
        return [each["client"]["name"] for each in self.documents()].count(f"Guest {number}") == 1

    def drafts(self, *numbers: int, seconds: float = 30) -> None:
        """Deliver bookings and wait for exactly one draft of each."""
        for number in numbers:
            self.deliver(number)
        until(lambda: all(self.has_draft(number) for number in numbers), what=f"drafts of {numbers}", seconds=seconds)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    found = Up(tmp_path_factory.mktemp("up"))
    with found.processes:
        found.start()
        found.set_up()
        yield found


def test_it_greets_with_addresses_and_works(up: Up) -> None:
    for line in (
        rf"Receiver  http://127\.0\.0\.1:{up.port}$",
        rf"Console   http://127\.0\.0\.1:{up.console}  password \S{{12,}}$",
        rf"Sandbox   http://127\.0\.0\.1:{up.sandbox}  subdomain demo, API key sandbox-demo-key$",
        rf"in other terminals: export FATURASYNC_PUBLIC_URL='http://127\.0\.0\.1:{up.port}'$",
        rf"in other terminals: export INVOICEXPRESS_URL='http://127\.0\.0\.1:{up.sandbox}/\{{account\}}'$",
        r"Ready\. Ctrl-C stops everything\.$",
    ):
        assert re.search(line, up.log, re.MULTILINE), up.log
    up.drafts(1)
    (booking,) = up.processes.run("bookings", "--json").json
    assert (booking["status"], booking["guest"]) == ("drafted", "Guest 1")
    story = [json.loads(line)["event"] for line in up.log.splitlines() if booking["booking"] in line]
    assert (story[0], story[-1]) == ("delivery-taken", "settled")  # as docs/logs.md says: one grep
    assert story.count("invoicexpress-asked") >= 1
    assert httpx.get(f"http://127.0.0.1:{up.console}/healthz", **PLAIN).is_success


def test_a_second_one_on_the_same_folder_is_refused(up: Up) -> None:
    words = ["up", "--port", str(free_port()), "--console-port", str(free_port())]
    assert up.processes.run(*words, code=1).err == (
        f"Error: Another faturasync is at work in {up.processes.data}. "
        "Stop it first, or choose another FATURASYNC_DATA.\n"
    )
    up.drafts(10)


def test_a_killed_worker_is_replaced(up: Up) -> None:
    before = up.workers()
    assert len(before) == 2
    # The other one's child is RQ's scheduler, which for a moment keeps its connection open: a job that comes then has to
    # be swept up.
    killed = next(pid for pid in before if not up.processes.children(pid, WORKER))
    kill(killed)
    up.drafts(20, 21)
    until(lambda: len(up.workers()) == 2, what="two workers")
    assert len({killed, *before, *up.workers()}) == 3


def test_a_killed_store_is_restarted(up: Up) -> None:
    (server,) = up.processes.pids(SERVER)
    kill(server)
    up.drafts(30, 31, 32, seconds=60)  # what came in the store's first second waits for InvoiceXpress's list
    assert up.processes.pids(SERVER) != [server]
    statuses = [each["status"] for each in up.processes.run("bookings", "--json").json]
    assert set(statuses) == {"drafted"}


def test_a_killed_receiver_is_replaced(up: Up) -> None:
    (arbiter,) = up.processes.children(up.process.pid, RECEIVER)
    kill(arbiter)
    up.drafts(40)


def test_what_is_left_of_a_killed_one_makes_way(up: Up) -> None:
    """Out of memory: the system kills `up` alone. Its processes end by themselves, the next one takes the store over."""
    kill_all(up, [up.process.pid])
    until(lambda: not up.processes.pids("worker.cli"), what="the end of its processes")
    (orphan,) = up.processes.pids(SERVER)
    up.start()
    assert not is_alive(orphan)
    up.drafts(50)


def test_a_kill_of_everything_loses_nothing(up: Up) -> None:
    os.kill(up.process.pid, signal.SIGSTOP)  # else it would start them again
    kill_all(up, up.processes.pids(WORKER))
    numbers = range(60, 70)
    for number in numbers:
        up.deliver(number)
    kill_all(up, up.processes.pids())
    assert not up.processes.pids()
    up.start()
    until(lambda: all(up.has_draft(number) for number in numbers), what="the drafts", seconds=90)
    assert len(up.documents()) == len(numbers)  # the sandbox has forgotten the others, FaturaSync has not


def kill_all(up: Up, pids: list[int]) -> None:
    for pid in pids:
        if is_alive(pid):
            kill(pid)
    if up.process.pid in pids:
        up.process.wait()


def test_sigterm_stops_workers_first_and_the_store_last(up: Up) -> None:
    everybody = up.processes.pids()
    stopped = up.log.count("worker-stopped")
    up.process.terminate()
    seen: list[set[str]] = []
    while up.process.poll() is None:
        lines = up.processes.command_lines().values()
        seen.append({kind for kind in (WORKER, RECEIVER, SERVER) if any(kind in line for line in lines)})
    assert up.process.returncode == 0
    assert not any(is_alive(pid) for pid in everybody)
    assert not up.processes.pids()
    order = [each for each, before in zip(seen, [None, *seen], strict=False) if each != before]
    wanted = [{WORKER, RECEIVER, SERVER}, {RECEIVER, SERVER}, {SERVER}, set()]
    assert order[0] == wanted[0]
    assert [each for each in order if each in wanted] == order, order
    assert [wanted.index(each) for each in order] == sorted(wanted.index(each) for each in order)
    assert up.log.count("worker-stopped") == stopped + 2
    assert "Stopping: workers finish what they have begun." in up.log
    assert not list(up.processes.home.rglob("*"))
