"""A canary guest who goes through everything: unreadable for who has the store, and gone once the time is over."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from mapping.booking import Booking
from mapping.delivery import Delivery
from mapping.errors import UserError
from tests.worker import canary
from tests.worker.canary import LONG, act
from tests.worker.room import Room, key_of, set_up
from worker.correcting import correct
from worker.decisions import ignore
from worker.guest_data import KEPT, OF_A_GUEST
from worker.guests import erase
from worker.jobs import equip
from worker.queue import enqueue_look
from worker.records import BookingStatus
from worker.resting import resting_since
from worker.retention import drop_due
from worker.retries import retry
from worker.rq_worker import BookingWorker

Work = Callable[[], None]


@pytest.fixture
def work(room: Room) -> Iterator[Work]:
    """Let RQ run what is in its queue."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}

    def worked() -> None:
        equip(room.workshop)
        BookingWorker(room.house.queue, between_jobs=lambda: None).work(burst=True, logging_level="CRITICAL")
        room.go_on(seconds=60)

    yield worked
    for sign, handler in before.items():
        signal.signal(sign, handler)


def test_every_field_of_a_booking_is_the_guests_or_stays() -> None:
    assert set(Booking.model_fields) == KEPT | OF_A_GUEST
    assert not KEPT & OF_A_GUEST


def test_who_has_the_store_reads_nothing_of_a_guest_in_it(
    room: Room, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.deliver(1, **canary.GUEST)
    assert canary.seen(room.house) == set(), "a job that waits"
    work()
    assert room.record(1).status is BookingStatus.DRAFTED

    room.wire.refuse_the_next("POST", "O contribuinte {fiscal_id} de {name} é impossível")
    room.deliver(2, **canary.GUEST)
    work()
    assert (room.record(2).status, room.record(2).reason) == ("parked", "refused-by-invoicexpress")
    assert "impossível" in room.record(2).facts["words"]

    correct(room.house, key_of(1), {"guest_name": canary.CORRECTED_NAME, "guest_tax_id": ""}, who="Rita")
    work()
    assert room.booking(1).guest_name == canary.CORRECTED_NAME

    unread = Delivery(body=repr(dict(canary.GUEST)).encode())
    room.house.intake.take_unreadable(room.connection, unread, [], now=room.clock())

    def fault(*_given: object, **_named: object) -> Any:
        raise ValueError(f"{canary.NAME} {canary.GUEST['guest_email']}")

    monkeypatch.setattr("worker.turn.meaning_of", fault)
    monkeypatch.setattr("worker.jobs.look", fault)
    room.deliver(3, **canary.GUEST)
    enqueue_look(room.house.queue, "casa", job_id="look")
    work()
    assert room.record(3).status is BookingStatus.FAILED
    assert room.house.store.zcard("rq:failed:bookings") == 2
    assert canary.seen(room.house) == set()
    assert len(canary.opened(room.house)) > len(canary.CANARIES) - 3, "or the search finds nothing"


NUMBERS = count(1000)
TOLD: Mapping[str, Mapping[str, Any]] = {
    "deliver": {},
    "rename": {"guest_name": canary.LATER_NAME},
    "price": {"total_guest": "212.00"},
    "cancel": {"status": "cancelled"},
    "owner": {"status": "owner_stay"},
    "older": {"modified_at": "2026-05-01T00:00:00Z"},
}


@dataclass(kw_only=True)
class Fate:
    """What happens to one booking of the canary's."""

    room: Room
    number: int = field(default_factory=lambda: next(NUMBERS))
    deliveries: int = 0

    @property
    def key(self) -> str:
        return key_of(self.number)

    def tell(self, **data: object) -> None:
        self.deliveries += 1
        version = {"modified_at": f"2026-06-01T00:00:{self.deliveries:02d}Z"}
        self.room.deliver(self.number, **{**canary.GUEST, **version, **data})

    def correct(self) -> None:
        with suppress(UserError):  # once nothing of the guest is kept there is nothing to correct
            correct(self.room.house, self.key, {"guest_name": canary.CORRECTED_NAME}, who="Rita")

    def refuse(self) -> None:
        self.room.wire.refuse_the_next("POST", "{name} {fiscal_id}: impossível")

    def erase(self) -> None:
        erase(self.room.house, [self.key], who="Rita", even_if_open=True)
        assert canary.opened(self.room.house) == set()

    def drop(self) -> None:
        self.room.clock.now += LONG
        drop_due(self.room.house)

    def happen(self, name: str) -> None:
        acts: Mapping[str, Callable[[], object]] = {
            "correct": self.correct,
            "refuse": self.refuse,
            "rest": lambda: self.room.to_rest(self.number),
            "ignore": lambda: ignore(self.room.house, self.key, who="Rita"),
            "retry": lambda: retry(self.room.house, [self.key], who="Rita"),
            "erase": self.erase,
            "drop": self.drop,
            "finalize": lambda: act(self.room, "finalize", self.number),
            "edit": lambda: act(self.room, "edit", self.number, reference="mine"),
            "delete": lambda: act(self.room, "delete", self.number),
        }
        self.room.clock.go_on(minutes=5)
        if name in TOLD:
            self.tell(**TOLD[name])
        else:
            acts[name]()


ACTS = ("correct", "refuse", "rest", "ignore", "retry", "erase", "drop", "finalize", "edit", "delete", *TOLD)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=8))
def test_whatever_happened_before_nothing_of_a_guest_outlives_its_time(room: Room, acts: list[str]) -> None:
    cast("Redis", room.house.store).flushall()
    set_up(room.house)
    fate = Fate(room=room)
    fate.tell()
    for name in acts:
        fate.happen(name)
        assert canary.seen(room.house) == set()
    room.wire.instead = lambda _request: None
    if room.record(fate.number).status in {"queued", "waiting"}:
        room.to_rest(fate.number)
    fate.drop()
    if canary.opened(room.house):
        assert resting_since(room.record(fate.number)) is None
        fate.erase()
    references = [document["reference"] for document in room.documents()]
    assert len(references) == len(set(references))
