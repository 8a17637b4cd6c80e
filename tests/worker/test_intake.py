"""What a delivery changes: everything it should at once, or nothing."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, cast

import pytest
from redis import Redis

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Named, NotABooking, Reading
from mapping.errors import Problem, UnreadableDelivery
from mapping.fetch import Answers, Fetch
from tests.samples import load_cases
from tests.worker.room import API_KEY, EMAIL, GUEST, Room, body, everything, key_of
from worker.deliveries import LATEST_LENGTH
from worker.intake import Taken
from worker.meaning import newest_booking
from worker.records import BookingStatus
from worker.retries import read_again
from worker.services import Services


def nothing_to_fetch(how: Fetch, delivery: Delivery) -> Answers:
    raise AssertionError("The delivery has the whole booking.")


def queued(room: Room) -> list[str]:
    return room.house.queue.job_ids


def test_a_new_state_is_stored_and_queued(room: Room) -> None:
    taken = room.deliver()
    record = room.record()
    assert (taken.outcome, taken.bookings) == ("queued", (key_of(),))
    assert (record.status, record.newest, record.begun) == (BookingStatus.QUEUED, taken.delivery, False)
    assert (record.account, record.channel_manager, record.connection) == ("casa", "generic", "casa-generic")
    assert room.booking().guest_name == GUEST
    assert queued(room) == [record.job]
    assert room.house.deliveries.get(taken.delivery).outcome == "queued"
    assert room.house.deliveries.content(taken.delivery).body == body()
    assert room.house.ledger.deliveries(key_of()) == [taken.delivery]
    assert room.house.connections.get("casa-generic").last_delivery_at == room.clock()


def test_redelivery_changes_nothing(room: Room) -> None:
    room.deliver()
    room.to_rest()
    before = room.record()
    room.clock.go_on(hours=23)
    taken = room.deliver()
    assert taken.outcome == "repeated"
    assert room.record() == replace(before, deliveries=2, told_at=room.clock())
    assert len(queued(room)) == 1
    assert room.house.ledger.deliveries(key_of()) == [before.newest]


def test_the_newest_body_is_a_repeat_at_any_time(room: Room) -> None:
    room.deliver()
    room.clock.go_on(days=40)
    assert room.deliver().outcome == "repeated"


def test_what_was_told_before_is_a_redelivery_within_an_hour_and_a_way_back_later(room: Room) -> None:
    """Of a vendor that tells neither a version nor an event id."""
    room.deliver(total_guest="106.00")
    room.deliver(total_guest="212.00")
    room.clock.go_on(minutes=59)
    assert room.deliver(total_guest="106.00").outcome == "repeated"
    room.clock.go_on(minutes=1)
    assert room.deliver(total_guest="106.00").outcome == "queued"
    assert room.booking().total_guest == Decimal("106.00")


def test_an_event_id_tells_a_way_back_from_a_redelivery(room: Room) -> None:
    assert room.deliver_event("1", total_guest="106.00").outcome == "queued"
    assert room.deliver_event("2", total_guest="212.00").outcome == "queued"
    assert room.deliver_event("1", total_guest="106.00").outcome == "repeated"
    assert room.deliver_event("3", total_guest="106.00").outcome == "queued"
    room.clock.go_on(hours=20)
    assert room.deliver_event("2", total_guest="212.00").outcome == "repeated"
    assert room.booking().total_guest == Decimal("106.00")


def test_a_version_tells_a_way_back_from_a_redelivery(room: Room) -> None:
    first, second, third = (f"2026-07-01T10:0{minute}:00Z" for minute in range(3))
    room.deliver(modified_at=first, total_guest="106.00")
    room.deliver(modified_at=second, total_guest="212.00")
    assert room.deliver(modified_at=first, total_guest="106.00").outcome == "repeated"
    assert room.deliver(modified_at=third, total_guest="106.00").outcome == "queued"
    assert room.booking().total_guest == Decimal("106.00")


def test_a_body_that_keeps_coming_stays_a_redelivery(room: Room) -> None:
    room.deliver()
    for _ in range(3):
        room.clock.go_on(hours=20)
        assert room.deliver().outcome == "repeated"


def test_an_older_state_changes_nothing(room: Room) -> None:
    new = room.deliver(modified_at="2026-07-01T10:00:00Z", total_guest="212.00")
    before = room.record()
    assert room.deliver(modified_at="2026-07-01T09:59:59Z").outcome == "repeated"
    assert room.record() == replace(before, deliveries=2)
    assert before.newest == new.delivery


@pytest.mark.parametrize("moment", ["2026-07-01T10:00:00Z", "2026-07-01T12:00:01+02:00", None])
def test_a_state_that_is_not_older_is_taken(room: Room, moment: str | None) -> None:
    room.deliver(modified_at="2026-07-01T10:00:00Z")
    assert room.deliver(modified_at=moment, total_guest="212.00").outcome == "queued"
    assert str(room.booking().total_guest) == "212.00"


def test_a_cancelled_booking_stays_cancelled_when_an_older_state_comes(room: Room) -> None:
    room.deliver(modified_at="2026-07-01T10:00:00Z", status="cancelled")
    room.deliver(modified_at="2026-07-01T09:00:00Z")
    assert room.to_rest().status is BookingStatus.CANCELLED


def test_states_that_come_before_the_job_begins_share_it(room: Room) -> None:
    for price in ("106.00", "107.00", "108.00"):
        assert room.deliver(total_guest=price).outcome == "queued"
    assert queued(room) == [room.record().job]
    room.to_rest()
    assert str(room.document()["total"]) == "108.0"


def test_a_state_that_comes_while_a_job_is_at_work_gets_its_own(room: Room) -> None:
    room.deliver()
    first = room.record().job
    assert room.begin(key_of(), first)
    room.deliver(total_guest="107.00")
    assert queued(room) == [first, room.record().job]
    assert room.record().job != first


def test_a_state_that_comes_while_the_job_waits_gets_its_own_at_once(room: Room) -> None:
    room.deliver()
    room.fault("too_many_requests", times=9)
    room.turn()
    waiting = room.record()
    room.deliver(total_guest="107.00")
    assert (waiting.status, waiting.attempts) == (BookingStatus.WAITING, 1)
    assert room.record().job != waiting.job
    assert (room.record().status, room.record().attempts) == (BookingStatus.QUEUED, 0)
    assert room.turn_of(key_of(), job=waiting.job) is None
    assert room.record().status is BookingStatus.QUEUED


def test_a_state_takes_the_reason_of_the_last_one_away(room: Room) -> None:
    assert room.drafted(property_ref="casa-9").reason
    room.deliver()
    assert (room.record().reason, room.record().facts) == (None, {})


def test_a_delivery_is_written_in_one_piece(room: Room) -> None:
    with cast("Any", room.house.store).monitor() as monitor:
        room.deliver()
        cast("Redis", room.house.store).echo("end")
        commands = []
        for line in monitor.listen():
            if line["command"].startswith("ECHO"):
                break
            if line["client_type"] != "lua":
                commands.append(line["command"].split()[0])
    writes = [command for command in commands if command not in {"INFO", "HELLO", "CLIENT", "PING"}]
    assert writes == ["EVALSHA"]


def test_several_bookings_of_one_delivery_are_taken_together(house: Services, room: Room) -> None:
    (case,) = [case for case in load_cases() if case.id == "lodgify/several-events"]
    connection = house.connections.add("casa", "lodgify", ["secret"], now=room.clock()).connection
    delivery = Delivery(body=case.bodies[0])
    reading = channel_managers()["lodgify"].read(delivery)
    assert not isinstance(reading, NotABooking)
    first = house.intake.take(connection, delivery, reading, now=room.clock())
    assert (first.outcome, len(first.bookings)) == ("queued", 2)
    for key in first.bookings:
        record = house.ledger.get(key)
        assert record
        assert record.newest == first.delivery
        assert record.booking == newest_booking(house, record, fetched=nothing_to_fetch)
        assert record.booking
        assert record.booking.source_id == record.source_id
    assert len(queued(room)) == 2
    assert house.intake.take(connection, delivery, reading, now=room.clock()).outcome == "repeated"


@pytest.mark.parametrize("versions", [(None, None), ("2026-07-01T09:00:00Z", "2026-07-01T10:00:00Z")])
@pytest.mark.parametrize("turned_round", [False, True])
def test_the_newest_of_several_states_in_one_delivery_counts(
    room: Room, versions: tuple[str | None, str | None], turned_round: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = channel_managers()["generic"]
    told = [(versions[0], "106.00"), (versions[1], "212.00")]
    if turned_round:
        told.reverse()

    def read(delivery: Delivery) -> Reading:
        found: list[Any] = []
        for version, price in told:
            reading = vendor.read(replace(delivery, body=body(total_guest=price, modified_at=version)))
            assert not isinstance(reading, NotABooking | Named)
            found += reading
        return found

    known = {**channel_managers(), "generic": replace(vendor, read=read)}
    monkeypatch.setattr("worker.connections.channel_managers", lambda: MappingProxyType(known))
    newest = "212.00" if versions[0] or not turned_round else "106.00"
    assert room.deliver().bookings == (key_of(),)
    assert (str(room.booking().total_guest), room.record().deliveries) == (newest, 1)
    room.to_rest()
    assert f"{room.document()['total']:.2f}" == newest


def test_nothing_of_a_guest_or_a_key_is_readable_in_the_store(room: Room) -> None:
    room.drafted()
    room.drafted(total_guest="212.00")
    room.drafted(status="cancelled")
    room.house.intake.take_unreadable(
        room.connection, Delivery(body=body()[:-1]), [Problem(path="body", message="is not JSON")], now=room.clock()
    )
    written = everything(room.house.store)
    for canary in (GUEST, json.dumps(GUEST)[1:-1], "Canária", EMAIL, API_KEY, "canary"):
        assert canary.encode() not in written
    assert b"casa:generic:R-1" in written


def test_what_is_no_booking_is_kept_for_a_month(room: Room) -> None:
    taken = room.house.intake.take(room.connection, Delivery(body=b"{}"), NotABooking(what="a test"), now=room.clock())
    assert (taken.outcome, taken.bookings) == ("ignored", ())
    assert room.house.deliveries.get(taken.delivery).outcome == "ignored"
    left = cast("Redis", room.house.store).ttl(f"fs:delivery:{taken.delivery}")
    assert timedelta(days=29) < timedelta(seconds=left) <= timedelta(days=30)
    assert queued(room) == []


class Dialect:
    """A channel manager whose deliveries cannot be read until the program is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = channel_managers()["generic"]
        self.is_mended = False
        known = {**channel_managers(), "generic": replace(self._real, read=self._read)}
        monkeypatch.setattr("worker.connections.channel_managers", lambda: known)

    def _read(self, delivery: Delivery) -> Reading | Named:
        if not self.is_mended:
            raise UnreadableDelivery.at("data.price", "must be a number")
        return self._real.read(delivery)


@pytest.fixture
def dialect(monkeypatch: pytest.MonkeyPatch) -> Dialect:
    return Dialect(monkeypatch)


def take_unreadable(room: Room, content: bytes) -> Taken:
    problems = [Problem(path="data.price", message="must be a number")]
    return room.house.intake.take_unreadable(room.connection, Delivery(body=content), problems, now=room.clock())


def test_an_unreadable_delivery_is_kept_and_read_after_a_fix(room: Room, dialect: Dialect) -> None:
    taken = take_unreadable(room, body())
    assert (taken.outcome, room.house.deliveries.unreadable()) == ("unreadable", [taken.delivery])
    assert room.house.deliveries.get(taken.delivery).problems[0].path == "data.price"
    assert read_again(room.house, who="Rita") == ([], [taken.delivery])

    dialect.is_mended = True
    assert read_again(room.house, who="Rita") == ([key_of()], [])
    stored = room.house.deliveries.get(taken.delivery)
    assert (stored.outcome, stored.problems, room.house.deliveries.unreadable()) == ("queued", (), [])
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_delivery_that_is_read_late_is_no_newer_than_what_came_since(room: Room, dialect: Dialect) -> None:
    late = take_unreadable(room, body(total_guest="106.00"))
    room.clock.go_on(days=3)
    dialect.is_mended = True
    room.drafted(total_guest="212.00")
    room.clock.go_on(hours=1)
    read_again(room.house, who="Rita")
    assert room.house.deliveries.get(late.delivery).outcome == "repeated"
    assert room.house.deliveries.unreadable() == []
    assert room.record().status is BookingStatus.DRAFTED
    assert str(room.booking().total_guest) == "212.00"


def test_a_delivery_that_is_read_late_counts_where_its_version_is_newer(room: Room, dialect: Dialect) -> None:
    take_unreadable(room, body(modified_at="2026-07-01T11:00:00Z", status="cancelled"))
    room.clock.go_on(hours=1)
    dialect.is_mended = True
    room.drafted(modified_at="2026-07-01T10:00:00Z")
    read_again(room.house, who="Rita")
    assert room.to_rest().status is BookingStatus.CANCELLED


def test_deliveries_that_are_read_late_keep_their_order(room: Room, dialect: Dialect) -> None:
    take_unreadable(room, body(total_guest="106.00"))
    room.clock.go_on(hours=1)
    take_unreadable(room, body(total_guest="212.00"))
    room.clock.go_on(hours=1)
    dialect.is_mended = True
    read_again(room.house, who="Rita")
    assert str(room.booking().total_guest) == "212.00"


def test_reading_late_is_no_sign_of_life_of_a_connection(room: Room, dialect: Dialect) -> None:
    take_unreadable(room, body())
    came = room.clock()
    room.clock.go_on(days=1)
    dialect.is_mended = True
    read_again(room.house, who="Rita")
    assert room.house.connections.get("casa-generic").last_delivery_at == came


def test_reading_late_does_not_bring_a_removed_connection_back(room: Room, dialect: Dialect) -> None:
    take_unreadable(room, body())
    room.house.connections.remove("casa-generic")
    room.clock.go_on(days=1)
    dialect.is_mended = True
    read_again(room.house, who="Rita")
    assert room.house.store.exists("fs:connection:casa-generic") == 0
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_the_same_words_about_a_booking_that_is_only_named_are_a_change_where_the_event_is_another(
    house: Services,
) -> None:
    connection = house.connections.add("casa", "hostify", [], now=house.clock()).connection

    def take(event: str) -> str:
        body = b'{"action":"update_reservation","reservation_id":77}'
        delivery = Delivery(body=body, headers={"x-amz-sns-message-id": event})
        reading = channel_managers()["hostify"].read(delivery)
        assert isinstance(reading, Named)
        return house.intake.take(connection, delivery, reading, now=house.clock()).outcome

    assert [take("1"), take("1"), take("2"), take("1")] == ["queued", "repeated", "queued", "repeated"]


def test_a_payment_card_in_a_body_is_never_kept(house: Services) -> None:
    [case] = [case for case in load_cases() if case.id == "rentals_united/created-booking"]
    card = b"<CreditCard>\n<CCNumber>4111111111111111</CCNumber><CVC>123</CVC></CreditCard>"
    at = b"</CustomerInfo>"
    assert at in case.bodies[0]
    delivery = Delivery(body=case.bodies[0].replace(at, at + card))
    connection = house.connections.add("casa", "rentals_united", [], now=house.clock()).connection
    reading = channel_managers()["rentals_united"].read(delivery)
    assert not isinstance(reading, NotABooking)
    taken = house.intake.take(connection, delivery, reading, now=house.clock())
    assert house.deliveries.content(taken.delivery).body == case.bodies[0]
    unreadable = house.intake.take_unreadable(connection, delivery, [], now=house.clock())
    assert b"4111" not in house.deliveries.content(unreadable.delivery).body
    assert house.intake.take(connection, delivery, reading, now=house.clock()).outcome == "repeated"


def test_what_came_last_is_told_with_what_became_of_it(house: Services, room: Room) -> None:
    first = room.deliver(1)
    room.clock.go_on(minutes=1)
    room.deliver(1)
    test = house.intake.take(room.connection, Delivery(body=b"{}"), NotABooking(what="a test"), now=room.clock())
    odd = house.intake.take_unreadable(
        room.connection, Delivery(body=b"?"), [Problem(path="body", message="is not JSON")], now=room.clock()
    )
    told = house.deliveries.latest()
    assert [(each.outcome, each.bookings) for each in told] == [
        ("unreadable", ()), ("ignored", ()), ("repeated", (key_of(1),)), ("queued", (key_of(1),))
    ]  # fmt: skip
    assert [told[0].id, told[1].id, told[3].id] == [odd.delivery, test.delivery, first.delivery]
    assert (told[3].connection, told[3].channel_manager) == (room.connection.id, "generic")
    assert (told[0].received_at - told[3].received_at).total_seconds() == 60
    assert [each.id for each in house.deliveries.latest(1)] == [odd.delivery]
    for number in range(LATEST_LENGTH):
        room.deliver(number, total_guest=f"{number + 1}.00")
    assert len(house.deliveries.latest()) == LATEST_LENGTH
