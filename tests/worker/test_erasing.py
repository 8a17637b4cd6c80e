"""A guest's data erased at once, as a person asks for it: of bookings at rest, and of those that are not."""

from typing import Any

import pytest

from mapping.errors import UserError
from tests.worker import canary
from tests.worker.canary import LONG, finalised
from tests.worker.desk import KEY, Desk, answers_with
from tests.worker.room import Room, key_of
from worker.guests import erase
from worker.records import BookingStatus
from worker.retention import drop_due


def test_a_draft_that_is_erased_while_it_is_open_is_followed_and_brought_back(room: Room) -> None:
    room.drafted(**canary.GUEST)
    with pytest.raises(UserError, match=r"not at rest \(drafted\).*--even-if-open"):
        erase(room.house, [key_of()], who="Rita")
    [erased] = erase(room.house, [key_of()], who="Rita", even_if_open=True)
    assert erased.document
    assert canary.opened(room.house) == set()
    assert room.record().status is BookingStatus.DRAFTED
    record = room.drafted(**{**canary.GUEST, "total_guest": "212.00"})
    assert record.status is BookingStatus.DRAFTED
    assert room.document()["total"] == 212
    erase(room.house, [key_of()], who="Rita", even_if_open=True)
    finalised(room)
    assert len(room.documents(deleted=True)) == 1


def test_a_draft_that_a_person_changed_after_it_was_erased_is_not_overwritten(room: Room) -> None:
    room.drafted(**canary.GUEST)
    erase(room.house, [key_of()], who="Rita", even_if_open=True)
    record = room.drafted(**{**canary.GUEST, "guest_name": canary.LATER_NAME, "total_guest": "212.00"})
    assert (record.status, record.reason) == ("parked", "edited-in-invoicexpress")
    assert "whose data are not kept here" in (record.todo or "")
    assert room.document()["total"] == 106


@pytest.mark.parametrize("data", [{"property_ref": "casa-9"}, {}])
def test_what_is_erased_before_its_draft_is_made_says_that_it_is_a_persons_now(
    room: Room, data: dict[str, Any]
) -> None:
    room.deliver(**{**canary.GUEST, **data})
    if data:
        room.to_rest()
    erase(room.house, [key_of()], who="Rita", even_if_open=True)
    record = room.to_rest()
    assert (record.status, record.reason) == ("parked", "guest-data-dropped")
    assert "invoice it by hand" in (record.todo or "")
    assert canary.opened(room.house) == set()
    assert room.documents() == []
    [event] = [line for line in room.house.ledger.history(key_of()) if line["event"] == "guest-data-erased"]
    assert event["who"] == "Rita"
    [act] = [act for act in room.house.audit.acts() if act.what == "guest-erase"]
    assert (act.who, act.about) == ("Rita", key_of())


def test_nothing_is_erased_while_a_worker_is_at_work_on_it(room: Room) -> None:
    room.drafted(**canary.GUEST, status="cancelled")
    assert room.house.ledger.lock(key_of(), "worker", seconds=60)
    room.clock.now += LONG
    with pytest.raises(UserError, match="at work"):
        erase(room.house, [key_of()], who="Rita")
    assert drop_due(room.house) == 0
    assert canary.opened(room.house)
    assert room.house.audit.acts() == []


def test_what_was_answered_about_a_booking_goes_with_it(desk: Desk) -> None:
    desk.tell(answers_with(customer={"name": "Zulmira", "surname": "Quintela", "mail": canary.GUEST["guest_email"]}))
    desk.ring()
    desk.turn()
    assert canary.opened(desk.room.house)
    [erased] = erase(desk.room.house, [KEY], who="Rita", even_if_open=True)
    assert canary.opened(desk.room.house) == set()
    assert erased.beside == []
    desk.ring()
    desk.turn()
    assert desk.record().status is BookingStatus.DRAFTED
    assert len(desk.room.documents(deleted=True)) == 1
