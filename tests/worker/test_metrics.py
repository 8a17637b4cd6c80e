"""What is counted on a booking's way, what stands at a moment, and that neither costs much or tells much."""

from typing import cast

import httpx
import pytest
from redis import Redis, RedisError

from mapping.delivery import Delivery
from mapping.errors import Problem
from mapping.settings import DraftAt, Settings
from tests.told import Told
from tests.worker.desk import Desk
from tests.worker.room import API_KEY, EMAIL, GUEST, Room, key_of
from worker.accounts import with_settings
from worker.counters import Counted, Counters, counted_so_far
from worker.decisions import ignore
from worker.looks import look
from worker.metrics import exposition
from worker.pausing import pause, resume
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import Store, connect
from worker.sweeper import Sweeper


def told(house: Services) -> Told:
    return Told.of(exposition(house).decode())


def test_an_empty_house_tells_zeros_and_not_nothing(house: Services) -> None:
    found = told(house)
    assert found("bookings", status="parked") == found("drafts_total", act="created") == found("sweeps_total") == 0
    assert found("workers") == found("scheduler_alive") == found("queue_jobs", list="queued") == 0
    assert found("sweep_age_seconds") == float("inf")
    assert found("webhook_to_draft_seconds_bucket", le="+Inf") == found("webhook_to_draft_seconds_count") == 0


def test_names_are_prometheus_own_way(room: Room) -> None:
    room.drafted()
    for name, kind in told(room.house).families.items():
        assert name.startswith("faturasync_")
        assert not name.endswith("_ms"), name
        assert kind in {"counter", "gauge", "histogram", "summary"}, name


def test_deliveries_are_counted_by_what_was_answered(room: Room) -> None:
    delivery = Delivery(body=b"{}")
    room.deliver()
    room.deliver()
    room.deliver(total_guest="212.00")
    room.house.intake.take_unreadable(
        room.connection, delivery, [Problem(path="data", message="is missing or empty")], now=room.clock()
    )
    found = told(room.house)
    assert found.counted("deliveries_total") == {
        "generic queued": 2, "generic repeated": 1, "generic unreadable": 1,
    }  # fmt: skip
    assert found("unreadable_deliveries") == 1


def test_a_delivery_of_several_bookings_is_one_and_queued_if_any_is_new(room: Room) -> None:
    lodgify = room.house.connections.add("casa", "lodgify", ["a-secret-of-it"], now=room.clock()).connection
    first, second = (room.booking(number) for number in (1, 2) if room.deliver(number))
    for reading in ([first], [first, second], [first, second]):
        room.house.intake.take(lodgify, Delivery(body=str(len(reading)).encode()), reading, now=room.clock())
    assert told(room.house).counted("deliveries_total") == {
        "generic queued": 2, "lodgify queued": 2, "lodgify repeated": 1,
    }  # fmt: skip


def test_what_is_read_after_all_is_no_second_delivery(room: Room) -> None:
    delivery, problems = Delivery(body=b'{"a": 1}'), [Problem(path="data", message="is missing or empty")]
    taken = room.house.intake.take_unreadable(room.connection, delivery, problems, now=room.clock())
    room.clock.go_on(seconds=60)
    room.deliver()
    booking = room.booking()
    stored = room.house.deliveries.get(taken.delivery)
    room.house.intake.take_again(stored, [booking], now=room.clock())
    assert told(room.house).counted("deliveries_total") == {"generic unreadable": 1, "generic queued": 1}


def test_a_drafts_way_is_counted_step_by_step(room: Room) -> None:
    room.deliver()
    room.clock.go_on(seconds=4)
    room.to_rest()
    room.drafted(total_guest="212.00")
    room.drafted(2, property_ref="casa-9")
    room.drafted(status="cancelled")
    found = told(room.house)
    assert found.counted("drafts_total") == {"created": 1, "updated": 1, "withdrawn": 1}
    assert found.counted("turns_total") == {"drafted": 2, "parked": 1, "cancelled": 1}
    assert found.counted("bookings") == {"cancelled": 1, "parked": 1}
    assert found.counted("bookings_by_reason") == {"unknown-listing": 1}
    assert found.counted("account_bookings") == {"casa parked": 1}
    buckets = {place: found("webhook_to_draft_seconds_bucket", le=place) for place in ("1.0", "2.0", "5.0", "+Inf")}
    assert buckets == {"1.0": 1, "2.0": 1, "5.0": 2, "+Inf": 2}
    assert found("webhook_to_draft_seconds_sum") == 4
    assert found("webhook_to_draft_seconds_count") == 2


def test_requests_to_invoicexpress_are_those_that_it_got(room: Room) -> None:
    room.requests()
    room.drafted()
    room.drafted(total_guest="212.00")
    asked = room.requests()
    found = told(room.house)
    assert found("invoicexpress_requests_total", outcome="created") == asked["POST /invoices.json"] == 1
    assert found("invoicexpress_requests_total") == sum(asked.values())
    assert found("invoicexpress_request_seconds_count") == sum(asked.values())


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("too_many_requests", "429"),
        ("error_after_commit", "5xx"),
        ("drop_after_commit", "no-answer"),
        ("quota_reached", "4xx"),
    ],
)
def test_a_request_is_counted_by_how_it_ended(room: Room, fault: str, outcome: str) -> None:
    room.fault(fault, method="POST")
    room.drafted()
    assert told(room.house)("invoicexpress_requests_total", outcome=outcome) >= 1


def test_what_a_look_at_the_drafts_asks_is_counted_too(room: Room) -> None:
    room.drafted()
    before = told(room.house)("invoicexpress_requests_total", outcome="ok")
    account = room.house.accounts.get("casa")
    look(room.house, "casa", room.workshop.open(account, room.workshop.gate(account)))
    room.house.counters.flush(room.house.store)
    assert told(room.house)("invoicexpress_requests_total", outcome="ok") == before + 1


def test_a_refused_key_is_told_apart_and_pauses_the_account(room: Room) -> None:
    room.desk.post("/_sandbox/accounts", json={"name": "casa", "key": "another"})
    room.drafted()
    found = told(room.house)
    assert found("invoicexpress_requests_total", outcome="401") == 1
    assert found.counted("account_paused") == {"casa api-key-refused": 1}
    assert "faturasync_account_backlog_seconds{" not in found.text


def test_a_request_that_never_left_is_told_apart(room: Room) -> None:
    def refuse(request: httpx.Request) -> None:
        raise httpx.ConnectError("no route", request=request)

    room.wire.before = refuse
    room.deliver()
    room.turn()
    found = told(room.house)
    assert set(found.counted("invoicexpress_requests_total")) == {"not-sent"}
    assert found.counted("waits_total") == {"invoicexpress-unavailable": 1}


def test_a_persons_pause_is_told_and_ends(room: Room) -> None:
    pause(room.house, "casa", who="Rita")
    room.deliver()
    room.turn()
    found = told(room.house)
    assert found.counted("account_paused") == {"casa person": 1}
    assert found.counted("waits_total") == {"paused-by-a-person": 1}
    resume(room.house, "casa", who="Rita")
    assert told(room.house).counted("account_paused") == {}


def test_questions_to_channel_managers_are_counted(desk: Desk) -> None:
    desk.ring()
    desk.turn()
    found = told(desk.room.house)
    assert found("channel_manager_requests_total", channel_manager="channex", outcome="ok") >= 1
    assert 'faturasync_channel_manager_requests_total{channel_manager="generic"' not in found.text


def test_the_oldest_that_is_not_at_rest_is_the_one_whose_delivery_waits_longest(room: Room) -> None:
    house = room.house
    room.deliver(1)
    room.clock.go_on(seconds=100)
    room.deliver(2)
    room.clock.go_on(seconds=20)
    assert told(house)("oldest_booking_seconds", account="casa") == 120
    room.to_rest(1)
    room.clock.go_on(seconds=5)
    assert told(house)("oldest_booking_seconds", account="casa") == 25
    room.fault("too_many_requests")
    assert room.turn(2)
    assert room.record(2).status is BookingStatus.WAITING
    assert told(house)("oldest_booking_seconds", account="casa") >= 25
    ignore(house, key_of(2), who="Rita")
    assert told(house)("oldest_booking_seconds", account="casa") == 0


def test_a_new_state_begins_the_wait_anew_and_a_retry_does_not_begin_one(room: Room) -> None:
    room.deliver()
    room.clock.go_on(seconds=50)
    room.deliver(total_guest="212.00")
    room.clock.go_on(seconds=5)
    assert told(room.house)("oldest_booking_seconds") == 5
    room.to_rest()
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    room.clock.go_on(seconds=7)
    found = told(room.house)
    assert (found("oldest_booking_seconds"), found("oldest_queued_seconds")) == (0, 7)


def test_what_waits_for_its_day_is_not_the_oldest_and_no_wait_of_a_draft(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(draft_at=DraftAt.CHECK_OUT)))
    room.deliver()
    room.turn()
    room.clock.go_on(days=7)
    assert told(room.house)("oldest_booking_seconds") == 0
    room.to_rest()
    found = told(room.house)
    assert found.counted("waits_total") == {"not-yet": 1}
    assert found("webhook_to_draft_seconds_count") == 0


def test_stays_that_are_over_are_told_by_what_they_lack(room: Room) -> None:
    room.drafted(1)
    room.drafted(2, property_ref="casa-9")
    assert told(room.house).counted("ended_stays") == {}
    room.clock.go_on(days=30)
    assert told(room.house).counted("ended_stays") == {"finalising": 1, "document": 1}


def test_sweeps_and_what_they_found_are_counted(room: Room) -> None:
    house = room.house
    room.deliver()
    house.queue.empty()  # type: ignore[no-untyped-call]
    room.clock.go_on(seconds=60)
    Sweeper(house).sweep_when_due()
    house.counters.flush(house.store)
    room.clock.go_on(seconds=9)
    found = told(house)
    assert (found("sweeps_total"), found("sweep_age_seconds")) == (1, 9)
    assert found.counted("sweep_finds_total") == {"lost-job": 1}


def test_a_connections_silence_stands_beside_what_is_usual(room: Room) -> None:
    room.clock.go_on(hours=5)
    found = told(room.house)
    assert found("connection_silent_seconds", connection="casa-generic", channel_manager="generic") == 5 * 3600
    assert found("connection_silence_allowed_seconds", connection="casa-generic") == 3 * 24 * 3600
    room.deliver()
    assert told(room.house)("connection_silent_seconds") == 0
    assert told(room.house)("connection_silence_allowed_seconds") == 14 * 24 * 3600


def test_no_guest_no_booking_and_no_key_is_told(room: Room) -> None:
    room.drafted()
    room.drafted(2, property_ref="casa-9", guest_tax_id="501964843")
    text = told(room.house).text
    for canary in (GUEST, GUEST.split()[0], EMAIL, API_KEY, "R-1", "HM1", "501964843", "Casa do Largo", "casa-9"):
        assert canary not in text, canary


def test_what_is_asked_of_the_store_does_not_grow_with_bookings(room: Room) -> None:
    store = cast("Redis", room.house.store)

    def commands() -> int:
        before = store.info("stats")["total_commands_processed"]
        exposition(room.house)
        return int(store.info("stats")["total_commands_processed"] - before)

    room.drafted(1)
    few = commands()
    for number in range(2, 40):
        room.deliver(number, **({"property_ref": "casa-9"} if number % 2 else {}))
        room.turn(number)
    assert commands() == few


def test_counting_costs_a_turn_no_round_trip(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was counted is in the store once the turn is over, and nothing but the turn wrote it."""
    monkeypatch.setattr(Counters, "flush", lambda *_: pytest.fail("A write of its own."))
    room.drafted()
    monkeypatch.undo()
    before = counted_so_far(room.house.store)
    room.house.counters.flush(room.house.store)
    assert counted_so_far(room.house.store) == before
    assert before[Counted.INVOICEXPRESS, "created"] == 1


def test_what_the_store_does_not_take_is_counted_later(store: Store) -> None:
    counters = Counters()
    counters.add(Counted.REJECTED, "smoobu", "signature")
    away = connect("unix:///nowhere/store.sock")
    with pytest.raises(RedisError):
        counters.flush(away)
    counters.add(Counted.REJECTED, "smoobu", "signature")
    counters.flush(store)
    counters.flush(store)
    assert counted_so_far(store) == {("rejected", "smoobu", "signature"): 2}


def test_another_process_tells_the_same(room: Room) -> None:
    room.drafted()
    other = services(room.house.environment, connect(room.house.environment.redis_url or ""), clock=room.clock)
    assert exposition(other) == exposition(room.house)
