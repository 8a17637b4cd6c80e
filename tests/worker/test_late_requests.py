"""InvoiceXpress carries a request out after its client has given up (13.29 c): nothing newer is overwritten by it."""

from decimal import Decimal

import pytest

from tests.worker.room import Room, key_of
from worker.records import BookingStatus

LATE_SECONDS = 10
"""How long after the client has given up the request is carried out."""


def give_up(room: Room, **data: object) -> None:
    """A delivery whose PUT gets no answer in time, and is still on its way."""
    assert room.drafted().status is BookingStatus.DRAFTED
    room.wire.hold_the_next("PUT")
    room.deliver(**data)  # type: ignore[arg-type]  # a booking's fields by name
    assert room.turn() is not None
    room.clock.go_on(seconds=1)


def let_it_arrive(room: Room) -> None:
    """Whatever wants to be done at once is done before; then it arrives, and all goes on."""
    room.turn()
    room.clock.go_on(seconds=LATE_SECONDS)
    room.wire.release()
    room.to_rest()


def test_a_late_update_overwrites_no_newer_one(room: Room) -> None:
    give_up(room, total_guest="212.00")
    room.deliver(total_guest="318.00")
    let_it_arrive(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(318)


def test_a_late_renaming_of_the_guest_overwrites_nothing_newer(room: Room) -> None:
    """The document as it was says just what it would say if the renaming had been done in part."""
    give_up(room, guest_name="Berta Outra")
    room.deliver(guest_name="Berta Outra", total_guest="318.00")
    let_it_arrive(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(318)


def test_a_late_update_is_undone_where_the_booking_returned(room: Room) -> None:
    give_up(room, total_guest="212.00")
    room.deliver(guest_note="doch nicht")
    let_it_arrive(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(106)


def test_a_late_update_does_no_harm_where_a_person_retries_at_once(room: Room) -> None:
    give_up(room, total_guest="212.00")
    room.house.ledger.requeue(key_of(), job="by-hand", now=room.clock())
    let_it_arrive(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(212)


def test_a_late_deletion_takes_no_draft_away_that_is_wanted_again(room: Room) -> None:
    give_up(room, status="cancelled")
    room.deliver(total_guest="212.00")
    let_it_arrive(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(212)


def test_a_late_update_does_not_keep_a_cancelled_booking_alive(room: Room) -> None:
    give_up(room, total_guest="212.00")
    room.deliver(status="cancelled")
    let_it_arrive(room)
    assert room.record().status is BookingStatus.CANCELLED
    assert room.documents() == []


@pytest.mark.parametrize("data", [{"total_guest": "212.00"}, {"status": "cancelled"}], ids=str)
def test_the_wait_is_paid_only_after_an_unknown_outcome(room: Room, data: dict[str, object]) -> None:
    room.drafted()
    room.deliver(**data)  # type: ignore[arg-type]  # a booking's fields by name
    assert room.turn() is None
