from collections.abc import Callable, Iterator
from functools import partial

import pytest
import structlog
from tenacity import Retrying

from tests.conftest import FakeClock
from tests.worker.room import Asked, Room, furnished, nobody_is_asked
from worker.services import Services

Furnish = Callable[[Asked], Room]


@pytest.fixture
def furnish(house: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Furnish]:
    """furnish(vendor): a worker room in which `vendor` answers for the channel managers."""

    def sleep(seconds: float) -> None:
        clock.go_on(seconds=seconds)

    monkeypatch.setattr("worker.waits.Retrying", partial(Retrying, sleep=sleep))
    yield lambda asked: furnished(house, clock, asked=asked)
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def room(furnish: Furnish) -> Room:
    """A worker room whose waits of seconds pass on the one clock, and in which no channel manager is asked."""
    return furnish(nobody_is_asked)
