"""`faturasync missing`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.cli.conftest import BODIES
from worker.lapses import note_copy
from worker.services import Services
from worker.taxes import forget_taxes

Run = Callable[..., Any]


@pytest.fixture
def listed_at_once(casa: str, sandbox: httpx.Client) -> str:
    """The account, whose list shows new documents at once."""
    sandbox.post("/switches", json={"account": casa, "switches": {"index_lag": 0}})
    return casa


def test_it_says_what_there_is_and_who_has_to_send_it_again(
    run: Run, listed_at_once: str, house: Services, receive: Run, work: Run
) -> None:
    assert run("missing").out == "InvoiceXpress has nothing of ours that is not known here.\n"
    run("connection", "add", listed_at_once, "smoobu")
    receive("casa-smoobu", BODIES["smoobu/created-direct"])
    work()
    (key,) = [each["booking"] for each in run("bookings", "--json").json]
    keys = [f"fs:booking:{key}", f"fs:status:{house.ledger.known(key).status}"]
    house.store.delete(*keys, "fs:alive")
    note_copy(house.store, now=datetime(2026, 11, 25, 12, 0, tzinfo=UTC))
    said = run("missing").out
    assert "An older time to 25/11/2026 12:00:00 UTC" in said
    assert "the booking is not known here" in said
    assert f"FS-smoobu-{key.rpartition(':')[2]}-1" in said
    assert "casa-smoobu" in said
    assert "ever" in said
    assert run("missing", "--json").json["lapse"] == {"since": None, "until": "2026-11-25T12:00:00+00:00"}


def test_an_account_that_refuses_is_told_and_the_others_are_asked(
    run: Run, casa: str, house: Services, sandbox: httpx.Client
) -> None:
    sandbox.post("/accounts", json={"name": "casa", "key": "another-key"})
    forget_taxes(house.store, casa)
    run("account", "add", "quinta", "--subdomain", "quinta", given="good-key")
    said = run("missing", code=1)
    assert said.err.startswith("Error: casa could not be asked: InvoiceXpress answered 401")
    assert "nothing of ours" in said.out
    assert list(run("missing", "--json", code=1).json["problems"]) == ["casa"]
