import ast
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mapping.channel_managers import channel_managers
from mapping.channel_managers.generic import schema_text
from mapping.delivery import Cancellation, Delivery, NotABooking
from mapping.errors import UnreadableDelivery, UnverifiedDelivery
from mapping.signatures import Basic, InBody, StaticHeader, TokenAlone
from tests.samples import DELIVERIES, Case, load_cases, load_setup, read

CASES = load_cases()
FOLDER = Path(__file__).parents[2] / "mapping" / "channel_managers"
MODULES = sorted([*FOLDER.glob("[!_]*.py"), *FOLDER.glob("[!_]*/*.py")])
SCHEMA = Path(__file__).parents[2] / "docs" / "generic-booking.schema.json"

KINDS = {
    "created-airbnb",
    "created-booking",
    "created-direct",
    "changed",
    "cancelled",
    "blocked",
    "owner-stay",
    "enquiry-confirmed",
    "guest-name-missing",
    "price-zero",
    "price-missing",
    "numbers-as-text",
    "optional-missing",
    "unknown-event",
    "test-event",
    "foreign-currency",
    "redelivered",
    "reordered",
    "unreadable",
    "madeira-before-rate-change",
    "madeira-after-rate-change",
    "azores",
    "accents-and-emoji",
    "tourist-tax",
}


def reading_of(channel_manager: str, body: bytes, event: str, answers: bytes | None) -> dict[str, Any]:
    try:
        found = read(channel_manager, Delivery(body=body, query={"e": event} if event else {}), answers)
    except UnreadableDelivery as error:
        return {"unreadable": [problem.path for problem in error.problems]}
    if isinstance(found, NotABooking):
        return {"not_a_booking": found.what}
    if isinstance(found, Cancellation):
        return {"cancelled": found.source_id}
    return {"bookings": [booking.model_dump(mode="json") for booking in found]}


def narrowed(found: dict[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """`found` with only those fields of each booking that `expected` names."""
    if "bookings" not in found or "bookings" not in expected:
        return found
    wanted = [*expected["bookings"], *({} for _ in found["bookings"])]
    return {
        "bookings": [{name: one[name] for name in want} for one, want in zip(found["bookings"], wanted, strict=False)]
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_body_reads_as_expected(case: Case) -> None:
    assert len(case.bodies) == len(case.readings) > 0
    for body, event, answers, expected in zip(case.bodies, case.events, case.answers, case.readings, strict=True):
        assert narrowed(reading_of(case.channel_manager, body, event, answers), expected) == expected


@pytest.mark.parametrize("name", sorted(set(channel_managers()) - {"generic"}))
def test_every_channel_manager_says_what_its_price_means(name: str) -> None:
    [case] = [case for case in CASES if case.id == f"{name}/created-direct"]
    reading = read(name, Delivery(body=case.bodies[0]), case.answers[0])
    assert not isinstance(reading, NotABooking | Cancellation)
    assert all("price_is" in booking.model_fields_set for booking in reading)


@pytest.mark.parametrize("name", channel_managers())
def test_every_channel_manager_has_a_setup_and_every_kind_of_case(name: str) -> None:
    assert load_setup(name)["properties"]
    never_sent = load_setup(name).get("never_sent", {})
    assert all(never_sent.values())
    assert {case.name for case in CASES if case.channel_manager == name} & KINDS == KINDS - set(never_sent)


def test_every_folder_belongs_to_a_channel_manager_and_to_a_case() -> None:
    assert {path.name for path in DELIVERIES.iterdir()} == set(channel_managers())
    assert {path.parent for path in DELIVERIES.glob("*/*/*")} == {
        DELIVERIES / case.channel_manager / case.name for case in CASES
    }


def test_booking_ids_and_guests_are_one_cases_own() -> None:
    ids, guests = Counter[str](), Counter[str]()
    for case in CASES:
        bookings = [one for reading in case.readings for one in reading.get("bookings", [])]
        ids.update({one["source_id"] for one in bookings})
        guests.update({one["guest_name"] for one in bookings if one.get("guest_name")})
    assert max(ids.values()) == 1
    assert max(guests.values()) == 1


@pytest.mark.parametrize("case", [case for case in CASES if case.result], ids=lambda case: case.id)
def test_only_a_confirmed_booking_with_a_known_property_is_expected_to_become_a_draft(case: Case) -> None:
    assert case.result
    bookings = [one for reading in case.readings for one in reading.get("bookings", [])]
    assert case.result["booking"] in {f"{case.channel_manager}:{one['source_id']}" for one in bookings}
    if case.result["status"] == "drafted":
        listings = {
            listing.partition("/")[0]  # without the room, where it names one
            for place in load_setup(case.channel_manager)["properties"]
            for listing in place["listings"]
        }
        assert any(one["status"] == "confirmed" and one["property_ref"] in listings for one in bookings)
        assert set(case.result["draft"]) == {"client_name", "total", "rate", "commission", "tourist_tax"}
    else:
        assert case.result["draft"] is None


def owner_of(module: Path) -> str:
    """The channel manager that a module is of: a file of its own, or one in its package."""
    return module.relative_to(FOLDER).parts[0].removesuffix(".py")


def test_every_module_is_a_channel_managers() -> None:
    assert {owner_of(module) for module in MODULES} == set(channel_managers())


def test_no_channel_manager_knows_another() -> None:
    for module in MODULES:
        imported = {
            name
            for node in ast.walk(ast.parse(module.read_text("utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        }
        others = set(channel_managers()) - {owner_of(module)}
        assert not {name for name in imported if others & set(name.split("."))}


def refuses(name: str, delivery: Delivery, secret: str) -> bool:
    try:
        channel_managers()[name].scheme.verify(delivery, [secret])
    except UnverifiedDelivery:
        return True
    return False


@pytest.mark.parametrize("name", channel_managers())
def test_what_the_scheme_signs_it_accepts_and_a_changed_byte_it_refuses(name: str) -> None:
    scheme = channel_managers()[name].scheme
    secret = scheme.fresh_secret(lambda count: bytes(range(count)))
    body = next(case for case in CASES if case.channel_manager == name).bodies[0]
    signed = scheme.sign(body, secret, delivery_id="msg_1", now=datetime.now(UTC))
    assert not refuses(name, signed, secret)
    if isinstance(scheme, TokenAlone):
        return
    position = len(secret) // 2
    other = secret[:position] + ("A" if secret[position] != "A" else "B") + secret[position + 1 :]
    assert refuses(name, signed, other)
    assert refuses(name, Delivery(body=body), secret)
    if not isinstance(scheme, Basic | StaticHeader | InBody):  # these do not cover the body
        assert refuses(name, replace(signed, body=signed.body[:-1] + b" "), secret)


def test_the_schema_in_docs_is_that_of_the_models() -> None:
    command = (
        'python -c "from mapping.channel_managers.generic import schema_text; print(schema_text(), end=str())"'
        " > docs/generic-booking.schema.json"
    )
    assert SCHEMA.read_text("utf-8") == schema_text(), f"Rewrite it with: {command}"


def test_generic_bodies_are_told_the_documented_names_only() -> None:
    fields = json.loads(SCHEMA.read_text("utf-8"))["$defs"]["Booking"]["properties"]
    assert {"ota", "ota_raw", "ota_reference"} <= set(fields)
    assert not {"channel", "channel_raw", "channel_reference"} & set(fields)
