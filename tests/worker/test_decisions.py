"""What a person decides about a booking holds whatever its channel manager says: ignored ones, and drafts before their day."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from mapping.errors import UserError
from mapping.reasons import Reason
from mapping.settings import DraftAt, Settings
from tests.worker.indexed import index_by_records, index_in
from tests.worker.room import Room, key_of
from worker.accounts import with_settings
from worker.correcting import correct
from worker.decisions import draft_now, ignore, make_draft
from worker.records import BookingStatus, Decision
from worker.retries import retry, set_account_going, set_going
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper

CANCEL = {"status": "cancelled", "total_guest": "212.00"}
CHANGE = {"total_guest": "212.00"}


def at_check_out(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(draft_at=DraftAt.CHECK_OUT)))


def nothing(_room: Room) -> None:
    """The document stays as we left it."""


def edited(room: Room) -> None:
    room.act("edit", items=[{"name": "Outra coisa", "unit_price": "1", "quantity": "1"}])


def finalised(room: Room) -> None:
    room.act("finalize")


def deleted(room: Room) -> None:
    room.act("delete")


# Ignored


@pytest.mark.parametrize("act", [nothing, edited, finalised, deleted])
@pytest.mark.parametrize("told", [CHANGE, CANCEL, {"property_ref": "casa-9"}])
def test_what_is_ignored_stays_so_and_its_document_is_left(
    room: Room, act: Callable[[Room], None], told: dict[str, str]
) -> None:
    document = room.drafted().trail.document
    act(room)
    before = room.documents(deleted=True)
    assert ignore(room.house, key_of(), who="Rita") == document
    room.requests()
    assert (room.record().status, room.record().reason) == (BookingStatus.IGNORED, Reason.IGNORED_BY_A_PERSON)
    room.deliver(1, **told)
    assert room.record().status is BookingStatus.QUEUED
    record = room.to_rest()
    assert (record.status, record.reason) == (BookingStatus.IGNORED, Reason.IGNORED_BY_A_PERSON)
    assert room.documents(deleted=True) == before
    assert room.requests() == {}
    assert record.trail.document == document
    assert record.todo == (
        "Somebody said to ignore this booking: nothing is made or changed for it, whatever its channel manager says, and a "
        "draft that it has in InvoiceXpress is left as it is. To bring it back, retry it: faturasync retry casa:generic:R-1"
    )
    assert index_in(room.house) == index_by_records(room.house)


def test_a_retry_brings_back_what_was_ignored_as_its_channel_manager_says_by_now(room: Room) -> None:
    room.drafted()
    ignore(room.house, key_of(), who="Rita")
    room.drafted(1, **CHANGE)
    assert Decimal(str(room.document()["total"])) == Decimal("106.00")
    retry(room.house, [key_of()], who="Rita")
    record = room.to_rest()
    assert (record.status, record.decision) == (BookingStatus.DRAFTED, None)
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_nothing_but_a_retry_brings_it_back(room: Room) -> None:
    room.drafted(property_ref="casa-9")
    ignore(room.house, key_of(), who="Rita")
    assert set_account_going(room.house, "casa") == []
    set_going(room.house, [key_of()])
    assert room.to_rest().status is BookingStatus.IGNORED
    correct(room.house, key_of(), CHANGE, who="Rita")
    assert room.to_rest().status is BookingStatus.IGNORED
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    room.deliver(total_guest="7.00")
    room.house.store.delete("rq:queue:bookings")
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(room.house).sweep() == [key_of()]
    assert room.to_rest().status is BookingStatus.IGNORED


def test_who_ignored_it_is_told(room: Room) -> None:
    room.drafted(property_ref="casa-9")
    ignore(room.house, key_of(), who="Rita")
    line = room.house.ledger.history(key_of())[-1]
    assert (line["event"], line["who"], line["reason"]) == ("ignored", "Rita", "ignored-by-a-person")
    (act,) = room.house.audit.acts()
    assert (act.who, act.what, act.about) == ("Rita", "ignore", key_of())
    assert (act.was, act.became) == ({"status": "parked"}, {"status": "ignored"})
    with pytest.raises(UserError, match="There is no booking casa:generic:R-2"):
        ignore(room.house, key_of(2), who="Rita")
    assert len(room.house.audit.acts()) == 1


def test_a_job_that_is_at_work_has_no_word_any_more(room: Room) -> None:
    room.deliver()
    job = room.record().job
    room.begin(key_of(), job)
    ignore(room.house, key_of(), who="Rita")
    assert not room.house.ledger.settle(key_of(), job, BookingStatus.DRAFTED, now=room.clock())
    assert room.turn_of(key_of(), job=job) is None
    assert room.record().status is BookingStatus.IGNORED
    assert Sweeper(room.house).sweep() == []


def test_a_draft_whose_outcome_is_not_known_is_looked_up_when_the_booking_comes_back(room: Room) -> None:
    room.wire.lose_the_next_answer("POST")
    room.deliver()
    room.turn()
    ignore(room.house, key_of(), who="Rita")
    assert room.record().trail.claim
    room.requests()
    room.deliver(total_guest="212.00")
    assert room.to_rest().status is BookingStatus.IGNORED
    assert room.requests() == {}
    room.go_on(seconds=60)
    retry(room.house, [key_of()], who="Rita")
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_what_cannot_be_read_or_has_no_account_any_more_is_ignored_all_the_same(room: Room) -> None:
    room.deliver()
    room.house.store.hdel(f"fs:delivery:{room.record().newest}", "content")
    assert room.to_rest().status is BookingStatus.FAILED
    ignore(room.house, key_of(), who="Rita")
    room.house.accounts.remove("casa")
    room.deliver(total_guest="212.00")
    assert room.to_rest().status is BookingStatus.IGNORED


# A draft before its day


def test_a_draft_is_made_before_its_day_where_a_person_says_so(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    assert room.turn()
    assert room.record().status is BookingStatus.WAITING
    draft_now(room.house, key_of(), who="Rita")
    record = room.to_rest()
    assert (record.status, record.reason) == (BookingStatus.DRAFTED, None)
    assert record.figures["total"] == "106.00"
    assert room.document()["date"] == "01/07/2026"
    line = next(line for line in room.house.ledger.history(key_of()) if line["event"] == "draft-asked")
    assert line["who"] == "Rita"
    (act,) = room.house.audit.acts()
    assert (act.who, act.what, act.about) == ("Rita", "draft", key_of())
    assert room.drafted(1, **CHANGE).status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_it_is_still_wanted_before_its_day_after_an_outage_and_a_newer_state(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    draft_now(room.house, key_of(), who="Rita")
    room.fault("delay_without_commit", method="POST", seconds=1, times=12)
    assert room.to_rest().status is BookingStatus.FAILED
    room.deliver(total_guest="212.00")
    retry(room.house, [key_of()], who="Rita")
    record = room.to_rest()
    assert (record.status, record.decision) == (BookingStatus.DRAFTED, Decision.DRAFT_NOW)
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_a_draft_that_was_made_before_its_day_and_deleted_there_is_told_at_once(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    draft_now(room.house, key_of(), who="Rita")
    room.to_rest()
    room.act("delete")
    assert room.drafted(1, **CHANGE).reason is Reason.DELETED


def test_no_second_one_is_made_where_the_store_forgot_the_first(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    draft_now(room.house, key_of(), who="Rita")
    room.to_rest()
    room.house.store.hdel(f"fs:booking:{key_of()}", "trail")
    room.go_on(seconds=3600)
    restarted = room.clock()
    room = replace(room, workshop=replace(room.workshop, store_started=lambda: restarted))
    room.go_on(seconds=60)
    room.deliver(1, **CHANGE)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "drafted"),
        ({"property_ref": "casa-9"}, "parked"),
        ({"status": "blocked"}, "ignored"),
        (CANCEL, "cancelled"),
    ],
)
def test_only_what_waits_for_its_day_can_be_wanted_before(room: Room, told: dict[str, str], status: str) -> None:
    before = room.drafted(1, **told)
    with pytest.raises(UserError) as refusal:
        draft_now(room.house, key_of(), who="Rita")
    assert str(refusal.value) == (
        f"casa:generic:R-1 does not wait for its day: it is {status}. See: faturasync show casa:generic:R-1"
    )
    assert room.record() == before


def test_what_waits_for_invoicexpress_does_not_wait_for_its_day(room: Room) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1)
    room.deliver()
    room.turn()
    with pytest.raises(UserError, match="it is waiting"):
        draft_now(room.house, key_of(), who="Rita")


def test_what_is_ignored_is_not_made_before_its_day_when_that_comes(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    ignore(room.house, key_of(), who="Rita")
    room.clock.go_on(days=10)
    assert room.turn() is None
    assert room.record().status is BookingStatus.IGNORED
    assert room.documents() == []


# A draft that is asked for with corrections, or without


def test_a_draft_is_made_with_what_was_corrected(room: Room) -> None:
    assert room.drafted(ota="booking", commission=None).reason is Reason.NO_COMMISSION
    assert make_draft(room.house, key_of(), {"commission": "6.00"}, who="Rita") == ["commission"]
    assert room.to_rest().figures["commission"] == "6.00"
    assert Decimal(str(room.document()["total"])) == Decimal("100.00")


@pytest.mark.parametrize(("given", "total"), [({}, "106.00"), ({"total_guest": "212"}, "212.00")])
def test_it_does_not_wait_for_its_day(room: Room, given: dict[str, str], total: str) -> None:
    at_check_out(room)
    room.deliver()
    assert room.turn()
    assert make_draft(room.house, key_of(), given, who="Rita") == list(given)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(total)


def test_it_brings_back_what_was_ignored(room: Room) -> None:
    room.deliver()
    ignore(room.house, key_of(), who="Rita")
    assert make_draft(room.house, key_of(), {}, who="Rita") == []
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_what_cannot_be_decides_nothing(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    with pytest.raises(UserError, match=r"The total is empty\."):
        make_draft(room.house, key_of(), {"total_guest": ""}, who="Rita")
    assert (room.record().status, room.record().decision) == (BookingStatus.WAITING, None)
