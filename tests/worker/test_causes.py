"""Stuck bookings in groups: by reason and by what was said, always as the records are."""

from collections.abc import Iterable

import pytest

from mapping.reasons import Reason
from tests.worker.room import Room, key_of
from worker.causes import STUCK, Cause, bookings_of, cause, cause_of, groups
from worker.records import BookingStatus


def settle(room: Room, number: int, status: BookingStatus, reason: Reason | None = None, **facts: str) -> None:
    """Let the booking's job end so."""
    room.deliver(number)
    job = room.record(number).job
    room.house.ledger.settle(key_of(number), job, status, now=room.clock(), reason=reason, facts=facts)


def told(room: Room) -> list[tuple[str, str, int]]:
    return [(each.cause.reason or "", each.cause.words, each.count) for each in groups(room.house.store)]


def everybody(room: Room) -> Iterable[str]:
    return [key for group in groups(room.house.store) for key in bookings_of(room.house.store, group.cause.id)]


def test_bookings_that_failed_alike_are_one_group(room: Room) -> None:
    for number in range(3):
        room.clock.go_on(minutes=1)
        settle(room, number, BookingStatus.FAILED, Reason.UNEXPECTED, words="KeyError at meaning.py:33")
    settle(room, 7, BookingStatus.FAILED, Reason.UNEXPECTED, words="KeyError at turn.py:80")
    settle(room, 8, BookingStatus.PARKED, Reason.REFUSED, words="Client is invalid")
    first = groups(room.house.store)[0]
    assert (first.count, first.cause.words, first.example) == (3, "KeyError at meaning.py:33", key_of(2))
    assert (first.newest_at - first.oldest_at).total_seconds() == 120
    assert first.newest_at == room.clock()
    assert len(told(room)) == 3
    assert bookings_of(room.house.store, first.cause.id) == [key_of(number) for number in range(3)]
    assert cause(room.house.store, first.cause.id) == first.cause


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"words": "Document 1234567 was not found"}, {"words": "Document 7654321 was not found"}, True),
        ({"words": "KeyError at a.py:10"}, {"words": "KeyError at a.py:11"}, False),
        ({"differences": "total 1.00"}, {"differences": "total 2.00"}, True),
        ({"problems": "booking.id: is missing"}, {"problems": "booking.price: is missing"}, False),
    ],
)
def test_ids_make_no_groups_and_places_do(one: dict[str, str], other: dict[str, str], *, alike: bool) -> None:
    for status in STUCK:
        assert (cause_of(status, None, one) == cause_of(status, None, other)) is alike


def test_what_goes_on_leaves_its_group_and_an_empty_one_is_over(room: Room) -> None:
    settle(room, 1, BookingStatus.PARKED, Reason.NO_LOCATION)
    (group,) = groups(room.house.store)
    room.house.ledger.requeue(key_of(1), job="again", now=room.clock())
    assert groups(room.house.store) == []
    assert cause(room.house.store, group.cause.id) is None
    assert bookings_of(room.house.store, group.cause.id) == []
    assert room.house.store.hgetall("fs:causes") == {}


def test_a_booking_is_in_the_group_of_its_last_end_only(room: Room) -> None:
    settle(room, 1, BookingStatus.PARKED, Reason.NO_LOCATION)
    settle(room, 1, BookingStatus.FAILED, Reason.UNAVAILABLE, words="status 503")
    room.deliver(1, total_guest="212.00")
    assert told(room) == []
    settle(room, 1, BookingStatus.FAILED, Reason.UNAVAILABLE, words="status 503")
    assert told(room) == [("invoicexpress-unavailable", "status 503", 1)]
    assert list(everybody(room)) == [key_of(1)]


@pytest.mark.parametrize("status", [status for status in BookingStatus if status not in STUCK])
def test_who_is_not_stuck_is_in_no_group(room: Room, status: BookingStatus) -> None:
    settle(room, 1, status, Reason.NOT_YET)
    assert told(room) == []
    assert cause_of(status, None, {}) is None


def test_a_cause_has_one_name(room: Room) -> None:
    one = Cause(status=BookingStatus.FAILED, reason=Reason.UNREADABLE, words="booking.id: is missing")
    assert len(one.id) == 16
    assert one.id == Cause(status=one.status, reason=one.reason, words=one.words).id
    settle(room, 1, one.status, one.reason, problems=one.words)
    assert cause(room.house.store, one.id) == one
