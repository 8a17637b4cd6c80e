"""Only a status that is on a vendor's list is ever invoiced, whatever else stands in its place."""

import json
import re
from html import escape

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mapping.booking import Status
from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Doorbell
from mapping.errors import BookingNotFound, UnreadableDelivery
from tests.samples import load_cases, read

# Spelled out once more: the words of each vendor that may become an invoice.
INVOICED = {
    "beds24": {"new", "confirmed"},
    "channex": {"new", "modified"},
    "generic": {"confirmed"},
    "guesty": {"confirmed"},
    "hospitable": {"accepted"},
    "hostaway": {"new", "modified", "confirmed"},
    "hostify": {"accepted", "moved", "extended"},
    "lodgify": {"booked"},
    "ownerrez": {"active"},
    "rentals_united": {"1", "3", ""},  # where nothing is said, the event says it
    "smily": {"booked"},
    "smoobu": {"reservation", "modification of booking"},
    "uplisting": {"confirmed", "needs_check_in", "checked_in", "needs_check_out", "checked_out"},
}
CASES = {case.channel_manager: case for case in load_cases() if case.name == "created-booking"}


def replaced(content: bytes, words: set[str], text: str) -> bytes:
    """`content` with `text` where one of `words` is a value; JSON inside a text of JSON likewise."""
    told = content.decode()
    for word in filter(None, words):
        pattern = re.compile(rf"(?<=:)(\s*){re.escape(json.dumps(word))}", re.IGNORECASE)
        told = pattern.sub(lambda found: found[1] + json.dumps(text), told)
        inner = re.compile(rf"(?<=:)(\s*){re.escape(json.dumps(json.dumps(word))[1:-1])}", re.IGNORECASE)
        told = inner.sub(lambda found: found[1] + json.dumps(json.dumps(text))[1:-1], told)
        told = told.replace(f"<ReservationStatusID>{word}<", f"<ReservationStatusID>{escape(text)}<")
    return told.encode()


def is_invoiced(name: str, text: str) -> bool:
    case, words = CASES[name], INVOICED[name]
    body, answers = replaced(case.bodies[0], words, text), case.answers[0]
    delivery = Delivery(body=body, query={"e": case.events[0]} if case.events[0] else {})
    try:
        if answers is None and isinstance(channel_managers()[name].read(delivery), Doorbell):
            return False
        found = read(name, delivery, None if answers is None else replaced(answers, words, text))
    except (UnreadableDelivery, BookingNotFound):
        return False
    return isinstance(found, list) and any(booking.status is Status.CONFIRMED for booking in found)


def test_every_vendors_words_are_spelled_out() -> None:
    assert set(INVOICED) == set(channel_managers()) == set(CASES)


@pytest.mark.parametrize("name", channel_managers())
def test_each_listed_word_is_invoiced(name: str) -> None:
    for word in {"Booked"} if name in {"lodgify", "smily"} else INVOICED[name]:
        assert is_invoiced(name, word), word


@pytest.mark.parametrize("name", channel_managers())
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=30))
@example("cancelled")
@example("pending")
@example("unconfirmed")
@example("not accepted")
@example("Declined")
@example("Tentative")
@example("inquiry")
@example("black")
@example("confirmed?")
@example("2")
@example("")
@example(" ")
@example("null")
@example("true")
def test_any_other_word_never_is(name: str, text: str) -> None:
    assume(text.strip().lower() not in INVOICED[name])
    assert not is_invoiced(name, text)
