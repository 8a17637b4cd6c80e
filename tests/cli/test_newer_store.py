"""Commands on a store that a newer program has: one sentence, exit code 1, and nothing is changed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.processes import free_port
from tests.worker.room import everything
from worker.services import Services


@pytest.mark.parametrize(
    "words",
    [
        ["bookings"], ["retry", "--all"], ["queues", "--json"], ["account", "remove", "casa"],
        ["worker"], ["worker", "--processes", "2"], ["receiver"], ["console"],
        ["up", "--port", str(free_port()), "--console-port", str(free_port())],
    ],
)  # fmt: skip
def test_a_newer_store_is_refused(house: Services, casa: str, fails: Callable[..., str], words: list[str]) -> None:
    house.store.set("fs:version", "99 9.8.7")
    before = everything(house.store)
    said = fails(*words, LOG_FORMAT="json", **({"CONSOLE_PASSWORD": "x"} if words[0] in {"console", "up"} else {}))
    assert said.startswith("The store is of version 99 and this program knows")
    assert "start FaturaSync 9.8.7 or newer" in said
    assert everything(house.store) == before


def test_a_command_takes_an_older_store_over(house: Services, run: Callable[..., Any]) -> None:
    house.store.delete("fs:version")
    run("bookings")
    assert house.store.get("fs:version")
