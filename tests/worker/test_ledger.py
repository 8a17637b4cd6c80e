"""The ledger: whose word counts, and an index that never differs from the records."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mapping.errors import UserError
from mapping.reasons import Reason
from tests.worker.indexed import index_by_records, index_in
from tests.worker.room import Room, key_of
from worker.causes import STUCK, bookings_of, groups
from worker.index import VERSION
from worker.indexing import TAKEN, Indexing
from worker.ledger import Ledger
from worker.records import BookingStatus
from worker.services import Services
from worker.vault import Vault, fresh_key


def index(house: Services) -> dict[str, BookingStatus]:
    """Every booking by the index of statuses; one in two of them would be found here."""
    found: dict[str, BookingStatus] = {}
    for status in BookingStatus:
        for member in house.store.zrange(f"fs:status:{status}", 0, -1):
            assert member.decode() not in found
            found[member.decode()] = status
    return found


def test_a_job_that_is_not_responsible_any_more_has_no_word(room: Room) -> None:
    room.deliver()
    old = room.record().job
    room.begin(key_of(), old)
    room.deliver(total_guest="212.00")
    before = room.record()
    settled = room.house.ledger.settle(
        key_of(),
        old,
        BookingStatus.PARKED,
        now=room.clock(),
        reason=Reason.NO_PRICE,
        facts={"a": "b"},
        fields={"attempts": 7, "property": "Alheia", "figures": '{"amount": "1.00"}'},
    )
    assert not settled
    assert room.record() == before
    assert not room.begin(key_of(), old)


def test_the_responsible_job_has_the_last_word(room: Room) -> None:
    room.deliver()
    job = room.record().job
    assert room.begin(key_of(), job)
    assert room.house.ledger.settle(
        key_of(), job, BookingStatus.PARKED, now=room.clock(), reason=Reason.NO_PRICE, facts={"a": "b"}
    )
    record = room.record()
    assert (record.status, record.reason, record.facts) == (BookingStatus.PARKED, Reason.NO_PRICE, {"a": "b"})
    assert (record.todo or "").startswith("The channel manager sent no price")


def test_a_job_is_given_instead_of_a_lost_one_only(room: Room) -> None:
    ledger = room.house.ledger
    room.deliver()
    lost = room.record().job
    assert not ledger.requeue(key_of(), job="new", now=room.clock(), instead_of="another")
    assert ledger.requeue(key_of(), job="new", now=room.clock(), instead_of=lost)
    assert ledger.job(key_of()) == "new"
    assert room.house.queue.job_ids == [lost, "new"]
    assert not ledger.requeue(key_of(2), job="new", now=room.clock())
    assert ledger.get(key_of(2)) is None


def test_a_booking_at_rest_has_lost_no_job(room: Room) -> None:
    room.drafted()
    job = room.record().job
    assert not room.house.ledger.requeue(key_of(), job="new", now=room.clock(), instead_of=job)
    assert room.record().status is BookingStatus.DRAFTED


def test_attempts_are_counted_on_after_a_lost_job_and_anew_when_a_person_asks(room: Room) -> None:
    room.deliver()
    room.fault("delay_without_commit", method="GET", times=99)
    room.turn()
    room.turn()
    assert room.record().attempts == 2
    room.house.ledger.requeue(key_of(), job="swept", now=room.clock(), instead_of=room.record().job)
    assert room.record().attempts == 2
    room.house.ledger.requeue(key_of(), job="asked-for", now=room.clock())
    assert room.record().attempts == 0


def test_a_waiting_booking_that_is_asked_for_is_queued_in_the_index_too(room: Room) -> None:
    room.deliver()
    room.fault("delay_without_commit", method="GET", times=99)
    room.turn()
    assert index(room.house) == {key_of(): BookingStatus.WAITING}
    room.house.ledger.requeue(key_of(), job="asked-for", now=room.clock())
    assert index(room.house) == {key_of(): BookingStatus.QUEUED}


def test_a_lock_is_one_jobs_until_it_gives_it_back(room: Room) -> None:
    ledger = room.house.ledger
    assert ledger.lock("a", "mine", seconds=50)
    assert not ledger.lock("a", "other", seconds=50)
    assert ledger.lock("b", "other", seconds=50)
    ledger.unlock("a", "other")
    assert ledger.is_locked("a")
    ledger.unlock("a", "mine")
    assert not ledger.is_locked("a")


def test_a_records_parts_open_in_their_own_place_only(room: Room) -> None:
    room.deliver(number=1)
    room.deliver(number=2)
    for number in (1, 2):
        room.to_rest(number)
    for part in ("booking", "trail"):
        kept = room.house.store.hget(f"fs:booking:{key_of(1)}", part) or b""
        room.house.store.hset(
            f"fs:booking:{key_of(1)}", part, room.house.store.hget(f"fs:booking:{key_of(2)}", part) or b""
        )
        with pytest.raises(UserError, match="stored for something else"):
            room.house.ledger.get(key_of(1))
        room.house.store.hset(f"fs:booking:{key_of(1)}", part, kept)


def test_without_its_key_a_record_says_what_to_do(room: Room) -> None:
    room.deliver()
    stranger = Ledger(room.house.store, Vault([fresh_key()]), room.house.queue)
    with pytest.raises(UserError, match="put the key that was in FATURASYNC_SECRET_KEYS when it was stored back"):
        stranger.get(key_of())


def test_a_history_keeps_its_newest_lines(room: Room) -> None:
    for number in range(505):
        room.house.ledger.note("a", "read", at=room.clock(), document=number)
    assert [line["document"] for line in room.house.ledger.history("a")] == list(range(5, 505))


@pytest.mark.parametrize("listing", ["casa-1", "casa-9"])
def test_a_record_names_its_property_or_none(room: Room, listing: str) -> None:
    record = room.drafted(property_ref=listing)
    assert record.property_name == ("Casa do Largo" if listing == "casa-1" else None)


class Bookings(RuleBasedStateMachine):
    """Two bookings, and all that may happen to them in any order, beside a plain model of it."""

    room: Any  # given by the test

    def __init__(self) -> None:
        super().__init__()
        self.room.house.store.flushdb()
        self.prices = 0
        self.told: dict[int, dict[str, str | None]] = {}
        self.jobs: dict[int, list[str]] = {1: [], 2: []}  # all there were; the last is responsible
        self.begun: dict[int, bool] = {}
        self.status: dict[int, BookingStatus] = {}
        self.queued: list[str] = []

    numbers = st.sampled_from([1, 2])

    def known(self, number: int) -> bool:
        return number in self.status

    @rule(
        number=numbers,
        ota=st.sampled_from(["airbnb", "direct"]),
        check_out=st.sampled_from(["2026-07-07", "2026-08-01"]),
        guest_name=st.sampled_from([None, "Ana", "Ana Anastácia", "Rui D'Águeda"]),
        ota_reference=st.sampled_from([None, "HM1", "hm2"]),
    )
    def newer_state(self, number: int, **told: str | None) -> None:
        self.prices += 1
        self.told[number] = {"total_guest": f"{self.prices}.00", **told}
        self.room.deliver(number, **self.told[number])
        if self.status.get(number) is not BookingStatus.QUEUED or self.begun[number]:
            self.given(number, self.room.record(number).job)
        self.status[number] = BookingStatus.QUEUED

    @rule(number=numbers)
    def redelivery(self, number: int) -> None:
        if self.known(number):
            self.room.deliver(number, **self.told[number])

    @rule(number=numbers, nth=st.integers(0, 9))
    def begin(self, number: int, nth: int) -> None:
        if self.known(number):
            job = self.jobs[number][-1 - nth % len(self.jobs[number])]
            is_last = job == self.jobs[number][-1]
            assert self.room.begin(key_of(number), job) is is_last
            self.begun[number] = self.begun[number] or is_last

    @rule(
        number=numbers,
        nth=st.integers(0, 9),
        status=st.sampled_from(BookingStatus),
        reason=st.sampled_from([None, Reason.NO_PRICE, Reason.BLOCKED]),
        place=st.sampled_from(["", 'Casa: do "Largo"|1/2', "Água"]),
        is_read=st.booleans(),
    )
    def settle(
        self, number: int, nth: int, status: BookingStatus, reason: Reason | None, place: str, *, is_read: bool
    ) -> None:
        if self.known(number):
            job = self.jobs[number][-1 - nth % len(self.jobs[number])]
            is_last = job == self.jobs[number][-1]
            booking = self.room.booking(number).model_copy(update={"guest_name": "Eva"}) if is_read else None
            settled = self.room.house.ledger.settle(
                key_of(number), job, status, now=self.room.clock(), reason=reason, booking=booking,
                fields={"property": place},
            )  # fmt: skip
            assert settled is is_last
            if is_last:
                self.status[number] = status

    @rule()
    def time_goes_by(self) -> None:
        self.room.clock.go_on(seconds=0.1)

    @rule()
    def filed_again(self) -> None:
        self.room.house.store.delete(VERSION, TAKEN)
        Indexing(self.room.house).go_on()

    @rule(number=numbers)
    def asked_for(self, number: int) -> None:
        job = self.room.house.new_id()
        assert self.room.house.ledger.requeue(key_of(number), job=job, now=self.room.clock()) is self.known(number)
        if self.known(number):
            self.given(number, job)
            self.status[number] = BookingStatus.QUEUED

    @rule(number=numbers, nth=st.integers(0, 9))
    def swept(self, number: int, nth: int) -> None:
        if self.known(number):
            lost = self.jobs[number][-1 - nth % len(self.jobs[number])]
            job = self.room.house.new_id()
            is_so = lost == self.jobs[number][-1] and self.status[number] in {
                BookingStatus.QUEUED,
                BookingStatus.WAITING,
            }
            given = self.room.house.ledger.requeue(key_of(number), job=job, now=self.room.clock(), instead_of=lost)
            assert given is is_so
            if is_so:
                self.given(number, job)
                self.status[number] = BookingStatus.QUEUED

    def given(self, number: int, job: str) -> None:
        self.jobs[number].append(job)
        self.begun[number] = False
        self.queued.append(job)

    @invariant()
    def the_store_is_as_the_model(self) -> None:
        for number, status in self.status.items():
            record = self.room.record(number)
            assert (record.status, record.job, record.begun) == (status, self.jobs[number][-1], self.begun[number])
        assert index(self.room.house) == {key_of(number): status for number, status in self.status.items()}
        assert self.room.house.queue.job_ids == self.queued
        stuck = [key_of(number) for number, status in self.status.items() if status in STUCK]
        store = self.room.house.store
        assert sorted(key for each in groups(store) for key in bookings_of(store, each.cause.id)) == sorted(stuck)
        assert index_in(self.room.house) == index_by_records(self.room.house)


def test_the_index_and_the_queue_are_always_as_the_records(room: Room) -> None:
    class Here(Bookings):
        pass

    Here.room = room
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, database=None, suppress_health_check=checks
        ),
    )


def test_a_record_of_before_its_first_day_was_kept_is_read_as_an_old_one(room: Room) -> None:
    room.deliver()
    room.house.store.hdel(f"fs:booking:{key_of()}", "first_at", "digest")
    assert room.record().first_at.year == 1970
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_turn_is_for_one_at_a_time_and_for_the_job_that_is_responsible(room: Room) -> None:
    room.deliver()
    ledger, job = room.house.ledger, room.record().job
    assert ledger.take(key_of(), "an older job", "first", seconds=50) == {}
    assert ledger.take(key_of(), job, "second", seconds=50) is None
    ledger.unlock(key_of(), "first")
    assert ledger.take(key_of(), job, "second", seconds=50)
    assert ledger.take(key_of(), job, "second", seconds=50)  # asked again, as the store's answer was lost

    assert ledger.settle(key_of(), job, BookingStatus.DRAFTED, now=room.clock(), token="second")
    assert not ledger.is_locked(key_of())
