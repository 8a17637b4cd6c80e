"""`faturasync doctor`: each thing that keeps bookings from becoming drafts, and what to do about it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from mapping.settings import Settings
from tests.cli.conftest import BODIES, KEY, Run
from worker.doctor import Level, examine
from worker.intake import Taken
from worker.properties import Property
from worker.services import Services
from worker.vault import fresh_key

Told = Callable[..., list[str]]


@pytest.fixture
def told(run: Run) -> Told:
    """told("warning"): what it says with that level, a place and a sentence each."""

    def lines(*levels: str, code: int = 1, **more: str) -> list[str]:
        found = run("doctor", "--json", code=code, **more).json
        assert all(each["todo"] for each in found if each["level"] != "good")
        return [f"{each['place']}: {each['said']}" for each in found if each["level"] in levels]

    return lines


def test_what_is_well_gets_a_line_each_too(run: Run, casa: str) -> None:
    run("connection", "add", casa, "generic")
    lines = run("doctor", code=1).out.splitlines()
    assert lines[0].startswith("ok      store: ")
    assert "ok      secret keys: 1 key opens every secret and the newest bookings." in lines
    assert "ok      account casa: InvoiceXpress takes its key and has the taxes that its properties need." in lines
    assert "ok      clock: This machine's clock agrees with InvoiceXpress's." in lines
    assert "ok      connection casa-generic: Nothing was heard of it yet." in lines
    assert "FAULT   work: No worker is alive. Start one: faturasync worker" in lines


def test_an_empty_house_is_told_what_to_begin_with(told: Told) -> None:
    assert "accounts: There is none." in told("warning")


def test_a_secret_that_no_key_opens_is_named(
    run: Run, casa: str, receive: Callable[[str, bytes], Taken], told: Told
) -> None:
    run("connection", "add", casa, "generic")
    run("connection", "add", casa, "smoobu")
    taken = receive("casa-smoobu", BODIES["smoobu/created-airbnb"])
    assert taken.outcome == "queued"
    faults = told("fault", FATURASYNC_SECRET_KEYS=fresh_key())
    assert "secret keys: No key opens the API key of account casa and 3 more." in faults
    assert any(line.startswith("account casa: The API key of account casa cannot be decrypted") for line in faults)


def test_a_refused_key_of_one_account_leaves_the_others_looked_at(
    run: Run, casa: str, sandbox: httpx.Client, told: Told
) -> None:
    run("account", "add", "quinta", "--subdomain", "quinta", given=KEY)
    sandbox.post("/accounts", json={"name": casa, "key": "another-key"})
    assert any(line.startswith("account casa: Invalid API key") for line in told("fault"))
    assert any(line.startswith("account quinta: InvoiceXpress takes its key") for line in told("good"))


def test_a_tax_or_series_that_a_property_needs_and_the_account_lacks_is_told(
    run: Run, casa: str, told: Told, house: Services
) -> None:
    run(
        "property",
        "add",
        casa,
        "Casa do Mar",
        "--location",
        "azores",
        "--cleaning",
        "own-line=12",
        "--sequence",
        "AL-9",
    )
    house.properties.add(Property(account=casa, name="Nowhere", listings=(), settings=Settings()))
    faults = told("fault")
    assert "account casa: It has no tax of 12 % for PT-AC, which Casa do Mar needs." in faults
    assert "account casa: It has no series AL-9, which Casa do Mar needs." in faults
    assert "property Nowhere: It has no location, so its bookings are parked." in told("warning")


def test_an_account_that_a_person_paused_is_told(run: Run, casa: str, told: Told) -> None:
    run("pause", casa)
    assert any(line.startswith("account casa: ") and line.endswith("has paused it.") for line in told("warning"))


def test_an_invoicexpress_that_cannot_be_reached_is_a_warning(casa: str, told: Told) -> None:
    nowhere = told("fault", "warning", INVOICEXPRESS_URL="http://127.0.0.1:9/{account}")
    assert any(line.startswith(f"account {casa}: ") and "try again" in line for line in nowhere)


@pytest.mark.parametrize(
    ("off", "level", "said"),
    [
        (timedelta(seconds=-90), Level.FAULT, r"(88|89|90) s behind"),
        (timedelta(seconds=30), Level.WARNING, r"(30|31|32) s ahead of"),
        (timedelta(seconds=2), Level.GOOD, r"agrees"),
    ],
)
def test_a_clock_that_is_off_is_told(casa: str, house: Services, off: timedelta, level: Level, said: str) -> None:
    astray = replace(house, clock=lambda: house.clock() + off)
    (found,) = [each for each in examine(astray) if each.place == "clock"]
    assert found.level is level
    assert re.search(said, found.said)


def test_what_waits_for_a_person_is_told(
    run: Run, casa: str, receive: Callable[[str, bytes], Taken], work: Callable[[], None], told: Told
) -> None:
    run("connection", "add", casa, "smoobu")
    run("connection", "add", casa, "hostaway", "--secret-file", "-", given="login:password")
    run("connection", "add", casa, "channex")
    run("property", "remove", casa, "Casa da Ria")
    receive("casa-smoobu", BODIES["smoobu/created-airbnb"])
    work()
    warnings = told("warning")
    assert "listing smoobu:2210045: No property has it, and 1 bookings wait for one." in warnings
    assert any(line.startswith("receiver: Webhook URLs begin with http://127.0.0.1:8000") for line in warnings)
    assert "connection casa-channex: It has nothing to ask the channel manager with, so bookings are parked." in told(
        "fault"
    )


def test_a_store_that_does_not_answer_is_all_that_is_told(run: Run) -> None:
    said = run("doctor", code=1, REDIS_URL="unix:///no/such.sock")
    assert said.out.startswith("FAULT   store: The store does not answer")
    assert said.out.count("\n") == 1


def test_a_store_that_keeps_nothing_is_a_fault(run: Run, house: Services, casa: str, told: Told) -> None:
    house.store.config_set("appendonly", "no")  # type: ignore[attr-defined]
    try:
        assert "store: The store keeps no append-only file: bookings are lost when it stops." in told("fault")
    finally:
        house.store.config_set("appendonly", "yes")  # type: ignore[attr-defined]
