"""`faturasync backup` and `restore`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from worker.embedded import EmbeddedStore


@pytest.fixture
def embedded(tmp_path: Path) -> dict[str, str]:
    """The variables with which commands have a store of their own in `data`."""
    return {"REDIS_URL": "", "FATURASYNC_DATA": str(tmp_path / "data")}


def test_a_copy_is_made_and_put_back(
    run: Callable[..., Any], fails: Callable[..., str], embedded: dict[str, str], tmp_path: Path
) -> None:
    run, fails = partial(run, **embedded), partial(fails, **embedded)
    copy = str(tmp_path / "copy")
    assert "has nothing in it" in fails("backup", copy)
    run("bookings")
    assert run("backup", copy).out.endswith(f"Keep {tmp_path / 'data' / 'secret-key'} too, but not beside it.\n")
    assert "There is a file" in fails("backup", copy)
    with EmbeddedStore(tmp_path / "data"):
        assert "Another faturasync is at work" in fails("restore", copy)
    said = run("restore", copy).out
    assert said.startswith("Put back. It does not say of when it is.\nWhat was there is in ")
    assert "faturasync missing" in said
    assert "cannot be read" in fails("restore", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("words", [["backup", "copy"], ["restore", "copy"]])
def test_a_redis_of_ones_own_has_its_own_means(fails: Callable[..., str], words: list[str]) -> None:
    assert "docs/backup.md" in fails(*words)
