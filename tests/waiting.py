"""Waiting for a fact instead of sleeping: bounded, and with a word about what did not come."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(fact: Callable[[], T], *, what: str, seconds: float = 30.0) -> T:
    """What `fact` answers as soon as that is true; AssertionError if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < deadline, f"Not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return found
