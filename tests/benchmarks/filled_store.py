"""An embedded store with many bookings in it, durable as one in use, and how to speak to it."""

import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
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
    seconds: float
    megabytes: float


@contextmanager
def filled_store(count: int) -> Iterator[FilledStore]:
    """A store with `count` bookings, for as long as the context lasts."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="faturasync-") as folder, EmbeddedStore(Path(folder, "store")) as server:
        variables = {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        environment = read_environment({**variables, "HOME": folder}, terminal=False)
        with closing(connect(server.url)) as store:
            house = services(environment, store)
            raw: Any = store
            raw.config_set("appendfsync", "no")  # while it is built
            Indexing(house).go_on()  # an empty store's index is whole, and so stays
            begun = time.monotonic()
            build(environment, count)
            seconds = time.monotonic() - begun
            raw.config_set("appendfsync", "always")
            assert sum(house.index.counts()["status"].values()) == count
            megabytes = raw.info("memory")["used_memory"] / 2**20
            yield FilledStore(
                house=house, variables=variables, folder=Path(folder), seconds=seconds, megabytes=megabytes
            )
