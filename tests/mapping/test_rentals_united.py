"""What is particular about Rentals United: the login inside, the events, and several stays in one reservation."""

import re
from datetime import datetime

import pytest

from mapping.booking import Booking, Status
from mapping.channel_managers import channel_managers
from mapping.delivery import Cancellation, Delivery, NotABooking, Reading
from mapping.errors import UnverifiedDelivery
from tests.conftest import FakeClock
from tests.samples import Case, load_cases

VENDOR = channel_managers()["rentals_united"]
CASES = {case.name: case for case in load_cases() if case.channel_manager == "rentals_united"}
BODY = CASES["created-booking"].bodies[0]
SECRET = "host&co@example.org:5E1C0A9D73B24F86A1D0C3E7F9284B6D5A07C1E2"


def told(body: bytes) -> Reading | Cancellation:
    found = VENDOR.read(Delivery(body=body))
    assert isinstance(found, Cancellation | NotABooking | list)
    return found


def booking(body: bytes) -> Booking:
    found = told(body)
    assert isinstance(found, list)
    [only] = found
    assert isinstance(only, Booking)
    return only


def is_accepted(body: bytes, *secrets: str) -> bool:
    try:
        VENDOR.scheme.verify(Delivery(body=body), secrets)
    except UnverifiedDelivery:
        return False
    return True


def signed(body: bytes, secret: str, now: datetime) -> bytes:
    return VENDOR.scheme.sign(body, secret, delivery_id="", now=now).body


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_the_login_is_put_into_every_body_and_found_there(case: Case, clock: FakeClock) -> None:
    for body in case.bodies:
        sent = signed(body, SECRET, clock())
        assert is_accepted(sent, "other:secret", SECRET)
        assert not is_accepted(sent, SECRET[:-1] + "3")
        assert not is_accepted(body, SECRET)


def test_a_body_without_a_login_gets_one_and_one_with_half_of_it_proves_nothing(clock: FakeClock) -> None:
    bare = b'<?xml version="1.0"?><LNM_CancelReservation_RQ a="b"><ReservationID>7</ReservationID></LNM_CancelReservation_RQ>'
    assert is_accepted(signed(bare, SECRET, clock()), SECRET)
    assert told(signed(bare, SECRET, clock())) == Cancellation(source_id="7")
    for half in (b"", b"<Authentication/>", b"<Authentication><UserName>None</UserName></Authentication>"):
        body = bare.replace(b"<ReservationID>", half + b"<ReservationID>")
        assert not is_accepted(body, SECRET, "None:None", ":")
        assert told(body) == Cancellation(source_id="7")


@pytest.mark.parametrize(
    "body", [b"", b"text", b"<a/>", b"<!DOCTYPE a><a/>", b"<a><Authentication>x</Authentication></a>", b"\xff", b"{}"]
)
def test_what_cannot_be_read_proves_nothing(body: bytes) -> None:
    assert not is_accepted(body, SECRET)


@pytest.mark.parametrize("said", ["0", "2", "4", "5", "6", "7", "8", "01", "1.0", "Confirmed", "-1", "1 1"])
def test_only_the_known_statuses_are_confirmed(said: str) -> None:
    status = b"<ReservationStatusID>%b</ReservationStatusID>"
    assert booking(BODY).status is booking(BODY.replace(status % b"1", status % b"3")).status is Status.CONFIRMED
    assert booking(BODY.replace(status % b"1", status % said.encode())).status is not Status.CONFIRMED


def test_what_was_paid_already_and_the_price_to_you_change_nothing() -> None:
    other = re.sub(rb"<(AlreadyPaid|RUPrice)>[^<]*", rb"<\1>123.45", BODY)
    assert other != BODY
    assert booking(other) == booking(BODY)


def test_a_payment_card_is_not_read() -> None:
    card = b"<CreditCard><CCNumber>4111111111111111</CCNumber><CVC>123</CVC></CreditCard>"
    with_card = BODY.replace(b"<ReservationStatusID>", card + b"<ReservationStatusID>")
    assert with_card != BODY
    assert booking(with_card) == booking(BODY)


@pytest.mark.parametrize(
    ("creator", "channel"),
    [
        ("airbnb@rentalsunited.com", "airbnb"),
        ("BookingCom@RentalsUnited.com", "booking"),
        ("expedia@rentalsunited.com", "expedia"),
        ("homeaway@rentalsunited.com", "vrbo"),
        ("agoda@rentalsunited.com", "other"),
        ("airbnb@example.org", "other"),
        ("FaturaSync", "direct"),
        ("somebody@example.org", "other"),
        ("", "other"),
    ],
)
def test_who_made_a_reservation_says_its_channel(creator: str, channel: str) -> None:
    said = booking(BODY.replace(b"bookingcom@rentalsunited.com", creator.encode()))
    assert said.channel == channel
