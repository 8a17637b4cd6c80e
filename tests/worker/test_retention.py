"""Guests' data are dropped once their booking has been at rest for long enough; the facts of the invoice stay."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import pytest
from redis import Redis

from mapping.booking import Booking
from mapping.delivery import Delivery
from mapping.errors import UserError
from tests.worker import canary
from tests.worker.canary import LONG, act, finalised
from tests.worker.room import Room, body, everything, key_of
from worker.correcting import correct
from worker.decisions import ignore
from worker.environment import RETENTION
from worker.ledger import record_key
from worker.records import BookingStatus
from worker.retention import drop_due
from worker.retries import read_again, retry
from worker.sweeper import Sweeper


def test_after_the_time_nothing_is_left_of_the_guest_but_the_facts_of_the_invoice(room: Room) -> None:
    room.drafted(**canary.GUEST)
    correct(room.house, key_of(), {"guest_name": canary.CORRECTED_NAME, "total_guest": "212"}, who="Rita")
    room.to_rest()
    before = finalised(room)
    assert room.house.search.find("Zulmira").records
    room.clock.now += timedelta(days=95)  # on the 4th of October
    assert drop_due(room.house) == 0, "the stay ended 89 days ago"
    room.clock.now += timedelta(days=2)
    assert drop_due(room.house) == 1
    assert canary.opened(room.house) == set()
    record = room.record()
    assert record.dropped
    assert (record.status, record.figures, record.trail.document) == (
        before.status,
        before.figures,
        before.trail.document,
    )
    assert record.trail.claim == before.trail.claim
    assert record.trail.sent
    assert before.trail.sent
    assert record.trail.sent.draft.lines == before.trail.sent.draft.lines
    assert list(record.corrections) == ["total_guest"]
    booking = room.booking()
    assert (booking.check_in, booking.check_out, booking.channel) == (date(2026, 7, 3), date(2026, 7, 7), "direct")
    assert room.house.search.find("Zulmira").records == []
    assert room.house.search.find(key_of()).records
    assert room.house.store.zcard("fs:status:final") == 1
    assert drop_due(room.house) == 0


def dropped(room: Room, **data: object) -> None:
    """A booking that was finalised, and whose guest's data are gone."""
    room.drafted(**{**canary.GUEST, **data})
    finalised(room)
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    room.requests()


def test_a_booking_without_its_guest_is_listed_and_a_retry_changes_and_asks_nothing(room: Room) -> None:
    dropped(room)
    assert [record.key for record in room.house.index.page().records] == [key_of()]
    assert retry(room.house, [key_of()], who="Rita") == []
    room.house.ledger.requeue(key_of(), job="lost", now=room.clock())
    assert room.to_rest().status is BookingStatus.FINAL
    assert room.requests() == {}
    with pytest.raises(UserError, match="not kept any more, so it cannot be corrected"):
        correct(room.house, key_of(), {"total_guest": "1"}, who="Rita")


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        ({}, "final", None),
        ({"guest_name": "Outra Pessoa", "guest_tax_id": None}, "final", None),
        ({"total_guest": "212.00"}, "parked", "final-needs-credit-note"),
        ({"status": "cancelled"}, "parked", "cancelled-needs-credit-note"),
    ],
)
def test_a_new_delivery_brings_it_back_without_a_second_draft(
    room: Room, data: dict[str, Any], status: str, reason: str | None
) -> None:
    dropped(room)
    record = room.drafted(**{**canary.GUEST, **data})
    assert (record.status, record.reason) == (status, reason)
    assert record.dropped is None
    assert room.booking().guest_email == canary.GUEST["guest_email"]
    assert len(room.documents(deleted=True)) == 1
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    assert canary.opened(room.house) == set()


def test_an_older_delivery_leaves_it_as_it_is_and_is_dropped_in_its_time(room: Room) -> None:
    dropped(room, modified_at="2026-06-02T00:00:00Z")
    assert room.deliver(**{**canary.GUEST, "modified_at": "2026-06-01T00:00:00Z"}).outcome == "repeated"
    assert room.record().dropped
    assert canary.opened(room.house)
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    assert canary.opened(room.house) == set()


def test_what_is_open_is_kept_however_old_it_is(room: Room) -> None:
    room.drafted(1, **canary.GUEST)
    room.drafted(2, **canary.GUEST, property_ref="casa-9")
    room.clock.now += LONG
    assert drop_due(room.house) == 0
    assert {room.record(1).status, room.record(2).status} == {"drafted", "parked"}
    ignore(room.house, key_of(2), who="Rita")
    assert drop_due(room.house) == 0, "it came to rest today"
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    act(room, "delete", 1)
    assert room.to_rest(1).reason == "draft-deleted-in-invoicexpress"
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    assert canary.opened(room.house) == set()


def test_what_waits_for_a_stay_to_come_is_kept_until_after_it(room: Room) -> None:
    room.drafted(**canary.GUEST, status="owner_stay", check_in="2027-07-01", check_out="2027-07-08")
    ignore(room.house, key_of(), who="Rita")
    room.clock.now = room.clock.now.replace(year=2027, month=10, day=5)
    assert drop_due(room.house) == 0
    room.clock.now = room.clock.now.replace(day=7)
    assert drop_due(room.house) == 1


def test_where_it_is_never_nothing_is_dropped(room: Room) -> None:
    room.drafted(**canary.GUEST, status="cancelled")
    room.clock.now += LONG
    house = replace(room.house, environment=replace(room.house.environment, retention=None))
    assert drop_due(house) == 0


def test_what_could_never_be_read_is_dropped_after_the_same_time(room: Room) -> None:
    unread = Delivery(body=str(canary.NAME).encode())
    taken = room.house.intake.take_unreadable(room.connection, unread, [], now=room.clock())
    room.clock.now += timedelta(days=89)
    assert drop_due(room.house) == 0
    room.clock.now += timedelta(days=2)
    assert drop_due(room.house) == 1
    assert room.house.deliveries.unreadable() == []
    with pytest.raises(UserError):
        room.house.deliveries.get(taken.delivery)
    assert canary.opened(room.house) == set()


def test_one_that_cannot_be_read_keeps_no_other_waiting(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.retention.AT_ONCE", 1)
    for number in (1, 2):
        room.drafted(number, **canary.GUEST, status="cancelled")
        room.clock.go_on(minutes=1)
    room.house.store.hset(record_key(key_of(1)), "booking", b"sealed with a key that is lost")
    room.clock.now += LONG
    assert [drop_due(room.house) for _ in range(3)] == [0, 1, 0]
    assert room.record(2).dropped
    room.clock.go_on(days=2)
    assert room.house.store.zcount("fs:rest", "-inf", (room.clock.now - RETENTION).timestamp()) == 1


def test_a_few_go_at_a_time_the_one_that_has_been_at_rest_longest_first(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.retention.AT_ONCE", 2)
    for number in (3, 1, 2):
        room.clock.go_on(days=10)
        room.drafted(number, **canary.GUEST, status="cancelled")
    room.clock.now += LONG
    sweeper = Sweeper(room.house)
    sweeper.sweep_when_due()
    assert room.house.ledger.dropped(map(key_of, (1, 2, 3))) == {key_of(3), key_of(1)}
    sweeper.sweep_when_due()
    assert not room.record(2).dropped, "some process swept in the last seconds"
    room.house.store.delete("fs:sweep")
    sweeper.sweep_when_due()
    assert room.record(2).dropped


def test_a_body_that_tells_of_two_is_kept_until_the_second_goes(room: Room) -> None:
    told = [Booking.model_validate(json.loads(body(number, **canary.GUEST))["data"]) for number in (1, 2)]
    both = Delivery(body=json.dumps(dict(canary.GUEST)).encode())
    taken = room.house.intake.take(room.connection, both, told, now=room.clock())
    ignore(room.house, key_of(1), who="Rita")
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    assert room.house.deliveries.body(taken.delivery) == both.body
    assert room.booking(2).guest_name == canary.NAME
    ignore(room.house, key_of(2), who="Rita")
    room.clock.now += LONG
    assert drop_due(room.house) == 1
    assert room.house.deliveries.body(taken.delivery) is None
    assert canary.opened(room.house) == set()


def test_what_could_be_read_after_all_and_told_nothing_new_is_forgotten_soon(room: Room) -> None:
    room.deliver()
    unread = Delivery(body=body())
    taken = room.house.intake.take_unreadable(room.connection, unread, [], now=room.clock())
    assert read_again(room.house, who="Rita") == ([key_of()], [])
    assert 0 < cast("Redis", room.house.store).ttl(f"fs:delivery:{taken.delivery}") <= 30 * 24 * 3600


def test_dropping_again_changes_nothing(room: Room) -> None:
    dropped(room)
    before = everything(room.house.store)
    assert drop_due(room.house) == 0
    assert everything(room.house.store) == before
