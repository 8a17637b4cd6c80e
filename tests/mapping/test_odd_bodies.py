"""Whatever stands in a body: only a reading or `UnreadableDelivery` comes out, and the error tells no value."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mapping.booking import Booking, Status
from mapping.channel_managers import channel_managers
from mapping.delivery import Cancellation, Delivery, Doorbell, Named, NotABooking, Reading
from mapping.errors import BookingNotFound, UnreadableDelivery
from mapping.fetch import answers_in
from tests.samples import load_cases

CASES = load_cases()

# What a mutation puts in.
SECRET = "Zaqxswcde"
JUNK = [
    None,
    "",
    " ",
    [],
    {},
    True,
    -1,
    0,
    10**40,
    1e308,
    f"{SECRET} {SECRET}",
    f"{SECRET}\ud800",
    "\ud800",
    "x" * 20_000 + SECRET,
    "2026-13-45",
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59-14:00",
    "1_000",
    "NaN",
    "٣",
    [SECRET],
    [None],
    {SECRET: SECRET},
    {"amount": {"id": [SECRET]}},
    [[[[{"id": SECRET}]]]],
]
REMOVED = object()
IN_XML = {case.channel_manager for case in CASES if case.bodies[0].startswith(b"<")}  # see test_odd_xml.py
SAMPLES = [
    (case, number)
    for case in CASES
    for number in range(len(case.bodies))
    if "cut-off" not in case.name and case.channel_manager not in IN_XML
]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def mutated(value: Any, path: tuple[str | int, ...], junk: Any) -> Any:
    if not path:
        return None if junk is REMOVED else junk
    first, rest = path[0], path[1:]
    if not rest and junk is REMOVED:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        kept = {key: child for key, child in pairs if key != first}
        return kept if isinstance(value, dict) else list(kept.values())
    copy = value.copy()
    copy[first] = mutated(value[first], rest, junk)
    return copy


GUESTS = {
    one["guest_name"]
    for case in CASES
    for reading in case.readings
    for one in reading.get("bookings", [])
    if one.get("guest_name") and " " in one["guest_name"]
}


def assert_is_read_or_named(channel_manager: str, body: bytes, *, answers: bytes | None = None) -> None:
    """Nothing but a reading or `UnreadableDelivery` comes out, storable and without the body's values."""
    found: Reading | Named | UnreadableDelivery
    vendor = channel_managers()[channel_manager]
    try:
        delivery = Delivery(body=body)
        found = vendor.fetch.read(delivery, answers_in(answers)) if vendor.fetch and answers else vendor.read(delivery)
    except UnreadableDelivery as error:
        found = error
    except BookingNotFound:
        assert answers
        return
    if isinstance(found, UnreadableDelivery):
        assert found.problems
        assert not any(value in problem.message for problem in found.problems for value in (SECRET, *GUESTS))
        str(found).encode()
    elif isinstance(found, NotABooking):
        found.what.encode()
    elif isinstance(found, Doorbell):
        assert vendor.fetch
        assert vendor.fetch.question(Delivery(body=body), found.source_id, [])
    elif isinstance(found, Cancellation):
        assert found.source_id
    else:
        assert found
        for booking in found:
            assert Booking.model_validate_json(booking.model_dump_json(by_alias=True)) == booking
            assert booking.status is not Status.CONFIRMED or booking.nights > 0


@pytest.mark.parametrize("name", sorted(set(channel_managers()) - IN_XML))
def test_a_field_gone_or_odd_is_read_or_named(name: str) -> None:
    """Each field of a full sample, with each kind of junk in its place."""
    [case] = [case for case in CASES if case.id == f"{name}/created-booking"]
    body = json.loads(case.bodies[0])
    for path in places(body):
        for junk in (REMOVED, *JUNK):
            assert_is_read_or_named(name, json.dumps(mutated(body, path, junk)).encode())


@pytest.mark.parametrize("name", [name for name, vendor in channel_managers().items() if vendor.fetch])
def test_an_answers_field_gone_or_odd_is_read_or_named(name: str) -> None:
    [case] = [case for case in CASES if case.id == f"{name}/created-booking"]
    answers = json.loads(case.answers[0] or b"")
    for path in places(answers)[1:]:  # a list it always is
        for junk in (REMOVED, *JUNK):
            assert_is_read_or_named(name, case.bodies[0], answers=json.dumps(mutated(answers, path, junk)).encode())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_several_odd_fields_are_read_or_named(data: st.DataObject) -> None:
    case, number = data.draw(st.sampled_from(SAMPLES))
    body = json.loads(case.bodies[number])
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(body)))
        body = mutated(body, path, data.draw(st.sampled_from([REMOVED, *JUNK])))
    assert_is_read_or_named(case.channel_manager, json.dumps(body).encode())


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200))
@example(body=b"")
@example(body=b"null")
@example(body=b"[]")
@example(body=b"{}")
@example(body=b"[null]")
def test_any_bytes_are_read_or_named(body: bytes) -> None:
    for name in channel_managers():
        assert_is_read_or_named(name, body)
