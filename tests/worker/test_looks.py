"""What a person did in InvoiceXpress is noticed without a new delivery, with few requests."""

from typing import Any

import pytest

from mapping.reasons import Reason
from tests.worker.room import API_KEY, Room, key_of
from worker.looks import due, look
from worker.records import BookingStatus
from worker.waits import LOOK_SECONDS


def look_at_drafts(room: Room) -> list[str]:
    """A look a while later, and the turns that it asks for."""
    room.clock.go_on(seconds=LOOK_SECONDS)
    found = look(room.house, "casa", room.workshop.pool.account("casa", API_KEY))
    for key in found:
        assert room.turn_of(key) is None
    return found


@pytest.fixture
def drafts(room: Room) -> Room:
    """With one draft, and nothing else known."""
    room.drafted()
    return room


@pytest.mark.parametrize(
    ("acts", "status", "reason", "state"),
    [
        (["finalize"], BookingStatus.FINAL, None, "final"),
        (["finalize", "settle"], BookingStatus.FINAL, None, "settled"),
        (["finalize", "cancel"], BookingStatus.PARKED, Reason.CANCELLED_THERE, "canceled"),
        (["delete"], BookingStatus.PARKED, Reason.DELETED, "deleted"),
    ],
)
def test_a_document_that_is_no_draft_any_more_is_noticed(
    drafts: Room, acts: list[str], status: BookingStatus, reason: Reason | None, state: str
) -> None:
    for act in acts:
        drafts.act(act)
    assert look_at_drafts(drafts) == [key_of()]
    record = drafts.record()
    assert (record.status, record.reason) == (status, reason)
    assert record.trail.document
    assert record.trail.document.state == state


@pytest.mark.parametrize("edit", [{"client": {"name": "Somebody Else"}}, {"reference": "mine"}])
def test_an_edited_draft_is_noticed_once_and_then_when_it_is_final(drafts: Room, edit: dict[str, Any]) -> None:
    drafts.act("edit", **edit)
    assert look_at_drafts(drafts) == [key_of()]
    assert drafts.record().reason is Reason.EDITED
    assert look_at_drafts(drafts) == [], "the list shows what it showed"
    drafts.act("finalize")
    assert look_at_drafts(drafts) == [key_of()]
    assert drafts.record().status is BookingStatus.FINAL
    assert look_at_drafts(drafts) == []


def test_drafts_as_they_were_left_cost_a_page_for_a_hundred(room: Room) -> None:
    for number in range(25):
        room.drafted(number, guest_name=f"Hóspede {number}")
    room.switch(per_page_cap=10)
    room.requests()
    assert look_at_drafts(room) == []
    assert room.requests() == {"GET /invoices.json": 3}


def test_a_row_that_is_wrong_for_ever_is_a_reason_to_read_only_once(drafts: Room) -> None:
    drafts.switch(stale_list_totals=True)
    drafts.drafted(total_guest="212.00")
    drafts.requests()
    assert look_at_drafts(drafts) == [key_of()]
    assert drafts.record().status is BookingStatus.DRAFTED
    assert drafts.requests() == {"GET /invoices.json": 1, "GET /invoices/{id}.json": 1}
    assert look_at_drafts(drafts) == []
    assert drafts.requests() == {"GET /invoices.json": 1}


def test_a_parked_bookings_draft_is_looked_at_too_and_keeps_its_reason(drafts: Room) -> None:
    assert drafts.drafted(total_guest="-5.00").reason is Reason.NO_PRICE
    drafts.act("finalize")
    assert look_at_drafts(drafts) == [key_of()]
    record = drafts.record()
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.NO_PRICE)
    assert record.trail.document
    assert record.trail.document.state == "final"


def test_a_look_is_over_once_it_was_taken(drafts: Room) -> None:
    drafts.act("finalize")
    look_at_drafts(drafts)
    assert not drafts.record().shall_look
    drafts.requests()
    drafts.house.ledger.requeue(key_of(), job="again", now=drafts.clock())
    drafts.turn()
    assert drafts.requests() == {}


def test_a_look_goes_on_after_a_lost_answer(drafts: Room) -> None:
    drafts.act("finalize")
    drafts.clock.go_on(seconds=LOOK_SECONDS)
    look(drafts.house, "casa", drafts.workshop.pool.account("casa", API_KEY))
    drafts.fault("delay_without_commit", method="GET", seconds=1)
    seconds = drafts.turn()
    assert seconds
    drafts.go_on(seconds=seconds)
    assert drafts.to_rest().status is BookingStatus.FINAL


def test_each_account_is_due_once_an_hour(room: Room) -> None:
    assert due(room.house) == []
    room.clock.go_on(seconds=LOOK_SECONDS)
    assert due(room.house) == ["casa"]
    assert due(room.house) == []
    room.clock.go_on(seconds=LOOK_SECONDS)
    room.house.accounts.remove("casa")
    assert due(room.house) == []
