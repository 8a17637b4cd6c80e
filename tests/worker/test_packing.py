"""What is left of a booking whose guest was let go is packed, and reads as before."""

from datetime import timedelta
from typing import Any

import pytest

from tests.worker import canary
from tests.worker.canary import LONG, finalised
from tests.worker.indexed import forget_the_index
from tests.worker.room import Room, key_of
from worker.guests import erase, export
from worker.index import Filters
from worker.indexing import Indexing
from worker.keyspace import FS
from worker.ledger import record_key
from worker.records import BookingStatus
from worker.retention import drop_due
from worker.views import as_json

FACTS = ("booking", "account", "property", "channel_manager", "source_id", "channel", "channel_reference", "status", "amount",
         "rate", "currency", "basis", "commission", "reference", "document", "deliveries", "check_in", "check_out", "warnings")  # fmt: skip
BYTES = 900  # of a record without its name, in the embedded store


def let_go(room: Room) -> None:
    """Its time is over."""
    room.clock.now += LONG
    assert drop_due(room.house) == 1


def told(room: Room) -> dict[str, Any]:
    found = as_json(room.record())
    return {name: found[name] for name in FACTS}


def test_its_facts_history_and_deliveries_read_as_before(room: Room) -> None:
    room.drafted(**canary.GUEST)
    room.clock.go_on(minutes=1)
    room.drafted(**{**canary.GUEST, "total_guest": "212.00"})
    finalised(room)
    ledger, key = room.house.ledger, key_of()
    record, facts, history, deliveries = room.record(), told(room), ledger.history(key), ledger.deliveries(key)
    came = {each: room.house.deliveries.get(each).received_at for each in deliveries}
    let_go(room)
    assert told(room) == facts
    after = room.record()
    assert (after.figures, after.newest, after.connection, after.first_at, after.attempts) == (
        record.figures, record.newest, record.connection, record.first_at, record.attempts,
    )  # fmt: skip
    assert ledger.history(key)[:-1] == history
    assert ledger.history(key)[-1]["event"] == "guest-data-dropped"
    assert ledger.deliveries(key) == deliveries
    assert {name: each.received_at for name, each in ledger.let_go(key).items()} == came
    (exported,) = export(room.house, [key], who="Rita")
    assert [each["received_at"] for each in exported["deliveries"]] == [at.isoformat() for at in came.values()]


def test_nothing_of_it_stands_beside_the_record(room: Room) -> None:
    room.drafted(**canary.GUEST)
    finalised(room)
    let_go(room)
    store: Any = room.house.store
    names = {name.decode() for name in store.keys(f"{FS}:*{key_of()}*")}
    assert names == {record_key(key_of())}
    assert store.keys(f"{FS}:delivery:*") == []
    assert store.memory_usage(record_key(key_of()), samples=0) < BYTES + len(record_key(key_of()))


def test_one_that_lives_again_and_is_let_go_again_has_all_of_its_history(room: Room) -> None:
    room.drafted(**canary.GUEST)
    finalised(room)
    let_go(room)
    before, key = room.house.ledger.history(key_of()), key_of()
    deliveries = room.house.ledger.deliveries(key)
    again = room.deliver(**{**canary.GUEST, "total_guest": "212.00"})
    record = room.to_rest()
    assert (record.status, record.reason) == (BookingStatus.PARKED, "final-needs-credit-note")
    assert record.figures["total_guest"] == "212.00"
    history = room.house.ledger.history(key)
    assert history[: len(before)] == before
    let_go(room)
    assert room.house.ledger.history(key)[:-1] == history
    assert room.house.ledger.deliveries(key) == [*deliveries, again.delivery]
    assert room.record().trail.document == record.trail.document


def test_a_line_that_comes_in_that_moment_is_not_lost(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.drafted(**canary.GUEST)
    finalised(room)
    room.clock.now += LONG
    ledger, sealing = room.house.ledger, room.house.ledger.sealing
    pack = sealing.pack

    def pack_late(*args: Any) -> bytes:
        ledger.note(key_of(), "looked-up", at=room.clock(), reference="R")
        monkeypatch.setattr(sealing, "pack", pack)
        return pack(*args)

    monkeypatch.setattr(sealing, "pack", pack_late)
    assert drop_due(room.house) == 0
    assert not room.record().dropped
    assert drop_due(room.house) == 1
    assert "looked-up" in [line["event"] for line in ledger.history(key_of())]


def test_a_draft_whose_guest_was_erased_is_still_looked_after(room: Room) -> None:
    document = room.drafted(**canary.GUEST).trail.document
    erase(room.house, [key_of()], who="Rita", even_if_open=True)
    assert dict(room.house.ledger.trails("casa", BookingStatus.DRAFTED))[key_of()].document == document


def test_it_is_found_by_its_month_and_channel_when_everything_is_filed_anew(room: Room) -> None:
    room.drafted(**canary.GUEST)
    finalised(room)
    let_go(room)
    room.clock.now += timedelta(days=1)
    forget_the_index(room.house.store)
    Indexing(room.house).go_on()
    found = room.house.index.page(Filters(channel="direct", month="2026-07")).records
    assert [record.key for record in found] == [key_of()]
