"""Every process is replaced while deliveries arrive: none is lost, none is answered with an error.

Two receivers behind a proxy, as docs/deploy.md has them: one machine under systemd, which holds the socket, and one
where a new receiver comes up beside the old one, as containers do; and four workers.
"""

import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from subprocess import Popen
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from tests.chaos.checks import alive, meant, said
from tests.chaos.plan import FIRST_DAY, FIRST_MODIFIED, State
from tests.chaos.plant import Address, set_up
from tests.chaos.senders import told
from tests.deploy.machines import Proxy, start_on_socket
from tests.processes import PLAIN, Processes, end, end_all, free_port, is_up, sandbox
from tests.waiting import until
from worker.connections import vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.queue import QUEUE
from worker.records import BookingStatus
from worker.services import Services, services
from worker.serving import STOP_SECONDS as RECEIVERS_GRACE
from worker.store import connect
from worker.supervisor import STOP_SECONDS as WORKERS_GRACE
from worker.vault import fresh_key

ACCOUNTS = ("norte", "sul")
BOOKINGS = 12  # of each account
PAUSE_SECONDS = 0.08
"""Between an account's deliveries: far more than any host gets, and less than InvoiceXpress's limit."""


@dataclass
class Sender:
    """A channel manager: tells each booking, then one change after the other, and notes what it was answered."""

    account: str
    address: Address
    proxy: Proxy
    enough: threading.Event
    newest: dict[int, State] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def send(self) -> None:
        for turn in range(100_000):
            if self.enough.wait(PAUSE_SECONDS):
                return
            number = turn % BOOKINGS
            self.newest[number] = state = dearer(self.newest[number]) if number in self.newest else first(number)
            body = told(number, state)
            signed = vendor_of("generic").scheme.sign(
                body, self.address.secret, delivery_id=os.urandom(8).hex(), now=datetime.now(UTC)
            )
            self.statuses[self.proxy.post(urlsplit(self.address.url).path, body, dict(signed.headers))] += 1


def first(number: int) -> State:
    return State(
        modified_at=FIRST_MODIFIED,
        cancelled=False,
        guest=f"Hóspede {number}",
        check_in=FIRST_DAY,
        check_out=FIRST_DAY + timedelta(days=3),
        total=Decimal("100.00"),
    )


def dearer(state: State) -> State:
    return replace(state, modified_at=state.modified_at + timedelta(minutes=1), total=state.total + 1)


@dataclass(frozen=True, kw_only=True)
class Site:
    """The machines: the socket that systemd holds on the first, and a proxy before both."""

    processes: Processes
    house: Services
    desk: httpx.Client
    kept: socket.socket
    proxy: Proxy
    addresses: dict[str, Address]

    @property
    def first_machine(self) -> str:
        return f"http://127.0.0.1:{self.kept.getsockname()[1]}"

    def start_receiver_on_socket(self, name: str) -> Popen[bytes]:
        return start_on_socket(self.processes, name, self.kept, "receiver")

    def start_receiver_beside(self, name: str) -> tuple[Popen[bytes], str]:
        port = free_port()
        return self.processes.start(name, "receiver", "--port", str(port)), f"http://127.0.0.1:{port}"

    def start_workers(self, *names: str) -> list[Popen[bytes]]:
        return [self.processes.start(name, "worker") for name in names]

    def wait_for(self, *names: str) -> None:
        """Until all of these say that they are at work."""
        words = {"receiver": "Booting worker", "worker": "worker-started"}
        for name in names:
            until(lambda name=name: words[name.split("-")[0]] in self.processes.log(name), what=name)  # type: ignore[misc]  # a lambda's default

    def documents(self, account: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.desk.get("/documents", params={"account": account}).json()["documents"]
        return found

    def is_at_rest(self) -> bool:
        return not any(self.house.ledger.all(BookingStatus.QUEUED, BookingStatus.WAITING))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore(tmp_path / "store"))
        keys = {"REDIS_URL": store.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        processes = stack.enter_context(Processes(tmp_path / "processes", **keys))
        url = stack.enter_context(sandbox(processes, *((name, f"key-of-{name}") for name in ACCOUNTS)))
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        client = stack.enter_context(closing(connect(store.url)))
        house = services(read_environment(processes.environment, terminal=False), client)
        yield Site(
            processes=processes,
            house=house,
            desk=stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN, timeout=30)),
            kept=stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128)),
            proxy=stack.enter_context(closing(Proxy([]))),
            addresses={name: set_up(house, name, "http://proxy.invalid") for name in ACCOUNTS},
        )


def test_everything_is_replaced_under_deliveries_and_none_is_lost(site: Site) -> None:
    on_socket = site.start_receiver_on_socket("receiver-1")
    beside, old = site.start_receiver_beside("receiver-2")
    workers = site.start_workers("worker-1", "worker-2", "worker-3", "worker-4")
    site.proxy.upstreams[:] = [site.first_machine, old]
    until(lambda: all(is_up(f"{upstream}/readyz") for upstream in site.proxy.upstreams), what="the receivers")
    enough = threading.Event()
    senders = [
        Sender(account=name, address=address, proxy=site.proxy, enough=enough)
        for name, address in site.addresses.items()
    ]
    threads = [threading.Thread(target=sender.send) for sender in senders]
    for thread in threads:
        thread.start()
    site.wait_for("worker-1", "worker-2", "worker-3", "worker-4")

    new_beside, new = site.start_receiver_beside("receiver-3")
    new_on_socket = site.start_receiver_on_socket("receiver-4")
    new_workers = site.start_workers("worker-5", "worker-6", "worker-7", "worker-8")
    site.wait_for("receiver-3", "receiver-4", "worker-5", "worker-6", "worker-7", "worker-8")
    until(lambda: is_up(f"{new}/readyz"), what="the new receiver")
    site.proxy.upstreams.append(new)  # and the old one is still among them when it goes
    assert end(beside, seconds=RECEIVERS_GRACE) == 0
    site.proxy.upstreams.remove(old)
    assert end(on_socket, seconds=RECEIVERS_GRACE) == 0
    end_all(workers, seconds=WORKERS_GRACE)

    until(lambda: min(len(sender.newest) for sender in senders) == BOOKINGS, what="all bookings")
    enough.set()
    for thread in threads:
        thread.join()
    assert {status for sender in senders for status in sender.statuses} == {200}
    assert {status for _, status in site.proxy.answered} == {200}, "no answer was an error that the proxy hid"
    assert {upstream for upstream, _ in site.proxy.failed} <= {old}, "the socket that systemd holds fails nobody"
    until(site.is_at_rest, what="rest")
    for sender in senders:
        there = alive(site.documents(sender.account))
        drafts = {document["reference"].split("-")[3]: said(document) for document in there}
        assert len(there) == BOOKINGS
        assert drafts == {str(number): meant(state) for number, state in sender.newest.items()}
    end_all([new_on_socket, new_beside, *new_workers])
    assert not left_in_rq(site.house)
    assert not [
        line
        for line in "".join(log.read_text() for log in site.processes.logs.iterdir()).splitlines()
        if '"level": "error"' in line
    ]


def left_in_rq(house: Services) -> dict[str, int]:
    store = cast("Redis", house.store)
    lists = {name: store.llen(name) for name in (f"rq:queue:{QUEUE}", f"rq:queue:{QUEUE}:intermediate")}
    registries = {name: store.zcard(f"rq:{name}:{QUEUE}") for name in ("wip", "failed", "scheduled")}
    return {name: count for name, count in {**lists, **registries}.items() if count}
