"""From a booking's states to the one draft: made, changed, withdrawn, made again."""

import uuid
from decimal import Decimal

import httpx
import pytest

from mapping.reasons import Reason
from tests.worker.room import GUEST, Room, key_of
from worker.naming import NAMESPACE
from worker.records import BookingStatus


def test_a_draft_costs_one_request(room: Room) -> None:
    room.drafted(number=1)
    assert room.requests() == {"GET /taxes.json": 1, "POST /invoices.json": 1}
    room.deliver(number=2, guest_name="Bento Exemplo")
    assert room.to_rest(2).status is BookingStatus.DRAFTED
    assert room.requests() == {"POST /invoices.json": 1}


def test_every_field_of_the_draft_is_as_meant(room: Room) -> None:
    record = room.drafted(ota="airbnb", commission="15.90", total_guest="121.90")
    document = room.document()
    (item,) = document["items"]
    assert record.status is BookingStatus.DRAFTED
    assert (document["status"], document["type"], document["reference"]) == ("draft", "Invoice", "FS-generic-R-1-1")
    assert (document["date"], document["due_date"]) == ("01/07/2026", "01/07/2026")
    assert document["proprietary_uid"] == str(uuid.uuid5(NAMESPACE, "casa:generic:R-1#1"))
    assert document["client"]["name"] == GUEST
    assert document["client"]["code"] == f"FS-{uuid.uuid5(NAMESPACE, 'casa:generic:R-1').hex[:20]}"
    assert Decimal(str(document["total"])) == Decimal("106.00")
    assert item["name"] == "Alojamento"
    assert (Decimal(item["unit_price"]), Decimal(item["quantity"])) == (Decimal(100), Decimal(1))
    assert item["description"] == (
        "Serviço de alojamento de 03/07/2026 a 07/07/2026 (4 noites). Casa do Largo. Airbnb HM1."
    )
    assert (item["tax"]["name"], Decimal(str(item["tax"]["value"]))) == ("IVA6", Decimal(6))
    link = record.trail.document
    assert link
    assert (link.id, link.state) == (document["id"], "draft")
    assert link.url == f"http://invoicexpress.invalid/casa/invoices/{document['id']}"


def test_a_draft_has_the_day_that_it_is_in_portugal(room: Room) -> None:
    room.clock.go_on(hours=11, minutes=30)  # 23:30 UTC of 1 July, half past midnight in Lisbon
    room.drafted()
    assert room.document()["date"] == "02/07/2026"


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("R-7", "FS-generic-R-7-1"),
        ("número 7/a", f"FS-generic-{uuid.uuid5(NAMESPACE, 'número 7/a').hex[:12]}-1"),
        ("7" * 41, f"FS-generic-{uuid.uuid5(NAMESPACE, '7' * 41).hex[:12]}-1"),
    ],
)
def test_a_reference_is_readable_and_plain(room: Room, source: str, reference: str) -> None:
    room.deliver(number=7, source_id=source)
    key = f"casa:generic:{source}"
    record = room.house.ledger.get(key)
    assert record
    room.house.ledger.requeue(key, job="job", now=room.clock())
    room.turn_of(key)
    assert room.document()["reference"] == reference


def test_a_repeated_turn_makes_no_request(room: Room) -> None:
    room.drafted()
    room.requests()
    room.house.ledger.requeue(key_of(), job="another", now=room.clock())
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert room.requests() == {}


def test_a_newer_state_changes_the_draft(room: Room) -> None:
    room.drafted()
    before = room.document()
    record = room.drafted(total_guest="212.00", check_out="2026-07-08")
    after = room.document()
    assert record.status is BookingStatus.DRAFTED
    assert (after["id"], after["reference"]) == (before["id"], before["reference"])
    assert Decimal(str(after["total"])) == Decimal("212.00")
    assert "(5 noites)" in after["items"][0]["description"]


def test_a_state_that_says_the_same_makes_no_request(room: Room) -> None:
    room.drafted()
    room.requests()
    assert room.drafted(guest_note="Chega tarde").status is BookingStatus.DRAFTED
    assert room.requests() == {}


def test_a_cancelled_bookings_draft_is_withdrawn(room: Room) -> None:
    room.drafted()
    record = room.drafted(status="cancelled")
    assert record.status is BookingStatus.CANCELLED
    assert record.trail.document is None
    assert room.documents() == []
    (document,) = room.documents(deleted=True)
    assert document["status"] == "deleted"


def test_a_booking_that_was_cancelled_at_once_makes_no_request(room: Room) -> None:
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED
    assert room.requests() == {}


@pytest.mark.parametrize("after_delete", ["replay", "new", "conflict"])
def test_a_booking_that_comes_back_gets_a_new_document(room: Room, after_delete: str) -> None:
    room.switch(uid_after_delete=after_delete)
    room.drafted()
    first = room.document()
    room.drafted(status="cancelled")
    record = room.drafted(guest_note="doch")
    second = room.document()
    assert record.status is BookingStatus.DRAFTED
    assert second["reference"] == "FS-generic-R-1-2"
    assert second["proprietary_uid"] == str(uuid.uuid5(NAMESPACE, "casa:generic:R-1#2"))
    assert second["proprietary_uid"] != first["proprietary_uid"]


def test_what_is_not_ours_to_invoice_makes_no_request(room: Room) -> None:
    record = room.drafted(status="owner_stay")
    assert (record.status, record.reason) == (BookingStatus.IGNORED, Reason.OWNER_STAY)
    assert room.requests() == {}


def test_what_a_person_must_decide_is_parked_with_the_draft_left_alone(room: Room) -> None:
    room.drafted()
    record = room.drafted(property_ref="casa-9")
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.UNKNOWN_LISTING)
    assert "generic:casa-9" in (record.todo or "")
    assert Decimal(str(room.document()["total"])) == Decimal("106.00")


def test_a_rate_that_the_account_does_not_have_parks_before_anything_is_sent(room: Room) -> None:
    for tax in room.ask("GET", "/taxes.json")["taxes"]:
        if not tax["default_tax"]:
            room.ask("DELETE", f"/taxes/{tax['id']}.json")
    room.requests()
    record = room.drafted()
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.NO_TAX_IN_ACCOUNT)
    assert (record.facts["rate"], record.facts["region"]) == ("6", "PT")
    assert record.trail.claim is None
    assert room.requests() == {"GET /taxes.json": 1}


def test_the_claim_is_in_the_ledger_before_the_request(room: Room) -> None:
    seen = []

    def look(request: httpx.Request) -> None:
        if request.method == "POST":
            seen.append(room.record().trail)

    room.wire.before = look
    room.drafted()
    (trail,) = seen
    assert trail.claim
    assert trail.sending
    document = room.document()
    assert (trail.claim.uid, trail.claim.reference) == (document["proprietary_uid"], document["reference"])
    assert (trail.document, trail.sent) == (None, None)


def test_what_will_be_sent_is_in_the_ledger_before_an_update(room: Room) -> None:
    room.drafted()
    seen = []

    def look(request: httpx.Request) -> None:
        if request.method == "PUT":
            seen.append(room.record().trail.sending)

    room.wire.before = look
    room.drafted(total_guest="212.00")
    ((sending,),) = seen
    assert sending.draft.total == Decimal("212.00")


def test_two_guests_of_one_name_get_a_draft_each(room: Room) -> None:
    room.drafted(number=1)
    room.deliver(number=2)
    assert room.to_rest(2).status is BookingStatus.DRAFTED
    assert sorted(document["client"]["name"] for document in room.documents()) == [
        GUEST,
        f"{GUEST} (FS-generic-R-2-1)",
    ]
    room.deliver(number=2, total_guest="212.00")
    assert room.to_rest(2).status is BookingStatus.DRAFTED
    assert len(room.documents()) == 2


def test_a_history_tells_what_was_done(room: Room) -> None:
    room.drafted()
    room.drafted(total_guest="212.00")
    room.drafted(status="cancelled")
    told = [line["event"] for line in room.house.ledger.history(key_of())]
    assert [event for event in told if event != "request"] == [
        *("creating", "created", "drafted"),
        *("read", "updated", "drafted"),
        *("read", "withdrawn", "cancelled"),
    ]
