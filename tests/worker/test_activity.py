"""What is counted while bookings come to rest: each act once, each delivery's wait once."""

from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from mapping.settings import DraftAt, Settings
from tests.worker.room import Room, key_of
from worker.accounts import with_settings
from worker.activity import BOUNDS, BUCKET_SECONDS, DAY_BUCKETS, KEPT_SECONDS, Bucket, Waits, last_day, together
from worker.records import BookingStatus


def today(room: Room) -> Bucket:
    return together(last_day(room.house.store, now=room.clock()))


def counts(room: Room) -> dict[str, int]:
    """What is not zero."""
    found = today(room)
    names = ("drafted", "updated", "withdrawn", "parked", "failed")
    return {name: number for name in names if (number := getattr(found, name))}


def waits_of(*seconds: float) -> Waits:
    places = [0] * (len(BOUNDS) + 1)
    for each in seconds:
        places[sum(bound < each for bound in BOUNDS)] += 1
    return Waits(count=len(seconds), seconds=sum(seconds), places=tuple(places))


def test_each_act_is_counted_once(room: Room) -> None:
    room.drafted()
    assert counts(room) == {"drafted": 1}
    room.drafted(total_guest="212.00")
    assert counts(room) == {"drafted": 1, "updated": 1}
    room.drafted(status="cancelled")
    assert counts(room) == {"drafted": 1, "updated": 1, "withdrawn": 1}
    room.drafted(2, property_ref="casa-9")
    assert counts(room)["parked"] == 1


def test_a_redelivery_and_a_retry_that_find_nothing_to_do_are_jobs_and_no_acts(room: Room) -> None:
    room.drafted()
    room.deliver()
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    room.to_rest()
    found = today(room)
    assert (found.jobs, found.drafted, found.updated, found.waits.count) == (2, 1, 0, 1)


def test_a_job_that_is_not_responsible_any_more_is_a_job_and_no_end(room: Room) -> None:
    room.deliver()
    old = room.record().job
    room.begin(key_of(), old)
    room.deliver(total_guest="212.00")
    room.house.ledger.settle(key_of(), old, BookingStatus.PARKED, now=room.clock())
    found = today(room)
    assert (found.jobs, found.parked, found.waits.count) == (1, 0, 0)


def test_a_wait_is_from_the_newest_delivery_to_rest_and_is_told_once(room: Room) -> None:
    room.deliver()
    room.clock.go_on(seconds=100)
    room.deliver(total_guest="212.00")
    room.clock.go_on(seconds=8)
    room.to_rest()
    room.clock.go_on(hours=3)
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    room.to_rest()
    assert today(room).waits == waits_of(8)


def test_while_invoicexpress_is_away_the_wait_goes_on(room: Room) -> None:
    room.fault("too_many_requests", times=3)
    room.deliver()
    seconds = room.turn()
    assert seconds
    assert today(room).waits.count == 0
    room.go_on(seconds=seconds)
    room.to_rest()
    assert today(room).waits.count == 1


def test_what_waits_for_its_day_has_waited_for_nothing_else(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(draft_at=DraftAt.CHECK_OUT)))
    room.deliver()
    room.clock.go_on(seconds=4)
    assert room.turn() is not None
    assert room.record().status is BookingStatus.WAITING
    assert today(room).waits == waits_of(4)
    room.clock.go_on(days=7)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert today(room).waits.count == 0


def test_a_record_of_before_waits_were_kept_tells_none(room: Room) -> None:
    room.deliver()
    room.house.store.hdel(f"fs:booking:{key_of()}", "awaited")
    room.clock.go_on(days=9)
    room.to_rest()
    assert today(room).waits.count == 0


def test_a_day_is_told_in_buckets_of_ten_minutes_the_oldest_first(room: Room) -> None:
    room.drafted(1)
    room.clock.go_on(seconds=BUCKET_SECONDS)
    room.drafted(2, guest_name="Outra")
    room.drafted(3, guest_name="Ainda Outra")
    buckets = last_day(room.house.store, now=room.clock())
    assert len(buckets) == DAY_BUCKETS
    assert [bucket.drafted for bucket in buckets[-2:]] == [1, 2]
    assert buckets[-1].start == room.clock()
    assert (buckets[-1].start - buckets[0].start).total_seconds() == (DAY_BUCKETS - 1) * BUCKET_SECONDS
    room.clock.go_on(days=1)
    assert counts(room) == {}


def test_buckets_are_forgotten_after_two_days(room: Room) -> None:
    room.drafted()
    store = cast("Redis", room.house.store)
    (key,) = store.keys("fs:activity:*")
    assert 0 < store.ttl(key) <= KEPT_SECONDS


@pytest.mark.parametrize(
    ("seconds", "part", "expected"),
    [
        ([], 0.5, None),
        ([0.5], 0.5, 0.5),
        ([3, 3, 3, 3], 0.5, 3.5),
        ([0.1] * 19 + [100], 0.95, 1.0),
        ([0.1] * 9 + [100], 0.95, 90.0),
        ([1_000_000], 0.95, 86400.0),
    ],
)
def test_a_quantile_is_read_from_the_histogram(seconds: Sequence[float], part: float, expected: float | None) -> None:
    assert waits_of(*seconds).quantile(part) == expected


@given(st.lists(st.floats(0, 80_000), min_size=1, max_size=50), st.sampled_from([0.5, 0.95]))
def test_a_quantile_lies_in_the_place_of_the_true_one(seconds: list[float], part: float) -> None:
    told = waits_of(*seconds).quantile(part)
    true = sorted(seconds)[max(0, -(-int(part * 100 * len(seconds)) // 100) - 1)]
    assert told is not None
    place = sum(bound < true for bound in BOUNDS)
    assert (0, *BOUNDS)[place] <= told <= BOUNDS[place]
