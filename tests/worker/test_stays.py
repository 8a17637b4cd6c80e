"""What is kept of stays: by the day on which they end, what they lack, and what was billed."""

from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest
from redis import Redis

from tests.worker.room import Room, key_of
from worker.decisions import ignore
from worker.indexing import Indexing
from worker.records import BookingStatus
from worker.retries import retry
from worker.stays import Ended, Lacks, billed, ended, how_many_ended

EVER = date(2999, 1, 1)


def lacking(room: Room, lacks: Lacks) -> dict[str, date]:
    return {stay.key: stay.check_out for stay in ended(room.house.store, lacks, last_day=EVER)}


def test_a_draft_is_to_be_finalised_until_a_person_did(room: Room) -> None:
    room.drafted()
    assert lacking(room, Lacks.FINALISING) == {key_of(): date(2026, 7, 7)}
    assert lacking(room, Lacks.DOCUMENT) == {}
    room.act("finalize")
    room.house.ledger.requeue(key_of(), job="look", now=room.clock(), look=True)
    assert room.to_rest().status is BookingStatus.FINAL
    assert lacking(room, Lacks.FINALISING) == lacking(room, Lacks.DOCUMENT) == {}


def test_a_stay_that_is_parked_or_failed_has_no_document(room: Room) -> None:
    room.drafted(1, property_ref="casa-9")
    room.fault("too_many_requests", times=99)
    room.deliver(2)
    room.turn(2)
    assert lacking(room, Lacks.DOCUMENT) == {key_of(1): date(2026, 7, 7), key_of(2): date(2026, 7, 7)}


def test_a_draft_that_a_person_edited_is_still_to_be_finalised_and_a_deleted_one_is_missing(room: Room) -> None:
    room.drafted()
    room.act("edit", reference="mine")
    room.drafted(total_guest="212.00")
    assert room.record().status is BookingStatus.PARKED
    assert list(lacking(room, Lacks.FINALISING)) == [key_of()]
    room.act("delete")
    room.house.ledger.requeue(key_of(), job="look", now=room.clock(), look=True)
    assert room.to_rest().status is BookingStatus.PARKED
    assert lacking(room, Lacks.FINALISING) == {}
    assert list(lacking(room, Lacks.DOCUMENT)) == [key_of()]


@pytest.mark.parametrize("status", ["cancelled", "blocked", "pending", "no_show"])
def test_what_is_no_stay_lacks_nothing(room: Room, status: str) -> None:
    room.drafted()
    room.drafted(status=status)
    assert lacking(room, Lacks.FINALISING) == lacking(room, Lacks.DOCUMENT) == {}


@pytest.mark.parametrize("data", [{}, {"property_ref": "casa-9"}])
def test_what_a_person_ignores_lacks_nothing_until_it_is_tried_again(room: Room, data: dict[str, Any]) -> None:
    room.drafted(**data)
    before = lacking(room, Lacks.FINALISING), lacking(room, Lacks.DOCUMENT)
    ignore(room.house, key_of(), who="Rita")
    assert lacking(room, Lacks.FINALISING) == lacking(room, Lacks.DOCUMENT) == {}
    retry(room.house, [key_of()], who="Rita")
    room.to_rest()
    assert (lacking(room, Lacks.FINALISING), lacking(room, Lacks.DOCUMENT)) == before


def test_stays_are_found_by_their_last_day_the_first_first(room: Room) -> None:
    for number, day in enumerate(["2026-07-09", "2026-07-05", "2026-07-31"]):
        room.drafted(number, check_out=day, guest_name=f"Hóspede {number}")
    store, last_day = room.house.store, date(2026, 7, 9)
    first, second = Ended(key=key_of(1), check_out=date(2026, 7, 5)), Ended(key=key_of(0), check_out=last_day)
    assert ended(store, Lacks.FINALISING, last_day=last_day) == [first, second]
    assert ended(store, Lacks.FINALISING, last_day=last_day, since=date(2026, 7, 6)) == [second]
    assert ended(store, Lacks.FINALISING, last_day=last_day, limit=1) == [first]
    assert how_many_ended(store, Lacks.FINALISING, last_day=last_day) == 2


def test_a_state_that_is_on_its_way_leaves_what_was(room: Room) -> None:
    room.drafted()
    room.deliver(check_out="2026-07-20")
    assert lacking(room, Lacks.FINALISING) == {key_of(): date(2026, 7, 7)}
    assert billed(room.house.store, "casa", 2026) == Decimal("106.00")
    room.to_rest()
    assert lacking(room, Lacks.FINALISING) == {key_of(): date(2026, 7, 20)}


def test_a_years_documents_are_added_to_the_cent_and_taken_off_again(room: Room) -> None:
    def year(number: int) -> Decimal:
        return billed(room.house.store, "casa", number)

    room.drafted(1, total_guest="100.08")
    room.drafted(2, guest_name="Outra", total_guest="0.01", check_in="2026-12-30", check_out="2027-01-01")
    assert (year(2026), year(2027)) == (Decimal("100.08"), Decimal("0.01"))
    room.drafted(1, total_guest="200.09")
    assert year(2026) == Decimal("200.09")
    room.house.ledger.requeue(key_of(1), job="again", now=room.clock())
    room.to_rest(1)
    assert year(2026) == Decimal("200.09"), "once for each booking"
    room.drafted(1, status="cancelled")
    room.drafted(2, guest_name="Outra", total_guest="0.01", check_in="2026-12-29", check_out="2026-12-31")
    assert (year(2026), year(2027)) == (Decimal("0.01"), Decimal(0))


def test_what_an_older_store_holds_is_filed_by_a_worker_unless_it_has_changed(room: Room) -> None:
    for number in range(3):
        room.drafted(number, guest_name=f"Hóspede {number}", property_ref="casa-1" if number else "casa-9")
    client = cast("Redis", room.house.store)
    before = as_kept(client)
    assert len(before) == 5
    for key in client.keys("fs:booking:*"):
        client.hdel(key, "lacks", "billed", "cause")
    client.delete(*before, "fs:index:version")
    read = [room.record(number) for number in range(3)]
    Indexing(room.house).go_on()
    assert as_kept(client) == before
    Indexing(room.house).go_on()
    assert as_kept(client) == before
    room.clock.go_on(seconds=1)
    room.drafted(1, status="cancelled")
    room.house.ledger.refile(read)
    assert billed(room.house.store, "casa", 2026) == Decimal("106.00")
    assert list(lacking(room, Lacks.FINALISING)) == [key_of(2)]


def as_kept(client: Redis) -> dict[Any, object]:
    """Groups, stays and turnovers as they are in the store."""
    names = [name for pattern in ("fs:cause*", "fs:stays:*", "fs:turnover:*") for name in client.keys(pattern)]
    return {
        name: client.hgetall(name) if client.type(name) == b"hash" else client.zrange(name, 0, -1, withscores=True)
        for name in names
    }
