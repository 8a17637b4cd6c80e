"""An older copy of the store was put back: nothing is doubled, set back or deleted, and what is missing is known."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mapping.reasons import Reason
from tests.worker.room import API_KEY, Room, key_of
from worker.adoption import Adoption
from worker.invoicexpress.client import InvoiceXpressPool
from worker.lapses import IN_DOUBT, IN_MIND, lapse, look_for_a_lapse
from worker.looks import due, look
from worker.missing import What, as_json, missing
from worker.records import BookingStatus
from worker.reminders import Slug, reminders
from worker.retention import drop
from worker.retries import set_going
from worker.waits import INDEX_LAG_SECONDS

READS = {"GET /invoices/{id}.json", "GET /invoices.json", "GET /taxes.json"}


class Copy:
    """Of the whole store, as it was when this was made."""

    def __init__(self, room: Room) -> None:
        self._room = room
        look_for_a_lapse(room.house.store, now=room.clock())
        client: Any = room.house.store
        self._keys = {key: (max(0, client.pttl(key)), client.dump(key)) for key in client.keys("*")}
        room.clock.go_on(minutes=5)

    def put_back(self) -> Room:
        """An hour later, in a server that was started just then; the room with it."""
        self._room.clock.go_on(hours=1)
        client: Any = self._room.house.store
        client.flushall()
        for key, (milliseconds, value) in self._keys.items():
            client.restore(key, milliseconds, value)
        client.hset("fs:alive", "run", "the server before")
        started = self._room.clock()
        self._room.clock.go_on(seconds=1)
        self._room.requests()
        return replace(self._room, workshop=replace(self._room.workshop, store_started=lambda: started))


@pytest.fixture
def room(room: Room, monkeypatch: pytest.MonkeyPatch) -> Room:
    """In which uids are worth nothing, the server says when it was started, and commands ask the same sandbox."""
    room.switch(uid_lifetime=1)
    monkeypatch.setattr("worker.lapses.started_at", lambda _store, *, now: now)
    pool = InvoiceXpressPool("http://sandbox.invalid/{account}", transport=room.wire, clock=room.clock)
    monkeypatch.setattr(pool, "close", lambda: None)
    monkeypatch.setattr("worker.missing.InvoiceXpressPool", lambda _url: pool)
    return room


def look_around(room: Room) -> None:
    """The look that follows a lapse, and the turns that it asks for."""
    look_for_a_lapse(room.house.store, now=room.clock())
    assert due(room.house) == []
    room.go_on(seconds=INDEX_LAG_SECONDS)
    assert due(room.house) == ["casa"]
    assert due(room.house) == []
    for key in look(room.house, "casa", room.workshop.pool.account("casa", API_KEY)):
        room.to_rest(int(key.rpartition("-")[2]))


def states(room: Room) -> Mapping[str, tuple[str, str]]:
    """What there is in InvoiceXpress: the total and state of each document by its reference."""
    return {each["reference"]: (str(each["total"]), each["status"]) for each in room.documents()}


def whats(room: Room) -> Mapping[str, What]:
    return {each.reference: each.what for each in missing(room.house).documents}


def test_a_forgotten_booking_finds_its_draft_when_it_is_told_again(room: Room) -> None:
    copy = Copy(room)
    for number in range(1, 4):
        room.drafted(number, guest_name=f"Guest {number}")
    before = states(room)
    room = copy.put_back()
    assert whats(room) == dict.fromkeys(before, What.UNKNOWN_BOOKING)
    for number in range(1, 4):
        assert room.drafted(number, guest_name=f"Guest {number}").status is BookingStatus.DRAFTED
    assert states(room) == before
    assert set(room.requests()) <= READS
    assert whats(room) == {}


def test_it_finds_it_without_anybody_having_asked(room: Room) -> None:
    copy = Copy(room)
    room.drafted()
    before = states(room)
    room = copy.put_back()
    room.deliver()
    seconds = room.turn()
    assert seconds, "the list may not show yet what was made just before"
    room.go_on(seconds=seconds)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert states(room) == before
    assert room.requests()["GET /invoices.json"] == 1
    assert room.drafted(2, guest_name="Guest 2").status is BookingStatus.DRAFTED
    assert room.requests() == {"POST /invoices.json": 1}


def test_a_copy_that_is_weeks_old_is_caught_up_with_from_then_on(room: Room) -> None:
    copy = Copy(room)
    room.drafted()
    before = states(room)
    room.clock.go_on(days=20)
    room = copy.put_back()
    room.deliver()
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert states(room) == before


def test_a_draft_is_not_set_back_to_a_state_that_is_older_than_it(room: Room) -> None:
    room.drafted()
    copy = Copy(room)
    room.drafted(total_guest="212.00")
    before = states(room)
    room = copy.put_back()
    assert whats(room) == {"FS-generic-R-1-1": What.CHANGED}
    look_around(room)
    assert room.record().reason is Reason.OUTDATED
    assert "send the booking again" in (room.record().todo or "")
    assert set_going(room.house, [key_of()]) == [key_of()]
    assert room.to_rest().reason is Reason.OUTDATED
    assert states(room) == before
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert set(room.requests()) <= READS
    assert whats(room) == {}
    assert room.drafted(total_guest="318.00").status is BookingStatus.DRAFTED
    assert states(room) == {"FS-generic-R-1-1": ("318.0", "draft")}


def test_a_draft_that_was_withdrawn_is_told_as_gone_until_the_cancellation_comes_again(room: Room) -> None:
    room.drafted()
    copy = Copy(room)
    room.drafted(status="cancelled")
    room = copy.put_back()
    assert whats(room) == {"FS-generic-R-1-1": What.GONE}
    look_around(room)
    assert room.record().reason is Reason.OUTDATED
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED
    assert room.documents() == []
    assert whats(room) == {}


def test_a_second_draft_of_a_booking_that_came_back_is_found(room: Room) -> None:
    room.drafted()
    copy = Copy(room)
    room.drafted(status="cancelled")
    room.clock.go_on(hours=2)
    room.drafted()
    before = states(room)
    assert list(before) == ["FS-generic-R-1-2"]
    room = copy.put_back()
    assert whats(room) == {"FS-generic-R-1-1": What.GONE, "FS-generic-R-1-2": What.UNKNOWN_DOCUMENT}
    look_around(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert room.deliver().outcome == "repeated"
    assert states(room) == before
    assert whats(room) == {}


def test_an_old_cancellation_deletes_no_draft_that_is_newer(room: Room) -> None:
    room.drafted()
    room.drafted(status="cancelled")
    copy = Copy(room)
    room.clock.go_on(hours=2)
    room.drafted()
    before = states(room)
    room = copy.put_back()
    assert whats(room) == {"FS-generic-R-1-2": What.UNKNOWN_DOCUMENT}
    set_going(room.house, [key_of()])
    assert room.to_rest().reason is Reason.OUTDATED
    assert states(room) == before
    assert room.drafted().status is BookingStatus.DRAFTED
    assert states(room) == before


def test_an_old_cancellation_deletes_nothing_later_either(room: Room) -> None:
    room.drafted()
    room.drafted(status="cancelled")
    copy = Copy(room)
    room.clock.go_on(hours=2)
    room.drafted()
    before = states(room)
    room = copy.put_back()
    assert whats(room)
    look_for_a_lapse(room.house.store, now=room.clock())
    room.clock.go_on(seconds=IN_MIND.total_seconds() - 60)
    set_going(room.house, [key_of()])
    assert room.to_rest().reason is Reason.CANCELLED_BUT_EDITED
    assert states(room) == before


def test_a_booking_that_was_queued_then_is_not_made_again(room: Room) -> None:
    room.deliver()
    copy = Copy(room)
    room.to_rest()
    room.drafted(total_guest="212.00")
    before = states(room)
    room = copy.put_back()
    assert room.to_rest().reason is Reason.OUTDATED
    assert states(room) == before
    assert room.drafted(total_guest="212.00").status is BookingStatus.DRAFTED
    assert states(room) == before


def test_one_whose_outcome_was_not_known_then_is_not_made_again(room: Room) -> None:
    room.wire.lose_the_next_answer("POST")
    room.deliver()
    room.turn()
    copy = Copy(room)
    room.to_rest()
    before = states(room)
    room = copy.put_back()
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert states(room) == before


def test_one_whose_outcome_was_not_known_and_that_came_back_since_has_one_draft(room: Room) -> None:
    room.wire.lose_the_next_answer("POST")
    room.deliver()
    room.turn()
    copy = Copy(room)
    room.to_rest()
    room.drafted(status="cancelled")
    room.clock.go_on(hours=2)
    room.drafted()
    before = states(room)
    room = copy.put_back()
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert states(room) == before


def test_what_was_finalised_since_is_known_as_final(room: Room) -> None:
    room.drafted()
    copy = Copy(room)
    room.act("finalize")
    room = copy.put_back()
    assert list(whats(room).values()) == [What.STATE]
    look_around(room)
    assert room.record().status is BookingStatus.FINAL
    assert whats(room) == {}


def test_once_the_newest_state_is_told_again_a_difference_is_a_persons(room: Room) -> None:
    room.drafted()
    copy = Copy(room)
    room.act("edit", client={"name": "Somebody Else"})
    room = copy.put_back()
    look_around(room)
    assert room.record().reason is Reason.OUTDATED
    assert room.deliver().outcome == "repeated"
    assert room.record().status is BookingStatus.QUEUED
    assert room.house.queue.job_ids[-1] == room.record().job
    assert room.to_rest().reason is Reason.EDITED


def test_after_a_while_a_difference_is_a_persons(room: Room) -> None:
    room.drafted()
    room = Copy(room).put_back()
    look_for_a_lapse(room.house.store, now=room.clock())
    room.clock.go_on(seconds=IN_DOUBT.total_seconds())
    room.act("edit", client={"name": "Somebody Else"})
    assert look(room.house, "casa", room.workshop.pool.account("casa", API_KEY)) == [key_of()]
    assert room.to_rest().reason is Reason.EDITED


def test_the_look_tells_of_drafts_without_a_booking_until_there_are_none(room: Room) -> None:
    copy = Copy(room)
    for number in range(1, 4):
        room.drafted(number, guest_name=f"Guest {number}")
    room = copy.put_back()
    assert reminders(room.house) == []
    look_around(room)
    (told,) = [each for each in reminders(room.house) if each.slug is Slug.FORGOTTEN]
    assert told.count == 3
    assert "3 drafts of the account casa" in told.sentence
    for number in range(1, 4):
        room.drafted(number, guest_name=f"Guest {number}")
    look(room.house, "casa", room.workshop.pool.account("casa", API_KEY))
    assert not [each for each in reminders(room.house) if each.slug is Slug.FORGOTTEN]


def test_what_is_missing_names_no_guest(room: Room) -> None:
    copy = Copy(room)
    at = room.clock() - timedelta(minutes=5)
    room.drafted()
    room = copy.put_back()
    told = as_json(missing(room.house))
    (document,) = room.documents()
    assert told == {
        "lapse": None,
        "documents": [
            {
                "what": "unknown-booking", "account": "casa", "booking": None, "reference": "FS-generic-R-1-1",
                "channel_manager": "generic", "source_id": "R-1", "document": {"id": document["id"], "state": "draft"},
                "date": "2026-07-01", "amount": "106.00",
            }
        ],
        "connections": [
            {
                "connection": "casa-generic", "account": "casa", "channel_manager": "generic", "since": None,
                "last_delivery_at": None,
            }
        ],
        "problems": {},
    }  # fmt: skip
    look_for_a_lapse(room.house.store, now=room.clock())
    again = as_json(missing(room.house))
    assert again["lapse"] == {"since": at.isoformat(), "until": room.clock().isoformat()}
    assert again["connections"][0]["since"] == at.isoformat()


def test_an_account_that_does_not_answer_is_told(room: Room) -> None:
    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("away", request=request)

    room.wire.before = refuse
    assert list(missing(room.house).problems) == ["casa"]


@pytest.mark.parametrize(
    ("change", "is_noticed"),
    [
        (lambda store: None, False),
        (lambda store: store.hset("fs:alive", "run", "another"), True),
        (lambda store: store.delete("fs:alive"), False),
    ],
)
def test_another_server_that_knows_nothing_of_the_last_minute_has_forgotten(
    room: Room, change: Callable[[Any], None], is_noticed: bool
) -> None:
    assert look_for_a_lapse(room.house.store, now=room.clock()) is None
    at = room.clock()
    room.clock.go_on(hours=1)
    change(room.house.store)
    found = look_for_a_lapse(room.house.store, now=room.clock())
    assert (found is not None) is is_noticed
    assert lapse(room.house.store) == found
    if found:
        assert (found.since, found.until) == (at, room.clock())


def test_a_restart_has_forgotten_nothing(room: Room) -> None:
    look_for_a_lapse(room.house.store, now=room.clock())
    room.clock.go_on(seconds=50)
    room.house.store.hset("fs:alive", "run", "another")
    assert look_for_a_lapse(room.house.store, now=room.clock()) is None
    assert room.house.store.hget("fs:alive", "run") != b"another"


def test_the_list_is_read_once_for_a_lapse(room: Room) -> None:
    room = Copy(room).put_back()
    for number in range(1, 4):
        room.drafted(number, guest_name=f"Guest {number}")
    assert room.requests()["GET /invoices.json"] == 1
    adoption = Adoption(room.house.store, "casa", clock=room.clock)
    assert adoption.existing("generic", "R-1") is None


def test_a_draft_whose_guest_was_let_go_is_not_taken_for_changed(room: Room) -> None:
    room.drafted()
    assert drop(room.house, key_of(), who="cli:tests")
    assert room.record().trail.document
    assert whats(room) == {}
