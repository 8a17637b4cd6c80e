"""The store is killed, and its append-only file has lost what was written last: claims, jobs, documents' ids."""

import time
from collections import Counter
from pathlib import Path

import pytest

from mapping.delivery import Delivery, NotABooking
from tests.chaos.plan import ACCOUNTS, Kill
from tests.chaos.plant import Plant, running
from tests.processes import kill
from tests.waiting import until
from tests.worker.room import body
from worker.connections import vendor_of
from worker.records import BookingStatus

COUNT = 80
KEPT, MADE = 10, 50  # documents that the ledger still knows of, and that there are


def deliver(plant: Plant) -> None:
    (connection,) = [found for found in plant.house.connections.all() if found.account == ACCOUNTS[0]]
    for number in range(COUNT):
        delivery = Delivery(body=body(number, guest_name=f"Hóspede {number}"))
        reading = vendor_of("generic").read(delivery)
        assert not isinstance(reading, NotABooking)
        plant.house.intake.take(connection, delivery, reading, now=plant.house.clock())


def log_of(plant: Plant) -> Path:
    (log,) = (plant.store.folder / "appendonlydir").glob("*.incr.aof")
    return log


def drafted(plant: Plant) -> int:
    return plant.house.store.zcard(f"fs:status:{BookingStatus.DRAFTED}")


@pytest.mark.timeout(180)
def test_a_store_that_lost_what_it_was_told_last_makes_nothing_twice(tmp_path: Path) -> None:
    with running(tmp_path / "plant") as plant:
        # Not even the uid helps: InvoiceXpress has forgotten it.
        plant.ask("POST", "/switches", json={"switches": {"uid_lifetime": 1}})
        for kept in plant.workers:
            kill(kept.process.pid)
        deliver(plant)
        for kept in plant.workers:
            kept.process = kept.start()
        log = log_of(plant)
        until(lambda: drafted(plant) >= KEPT, what="some drafts")
        length = log.stat().st_size
        until(lambda: drafted(plant) >= MADE, what="more drafts")
        assert plant.strike(Kill.STORE, seconds=0, patient=False)
        with log.open("r+b") as file:
            file.truncate(length)
        before = len(plant.documents(ACCOUNTS[0]))
        plant.tend()
        assert KEPT <= drafted(plant) < MADE <= before
        lost_at = time.monotonic()

        def is_done() -> bool:
            plant.tend()
            return drafted(plant) == COUNT

        until(is_done, what="all drafts", seconds=100)
        references = Counter(document["reference"] for document in plant.documents(ACCOUNTS[0]))
        assert len(references) == COUNT
        assert set(references.values()) == {1}
        assert time.monotonic() - lost_at < 75
        plant.end()
