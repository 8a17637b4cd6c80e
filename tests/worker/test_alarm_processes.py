"""Alarms as they arrive: a receiver and workers as real processes, and somebody at the other end of a json:// address."""

from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask
from redis import Redis

from mapping.delivery import Delivery, NotABooking
from tests.mailbox import WRITTEN, Mailbox, mailbox
from tests.processes import end, free_port, is_up, kill
from tests.waiting import until
from tests.worker.room import API_KEY, body
from tests.worker.test_worker_processes import Plant, plant, sandbox_app
from worker.alarms import OVER_AFTER, alarm_state
from worker.connections import vendor_of
from worker.overview import Overview, overview
from worker.services import Services
from worker.workers import SILENT_AFTER

__all__ = ["plant", "sandbox_app"]

LOOK_SECONDS = 0.1


def watched(house: Services, looks: int) -> None:
    """Wait until so many more looks were made."""
    seen: set[datetime | None] = {alarm_state(house.store).looked_at}

    def enough() -> bool:
        seen.add(alarm_state(house.store).looked_at)
        return len(seen) > looks

    until(enough, what=f"{looks} looks")


def deliver(plant: Plant, *numbers: int) -> None:
    """Bookings of next month: stays that ended without a document would be an alarm of their own."""
    day = datetime.now(UTC).date() + timedelta(days=30)
    for number in numbers:
        content = body(number, check_in=day.isoformat(), check_out=(day + timedelta(days=3)).isoformat())
        reading = vendor_of("generic").read(delivery := Delivery(body=content))
        assert not isinstance(reading, NotABooking)
        plant.house.intake.take(plant.connection, delivery, reading, now=plant.house.clock())


def at_work(found: Overview) -> bool:
    return found.alive == 2 and found.queue.has_scheduler and found.swept_at is not None


def pass_a_minute(store: Redis) -> None:
    """Let the workers' last sign of life be as old as it is a minute after they were killed."""
    for key in store.smembers("rq:workers"):
        earlier = datetime.now(UTC) - SILENT_AFTER - timedelta(seconds=1)
        store.hset(key, "last_heartbeat", f"{earlier:%Y-%m-%dT%H:%M:%S.%fZ}")


def arrives(box: Mailbox, number: int, nature: str, title: str) -> None:
    until(lambda: len(box.came) >= number, what=title, seconds=60)
    assert [(message["type"], message["title"]) for message in box.came[number - 1 :]] == [(nature, title)]


def test_what_is_wrong_is_told_once_whoever_looks_and_that_all_workers_are_gone(
    plant: Plant, sandbox_app: tuple[Flask, str]
) -> None:
    processes, house, secrets = plant.processes, plant.house, ("canary-alarm", WRITTEN)
    refused = "InvoiceXpress refuses the API key of casa"
    with mailbox() as box:
        processes.environment |= {
            "ALARM_URLS": box.address, "ALARM_LOOK_SECONDS": str(LOOK_SECONDS), "ALARM_DIGEST_AT": "off",
        }  # fmt: skip
        # Nobody but the workers looks.
        workers = [plant.start(f"worker-{number}") for number in range(2)]
        until(lambda: at_work(overview(house)), what="two workers at work")
        plant.desk.post("/_sandbox/accounts", json={"name": "casa", "key": "another"})
        deliver(plant, 1, 2, 3)
        arrives(box, 1, "failure", f"FaturaSync: {refused}")
        # Receivers look as well, and it is mended.
        port = free_port()
        receiver = processes.start("receiver", "receiver", "--port", str(port))
        plant.desk.post("/_sandbox/accounts", json={"name": "casa", "key": API_KEY})
        said = [processes.run("alarms"), processes.run("account", "set", "casa", given=API_KEY)]
        arrives(box, 2, "success", f"FaturaSync: over: {refused}")
        until(lambda: is_up(f"http://127.0.0.1:{port}/readyz"), what="the receiver")
        # Nobody but the receivers is left.
        command_lines = processes.command_lines()
        for worker in workers:
            kill(worker.pid)
        pass_a_minute(cast("Redis", house.store))
        arrives(box, 3, "failure", "FaturaSync: No worker is alive")
        watched(house, OVER_AFTER + 2)
        assert len(box.came) == 3
        assert end(receiver) == 0
    assert f"{refused} (for " in said[0].out
    store = cast("Redis", house.store)
    kept = [store.dump(key) or b"" for key in store.keys("*")]
    told = [plant.logs(), *(text for each in said for text in (each.out, each.err)), *command_lines.values()]
    assert plant.logs().count('"event": "alarm-opened"') == 2
    assert not [text for text in told for secret in secrets if secret in text]
    assert not [value for value in kept for secret in secrets if secret.encode() in value]
