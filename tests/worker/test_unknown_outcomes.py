"""Whatever becomes of a request or its answer: exactly one draft, and it says what was meant."""

import re
from decimal import Decimal
from typing import Any

import httpx
import pytest
from rq.timeouts import JobTimeoutException

from mapping.errors import InvoiceXpressUnavailable
from mapping.reasons import Reason
from tests.worker.room import Room, key_of
from worker.records import BookingStatus

FAULTS: list[dict[str, object]] = [
    {"name": "drop_after_commit"},
    {"name": "error_after_commit", "status": 502},
    {"name": "error_after_commit", "status": 500},
    {"name": "late_commit", "seconds": 30},
    {"name": "delay_without_commit", "seconds": 30},
    {"name": "too_many_requests", "times": 5},
    {"name": "truncated_json"},
    {"name": "html_content_type"},
]
UIDS: list[dict[str, object]] = [
    {"uid_replay": "same_201"},
    {"uid_replay": "same_200"},
    {"uid_replay": "conflict"},
    {"uid_lifetime": 1},  # the uid does nothing
]


def total(room: Room) -> Decimal:
    return Decimal(str(room.document()["total"]))


@pytest.mark.parametrize("lag", [0, 15])
@pytest.mark.parametrize("uid", UIDS, ids=str)
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_creation_that_goes_wrong_ends_in_one_draft(
    room: Room, fault: dict[str, object], uid: dict[str, object], lag: int
) -> None:
    room.switch(index_lag=lag, **uid)
    room.fault(**{"method": "POST", **fault})  # type: ignore[arg-type]  # a fault's fields by name
    record = room.drafted()
    assert record.status is BookingStatus.DRAFTED
    assert record.trail.document
    assert record.trail.document.id == room.document()["id"]
    assert total(room) == Decimal("106.00")


@pytest.mark.parametrize("uid", UIDS, ids=str)
def test_a_creation_that_goes_wrong_four_times_ends_in_one_draft(room: Room, uid: dict[str, object]) -> None:
    room.switch(index_lag=15, **uid)
    for fault in ("delay_without_commit", "delay_without_commit", "error_after_commit", "drop_after_commit"):
        room.fault(fault, method="POST")
    assert room.drafted().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_a_person_who_retries_at_once_makes_no_double(room: Room) -> None:
    room.switch(index_lag=15, uid_lifetime=1)
    room.fault("delay_without_commit", method="POST")
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    while (seconds := room.turn() or 0) and not room.documents():
        room.clock.go_on(seconds=seconds)
    room.clock.go_on(seconds=1)
    room.house.ledger.requeue(key_of(), job="by-hand", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_the_index_gets_its_time_from_the_end_of_a_slow_request_on(room: Room) -> None:
    room.switch(index_lag=15, uid_lifetime=1)
    room.fault("late_commit", method="POST", seconds=40)
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=2)
    room.house.ledger.requeue(key_of(), job="by-hand", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_the_index_gets_its_time_after_a_second_creation_whose_job_was_cut_off(room: Room) -> None:
    room.switch(index_lag=15, uid_lifetime=1)
    room.fault("delay_without_commit", method="POST", seconds=1)
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=60)

    def ring(request: httpx.Request) -> None:
        if request.method == "POST":
            room.wire.after = lambda _request: None
            raise JobTimeoutException

    room.wire.after = ring
    room.turn()
    room.clock.go_on(seconds=2)
    room.house.ledger.requeue(key_of(), job="by-hand", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


@pytest.mark.parametrize("uid", UIDS[:3], ids=str)
def test_a_creation_that_arrives_after_the_look_up_ends_in_one_draft(room: Room, uid: dict[str, object]) -> None:
    room.switch(**uid)
    room.deliver()
    room.wire.hold_the_next("POST")
    room.clock.go_on(seconds=room.turn() or 0)
    room.clock.go_on(seconds=60)

    def arrive(request: httpx.Request) -> None:
        if request.method == "POST":
            room.wire.before = lambda _request: None
            room.wire.release()

    room.wire.before = arrive  # what was held overtakes the second creation
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


@pytest.mark.parametrize("uid", UIDS[:3], ids=str)
def test_a_late_creation_is_brought_up_to_date_where_the_booking_changed_meanwhile(
    room: Room, uid: dict[str, object]
) -> None:
    room.switch(**uid)
    room.deliver()
    room.wire.hold_the_next("POST")
    room.turn()
    room.clock.go_on(seconds=60)

    def arrive(request: httpx.Request) -> None:
        if request.method == "POST":
            room.wire.before = lambda _request: None
            room.wire.release()

    room.wire.before = arrive
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert total(room) == Decimal("212.00")


def test_what_was_made_is_adopted_and_brought_up_to_date_where_the_booking_changed_meanwhile(room: Room) -> None:
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=20)
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert total(room) == Decimal("212.00")
    assert room.requests()["POST /invoices.json"] == 1


def test_what_was_made_is_withdrawn_where_the_booking_was_cancelled_meanwhile(room: Room) -> None:
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.turn()
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED
    assert room.documents() == []


def test_a_lost_answer_after_the_name_was_found_taken_ends_in_a_draft(room: Room) -> None:
    room.drafted()

    def lose(request: httpx.Request) -> None:
        if request.method == "POST" and re.search(rb"\(FS-generic-R-2-1\)", request.content):
            room.wire.after = lambda _request: None
            raise httpx.ReadTimeout("lost", request=request)

    room.wire.after = lose
    room.deliver(number=2)
    assert room.to_rest(2).status is BookingStatus.DRAFTED
    assert len(room.documents()) == 2


def test_absence_is_believed_only_when_the_index_has_had_its_time(room: Room) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1)
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=20)
    assert room.turn() is not None
    assert room.requests()["POST /invoices.json"] == 1
    assert room.record().reason is Reason.UNAVAILABLE
    assert room.to_rest().status is BookingStatus.DRAFTED


@pytest.mark.parametrize("fault", ["error_after_commit", "drop_after_commit", "too_many_requests"])
def test_a_failed_look_up_never_means_absent(room: Room, fault: str) -> None:
    room.fault("drop_after_commit", method="POST")
    room.fault(fault, method="GET", path="/invoices.json", times=4)
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=60)
    assert room.turn() is not None
    room.clock.go_on(seconds=60)
    room.turn()
    assert room.requests()["POST /invoices.json"] == 1
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_a_found_document_that_cannot_be_read_is_not_absent(room: Room) -> None:
    room.fault("drop_after_commit", method="POST")
    room.fault("error_after_commit", method="GET", path=r"/invoices/\d+")
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=60)
    assert room.turn() is not None
    room.clock.go_on(seconds=60)
    assert room.turn() is None
    assert len(room.documents()) == 1


def test_nothing_is_looked_up_where_nothing_was_sent(room: Room) -> None:
    def unplug(request: httpx.Request) -> None:
        if request.method == "POST":
            raise httpx.ConnectError("no route", request=request)

    room.wire.before = unplug
    room.deliver()
    assert room.turn() is not None
    assert room.record().trail.claim is None
    room.wire.before = lambda _request: None
    room.requests()
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert room.requests() == {"POST /invoices.json": 1}


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault["name"] not in {"truncated_json", "html_content_type"}], ids=str
)
def test_an_update_that_goes_wrong_ends_in_the_draft_that_was_meant(room: Room, fault: dict[str, object]) -> None:
    room.drafted()
    room.fault(**{"method": "PUT", **fault})  # type: ignore[arg-type]  # a fault's fields by name
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert total(room) == Decimal("212.00")


@pytest.mark.parametrize("fault", ["error_after_commit", "delay_without_commit"])
def test_an_update_of_unknown_outcome_is_undone_where_the_booking_returned(room: Room, fault: str) -> None:
    room.drafted()
    room.fault(fault, method="PUT")
    room.deliver(total_guest="212.00")
    room.turn()
    record = room.drafted(guest_note="doch nicht")
    assert record.status is BookingStatus.DRAFTED
    assert total(room) == Decimal("106.00")
    assert record.trail.sending == ()


@pytest.mark.parametrize("fault", ["error_after_commit", "drop_after_commit", "delay_without_commit"])
@pytest.mark.parametrize("after_delete", ["shown", "missing"])
def test_a_withdrawal_of_unknown_outcome_is_finished(room: Room, fault: str, after_delete: str) -> None:
    room.switch(deleted_document=after_delete)
    room.drafted()
    room.fault(fault, method="PUT")
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED
    assert room.documents() == []
    record = room.drafted(guest_note="doch")
    assert record.status is BookingStatus.DRAFTED
    assert room.document()["reference"] == "FS-generic-R-1-2"


@pytest.mark.parametrize("fault", ["error_after_commit", "delay_without_commit"])
def test_a_booking_that_returns_while_its_withdrawal_is_of_unknown_outcome_has_its_draft(
    room: Room, fault: str
) -> None:
    room.drafted()
    room.fault(fault, method="PUT", seconds=1)
    room.deliver(status="cancelled")
    room.turn()
    assert room.drafted(guest_note="doch").status is BookingStatus.DRAFTED
    assert total(room) == Decimal("106.00")


def test_a_withdrawal_that_was_not_carried_out_leaves_a_draft_that_is_kept_up(room: Room) -> None:
    room.drafted()
    room.fault("delay_without_commit", method="PUT")
    room.deliver(status="cancelled")
    room.turn()
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert total(room) == Decimal("212.00")
    room.act("delete")
    record = room.drafted(total_guest="318.00")
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.DELETED)


def test_several_documents_with_the_reference_are_for_a_person(room: Room) -> None:
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.turn()
    made = room.document()
    copy: dict[str, Any] = {
        "date": made["date"],
        "due_date": made["due_date"],
        "reference": made["reference"],
        "client": {"name": made["client"]["name"], "code": made["client"]["code"]},
        "items": [{"name": "Alojamento", "unit_price": "100.0", "quantity": "1.0", "tax": {"name": "IVA6"}}],
    }
    room.ask("POST", "/invoices.json", {"invoice": copy})
    room.clock.go_on(seconds=60)
    record = room.to_rest()
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.SEVERAL_DOCUMENTS)
    assert "FS-generic-R-1-1" in (record.todo or "")
    assert len(room.documents()) == 2


def test_waits_of_seconds_are_not_for_what_may_have_been_done(room: Room) -> None:
    room.fault("error_after_commit", method="POST", times=9)
    room.deliver()
    room.turn()
    assert room.requests()["POST /invoices.json"] == 1


def test_what_time_does_not_mend_is_failed_with_its_reason(room: Room) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1, times=99)
    record = room.drafted()
    assert (record.status, record.reason) == (BookingStatus.FAILED, Reason.UNAVAILABLE)
    assert "504" in record.facts["words"]
    assert InvoiceXpressUnavailable.__name__ not in record.facts["words"]


@pytest.mark.parametrize("conflict", ["refuse", "code", "name"])
@pytest.mark.parametrize("fault", [{"name": "drop_after_commit"}, {"name": "error_after_commit", "path": "/clients/"}])
def test_a_new_name_and_price_whose_answer_is_lost_are_no_persons_edit(
    room: Room, fault: dict[str, Any], conflict: str
) -> None:
    """The document may have the new content with the client's old name: a half of what we asked for."""
    room.switch(client_conflict=conflict)
    room.drafted()
    room.fault(**fault, method="PUT")
    assert room.drafted(guest_name="Berta Outra", total_guest="212.00").status is BookingStatus.DRAFTED
    document = room.document()
    assert document["client"]["name"] == "Berta Outra"
    assert Decimal(str(document["total"])) == Decimal("212.00")


@pytest.mark.parametrize("newest", ["318.00", "106.00"])
def test_a_late_update_never_overtakes_a_newer_one(room: Room, newest: str) -> None:
    room.drafted(total_guest="106.00")
    room.wire.hold_the_next("PUT")
    room.deliver(total_guest="212.00")
    room.turn()
    room.go_on(seconds=1)
    room.deliver(total_guest=newest, guest_note="newer")
    seconds = room.turn()
    assert seconds
    assert room.record().status is BookingStatus.WAITING
    room.go_on(seconds=3)
    room.wire.release()
    room.go_on(seconds=seconds)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal(newest)


def test_a_late_withdrawal_does_not_take_a_booking_away_that_came_back(room: Room) -> None:
    room.drafted()
    room.wire.hold_the_next("PUT")
    room.deliver(status="cancelled")
    room.turn()
    room.go_on(seconds=1)
    room.deliver(guest_note="back")
    seconds = room.turn()
    assert seconds
    room.go_on(seconds=3)
    room.wire.release()
    room.go_on(seconds=seconds)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1
