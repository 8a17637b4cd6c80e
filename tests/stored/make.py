"""Writes a store with a booking in each status and of each kind of what is kept: `python -m tests.stored.make FILE`.

For the next version: run it before the change that raises `worker.store_version.NEWEST`. Those of earlier versions stay as
they are.
"""

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from tenacity import Retrying

import worker.waits
from mapping.delivery import Delivery
from mapping.errors import Problem
from tests.conftest import FakeClock
from tests.stored.keys import SECRET_KEY, keys_of
from tests.worker.room import Room, furnished, key_of, nobody_is_asked
from worker.correcting import correct
from worker.decisions import ignore
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.guests import erase
from worker.records import BookingStatus
from worker.services import services
from worker.store import connect
from worker.views import as_json

WHO = "cli:tests"


def fill(room: Room) -> None:
    """R-8 waits to be looked for, R-9 has not been looked at; the others are at rest."""
    house = room.house
    room.drafted(1)
    room.drafted(2, modified_at="2026-07-01T10:00:00Z")
    room.drafted(2, modified_at="2026-07-01T10:01:00Z", total_guest="212.00", guest_country="DE", cleaning="30.00")
    room.drafted(3)
    room.drafted(3, status="cancelled")
    room.drafted(4, status="owner_stay")
    room.drafted(5, guest_name=None)
    room.drafted(6, ota="booking")
    correct(house, key_of(6), {"commission": "12.50"}, who=WHO)
    room.to_rest(6)
    room.drafted(7)
    ignore(house, key_of(7), who=WHO)
    room.deliver(8)
    room.wire.lose_the_next_answer("POST")
    room.switch(index_lag=20)
    room.turn(8)
    room.deliver(9)
    failed = room.drafted(10, property_ref="casa-2")
    house.ledger.requeue(failed.key, job="failing", now=room.clock())
    room.begin(failed.key, "failing")
    house.ledger.settle(failed.key, "failing", BookingStatus.FAILED, now=room.clock())
    room.drafted(11, status="cancelled")
    erase(house, [key_of(11)], who=WHO, even_if_open=True)
    problems = [Problem(path="data", message="is missing or empty")]
    house.intake.take_unreadable(room.connection, Delivery(body=b"{}"), problems, now=room.clock())


def make(file: Path) -> None:
    """Write the keys, and what is told of the bookings."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStore(Path(folder)) as server:
        clock = FakeClock()
        patience = partial(Retrying, sleep=lambda seconds: clock.go_on(seconds=seconds))
        setattr(worker.waits, "Retrying", patience)  # noqa: B010  # it is another module's own
        environment = read_environment(
            {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": SECRET_KEY, "FATURASYNC_DATA": folder}, terminal=False
        )
        house = services(environment, connect(server.url), clock=clock)
        fill(furnished(house, clock, asked=nobody_is_asked))
        told = [as_json(record) for record in house.ledger.all(*BookingStatus)]
        file.write_text(json.dumps({"keys": keys_of(house.store), "told": told}, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
