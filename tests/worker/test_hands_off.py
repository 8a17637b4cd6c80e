"""What a person did in InvoiceXpress is never undone, and what was refused leaves no trace."""

from decimal import Decimal
from typing import Any

import pytest

from mapping.reasons import Reason
from tests.worker.room import Room
from worker.records import BookingStatus

CHANGE: dict[str, Any] = {"total_guest": "212.00"}
CANCEL: dict[str, Any] = {"status": "cancelled"}


def edit(room: Room) -> None:
    client = {"name": "Outro Nome"}
    items = [{"name": "Alojamento", "unit_price": "90.0", "quantity": "1.0", "tax": {"name": "IVA6"}}]
    room.act("edit", items=items, client=client)


def finalize(room: Room) -> None:
    room.act("finalize")


def finalize_and_cancel(room: Room) -> None:
    room.act("finalize")
    room.act("cancel")


@pytest.mark.parametrize(
    ("act", "news", "reason"),
    [
        (edit, CHANGE, Reason.EDITED),
        (edit, CANCEL, Reason.CANCELLED_BUT_EDITED),
        (finalize, CHANGE, Reason.FINAL),
        (finalize, CANCEL, Reason.CANCELLED_BUT_FINAL),
        (finalize_and_cancel, CHANGE, Reason.CANCELLED_THERE),
    ],
)
def test_what_a_person_did_is_left_as_it_is(room: Room, act: Any, news: dict[str, Any], reason: Reason) -> None:
    room.drafted()
    act(room)
    as_it_is = room.document()
    record = room.drafted(**news)
    assert (record.status, record.reason) == (BookingStatus.PARKED, reason)
    assert room.document() == as_it_is
    assert record.trail.document
    assert record.trail.document.state == as_it_is["status"]
    assert room.requests().get("PUT /invoices/{id}.json") is None


@pytest.mark.parametrize("shown", ["shown", "missing"])
def test_a_draft_that_a_person_deleted_is_not_made_again(room: Room, shown: str) -> None:
    room.switch(deleted_document=shown)
    room.drafted()
    room.act("delete")
    record = room.drafted(**CHANGE)
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.DELETED)
    assert room.documents() == []


@pytest.mark.parametrize("news", [CHANGE, {"guest_note": "the same to bill"}])
@pytest.mark.parametrize("shown", ["shown", "missing"])
def test_a_draft_that_a_person_deleted_is_not_made_again_after_a_cancellation(
    room: Room, shown: str, news: dict[str, Any]
) -> None:
    room.switch(deleted_document=shown)
    room.drafted()
    room.act("delete")
    assert room.drafted(**CANCEL).status is BookingStatus.CANCELLED
    assert room.drafted(**news).reason is Reason.DELETED
    assert room.documents() == []


@pytest.mark.parametrize("replay", ["replay", "conflict"])
def test_a_draft_that_a_person_deleted_before_we_knew_of_it_is_not_taken_for_one(room: Room, replay: str) -> None:
    room.switch(uid_after_delete=replay)
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.clock.go_on(seconds=room.turn() or 0)
    room.act("delete")
    record = room.to_rest()
    assert record.status in {BookingStatus.PARKED, BookingStatus.FAILED}
    assert room.documents() == []


def test_a_document_that_a_person_finalised_before_we_knew_of_it_is_final(room: Room) -> None:
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.turn()
    room.act("finalize")
    room.clock.go_on(seconds=60)
    assert room.to_rest().status is BookingStatus.FINAL
    assert len(room.documents()) == 1


def test_a_final_document_is_left_where_the_booking_says_the_same(room: Room) -> None:
    room.drafted()
    finalize(room)
    room.requests()
    assert room.drafted(guest_note="Chega tarde").status in {BookingStatus.DRAFTED, BookingStatus.FINAL}
    assert room.requests() == {}


def test_an_edit_that_was_taken_back_is_none(room: Room) -> None:
    room.drafted()
    items = room.document()["items"]
    edit(room)
    assert room.drafted(**CHANGE).reason is Reason.EDITED
    line = {name: items[0][name] for name in ("name", "description", "unit_price", "quantity", "unit")}
    room.act("edit", items=[{**line, "tax": {"name": "IVA6"}}], client={"name": "Ágata Canária"})
    assert room.drafted(total_guest="318.00").status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("318.00")


def test_what_invoicexpress_made_of_it_is_compared(room: Room) -> None:
    room.drafted()
    (tax,) = [tax for tax in room.ask("GET", "/taxes.json")["taxes"] if tax["name"] == "IVA6"]
    room.ask("PUT", f"/taxes/{tax['id']}.json", {"tax": {"name": "IVA reduzido", "value": "6"}})
    room.deliver(number=2, guest_name="Bento Exemplo")
    record = room.to_rest(2)
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.DOCUMENT_DIFFERS)
    assert "IVA 23 % instead of 6 %" in record.facts["differences"]
    assert len(room.documents()) == 2

    room.deliver(number=3, guest_name="Carla Exemplo")
    assert room.to_rest(3).status is BookingStatus.DRAFTED, "the taxes were asked for again"


def test_a_draft_that_differed_and_was_corrected_by_hand_is_drafted(room: Room) -> None:
    room.drafted()
    (tax,) = [tax for tax in room.ask("GET", "/taxes.json")["taxes"] if tax["name"] == "IVA6"]
    room.ask("PUT", f"/taxes/{tax['id']}.json", {"tax": {"name": "IVA reduzido", "value": "6"}})
    room.act("delete")
    room.deliver(number=2, guest_name="Bento Exemplo")
    assert room.to_rest(2).reason is Reason.DOCUMENT_DIFFERS
    (line,) = room.document()["items"]
    kept = {name: line[name] for name in ("name", "description", "unit_price", "quantity", "unit")}
    room.act("edit", items=[{**kept, "tax": {"name": "IVA reduzido"}}])
    room.house.ledger.requeue("casa:generic:R-2", job="again", now=room.clock())
    assert room.to_rest(2).status is BookingStatus.DRAFTED


def test_a_refused_draft_is_parked_with_invoicexpresss_words_and_leaves_no_claim(room: Room) -> None:
    room.fault("refused")
    record = room.drafted()
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.REFUSED)
    assert "Something is invalid" in (record.todo or "")
    assert record.trail.claim is None
    assert record.trail.sending == ()


def test_a_refused_key_is_parked_and_leaves_no_claim(room: Room) -> None:
    room.drafted()
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    room.deliver(number=2)
    record = room.to_rest(2)
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.API_KEY_REFUSED)
    assert record.trail.claim is None
    assert len(room.documents()) == 1


def test_a_refused_creation_keeps_an_earlier_claim_whose_outcome_is_unknown(room: Room) -> None:
    room.wire.hold_the_next("POST")
    room.deliver()
    room.turn()
    room.clock.go_on(seconds=60)
    room.fault("refused")
    record = room.to_rest()
    assert record.reason is Reason.REFUSED
    assert record.trail.claim
    room.wire.release()
    room.clock.go_on(seconds=60)
    room.house.ledger.requeue(record.key, job="again", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_a_refused_update_can_be_tried_again(room: Room) -> None:
    room.drafted()
    room.fault("refused", method="PUT")
    assert room.drafted(**CHANGE).reason is Reason.REFUSED
    room.house.ledger.requeue("casa:generic:R-1", job="again", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_nothing_is_ever_finalised(room: Room) -> None:
    room.drafted()
    room.drafted(**CHANGE)
    room.drafted(**CANCEL)
    assert room.desk.get("/_sandbox/violations").get_json()["violations"] == []
