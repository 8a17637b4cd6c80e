from collections.abc import Iterator
from functools import partial

import pytest
import structlog
from tenacity import Retrying

from tests.conftest import FakeClock
from tests.worker.room import Room, furnished
from worker.services import Services


@pytest.fixture
def room(house: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """A worker room whose waits of seconds pass on the one clock."""

    def sleep(seconds: float) -> None:
        clock.go_on(seconds=seconds)

    monkeypatch.setattr("worker.waits.Retrying", partial(Retrying, sleep=sleep))
    yield furnished(house, clock)
    structlog.contextvars.clear_contextvars()
