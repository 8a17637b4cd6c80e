"""The command line in this process, on the real store, with an InvoiceXpress that is the sandbox over real HTTP."""

import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from werkzeug.serving import make_server

from mapping.delivery import Delivery, NotABooking
from tests.processes import PLAIN, Said
from tests.samples import load_cases
from worker.cli import main
from worker.connections import vendor_of
from worker.environment import Environment, read_environment
from worker.fetching.transport import ChannelManagerPool
from worker.intake import Taken
from worker.invoicexpress.client import InvoiceXpressPool
from worker.jobs import equip
from worker.rq_worker import BookingWorker
from worker.sandbox.app import create_sandbox
from worker.services import Services, services
from worker.store import Store
from worker.vault import fresh_key
from worker.workshop import Workshop

KEY = "good-key"
BODIES = {case.id: case.bodies[0] for case in load_cases()}

Run = Callable[..., Said]


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_sandbox(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[httpx.Client]:
    """The sandbox itself, with the accounts `casa` and `quinta` afresh."""
    with httpx.Client(base_url=f"{sandbox_url}/_sandbox", **PLAIN) as client:
        for name in ("casa", "quinta"):
            client.post("/accounts", json={"name": name, "key": KEY})
        yield client
        client.delete("/faults")


@pytest.fixture
def variables(store_url: str, sandbox_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment's variables of each command."""
    return {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "REDIS_URL": store_url,
        "FATURASYNC_SECRET_KEYS": fresh_key(),
        "INVOICEXPRESS_URL": f"{sandbox_url}/{{account}}",
    }


@pytest.fixture
def environment(variables: dict[str, str]) -> Environment:
    return read_environment(variables, terminal=False)


@pytest.fixture
def house(environment: Environment, store: Store) -> Services:
    """The services on the store that the commands use."""
    return services(environment, store)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], variables: dict[str, str], house: Services,
    sandbox: httpx.Client,
) -> Iterator[Run]:  # fmt: skip
    """run("account", "list"): what the command says. `given` is its standard input, which is no terminal."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    for start in ("worker.serving._Server.run", "worker.cli.processes.work", "worker.supervisor.Supervisor.__enter__"):
        monkeypatch.setattr(start, lambda *_: pytest.fail("A test's own process must not become a server."))

    def ran(*words: str, given: str | bytes = b"", code: int = 0, **more: str) -> Said:
        for name in os.environ:
            monkeypatch.delenv(name)
        for name, value in {**variables, **more}.items():
            monkeypatch.setenv(name, value)
        data = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        monkeypatch.setattr(sys, "argv", ["faturasync", *words])
        capfd.readouterr()
        found: Any = 0
        try:
            main()
        except SystemExit as end:
            found = end.code or 0
        said = Said(found, *capfd.readouterr())
        assert said.code == code, f"{words}: {said}"
        return said

    yield ran
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def fails(run: Run) -> Callable[..., str]:
    """fails("show", "nothing"): the one sentence of a command that ends with exit code 1 and says nothing else."""

    def failed(*words: str, **more: Any) -> str:
        said = run(*words, code=1, **more)
        assert not said.out
        assert said.err.startswith("Error: ")
        assert said.err.count("\n") == 1
        assert "Traceback" not in said.err
        assert "error of its own" not in said.err
        return said.err.removeprefix("Error: ").strip()

    return failed


@pytest.fixture
def casa(run: Run) -> str:
    """An account with a property for the samples of Smoobu."""
    run("account", "add", "casa", "--subdomain", "casa", given=KEY)
    run("property", "add", "casa", "Casa da Ria", "--location", "mainland", "--listing", "smoobu:2210045")
    return "casa"


@pytest.fixture
def receive(house: Services) -> Callable[..., Taken]:
    """receive("casa-smoobu", body): as the receiver would."""

    def received(connection_id: str, body: bytes) -> Taken:
        connection = house.connections.get(connection_id)
        delivery = Delivery(body=body)
        reading = vendor_of(connection.channel_manager).read(delivery)
        assert not isinstance(reading, NotABooking)
        return house.intake.take(connection, delivery, reading, now=house.clock())

    return received


@pytest.fixture
def work(house: Services) -> Iterator[Callable[[], None]]:
    """Let a worker run every job that is queued."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}

    def burst() -> None:
        pool, others = InvoiceXpressPool(house.environment.invoicexpress_url), ChannelManagerPool()
        with closing(pool), closing(others):
            started = datetime(2026, 6, 1, tzinfo=UTC)
            equip(Workshop(services=house, pool=pool, channel_managers=others, store_started=lambda: started))
            BookingWorker(house.queue, between_jobs=lambda: None).work(burst=True, logging_level="WARNING")

    yield burst
    for sign, handler in before.items():
        signal.signal(sign, handler)
