"""Deliveries that say no more than that a booking was cancelled."""

import json
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from mapping.booking import Booking
from mapping.channel_managers import channel_managers
from mapping.delivery import Cancellation, Delivery, Named
from tests.worker.room import Room, key_of
from worker.connections import vendor_of
from worker.records import BookingStatus

NEW, LATE = "2026-07-02T10:00:00Z", "2026-07-01T10:00:00Z"


@pytest.fixture(autouse=True)
def cancels_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """generic takes {"gone": id} as well."""
    real = channel_managers()["generic"]

    def read(delivery: Delivery) -> Sequence[Booking] | Named:
        gone = json.loads(delivery.body).get("gone")
        return Cancellation(source_id=gone) if gone else real.read(delivery)  # type: ignore[return-value]

    known = {**channel_managers(), "generic": replace(real, read=read)}
    monkeypatch.setattr("worker.connections.channel_managers", lambda: MappingProxyType(known))


def cancel(room: Room, *, nth: int = 1) -> str:
    delivery = Delivery(body=json.dumps({"gone": key_of().rpartition(":")[2], "nth": nth}).encode())
    reading = vendor_of("generic").read(delivery)
    assert isinstance(reading, Cancellation)
    return room.house.intake.take(room.connection, delivery, reading, now=room.clock()).outcome


def test_the_draft_is_withdrawn_and_the_booking_still_known(room: Room) -> None:
    room.drafted()
    assert cancel(room) == "queued"
    record = room.to_rest()
    assert record.status is BookingStatus.CANCELLED
    assert record.booking
    assert record.booking.guest_name
    assert room.documents() == []


def test_the_newest_of_the_states_before_is_what_was_cancelled(room: Room) -> None:
    room.drafted(total_guest="106.00")
    room.deliver(total_guest="212.00")
    cancel(room)
    room.to_rest()
    assert str(room.booking().total_guest) == "212.00"


def test_a_cancellation_of_a_booking_that_was_never_told_is_at_rest(room: Room) -> None:
    assert cancel(room) == "queued"
    record = room.to_rest()
    assert (record.status, record.booking) == (BookingStatus.CANCELLED, None)
    assert room.documents() == []


def test_a_booking_that_is_told_after_its_cancellation_without_any_order_is_one(room: Room) -> None:
    cancel(room)
    room.to_rest()
    room.deliver()
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_late_update_does_not_bring_it_back(room: Room) -> None:
    room.drafted(modified_at=NEW)
    cancel(room)
    room.to_rest()
    for modified_at, price in ((LATE, "106.00"), (NEW, "109.00")):
        assert room.deliver(modified_at=modified_at, total_guest=price).outcome == "repeated"
    assert room.to_rest().status is BookingStatus.CANCELLED
    assert room.documents() == []


def test_a_newer_confirmed_state_does(room: Room) -> None:
    room.drafted(modified_at=LATE)
    cancel(room)
    room.to_rest()
    cancel(room, nth=2)
    room.deliver(modified_at=NEW)
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_redelivered_cancellation_changes_nothing(room: Room) -> None:
    room.drafted()
    cancel(room)
    room.to_rest()
    assert cancel(room) == "repeated"
