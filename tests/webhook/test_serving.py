"""The receiver as it is run for real: `faturasync receiver`, gunicorn's processes and threads, a real store."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from mapping.channel_managers import channel_managers
from mapping.settings import Settings
from tests.processes import PLAIN, Processes, end_all, free_port, is_up
from tests.samples import load_cases, secret_for
from tests.waiting import until
from webhook.receiver import LARGEST_BODY
from worker.accounts import Account
from worker.connections import Issued
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

BODIES = {case.id: case.bodies[0] for case in load_cases()}
SMOOBU = BODIES["smoobu/created-direct"]


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A store, and the processes that share it."""
    folder = tmp_path_factory.mktemp("serving")
    with EmbeddedStore(folder / "store") as store:
        keys = {"REDIS_URL": store.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        with Processes(folder, **keys) as found:
            yield found


@pytest.fixture(scope="module")
def shop(processes: Processes) -> Iterator[Services]:
    """The services on the receivers' store, with one account."""
    environment = read_environment(processes.environment, terminal=False)
    with closing(connect(environment.redis_url or "")) as store:
        found = services(environment, store)
        found.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), "k-1")
        yield found


@pytest.fixture(scope="module")
def issued(shop: Services) -> Issued:
    return shop.connections.add("casa", "smoobu", [], now=shop.clock())


def start_receiver(processes: Processes, port: int) -> str:
    processes.start(f"receiver-{port}", "receiver", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    until(lambda: is_up(f"{url}/readyz"), what="the receiver")
    return url


@pytest.fixture(scope="module")
def receiver(processes: Processes) -> str:
    return start_receiver(processes, free_port())


@pytest.fixture
def http(receiver: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=receiver, **PLAIN, timeout=20) as client:
        yield client


def hook(issued: Issued) -> str:
    return f"/webhooks/{issued.connection.channel_manager}/{issued.token}"


def chunks(body: bytes, size: int = 50_000) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def test_1_mib_in_chunks_is_taken_and_a_byte_more_refused(receiver: str, issued: Issued) -> None:
    def post(content: bytes | Iterator[bytes]) -> httpx.Response:
        return httpx.post(receiver + hook(issued), content=content, **PLAIN, timeout=20)

    padded = SMOOBU.ljust(LARGEST_BODY)
    for content in (padded, chunks(padded)):
        assert post(content).json()["outcome"] in {"queued", "repeated"}
    for content in (padded + b" ", chunks(padded + b" "), padded * 2, chunks(padded * 2)):
        answer = post(content)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("name", [name for name, vendor in channel_managers().items() if vendor.scheme.signs])
def test_a_signature_covers_a_body_in_chunks(http: httpx.Client, shop: Services, name: str) -> None:
    made = shop.connections.add("casa", name, list(filter(None, [secret_for(name)])), now=shop.clock())
    body = BODIES[f"{name}/created-direct"]
    secret = shop.connections.secrets(made.connection.id)[0]
    headers = channel_managers()[name].scheme.sign(body, secret, delivery_id="msg-1", now=shop.clock()).headers
    answer = http.post(hook(made), content=chunks(body, 100), headers=dict(headers))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "queued")


def test_what_is_no_http_gets_400_and_its_token_is_not_logged(
    receiver: str, processes: Processes, issued: Issued
) -> None:
    host, _, port = receiver.removeprefix("http://").partition(":")
    for request in (
        f"POST {hook(issued)} HTTP/9.9\r\n\r\n",
        f"POST {hook(issued)} HTTP/1.1\r\nHost: x\r\nAuthorization : Basic Y2FzYTpwYXNzd29yZA==\r\n\r\n",
        f"POST {hook(issued)} HTTP/1.1\r\nHost: x\r\nms-signature\r\n\r\n",
        f"POST {hook(issued)} HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n{{}}",
        f"POST {hook(issued)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{{}}",
        f"{hook(issued)}\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall(request.encode())
            assert re.match(rb"HTTP/1.1 (400|505) ", wire.recv(4096)), request
    log = processes.log(f"receiver-{port}")
    assert issued.token
    assert issued.token not in log
    assert "Y2FzYTpwYXNzd29yZA" not in log


def test_a_body_that_breaks_off_is_no_delivery(receiver: str, shop: Services, issued: Issued) -> None:
    before = list(shop.deliveries.unreadable())
    host, _, port = receiver.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        wire.sendall(f"POST {hook(issued)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SMOOBU)}\r\n\r\n".encode())
        wire.sendall(SMOOBU[:100])
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert list(shop.deliveries.unreadable()) == before


def test_every_line_is_json(receiver: str, processes: Processes, http: httpx.Client, issued: Issued) -> None:
    http.post(hook(issued), content=SMOOBU)
    lines = [json.loads(line) for line in processes.log(f"receiver-{receiver.rpartition(':')[2]}").splitlines()]
    assert {"event", "level", "timestamp"} <= set.intersection(*(set(line) for line in lines))


def test_nothing_is_left_in_home_and_no_process_stays(processes: Processes, receiver: str) -> None:
    assert processes.pids("receiver")
    end_all(processes.started)
    assert not processes.pids()
    assert not list(processes.home.rglob("*"))
