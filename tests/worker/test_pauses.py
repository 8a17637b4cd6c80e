"""An account that is refused as a whole: one request tells, one at a time tries again, and all go on by themselves."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from mapping.reasons import Reason
from tests.worker.room import API_KEY, Room, key_of
from worker.records import BookingStatus
from worker.sweeper import Sweeper
from worker.waits import TRIAL_SECONDS

Act = Callable[[Room], None]


def spoil_key(room: Room) -> None:
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")


def mend_key(room: Room) -> None:
    room.house.accounts.change(room.house.accounts.get("casa"), api_key=API_KEY)


def spend_quota(room: Room) -> None:
    room.fault("quota_reached", times=999)


def renew_quota(room: Room) -> None:
    room.desk.delete("/_sandbox/faults")


def deliver(room: Room, numbers: Iterable[int]) -> None:
    for number in numbers:
        room.deliver(number, guest_name=f"Hóspede {number}")
        assert room.turn(number) is None


def trials(room: Room, *, after: float) -> list[str]:
    room.clock.go_on(seconds=after)
    return Sweeper(room.house).try_paused_accounts()


CASES = [
    (spoil_key, mend_key, Reason.API_KEY_REFUSED),
    (spend_quota, renew_quota, Reason.QUOTA_SPENT),
]


@pytest.mark.parametrize(("spoil", "mend", "reason"), CASES)
def test_a_thousand_bookings_of_a_refused_account_cost_one_request(
    room: Room, spoil: Act, mend: Act, reason: Reason
) -> None:
    room.drafted(99)
    spoil(room)
    room.requests()
    deliver(room, range(30))
    assert sum(room.requests().values()) == 1
    records = [room.record(number) for number in range(30)]
    assert {(record.status, record.reason) for record in records} == {(BookingStatus.PARKED, reason)}
    assert len({record.todo for record in records}) == 1
    assert all(record.trail.claim is None for record in records)


@pytest.mark.parametrize(("spoil", "mend", "reason"), CASES)
def test_one_at_a_time_is_tried_less_and_less_often(room: Room, spoil: Act, mend: Act, reason: Reason) -> None:
    room.drafted(99)
    spoil(room)
    deliver(room, range(5))
    room.requests()
    assert trials(room, after=TRIAL_SECONDS[0] - 1) == []
    tried = []
    for wait in (1, *TRIAL_SECONDS[1:], TRIAL_SECONDS[-1]):
        found = trials(room, after=wait)
        assert len(found) == 1
        assert trials(room, after=0) == []
        assert room.turn_of(found[0]) is None
        tried += found
    assert len(set(tried)) == 5, "each has its turn"
    assert sum(room.requests().values()) == len(tried)
    assert room.record(0).reason is reason


@pytest.mark.parametrize(("spoil", "mend", "reason"), CASES)
def test_once_it_is_mended_all_go_on_by_themselves(room: Room, spoil: Act, mend: Act, reason: Reason) -> None:
    room.drafted(99)
    spoil(room)
    deliver(room, range(5))
    mend(room)
    (trial,) = trials(room, after=TRIAL_SECONDS[0])
    assert room.turn_of(trial) is None
    going = trials(room, after=0)
    assert len(going) == 4
    for key in going:
        assert room.turn_of(key) is None
    assert {room.record(number).status for number in range(5)} == {BookingStatus.DRAFTED}
    assert trials(room, after=TRIAL_SECONDS[-1]) == []
    assert len(room.documents()) == 6


def test_other_accounts_notice_nothing(room: Room) -> None:
    room.house.accounts.add(replace(room.house.accounts.get("casa"), name="quinta"), API_KEY)
    spoil_key(room)
    deliver(room, range(3))
    connection = room.house.connections.add("quinta", "generic", [], now=room.clock()).connection
    room.house.properties.add(replace(room.house.properties.get("casa", "Casa do Largo"), account="quinta"))
    other = replace(room, connection=connection)
    other.deliver(7)
    assert other.turn_of("quinta:generic:R-7") is None
    record = room.house.ledger.get("quinta:generic:R-7")
    assert record
    assert record.status is BookingStatus.DRAFTED


def test_a_booking_that_was_being_parked_when_the_pause_ended_goes_on_too(room: Room) -> None:
    spoil_key(room)
    deliver(room, range(2))
    mend_key(room)
    (trial,) = trials(room, after=TRIAL_SECONDS[0])
    room.turn_of(trial)
    (other,) = trials(room, after=0)
    room.turn_of(other)
    late = key_of(9)
    room.deliver(9)
    room.begin(late, room.record(9).job)
    room.house.ledger.settle(
        late, room.record(9).job, BookingStatus.PARKED, now=room.clock(), reason=Reason.API_KEY_REFUSED
    )
    assert trials(room, after=TRIAL_SECONDS[0]) == [late]


def test_a_trial_that_needs_no_request_does_not_end_the_pause(room: Room) -> None:
    room.drafted(99)
    spoil_key(room)
    deliver(room, range(3))
    room.deliver(0, status="cancelled")
    (trial,) = trials(room, after=TRIAL_SECONDS[0])
    assert trial == key_of(1)
    room.deliver(1, status="cancelled")
    room.turn(1)
    room.requests()
    deliver(room, [5])
    assert room.requests() == {}
    assert room.record(5).reason is Reason.API_KEY_REFUSED


def test_a_pause_ends_when_nobody_waits_for_it(room: Room) -> None:
    spoil_key(room)
    deliver(room, [1])
    room.deliver(1, status="cancelled")
    room.turn(1)
    mend_key(room)
    assert trials(room, after=TRIAL_SECONDS[0]) == []
    deliver(room, [2])
    assert room.record(2).status is BookingStatus.DRAFTED


def test_a_pause_says_nothing_that_is_secret(room: Room) -> None:
    spoil_key(room)
    deliver(room, [1])
    kept = room.house.store.hgetall("fs:pause:casa")
    assert set(kept) == {b"status", b"words", b"at"}
    assert b"wrong" not in b"".join(kept.values())
