"""What tests of every room share: a real store, a clock that stands still, and the services on both."""

import logging
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import structlog
from redis import Redis

from tests.journal import faults_in
from worker.embedded import EmbeddedStore
from worker.environment import Environment
from worker.logs import QUIET
from worker.sandbox.journal import JOURNAL
from worker.services import Services, services
from worker.store import Store, connect
from worker.vault import fresh_key


def pytest_configure(config: pytest.Config) -> None:
    """Every sandbox of the session, in whichever process, writes into one journal."""
    if not _is_a_part(config):
        folder = tempfile.TemporaryDirectory(prefix="faturasync-journal-")
        config.add_cleanup(folder.cleanup)
        os.environ[JOURNAL] = str(Path(folder.name) / "journal")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session, whatever its tests say, in which anything but drafts was asked for."""
    if _is_a_part(session.config):
        return
    path = Path(os.environ[JOURNAL])
    lines = path.read_text().splitlines() if path.exists() else []
    is_whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS and session.testscollected > 0
    if faults := faults_in(lines, of_the_whole_suite=is_whole):
        print("", *faults, sep="\n")  # noqa: T201  # there is no test that could say it
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_a_part(config: pytest.Config) -> bool:
    """Whether this is one of several processes that pytest-xdist runs the session in."""
    return hasattr(config, "workerinput")


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a test does to logging, as every process does at its start, ends with it."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quiet = {name: logging.getLogger(name).level for name in QUIET}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, its_level in quiet.items():
        logging.getLogger(name).setLevel(its_level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis or Valkey: Lua, transactions and persistence are its own."""
    with EmbeddedStore(tmp_path_factory.mktemp("store")) as server:
        yield server.url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """The real store, empty."""
    client = connect(store_url)
    cast("Redis", client).flushall()
    yield client
    client.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def environment(store_url: str, tmp_path: Path) -> Environment:
    return Environment(
        redis_url=store_url,
        data=tmp_path,
        secret_keys=(fresh_key(),),
        public_url="http://127.0.0.1:8000",
        console_password="open sesame",
        invoicexpress_url="http://invoicexpress.invalid/{account}",
        channel_manager_url=None,
        log_format="json",
        port=None,
    )


@pytest.fixture
def house(environment: Environment, store: Store, clock: FakeClock) -> Services:
    """The services on the real store, with a clock that stands still."""
    return services(environment, store, clock=clock)
