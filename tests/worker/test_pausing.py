"""An account that a person has paused: nothing is asked for it, nothing is lost, and all go on when it is resumed."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest
from redis import Redis

from mapping.errors import AccountPaused, UserError
from mapping.reasons import Reason
from tests.conftest import FakeClock
from tests.worker.desk import DRAFTED, Desk
from tests.worker.room import API_KEY, Room, key_of
from worker.embedded import EmbeddedStore
from worker.jobs import equip, look_at_drafts
from worker.looks import look
from worker.pacing import Gate, Pass
from worker.pauses import PersonsPause, PersonsPauses
from worker.pausing import pause, resume
from worker.records import BookingStatus
from worker.store import Store, connect
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper
from worker.waits import TRIAL_SECONDS

PAUSED = (BookingStatus.WAITING, Reason.PAUSED)
CHANGES: Mapping[str, Mapping[str, str]] = {
    "create": {},
    "update": {"total_guest": "212.00"},
    "withdraw": {"status": "cancelled"},
}


def paused(room: Room) -> None:
    pause(room.house, "casa", who="Rita")


def resumed(room: Room) -> list[str]:
    return resume(room.house, "casa", who="Rita")


def status(room: Room, number: int = 1) -> tuple[BookingStatus, Reason | None]:
    record = room.record(number)
    return record.status, record.reason


def test_nothing_is_asked_and_the_bookings_wait(room: Room) -> None:
    paused(room)
    room.requests()
    for number in range(3):
        room.deliver(number)
        assert room.turn(number) is None
        assert status(room, number) == PAUSED
    record = room.record(0)
    assert (record.attempts, record.trail.claim) == (0, None)
    assert "faturasync resume casa" in (record.todo or "")
    assert room.requests() == {}


def test_when_it_is_resumed_all_go_on_with_the_state_that_is_newest_then(room: Room) -> None:
    paused(room)
    for number in range(3):
        room.deliver(number, guest_name=f"Hóspede {number}")
        room.turn(number)
    assert room.deliver(1, guest_name="Hóspede 1", total_guest="212.00").outcome == "queued"
    room.turn(1)
    assert sorted(resumed(room)) == [key_of(number) for number in range(3)]
    for number in range(3):
        assert room.to_rest(number).status is BookingStatus.DRAFTED
    assert sorted(document["total"] for document in room.documents()) == [106, 106, 212]
    (line,) = [line for line in room.house.ledger.history(key_of(0)) if line["event"] == "set-going"]
    assert line["who"] == "Rita"


def test_other_accounts_are_not_touched(store: Store) -> None:
    PersonsPauses(store).pause("casa", who="Rita", now=FakeClock()())
    for name, owner, is_let_in in [
        ("quinta", "", True),
        ("casa", "", False),
        ("connection casa-channex", "casa", False),
        ("connection quinta-channex", "quinta", True),
    ]:
        gate = Gate(store, Pass(account=name, owner=owner, booking="b"), clock=FakeClock())
        if is_let_in:
            with gate.request():
                continue
        with pytest.raises(AccountPaused, match="The account casa is paused"), gate.request():
            raise AssertionError("It was let in.")


@pytest.mark.parametrize("after", range(1, 5))
@pytest.mark.parametrize("change", CHANGES)
def test_a_pause_in_the_middle_of_an_attempt_stops_it_and_makes_nothing_twice(
    room: Room, change: str, after: int
) -> None:
    if change != "create":
        room.drafted()
    asked = 0

    def pause_after(_request: httpx.Request) -> None:
        nonlocal asked
        asked += 1
        if asked == after:
            paused(room)
        assert asked <= after, "Nothing is asked after the pause."

    room.deliver(1, **CHANGES[change])
    room.wire.before = pause_after
    room.turn()
    room.wire.before = lambda _request: None
    if status(room) == PAUSED:
        assert resumed(room) == [key_of()]
    for _ in range(3):
        seconds = room.turn()
        room.go_on(seconds=seconds or 0)
    record = room.record()
    if change == "withdraw":
        assert (record.status, room.documents()) == (BookingStatus.CANCELLED, [])
    else:
        assert record.status is BookingStatus.DRAFTED
        assert room.document()["total"] == (212 if change == "update" else 106)


def test_what_needs_no_request_comes_to_rest(room: Room) -> None:
    paused(room)
    room.deliver(1, status="blocked")
    room.deliver(2, property_ref="casa-9")
    assert room.turn(1) is room.turn(2) is None
    assert status(room, 1) == (BookingStatus.IGNORED, Reason.BLOCKED)
    assert status(room, 2) == (BookingStatus.PARKED, Reason.UNKNOWN_LISTING)


def test_its_channel_manager_is_not_asked_either(desk: Desk) -> None:
    paused(desk.room)
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == PAUSED
    assert desk.vendor.asked == []
    resumed(desk.room)
    assert desk.turn() is None
    assert desk.status() == DRAFTED


def test_nobody_is_tried_while_a_person_has_paused_what_invoicexpress_refuses(room: Room) -> None:
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    room.deliver()
    room.turn()
    assert status(room) == (BookingStatus.PARKED, Reason.API_KEY_REFUSED)
    paused(room)
    room.requests()
    for wait in TRIAL_SECONDS:
        room.clock.go_on(seconds=wait)
        assert Sweeper(room.house).try_paused_accounts() == []
    room.deliver(2)
    room.turn(2)
    assert status(room, 2) == PAUSED
    assert room.requests() == {}
    room.house.accounts.change(room.house.accounts.get("casa"), api_key=API_KEY)
    resumed(room)
    assert Sweeper(room.house).try_paused_accounts() == [key_of()]
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_who_waits_for_a_person_is_given_no_job_and_who_was_just_told_to_is_when_it_is_over(room: Room) -> None:
    paused(room)
    for number in (1, 2):
        room.deliver(number, guest_name=f"Hóspede {number}")
    room.turn(1)
    room.clock.go_on(hours=1)
    assert Sweeper(room.house).sweep() == []
    PersonsPauses(room.house.store).resume("casa")  # and the attempt at 1 learned it too late
    cast("Redis", room.house.store).delete("rq:queue:bookings")
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert sorted(Sweeper(room.house).sweep()) == [key_of(1), key_of(2)]
    assert room.to_rest(1).status is room.to_rest(2).status is BookingStatus.DRAFTED


def test_its_drafts_are_not_looked_at(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.drafted()
    room.act("finalize")
    paused(room)
    room.requests()
    equip(room.workshop)
    monkeypatch.setattr("worker.jobs.get_current_job", object)
    assert look_at_drafts("casa") is None
    assert room.requests() == {}
    resumed(room)
    assert look(room.house, "casa", room.workshop.pool.account("casa", API_KEY)) == [key_of()]


def test_who_paused_it_and_when_is_kept_and_a_second_one_changes_nothing(room: Room) -> None:
    first = pause(room.house, "casa", who="Rita")
    room.clock.go_on(hours=1)
    assert pause(room.house, "casa", who="Nuno") == first
    assert first == PersonsPause(account="casa", who="Rita", at=room.clock() - timedelta(hours=1))
    assert PersonsPauses(room.house.store).all() == {"casa": first}
    resumed(room)
    assert PersonsPauses(room.house.store).of("casa") is None
    acts = room.house.audit.acts()
    assert [(act.who, act.what, act.about) for act in acts] == [
        ("Rita", "account-resumed", "casa"),
        ("Rita", "account-paused", "casa"),
    ]


def test_what_cannot_be_is_said(room: Room) -> None:
    with pytest.raises(UserError, match="There is no account rival"):
        pause(room.house, "rival", who="Rita")
    with pytest.raises(UserError, match="Nobody has paused an account casa"):
        resumed(room)


def test_a_pause_outlives_a_restart_of_the_store(tmp_path: Path, clock: FakeClock) -> None:
    with EmbeddedStore(tmp_path / "data") as server:
        PersonsPauses(connect(server.url)).pause("casa", who="Rita", now=clock())
        server.process.kill()
    with EmbeddedStore(tmp_path / "data") as server:
        store = connect(server.url)
        assert PersonsPauses(store).of("casa") == PersonsPause(account="casa", who="Rita", at=clock())
        gate = Gate(store, Pass(account="casa", booking="b"), clock=clock)
        with pytest.raises(AccountPaused), gate.request():
            pass


def test_a_pause_says_who_and_when_and_nothing_else(room: Room) -> None:
    paused(room)
    room.deliver()
    room.turn()
    store = room.house.store
    assert isinstance(store, Redis)
    assert store.hgetall("fs:paused-by") == {b"casa": b'["Rita", "2026-07-01T12:00:00+00:00"]'}
