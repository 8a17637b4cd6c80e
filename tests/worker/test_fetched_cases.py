"""Every sample whose deliveries only name the booking: from the delivery to what becomes of it."""

from dataclasses import replace

import pytest

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Named, NotABooking
from mapping.settings import Settings
from tests.samples import Case, load_cases, load_setup
from tests.worker.channel_manager import FakeChannelManager
from tests.worker.room import Furnish, Room
from worker.properties import Property
from worker.records import Record, booking_key

CASES = [case for case in load_cases() if any(case.answers) and case.result]


def deliver_all(room: Room, vendor: FakeChannelManager, case: Case) -> tuple[list[str], Record]:
    """What became of each delivery, and the record once all are at rest."""
    name, house = case.channel_manager, room.house
    connection = house.connections.add("casa", name, [], now=room.clock()).connection
    house.credentials.set(connection.id, channel_managers()[name], vendor.credentials)
    outcomes, key = [], ""
    for body, answers in zip(case.bodies, case.answers, strict=True):
        delivery = Delivery(body=body)
        reading = channel_managers()[name].read(delivery)
        assert not isinstance(reading, NotABooking)
        [source_id] = [reading.source_id] if isinstance(reading, Named) else [one.source_id for one in reading]
        vendor.tell(delivery, source_id, answers or b"[]")
        outcomes.append(house.intake.take(connection, delivery, reading, now=room.clock()).outcome)
        key = booking_key("casa", name, source_id)
        while (seconds := room.turn_of(key)) is not None:
            room.go_on(seconds=seconds)
        room.go_on(seconds=5)
    record = house.ledger.get(key)
    assert record
    return outcomes, record


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_booking_that_is_fetched_ends_as_expected(case: Case, furnish: Furnish) -> None:
    vendor = FakeChannelManager(case.channel_manager)
    room, setup, expected = furnish(vendor), load_setup(case.channel_manager), case.result
    assert expected
    account = room.house.accounts.get("casa")
    settings = Settings.model_validate({"commission": setup["commission"]})
    room.house.accounts.change(replace(account, settings=settings))
    for place in setup["properties"]:
        listings = tuple(f"{case.channel_manager}:{listing}" for listing in place["listings"])
        where = Settings.model_validate({"location": place["location"]} if place["location"] else {})
        room.house.properties.add(Property(account="casa", name=place["name"], settings=where, listings=listings))
    outcomes, record = deliver_all(room, vendor, case)
    assert outcomes == ["queued", *("repeated" if case.name == "redelivered" else "queued" for _ in outcomes[1:])]
    assert record.key == f"casa:{expected['booking']}"
    assert (record.status, record.reason) == (expected["status"], expected["reason"]), record.todo
    if draft := expected["draft"]:
        found = [record.figures[name] for name in ("amount", "rate", "commission", "tourist_tax")]
        assert found == [draft[name] for name in ("total", "rate", "commission", "tourist_tax")]
        assert room.document()["client"]["name"] == draft["client_name"]
    else:
        assert room.documents() == []
