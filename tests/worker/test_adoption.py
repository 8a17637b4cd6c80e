"""A ledger that lost something: what exists is found by its reference, taken for its booking's own, and never made twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import cast

import pytest
from redis import Redis

from mapping.reasons import Reason
from tests.worker.room import API_KEY, Room, key_of, set_up
from worker.adoption import Adoption
from worker.naming import reference
from worker.records import BookingStatus
from worker.waits import INDEX_LAG_SECONDS

READS = {"GET /invoices/{id}.json", "GET /invoices.json", "GET /taxes.json"}


def lose_everything(room: Room) -> Room:
    """The store is empty; the account is connected anew. A room with the new connection."""
    room.clock.go_on(seconds=60)
    cast("Redis", room.house.store).flushall()
    connection = set_up(room.house)
    adoption(room).remember(room.workshop.pool.account("casa", API_KEY))
    room.requests()
    return replace(room, connection=connection)


def adoption(room: Room) -> Adoption:
    return Adoption(room.house.store, "casa", clock=room.clock)


def lose_the_trail(room: Room) -> Room:
    """The store was killed and lost its last second: the booking is queued again, what was asked for is forgotten."""
    record = f"fs:booking:{key_of()}"
    room.house.store.hdel(record, "trail")
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    started = room.clock() + timedelta(seconds=1)
    room.clock.go_on(seconds=2)
    room.requests()
    return replace(room, workshop=replace(room.workshop, store_started=lambda: started))


def test_after_a_loss_of_everything_the_same_deliveries_make_nothing_new(room: Room) -> None:
    for number in range(1, 4):
        room.drafted(number, guest_name=f"Hóspede {number}")
    before = room.documents()
    room = lose_everything(room)
    for number in range(1, 4):
        record = room.drafted(number, guest_name=f"Hóspede {number}")
        assert record.status is BookingStatus.DRAFTED
        assert record.trail.document
    assert room.documents() == before
    assert set(room.requests()) <= READS


def test_what_was_adopted_is_kept_equal_like_any_other(room: Room) -> None:
    room.drafted()
    room = lose_everything(room)
    room.drafted()
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED
    assert room.documents() == []


def test_deliveries_that_tell_older_states_first_change_nothing_on_the_way(room: Room) -> None:
    room.drafted(modified_at="2026-07-01T10:00:00Z")
    room.drafted(modified_at="2026-07-01T10:01:00Z", total_guest="212.00")
    before = room.document()
    room = lose_everything(room)
    assert room.drafted(modified_at="2026-07-01T10:00:00Z").reason is Reason.DOCUMENT_DIFFERS
    assert room.drafted(modified_at="2026-07-01T10:01:00Z", total_guest="212.00").status is BookingStatus.DRAFTED
    assert room.document() == before
    assert set(room.requests()) <= READS


def test_an_older_state_that_is_told_later_explains_the_document_that_was_made_for_it(room: Room) -> None:
    older = "2026-07-01T10:00:00Z"
    room.drafted(modified_at=older)
    room = lose_everything(room)
    newer = room.drafted(modified_at="2026-07-01T10:01:00Z", total_guest="212.00")
    assert newer.reason is Reason.DOCUMENT_DIFFERS
    assert room.deliver(modified_at=older).outcome == "repeated"
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")
    assert room.deliver(modified_at=older).outcome == "repeated"
    assert room.record().status is BookingStatus.DRAFTED


def test_a_document_that_says_something_else_is_left_alone(room: Room) -> None:
    room.drafted()
    room.act("edit", client={"name": "Somebody Else"})
    before = room.document()
    room = lose_everything(room)
    assert room.drafted().reason is Reason.DOCUMENT_DIFFERS
    assert room.drafted(status="cancelled").reason is Reason.CANCELLED_BUT_EDITED
    assert room.document() == before


def test_a_final_document_is_known_as_final(room: Room) -> None:
    room.drafted()
    room.act("finalize")
    room = lose_everything(room)
    assert room.drafted().status is BookingStatus.FINAL
    assert room.drafted(total_guest="212.00").reason is Reason.FINAL


def test_of_a_withdrawn_and_a_second_document_the_second_is_adopted(room: Room) -> None:
    room.drafted()
    room.drafted(status="cancelled")
    room.drafted(total_guest="212.00")
    room = lose_everything(room)
    record = room.drafted(total_guest="212.00")
    assert record.status is BookingStatus.DRAFTED
    assert record.trail.claim
    assert record.trail.claim.reference == reference("generic", "R-1", 2)
    assert len(room.documents()) == 1


def test_a_copy_with_the_same_reference_is_a_persons_to_decide(room: Room) -> None:
    room.drafted()
    document = room.document()
    (line,) = document["items"]
    item = {name: line[name] for name in ("name", "description", "unit_price", "quantity")}
    content = {
        "date": document["date"],
        "due_date": document["date"],
        "reference": document["reference"],
        "client": {"name": "Somebody Else"},
        "items": [item | {"tax": {"name": "IVA6"}}],
    }
    room.ask("POST", "/invoices.json", {"invoice": content})
    room = lose_everything(room)
    assert room.drafted().reason is Reason.SEVERAL_DOCUMENTS
    assert len(room.documents()) == 2


def test_a_booking_that_is_not_in_the_list_is_made_with_one_request(room: Room) -> None:
    room.drafted()
    room = lose_everything(room)
    assert room.drafted(2, guest_name="Bento Exemplo").status is BookingStatus.DRAFTED
    assert room.requests() == {"GET /taxes.json": 1, "POST /invoices.json": 1}


@pytest.mark.parametrize("switches", [{}, {"uid_lifetime": 1}, {"uid_replay": "conflict"}])
def test_a_lost_claim_never_makes_a_second_document(room: Room, switches: dict[str, object]) -> None:
    room.switch(**switches)
    room.drafted()
    room = lose_the_trail(room)
    seconds = room.turn()
    assert seconds
    assert seconds >= INDEX_LAG_SECONDS - 2, "the list may not show it yet"
    room.go_on(seconds=seconds)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1
    assert set(room.requests()) <= READS


def test_a_lost_claim_of_a_booking_that_is_cancelled_now_leaves_no_document(room: Room) -> None:
    room.drafted()
    room = lose_the_trail(room)
    room.deliver(status="cancelled")
    assert room.to_rest().status is BookingStatus.CANCELLED
    assert room.documents() == []


def test_a_lost_claim_of_a_booking_that_has_changed_since_is_brought_up_to_date(room: Room) -> None:
    room.drafted()
    room = lose_the_trail(room)
    room.deliver(total_guest="212.00", guest_name="Bento Exemplo")
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")


def test_after_a_restart_the_list_is_read_once_for_the_whole_account(room: Room) -> None:
    for number in range(1, 6):
        room.deliver(number, guest_name=f"Hóspede {number}")
    started = room.clock() + timedelta(seconds=1)
    room.clock.go_on(seconds=60)
    room = replace(room, workshop=replace(room.workshop, store_started=lambda: started))
    for number in range(1, 6):
        assert room.to_rest(number).status is BookingStatus.DRAFTED
    assert room.requests() == {"GET /taxes.json": 1, "GET /invoices.json": 1, "POST /invoices.json": 5}


def test_a_booking_that_never_was_to_have_a_document_is_not_looked_for(room: Room) -> None:
    room.deliver(status="owner_stay")
    started = room.clock() + timedelta(seconds=1)
    room = replace(room, workshop=replace(room.workshop, store_started=lambda: started))
    assert room.turn() is None
    assert room.record().status is BookingStatus.IGNORED
    assert room.requests() == {}


def test_many_pages_are_read_to_the_end(room: Room) -> None:
    room.switch(per_page_cap=3)
    for number in range(10):
        room.drafted(number, guest_name=f"Hóspede {number}")
    room.clock.go_on(seconds=60)
    assert adoption(room).remember(room.workshop.pool.account("casa", API_KEY)) == 10
    assert adoption(room).existing("generic", "R-9")
    assert adoption(room).existing("generic", "R-99") is None
