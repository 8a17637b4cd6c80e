"""An embedded store with many bookings in it, durable as one in use, and how to speak to it."""

import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from tests.benchmarks.many_bookings import build
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.indexing import Indexing
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key


@dataclass(frozen=True, kw_only=True)
class FilledStore:
    """The store, and what it took to fill it. With `variables` a process finds it; `folder` is for what else is made."""

    house: Services
    variables: Mapping[str, str]
    folder: Path
    seconds: float = 0
    megabytes: float = 0


@contextmanager
def filled_store(count: int) -> Iterator[FilledStore]:
    """A store with `count` bookings, for as long as the context lasts."""
    with empty_store() as empty:
        begun = time.monotonic()
        with not_synced(empty.house):
            build(empty.house.environment, range(count))
        seconds = time.monotonic() - begun
        assert sum(empty.house.index.counts()["status"].values()) == count
        raw: Any = empty.house.store
        yield replace(empty, seconds=seconds, megabytes=raw.info("memory")["used_memory"] / 2**20)


@contextmanager
def not_synced(house: Services) -> Iterator[None]:
    """While the store is filled nothing waits for the disk."""
    raw: Any = house.store
    raw.config_set("appendfsync", "no")
    yield
    raw.config_set("appendfsync", "always")


@contextmanager
def empty_store() -> Iterator[FilledStore]:
    """The same before anything is put into it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="faturasync-") as folder, EmbeddedStore(Path(folder, "store")) as server:
        variables = {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        environment = read_environment({**variables, "HOME": folder}, terminal=False)
        with closing(connect(server.url)) as store:
            house = services(environment, store)
            Indexing(house).go_on()  # an empty store's index is whole, and so stays
            yield FilledStore(house=house, variables=variables, folder=Path(folder))
