"""Every case of cases.toml: what mapping makes of it, and the document that the sandbox makes of that."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mapping.booking import Booking
from mapping.delivery import Delivery, NotABooking
from mapping.desired import Desired, Draft, Nothing, NotYet, PersonMustDecide, desired
from mapping.iva import RATES, REGIONS, Category
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.worker.room import API_KEY, Room
from worker.connections import vendor_of
from worker.figures import told_figures
from worker.properties import Property
from worker.records import BookingStatus, Record

CASES = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))
DEFAULTS: Mapping[str, Any] = CASES["defaults"]
LISTING = "casa-1"
# An owner's account with a tax for each rate that any place ever had.
TAXES = [
    {"name": "Isento", "value": "0", "region": None},
    *(
        {"name": f"{percent} {region}", "value": percent, "region": region}
        for region, percent in dict.fromkeys(
            (REGIONS[rates.location], f"{rates.of(category)}") for rates in RATES for category in Category
        )
    ),
]
every_case = pytest.mark.parametrize("case", CASES["case"], ids=lambda case: case["name"])


def merged(case: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The defaults with what the case says over them; "none" takes one away."""
    both = {**DEFAULTS[name], **case.get(name, {})}
    return {key: value for key, value in both.items() if value != "none"}


def at(case: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(case.get("now", DEFAULTS["now"]))


def settings_of(case: Mapping[str, Any]) -> tuple[Settings, Settings]:
    """The property's and its account's."""
    return Settings.model_validate(merged(case, "settings")), Settings.model_validate(merged(case, "account"))


def meant(case: Mapping[str, Any]) -> Desired:
    place, account = settings_of(case)
    booking = Booking.model_validate(merged(case, "booking"))
    settings = place.over(account) if booking.property_ref == LISTING else None
    return desired(booking, settings, default_currency=None, now=at(case))


def status_of(found: Desired) -> str:
    if isinstance(found, Nothing):
        return "ignored" if found.reason else "cancelled"
    return {Draft: "drafted", NotYet: "waiting", PersonMustDecide: "parked"}[type(found)]


@every_case
def test_mapping_makes_of_it_what_is_expected(case: Mapping[str, Any]) -> None:
    found = meant(case)
    assert status_of(found) == case.get("status", "drafted"), found
    if isinstance(found, Nothing | PersonMustDecide):
        assert found.reason == case.get("reason")
    elif isinstance(found, NotYet):
        assert found.moment == datetime.fromisoformat(case["until"])
    else:
        draft = found.draft
        assert f"{draft.total}" == case["total"]
        told = [f"{line.item_name} | {line.unit_price} | {line.rate}" for line in draft.lines]
        assert told == case["lines"]
        assert case.get("text") in {None, draft.description}
        client = {"name": draft.client_name, "country": draft.client_country, "fiscal_id": draft.client_tax_number}
        assert case.get("client") in (None, {field: value for field, value in client.items() if value})
        assert draft.exemption == case.get("exemption")
        figures = told_figures(found)
        assert {name: figures.get(name) for name in case.get("figures", {})} == case.get("figures", {})
        assert [warning.slug for warning in found.warnings] == case.get("warnings", [])


@every_case
def test_the_document_in_the_sandbox_is_what_is_expected(room: Room, case: Mapping[str, Any]) -> None:
    record = converged(room, case)
    assert record.status == case.get("status", "drafted"), record.todo
    if record.status == "waiting":
        assert record.reason is Reason.NOT_YET
        room.clock.now = datetime.fromisoformat(case["until"])
        assert room.to_rest().status is BookingStatus.DRAFTED
        return
    if record.status != "drafted":
        assert record.reason == case.get("reason")
        assert room.documents() == []
        return
    room.switch(exemption_echo="code")
    document = room.document()
    assert Decimal(str(document["total"])) == Decimal(case["total"])
    told = [
        f"{item['name']} | {Decimal(item['unit_price']):.4f} | {Decimal(str(item['tax']['value'])):.0f}"
        for item in document["items"]
    ]
    assert told == case["lines"]
    assert document.get("tax_exemption") == case.get("exemption")
    assert list(record.warnings) == case.get("warnings", [])
    assert case.get("text") in {None, document["items"][0]["description"]}
    known = {"name", "country", "fiscal_id", "email", "phone", "address", "postal_code"}
    client = {field: value for field, value in document["client"].items() if field in known}
    assert case.get("client") in (None, client)
    wanted = case.get("document", {})
    assert {name: document.get(name) for name in wanted} == wanted


def converged(room: Room, case: Mapping[str, Any]) -> Record:
    """The booking's record after its delivery was taken and its job has had its turn."""
    place, account = settings_of(case)
    room.clock.now = at(case)
    answer = room.desk.post("/_sandbox/accounts", json={"name": "casa", "key": API_KEY, "taxes": TAXES})
    assert answer.status_code == 201
    house = room.house
    house.accounts.change(replace(house.accounts.get("casa"), settings=account))
    house.properties.save(
        Property(account="casa", name="Casa do Largo", settings=place, listings=(f"generic:{LISTING}",))
    )
    body = json.dumps({"type": "booking.updated", "data": merged(case, "booking")}).encode()
    delivery = Delivery(body=body)
    reading = vendor_of("generic").read(delivery)
    assert not isinstance(reading, NotABooking)
    house.intake.take(room.connection, delivery, reading, now=house.clock())
    room.turn()
    return room.record()


def test_cases_have_names_of_their_own_and_a_source() -> None:
    names = [case["name"] for case in CASES["case"]]
    assert len(set(names)) == len(names) >= 60
    assert all(case["source"] for case in CASES["case"])
