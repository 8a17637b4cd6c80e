"""A room with one connection at Channex, which knows one booking and is asked for it."""

import json
from typing import Any

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Doorbell
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.samples import load_cases, load_setup
from tests.worker.channel_manager import FakeChannelManager
from tests.worker.room import Furnish
from worker.connections import Connection, vendor_of
from worker.properties import Property
from worker.records import BookingStatus, Record
from worker.retries import retry

API_KEY = "canary-api-key-of-channex"
[BOOKING] = [case for case in load_cases() if case.id == "channex/created-booking"]
SOURCE = BOOKING.readings[0]["bookings"][0]["source_id"]
KEY = f"casa:channex:{SOURCE}"
ANSWERS = BOOKING.answers[0] or b""


def answers_with(**attributes: Any) -> bytes:
    """What is answered for the booking, with other attributes."""
    answers = json.loads(ANSWERS)
    answers[0]["data"]["attributes"] |= attributes
    return json.dumps(answers).encode()


class Desk:
    """A room with one connection at Channex, which knows the booking."""

    def __init__(self, furnish: Furnish) -> None:
        self.vendor = FakeChannelManager("channex", API_KEY)
        self.tell(ANSWERS)
        self.room = furnish(self.vendor)
        house = self.room.house
        listings = tuple(f"channex:{one}" for one in load_setup("channex")["properties"][0]["listings"])
        settings = Settings.model_validate({"location": "mainland"})
        house.properties.add(Property(account="casa", name="Quinta", settings=settings, listings=listings))
        self.connection: Connection = house.connections.add("casa", "channex", [], now=self.room.clock()).connection
        house.credentials.set(self.connection.id, vendor_of("channex"), API_KEY)
        self._rings = 0

    def tell(self, answers: bytes, source_id: str = SOURCE) -> None:
        self.vendor.tell(Delivery(body=b""), source_id, answers)

    def ring(self, source_id: str = SOURCE) -> str:
        """Take a delivery in that names the booking; its id."""
        self._rings += 1
        body = json.loads(BOOKING.bodies[0])
        body["payload"]["booking_id"] = source_id
        delivery = Delivery(body=json.dumps(body | {"timestamp": self._rings}).encode())
        reading = channel_managers()["channex"].read(delivery)
        assert isinstance(reading, Doorbell)
        return self.room.house.intake.take(self.connection, delivery, reading, now=self.room.clock()).delivery

    def turn(self, source_id: str = SOURCE) -> float | None:
        return self.room.turn_of(f"casa:channex:{source_id}")

    def record(self, key: str = KEY) -> Record:
        record = self.room.house.ledger.get(key)
        assert record
        return record

    def status(self) -> tuple[BookingStatus, Reason | None]:
        record = self.record()
        return record.status, record.reason

    def retry(self) -> None:
        assert retry(self.room.house, [KEY], who="Rita") == [KEY]


DRAFTED = (BookingStatus.DRAFTED, None)
UNAVAILABLE = (BookingStatus.WAITING, Reason.CHANNEL_MANAGER_UNAVAILABLE)
