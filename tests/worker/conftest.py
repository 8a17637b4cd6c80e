from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
import structlog
from tenacity import Retrying

from mapping.channel_managers import channel_managers
from tests.conftest import FakeClock
from tests.worker.desk import Desk
from tests.worker.room import Furnish, Room, furnished, nobody_is_asked
from worker.services import Services


@pytest.fixture
def furnish(house: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Furnish]:
    """See `Furnish`."""

    def sleep(seconds: float) -> None:
        clock.go_on(seconds=seconds)

    monkeypatch.setattr("worker.waits.Retrying", partial(Retrying, sleep=sleep))
    yield lambda asked: furnished(house, clock, asked=asked)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def room(furnish: Furnish) -> Room:
    """A worker room whose waits of seconds pass on the one clock, and in which no channel manager is asked."""
    return furnish(nobody_is_asked)


@pytest.fixture
def desk(furnish: Furnish) -> Desk:
    return Desk(furnish)


@pytest.fixture
def become(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """become(reads_twice=True): Channex is asked in another way from now on."""

    def changed(**how: Any) -> None:
        real = channel_managers()["channex"]
        assert real.fetch
        desk.vendor.how = replace(real.fetch, **how)
        known = {**channel_managers(), "channex": replace(real, fetch=desk.vendor.how)}
        monkeypatch.setattr("worker.connections.channel_managers", lambda: MappingProxyType(known))

    return changed
