"""What is Lodgify's alone: its API is asked for what a webhook lacks, and adds to it without changing it."""

import json
from typing import Any

import pytest

from mapping.booking import Booking
from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, NotABooking
from mapping.errors import UnreadableDelivery
from mapping.fetch import answers_in
from tests.mapping.test_odd_bodies import JUNK, REMOVED, assert_is_read_or_named, mutated, places
from tests.samples import Case, load_cases

LODGIFY = channel_managers()["lodgify"]
CASES = {case.name: case for case in load_cases() if case.channel_manager == "lodgify"}
COMPLETED = [case for name, case in CASES.items() if any(case.answers)]
[EVENT] = json.loads(CASES["completed-price"].bodies[0])
ID = str(EVENT["booking"]["id"])
PRICED, RESERVATION = answers_in(CASES["completed-price"].answers[0] or b"")
PRICE, GUEST = f"/v2/reservations/bookings/{ID}", f"/v1/reservation/booking/{ID}"


def asked(*events: Any) -> list[str]:
    """The paths of all questions about what the events tell."""
    assert LODGIFY.fetch
    delivery, paths = Delivery(body=json.dumps(events).encode()), list[str]()
    while question := LODGIFY.fetch.question(delivery, ID, paths):  # answers count, whatever they say
        paths.append(question.path)
    return paths


def completed(*answers: Any, event: Any = EVENT) -> Booking:
    assert LODGIFY.fetch
    reading = LODGIFY.fetch.read(Delivery(body=json.dumps(event).encode()), answers)
    assert not isinstance(reading, NotABooking)
    [booking] = reading
    return booking


def changed(**booking: Any) -> Any:
    return {**EVENT, "booking": {**EVENT["booking"], **booking}}


@pytest.mark.parametrize("case", COMPLETED, ids=lambda case: case.name)
def test_an_answers_field_gone_or_odd_is_read_or_named(case: Case) -> None:
    answers = json.loads(case.answers[0] or b"")
    for path in places(answers)[1:]:
        for junk in (REMOVED, *JUNK):
            told = json.dumps(mutated(answers, path, junk)).encode()
            assert_is_read_or_named("lodgify", case.bodies[0], answers=told)


def test_only_what_a_confirmed_booking_lacks_is_asked_for() -> None:
    with_country = {**EVENT, "guest": {**EVENT["guest"], "country_code": "IS"}}
    [with_price] = json.loads(CASES["created-airbnb"].bodies[0])
    assert asked(EVENT) == [PRICE, GUEST]
    assert asked(with_country) == [PRICE]
    assert asked({**EVENT, "current_order": with_price["current_order"]}) == [GUEST]
    assert asked({**with_country, "current_order": with_price["current_order"]}) == []
    assert asked(changed(status="Declined")) == asked(changed(status="Open")) == []


@pytest.mark.parametrize("odd", ["7102011/../../webhooks/v1/list", "７１", "7?x=1", "a" * 30])
def test_what_is_no_number_never_becomes_part_of_an_address(odd: str) -> None:
    assert asked(changed(id=odd)) == []


def test_of_several_bookings_in_one_body_none_is_completed() -> None:
    assert asked(EVENT, changed(id=1)) == []


def test_an_answer_about_another_booking_is_not_taken() -> None:
    with pytest.raises(UnreadableDelivery, match=r"answers\.1\.id"):
        completed(PRICED, {**RESERVATION, "id": 1})


def test_what_the_api_says_otherwise_does_not_count() -> None:
    event = {**EVENT, "guest": {**EVENT["guest"], "name": "Told Already"}}
    event["current_order"] = {"currency_code": "EUR", "amount_gross": {"amount": "434.00", "total_fees_amount": "1"}}
    event["booking"] = {**EVENT["booking"], "notes": "Told already."}
    found = completed({**PRICED, "total_amount": 999}, {**RESERVATION, "note": "Otherwise."}, event=event)
    assert (found.guest_name, found.guest_note, str(found.total_guest)) == ("Told Already", "Told already.", "434.00")
    assert (str(found.cleaning), found.warnings) == ("50.00", ())


def test_a_price_in_another_currency_does_not_count() -> None:
    found = completed({**PRICED, "currency_code": "USD"}, RESERVATION)
    assert (found.total_guest, found.lines, found.guest_country) == (None, (), "IS")


def test_a_booking_without_answers_is_what_the_webhook_told() -> None:
    [told] = LODGIFY.read(Delivery(body=json.dumps(EVENT).encode()))  # type: ignore[misc]
    assert completed() == told
