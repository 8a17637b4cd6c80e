"""Drafts that are made on a day to come: the booking waits for it, and what a person or a delivery changes holds."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from mapping.reasons import Reason
from mapping.settings import DraftAt, Settings
from tests.worker.room import Room, key_of
from worker.accounts import with_settings
from worker.records import BookingStatus
from worker.retries import set_account_going
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper

CHECK_OUT = datetime(2026, 7, 6, 23, 0, tzinfo=UTC)  # midnight in Lisbon


def draft_at(room: Room, when: DraftAt) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(draft_at=when)))


@pytest.fixture
def later(room: Room) -> Room:
    """With drafts at check-out."""
    draft_at(room, DraftAt.CHECK_OUT)
    return room


def test_a_booking_waits_for_its_day_without_a_request_and_is_drafted_then(later: Room) -> None:
    later.deliver()
    seconds = later.turn()
    assert seconds == (CHECK_OUT - later.clock()).total_seconds() + 1
    record = later.record()
    assert (record.status, record.reason) == (BookingStatus.WAITING, Reason.NOT_YET)
    assert record.todo == "Its draft is made on 07/07/2026, as its settings say."
    assert later.requests() == {}
    later.go_on(seconds=seconds)
    assert later.to_rest().status is BookingStatus.DRAFTED
    assert later.document()["date"] == "07/07/2026"


def test_a_wait_that_rq_lost_is_taken_up_by_the_sweeper(later: Room) -> None:
    later.deliver()
    later.turn()
    later.house.store.delete("rq:queue:bookings", "rq:scheduled:bookings")
    later.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(later.house).sweep() == [key_of()]
    assert later.turn()
    assert later.record().status is BookingStatus.WAITING


def test_a_cancellation_before_the_day_leaves_nothing_to_wait_for(later: Room) -> None:
    later.deliver()
    later.turn()
    later.deliver(status="cancelled")
    assert later.turn() is None
    assert later.record().status is BookingStatus.CANCELLED
    assert later.requests() == {}


def test_new_dates_move_the_day(later: Room) -> None:
    later.deliver()
    first = later.turn()
    later.deliver(check_in="2026-08-03", check_out="2026-08-07")
    second = later.turn()
    assert first
    assert second
    assert second - first == 31 * 24 * 3600


def test_a_setting_that_wants_it_now_sets_it_going(later: Room) -> None:
    later.deliver()
    later.turn()
    draft_at(later, DraftAt.CONFIRMATION)
    assert set_account_going(later.house, "casa") == [key_of()]
    assert later.to_rest().status is BookingStatus.DRAFTED


def test_a_draft_that_exists_before_its_day_is_kept_equal(room: Room) -> None:
    room.drafted()
    draft_at(room, DraftAt.CHECK_OUT)
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_a_draft_that_a_person_deleted_before_its_day_is_told_on_the_day(room: Room) -> None:
    room.drafted()
    room.act("delete")
    draft_at(room, DraftAt.CHECK_OUT)
    room.deliver(total_guest="212.00")
    seconds = room.turn()
    assert seconds
    assert room.record().status is BookingStatus.WAITING
    room.go_on(seconds=seconds)
    assert room.to_rest().reason is Reason.DELETED
    assert room.documents() == []
