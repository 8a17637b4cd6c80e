"""A store says its version: an older one is read and goes on; a newer one is left alone, and no delivery is lost to it."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from mapping.delivery import Delivery
from mapping.reasons import Reason
from tests.conftest import FakeClock
from tests.stored.keys import SECRET_KEY, keys_of, load, stored
from tests.worker.indexed import index_by_records, index_in
from tests.worker.room import Room, body, everything, furnished, key_of, nobody_is_asked
from worker.environment import Environment
from worker.indexing import Indexing
from worker.ledger import record_key
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import Store
from worker.store_version import NEWEST, NewerStore, refuse_newer, take_over
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper
from worker.views import as_json

NEWER = f"{NEWEST + 1} 9.8.7"
SENTENCE = (
    f"The store is of version {NEWEST + 1} and this program knows {NEWEST}: start FaturaSync 9.8.7 or newer, or put back a "
    "copy that was made before the update (docs/backup.md)."
)


def hand_over(store: Store) -> None:
    """A newer program takes the store."""
    store.set("fs:version", NEWER)


def hand_back(store: Store) -> None:
    """From now on this program stands for the newer one."""
    store.delete("fs:version")


@pytest.fixture
def old_house(environment: Environment, store: Store, clock: FakeClock, version: int) -> Services:
    """The services on a store that was written by the program of this version, an hour later."""
    found = replace(environment, secret_keys=(SECRET_KEY,))
    load(store, stored(version)["keys"])
    clock.go_on(hours=1)
    return services(found, store, clock=clock)


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_all_of_an_older_store_is_told_as_it_was(old_house: Services, version: int) -> None:
    take_over(old_house.store)
    told = {booking["booking"]: booking for booking in stored(version)["told"]}
    now = {record.key: as_json(record) for record in old_house.ledger.all(*BookingStatus)}
    for booking in told.values():
        booking.pop("todo")  # the sentence is not stored, and may be said in other words
    assert {key: {name: now[key][name] for name in booking} for key, booking in told.items()} == told
    assert {each.outcome for each in map(old_house.deliveries.get, old_house.deliveries.unreadable())} == {"unreadable"}
    assert old_house.properties.of("casa")[0].listings == ("generic:casa-1",)
    assert old_house.connections.secrets("casa-generic")
    assert old_house.audit.acts()
    Indexing(old_house).go_on()
    assert index_in(old_house) == index_by_records(old_house)
    assert [key for key in keys_of(old_house.store) if key.startswith("fs:index:")] == ["fs:index:version"]


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_an_older_store_goes_on(old_house: Services, clock: FakeClock, version: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("tests.worker.room.set_up", lambda house: house.connections.get("casa-generic"))
    room = furnished(old_house, clock, asked=nobody_is_asked)
    claim = room.record(8).trail.claim
    assert claim
    take_over(old_house.store)
    assert set(Sweeper(old_house).sweep()) == {key_of(8), key_of(9)}
    assert {room.to_rest(8).status, room.to_rest(9).status} == {BookingStatus.DRAFTED}
    uids = {document["proprietary_uid"] for document in room.documents()}
    assert claim.uid in uids, "it is asked for again as it was"
    assert len(uids) == 2
    room.requests()
    assert room.deliver(2, modified_at="2026-07-01T10:00:00Z").outcome == "repeated"
    assert room.drafted(5).status is BookingStatus.DRAFTED
    assert room.record(6).corrections
    assert room.drafted(7, total_guest="300.00").status is BookingStatus.IGNORED


def test_what_is_written_says_who_wrote_it(room: Room) -> None:
    take_over(room.house.store)
    assert (room.house.store.get("fs:version") or b"").startswith(b"%d 0." % NEWEST)
    delivery = room.deliver().delivery
    for key in (record_key(key_of()), f"fs:delivery:{delivery}"):
        assert room.house.store.hget(key, "form") == b"%d" % NEWEST
    room.house.store.hdel(record_key(key_of()), "form")
    room.to_rest()
    assert room.house.store.hget(record_key(key_of()), "form") == b"%d" % NEWEST


def test_a_newer_store_is_refused_in_one_sentence_and_stays_as_it_is(room: Room) -> None:
    room.drafted()
    hand_over(room.house.store)
    before = everything(room.house.store)
    for refused in (take_over, refuse_newer):
        with pytest.raises(NewerStore) as refusal:
            refused(room.house.store)
        assert str(refusal.value) == SENTENCE
    assert everything(room.house.store) == before


def test_a_store_of_the_same_version_stays_with_who_has_it(store: Store) -> None:
    store.set("fs:version", f"{NEWEST} 0.0.1")
    take_over(store)
    assert store.get("fs:version") == b"%d 0.0.1" % NEWEST


def test_a_job_on_a_newer_store_leaves_everything_as_it_is(room: Room) -> None:
    room.deliver()
    hand_over(room.house.store)
    before = everything(room.house.store)
    assert room.turn(), "it is tried again by whoever is there then"
    assert everything(room.house.store) == before
    assert room.requests() == {}
    hand_back(room.house.store)
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_record_of_a_newer_program_is_left_alone(room: Room) -> None:
    room.deliver()
    room.house.store.hset(record_key(key_of()), mapping={"form": NEWEST + 1, "reason": "not-known-here"})
    with pytest.raises(NewerStore, match=r"this program knows"):
        room.record()
    record = room.house.store.hgetall(record_key(key_of()))
    assert room.turn()
    assert room.house.store.hgetall(record_key(key_of())) == record | {b"begun": b"1"}
    assert room.requests() == {}


@pytest.mark.parametrize(("moment", "made"), [("claim", 0), ("document", 1)])
def test_an_attempt_during_which_a_newer_program_comes_is_finished_by_that_one(
    room: Room, moment: str, made: int
) -> None:
    def come(request: httpx.Request) -> None:
        if request.method == ("GET" if moment == "claim" else "POST"):  # taxes are read before the claim
            hand_over(room.house.store)

    room.wire.before = come
    room.deliver()
    seconds = room.turn()
    assert seconds
    assert len(room.documents()) == made
    assert room.house.store.zcard("fs:status:queued") == 1
    room.wire.before = lambda _request: None
    hand_back(room.house.store)
    room.go_on(seconds=60)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_a_delivery_to_an_older_program_is_kept_for_the_newer_one(room: Room) -> None:
    room.drafted()
    hand_over(room.house.store)
    before = keys_of(room.house.store)
    room.clock.go_on(seconds=1)
    taken = room.deliver(total_guest="212.00")
    assert taken.outcome == "queued"
    changed = {key for key, value in keys_of(room.house.store).items() if before.get(key) != value}
    assert changed == {
        "fs:connection:casa-generic", "fs:latest", "fs:left", "fs:counters", f"fs:delivery:{taken.delivery}",
    }  # fmt: skip
    hand_back(room.house.store)
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    Sweeper(room.house).sweep_when_due()
    assert room.house.deliveries.left() == []
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert str(room.document()["total"]) == "212.0"
    assert room.house.deliveries.get(taken.delivery).outcome == "queued"


def test_what_was_left_and_cannot_be_read_waits_for_a_fix(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_over(room.house.store)
    taken = room.deliver()
    hand_back(room.house.store)
    room.house.deliveries.write(
        room.house.store,
        room.house.deliveries.get(taken.delivery),
        Delivery(body=body().replace(b"confirmed", b"confused")),
    )
    Sweeper(room.house).sweep_when_due()
    assert room.house.deliveries.left() == []
    assert room.house.deliveries.unreadable() == [taken.delivery]
    assert room.house.deliveries.get(taken.delivery).outcome == "unreadable"
    assert room.house.deliveries.get(taken.delivery).problems


def test_what_is_told_again_on_a_newer_store_is_left_again(room: Room) -> None:
    hand_over(room.house.store)
    taken = room.deliver()
    with pytest.raises(NewerStore):
        Sweeper(room.house).sweep_when_due()
    assert room.house.deliveries.left() == [taken.delivery]


def test_a_person_is_not_asked_about_a_newer_store(room: Room) -> None:
    room.drafted(guest_name=None)
    assert room.record().reason is Reason.NO_GUEST_NAME
    hand_over(room.house.store)
    assert not room.house.ledger.requeue(key_of(), job="job", now=room.clock())
    assert room.record().status is BookingStatus.PARKED


def test_what_was_left_and_says_nothing_new_is_soon_forgotten(room: Room) -> None:
    room.drafted()
    hand_over(room.house.store)
    taken = room.deliver()
    hand_back(room.house.store)
    Sweeper(room.house).sweep_when_due()
    client: Any = room.house.store
    assert room.house.deliveries.get(taken.delivery).outcome == "repeated"
    assert client.ttl(f"fs:delivery:{taken.delivery}") > 0
