"""A booking that a delivery tells whole, and of which its channel manager knows more."""

import json

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.samples import load_cases, load_setup
from tests.worker.channel_manager import FakeChannelManager
from tests.worker.room import Furnish, Room, everything
from worker.properties import Property
from worker.records import BookingStatus, Record

[CASE] = [case for case in load_cases() if case.id == "lodgify/completed-add-ons"]
[SOURCE] = [one["source_id"] for one in CASE.readings[0]["bookings"]]
DELIVERY = Delivery(body=CASE.bodies[0])


def delivered(furnish: Furnish, vendor: FakeChannelManager, *, credentials: str) -> tuple[Room, Record]:
    """What became of the booking, where the host gave these credentials."""
    vendor.tell(DELIVERY, SOURCE, CASE.answers[0] or b"")
    room = furnish(vendor)
    house, lodgify = room.house, channel_managers()["lodgify"]
    place = load_setup("lodgify")["properties"][0]
    listings = tuple(f"lodgify:{listing}" for listing in place["listings"])
    where = Settings.model_validate({"location": place["location"]})
    house.properties.add(Property(account="casa", name=place["name"], settings=where, listings=listings))
    connection = house.connections.add("casa", "lodgify", [], now=room.clock()).connection
    if credentials:
        house.credentials.set(connection.id, lodgify, credentials)
    reading = lodgify.read(DELIVERY)
    assert isinstance(reading, list)
    house.intake.take(connection, DELIVERY, reading, now=room.clock())
    room.turn_of(f"casa:lodgify:{SOURCE}")
    record = house.ledger.get(f"casa:lodgify:{SOURCE}")
    assert record
    return room, record


def test_what_is_missing_is_asked_for_with_the_hosts_key(furnish: Furnish) -> None:
    vendor = FakeChannelManager("lodgify")
    room, record = delivered(furnish, vendor, credentials=vendor.credentials)
    assert [request.url.path for request in vendor.asked] == [
        f"/v2/reservations/bookings/{SOURCE}",
        f"/v1/reservation/booking/{SOURCE}",
    ]
    assert {request.headers["x-apikey"] for request in vendor.asked} == {vendor.credentials}
    assert record.booking
    assert record.booking.guest_country == "EE"
    assert room.document()["client"]["country"] == "Estonia"


def test_without_credentials_nobody_is_asked_and_the_delivery_counts(furnish: Furnish) -> None:
    vendor = FakeChannelManager("lodgify")
    room, record = delivered(furnish, vendor, credentials="")
    assert vendor.asked == []
    assert record.status is BookingStatus.DRAFTED
    assert record.booking
    assert record.booking.guest_country is None
    assert room.document()["client"]["name"] == "Taavi Rebane"


def test_a_key_that_is_refused_is_told(furnish: Furnish) -> None:
    room, record = delivered(furnish, FakeChannelManager("lodgify"), credentials="another-key")
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.CREDENTIALS_REFUSED)
    assert room.documents() == []


def test_what_no_invoice_needs_is_not_kept(furnish: Furnish) -> None:
    vendor = FakeChannelManager("lodgify")
    room, record = delivered(furnish, vendor, credentials=vendor.credentials)
    kept = json.dumps(room.house.deliveries.answers(record.newest, SOURCE), default=str)
    assert "Rebane" in kept
    assert not any(word in kept for word in ("never kept", "never.kept"))
    assert b"Rebane" not in everything(room.house.store)
