"""Waits: what is waited for, for how long, and never for longer than a job may take."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from tenacity import Retrying

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.waits import (
    INDEX_LAG_SECONDS,
    JOB_SECONDS,
    LATER_SECONDS,
    LOCK_SECONDS,
    SHORT_SECONDS,
    later,
    within_seconds,
)

LONGEST_REQUEST = 5 + 10 + 20  # seconds: worker.invoicexpress.transport.TIMEOUT


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("worker.waits.Retrying", partial(Retrying, sleep=waits.append))
    return waits


def failing(times: int, error: Exception) -> tuple[Callable[[], str], list[int]]:
    """A call that fails so often, and a list with an entry for each call."""
    calls: list[int] = []

    def call() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "done"

    return call, calls


def test_what_was_surely_not_done_is_tried_again(slept: list[float]) -> None:
    call, calls = failing(2, InvoiceXpressUnavailable("429", sent=False))
    assert within_seconds()(call) == "done"
    assert len(calls) == 3
    assert len(slept) == 2
    assert sum(slept) < SHORT_SECONDS


def test_attempts_are_few(slept: list[float]) -> None:
    call, calls = failing(99, InvoiceXpressUnavailable("429", sent=False))
    with pytest.raises(InvoiceXpressUnavailable):
        within_seconds()(call)
    assert len(calls) == 3


def test_what_invoicexpress_asks_for_is_waited_for(slept: list[float]) -> None:
    call, _ = failing(2, InvoiceXpressUnavailable("429", sent=False, retry_after=7.5))
    assert within_seconds()(call) == "done"
    assert slept == [7.5, 7.5]


def test_what_takes_longer_is_left_to_rq(slept: list[float]) -> None:
    call, calls = failing(1, InvoiceXpressUnavailable("429", sent=False, retry_after=SHORT_SECONDS))
    with pytest.raises(InvoiceXpressUnavailable):
        within_seconds()(call)
    assert (len(calls), slept) == (1, [])


@pytest.mark.parametrize(
    "error",
    [
        InvoiceXpressUnavailable("timeout", sent=True),
        InvoiceXpressRejected(422, ["no"]),
        UserError("no"),
        ValueError("no"),
        TimeoutError("no"),
    ],
)
def test_nothing_else_is_tried_again(slept: list[float], error: Exception) -> None:
    call, calls = failing(1, error)
    with pytest.raises(type(error)) as raised:
        within_seconds()(call)
    assert raised.value is error
    assert (len(calls), slept) == (1, [])


def test_the_waits_fit_into_a_job_and_a_job_into_its_lock() -> None:
    assert SHORT_SECONDS + LONGEST_REQUEST / 2 < JOB_SECONDS < LOCK_SECONDS
    assert LOCK_SECONDS < 60


def test_later_waits_grow_and_come_to_an_end() -> None:
    waits = [later(attempt, asked=None) for attempt in range(len(LATER_SECONDS) + 1)]
    assert waits.pop() is None
    told = [seconds for seconds in waits if seconds]
    assert told == [seconds + 1 for seconds in LATER_SECONDS]
    assert all(first < second for first, second in pairwise(told))
    assert sum(told) > 12 * 3600


@pytest.mark.parametrize(("asked", "seconds"), [(None, 16), (3.0, 16), (15.2, 17), (600.0, 601)])
def test_later_is_at_least_what_was_asked_for_and_rqs_half_second(asked: float | None, seconds: int) -> None:
    assert later(0, asked=asked) == seconds
    assert seconds - 0.5 > (asked or 0)


def test_the_index_gets_twice_its_time() -> None:
    assert INDEX_LAG_SECONDS >= 2 * 15
