"""`faturasync guest`: what is kept about a guest, as JSON, and erasing it."""

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import Run
from worker.intake import Taken
from worker.services import Services

NAME = "Zulmira Canária"


@pytest.fixture
def cancelled(run: Run, casa: str, receive: Callable[..., Taken], work: Callable[[], None], house: Services) -> str:
    """A booking at rest."""
    run("connection", "add", casa, "generic")
    data = {"source_id": "R-1", "status": "cancelled", "property_ref": "casa-1", "check_in": "2024-07-03",
            "check_out": "2024-07-07", "guest_name": NAME, "guest_email": "zulmira@example.com"}  # fmt: skip
    [key] = receive("casa-generic", json.dumps({"type": "booking.cancelled", "data": data}).encode()).bookings
    work()
    house.store.set("fs:index:version", house.index.version)
    return key


def test_all_that_is_kept_about_a_guest_is_exported_by_name_or_booking(
    run: Run, cancelled: str, house: Services
) -> None:
    said = run("guest", "export", "zulmira", "can")
    [kept] = said.json
    assert (kept["booking"], kept["status"], kept["read"]["guest_name"]) == (cancelled, "cancelled", NAME)
    assert kept["deliveries"][0]["body"]["data"]["guest_email"] == "zulmira@example.com"
    assert "the host's" in said.err
    quiet = run("guest", "export", "--booking", cancelled, "--json")
    assert quiet.json[0]["deliveries"] == kept["deliveries"]
    assert quiet.err == ""
    assert {(act.what, act.about) for act in house.audit.acts(limit=2)} == {("guest-export", cancelled)}
    assert NAME not in json.dumps([repr(act) for act in house.audit.acts()])


def test_what_cannot_be_exported_is_said_in_a_sentence(run: Run, cancelled: str, fails: Callable[..., str]) -> None:
    assert "Nothing is kept about a guest of that name" in fails("guest", "export", "nobody")
    assert "There is no booking casa:x:y" in fails("guest", "export", "--booking", "casa:x:y")
    assert "or --booking KEY" in run("guest", "export", code=2).err
    assert "or --booking KEY" in run("guest", "export", "zulmira", "--booking", cancelled, code=2).err


def test_erasing_asks_first_and_is_over_at_once(run: Run, cancelled: str, fails: Callable[..., str]) -> None:
    assert "cannot be brought back" in run("guest", "erase", "--booking", cancelled, given="n\n", code=1).err
    assert run("show", cancelled, "--json").json["guest"] == NAME
    assert (
        f"Erased what was kept about the guest of {cancelled}."
        in run("guest", "erase", "--booking", cancelled, "--yes").out
    )
    shown = run("show", cancelled, "--json").json
    assert (shown["guest"], shown["status"], shown["check_out"]) == (None, "cancelled", "2024-07-07")
    assert shown["guest_data_dropped_at"]
    assert "data dropped on" in run("show", cancelled).out
    assert run("guest", "export", "--booking", cancelled).json[0]["read"].keys() >= {"check_in", "source_id"}
    assert "not kept any more, so there is nothing to try again" in run("retry", cancelled, code=1).err
    assert cancelled in run("bookings").out


def test_what_is_not_at_rest_is_erased_only_where_that_is_meant(
    run: Run, cancelled: str, receive: Callable[..., Taken], fails: Callable[..., str]
) -> None:
    data = {"source_id": "R-2", "status": "confirmed", "property_ref": "casa-9", "check_in": "2024-07-03",
            "check_out": "2024-07-07", "guest_name": NAME, "total_guest": "106.00"}  # fmt: skip
    [key] = receive("casa-generic", json.dumps({"type": "booking.created", "data": data}).encode()).bookings
    erase = ("guest", "erase", "--booking", cancelled, "--booking", key, "--yes")
    assert f"{key} is not at rest (queued)" in fails(*erase)
    assert run("show", cancelled, "--json").json["guest"] == NAME, "all or nothing"
    assert run(*erase, "--even-if-open").out.count("Erased") == 2


def test_a_body_that_tells_of_two_bookings_is_kept_until_the_second_is_let_go(
    run: Run, cancelled: str, house: Services
) -> None:
    [delivery] = house.ledger.deliveries(cancelled)
    house.store.hset(f"fs:delivery:{delivery}", "of casa:generic:R-9", "1")
    said = run("guest", "erase", "--booking", cancelled, "--yes").out
    assert "kept for casa:generic:R-9. Erase: faturasync guest erase --booking casa:generic:R-9" in said
    assert house.deliveries.body(delivery)
