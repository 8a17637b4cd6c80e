"""The account's limit: never exceeded in any window, spent in full, and nobody stands in the way of others."""

import threading
import time
from itertools import pairwise
from typing import Any, cast

import pytest
from redis import Redis

from mapping.errors import TooManyRequests, TurnComesLater
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.conftest import FakeClock
from tests.worker.room import Room, key_of
from worker.accounts import with_settings
from worker.pacing import Gate, Pass
from worker.records import BookingStatus
from worker.store import Store
from worker.waits import HOLD_SECONDS, PATIENCE_SECONDS, WINDOW_SECONDS


def gate(store: Store, booking: str = "b", *, account: str = "casa", limit: int = 5, **who: object) -> Gate:
    return Gate(store, Pass(account=account, booking=booking, limit=limit, **who), clock=FakeClock())  # type: ignore[arg-type]


def enter(at: Gate) -> float:
    """Seconds that it is told to come back after; 0 where it was let in."""
    try:
        with at.request():
            return 0.0
    except TurnComesLater as later:
        return later.seconds


def test_a_quiet_account_spends_its_whole_limit_at_once_and_no_more(store: Store) -> None:
    assert [enter(gate(store, str(number))) for number in range(5)] == [0.0] * 5
    assert enter(gate(store)) > WINDOW_SECONDS - 1


def test_accounts_have_limits_of_their_own(store: Store) -> None:
    for account in ("casa", "quinta"):
        assert [enter(gate(store, account=account)) for _ in range(5)] == [0.0] * 5


def test_places_in_the_line_come_up_one_after_the_other_a_little_slower_than_the_limit(store: Store) -> None:
    for _ in range(5):
        enter(gate(store))
    places = [enter(gate(store, str(number))) for number in range(20)]
    steps = [later - earlier for earlier, later in pairwise(places)]
    fair = WINDOW_SECONDS / 5
    assert all(fair <= step + 0.1 and step <= fair * 1.1 for step in steps)


def test_who_needs_several_requests_gets_a_longer_place(store: Store) -> None:
    for _ in range(5):
        enter(gate(store))
    first, second = enter(gate(store, needs=1)), enter(gate(store, needs=3))
    assert second - first > 2.9 * WINDOW_SECONDS / 5


def test_nobody_new_overtakes_the_line_and_who_has_waited_gets_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.pacing.WINDOW_SECONDS", 1)
    for _ in range(5):
        enter(gate(store))
    assert 0 < enter(gate(store, "waits", patience=0)) < 2
    wait_until_something_is_free(store)
    assert enter(gate(store, "new", patience=0)) > 0
    assert enter(gate(store, "waits", has_waited=True, patience=0)) == 0.0


def wait_until_something_is_free(store: Store) -> None:
    oldest = int(store.lrange("fs:asked:casa", 0, 0)[0]) / 1000
    while time.time() - oldest < 1.01:  # the server's clock is this machine's
        time.sleep(0.01)


def test_who_is_in_the_middle_of_an_attempt_is_let_in_before_who_is_new(store: Store) -> None:
    busy = gate(store, limit=6)
    enter(busy)
    for _ in range(4):
        enter(gate(store, limit=6))
    store.set("fs:line:casa", "9999999999999")
    assert enter(gate(store, limit=6)) > 0
    assert enter(busy) == 0.0


def test_a_moment_is_waited_for_on_the_spot(store: Store) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        store.delete("fs:hold:casa")

    store.set("fs:hold:casa", "1", px=200)
    who = Pass(account="casa", booking="b")
    with Gate(store, who, clock=FakeClock(), sleep=sleep).request():
        pass
    assert len(slept) == 1
    assert 0 < slept[0] <= PATIENCE_SECONDS


@pytest.mark.parametrize("asked", [40.0, None])
def test_after_a_429_nobody_asks_for_as_long_as_it_says_or_longer_each_time(store: Store, asked: float | None) -> None:
    for seconds in HOLD_SECONDS:
        with pytest.raises(TooManyRequests), gate(store).request():
            raise TooManyRequests("429", retry_after=asked)
        held = (asked or seconds) * 1000
        assert held - 500 < cast("Redis", store).pttl("fs:hold:casa") <= held
        assert enter(gate(store, "other", patience=0)) > 0
        assert enter(gate(store, account="quinta")) == 0.0
        store.delete("fs:hold:casa", "fs:line:casa", "fs:asked:casa")


def test_a_clock_that_went_back_stops_nobody_for_ever(store: Store) -> None:
    future = int(time.time() * 1000) + 10_000_000
    for _ in range(5):
        store.rpush("fs:asked:casa", future)
    store.set("fs:line:casa", future)
    assert enter(gate(store)) == 0.0


class Stamping:
    """The store, and by its own clock in milliseconds when it let somebody in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.entered: list[int] = []

    def eval(self, *words: Any) -> Any:
        with cast("Any", self._store).pipeline(transaction=True) as pipe:
            pipe.eval(*words)
            pipe.time()
            answer, (seconds, micros) = pipe.execute()
        if answer[0] == b"go":
            self.entered.append(seconds * 1000 + micros // 1000)
        return answer


def test_no_window_holds_more_than_the_limit_and_little_of_it_is_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight threads that ask as fast as they can, for three windows of a second each."""
    monkeypatch.setattr("worker.pacing.WINDOW_SECONDS", 1)
    limit, end, stamping = 100, time.monotonic() + 3, Stamping(store)

    def hammer(number: int) -> None:
        while time.monotonic() < end:
            enter(gate(cast("Store", stamping), str(number), limit=limit, has_waited=True, patience=0.05))

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(stamping.entered)
    worst = max(sum(start <= moment < start + 1000 for moment in times) for start in times)
    assert worst <= limit
    assert len(times) >= 2.9 * limit


def test_a_booking_over_the_limit_waits_in_line_and_costs_no_attempt_and_no_request(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(limit=3)))
    for number in range(1, 6):
        room.deliver(number, guest_name=f"Hóspede {number}")
    seconds = [room.turn(number) for number in range(1, 6)]
    assert seconds[:2] == [None, None]  # two drafts and the account's taxes
    assert all(wait and wait > WINDOW_SECONDS for wait in seconds[2:])
    assert sum(room.requests().values()) == 3
    record = room.record(3)
    assert (record.status, record.reason, record.attempts) == (BookingStatus.WAITING, Reason.IN_LINE, 0)
    assert record.trail.claim is None
    for number in range(3, 6):
        room.go_on(seconds=WINDOW_SECONDS)
        assert room.turn(number) is None
    assert [room.record(number).status for number in range(1, 6)] == [BookingStatus.DRAFTED] * 5
    assert len(room.documents()) == 5
    assert key_of(3) == record.key
