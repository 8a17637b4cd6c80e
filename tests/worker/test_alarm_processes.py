"""Alarms as they arrive: a receiver and workers as real processes, and somebody at the other end of a json:// address."""

from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Flask
from redis import Redis

from tests.mailbox import WRITTEN, Mailbox, mailbox
from tests.processes import end, free_port, is_up, kill
from tests.waiting import until
from tests.worker.room import API_KEY
from tests.worker.test_worker_processes import Plant, plant, sandbox_app
from worker.alarms import OVER_AFTER, alarm_state
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


def test_a_refused_key_is_told_once_and_once_that_it_is_over_and_that_all_workers_are_gone(
    plant: Plant, sandbox_app: tuple[Flask, str]
) -> None:
    processes, house = plant.processes, plant.house
    with mailbox() as box:
        processes.environment |= {
            "ALARM_URLS": box.address, "ALARM_LOOK_SECONDS": str(LOOK_SECONDS), "ALARM_DIGEST_AT": "off",
        }  # fmt: skip
        workers = [plant.start(f"worker-{number}") for number in range(2)]
        until(lambda: at_work(overview(house)), what="two workers at work")
        port = free_port()
        receiver = processes.start("receiver", "receiver", "--port", str(port))
        until(lambda: is_up(f"http://127.0.0.1:{port}/readyz"), what="the receiver")
        watched(house, 3)
        assert box.came == []

        title = "FaturaSync: InvoiceXpress refuses the API key of casa"
        plant.desk.post("/_sandbox/accounts", json={"name": "casa", "key": "another"})
        plant.deliver(range(3))
        arrives(box, 1, "failure", title)
        watched(house, OVER_AFTER + 2)
        assert [alarm.is_told for alarm in alarm_state(house.store).open] == [True]

        said = [processes.run("alarms"), processes.run("alarms", "--json")]
        assert said[1].json["sent_to"] == ["json"]
        plant.desk.post("/_sandbox/accounts", json={"name": "casa", "key": API_KEY})
        processes.run("account", "set", "casa", given=API_KEY)
        arrives(box, 2, "success", title.replace("FaturaSync: ", "FaturaSync: over: "))

        command_lines = processes.command_lines()
        for worker in workers:
            kill(worker.pid)
        pass_a_minute(cast("Redis", house.store))
        arrives(box, 3, "failure", "FaturaSync: No worker is alive")
        watched(house, OVER_AFTER + 2)
        assert len(box.came) == 3
        assert end(receiver) == 0

        said.append(processes.run("alarms", "test"))
        assert box.titles[3:] == ["FaturaSync: a test"]
    said.append(processes.run("alarms", "test", code=1))
    store = cast("Redis", house.store)
    kept = [store.dump(key) or b"" for key in store.keys("*")]
    told = [plant.logs(), *(text for each in said for text in (each.out, each.err)), *command_lines.values()]
    for secret in ("canary-alarm", WRITTEN):
        assert not [text for text in told if secret in text]
        assert not [value for value in kept if secret.encode() in value]
    assert '"event": "alarm-opened"' in plant.logs()


def test_workers_tell_where_nobody_else_looks(plant: Plant, sandbox_app: tuple[Flask, str]) -> None:
    with mailbox() as box:
        plant.processes.environment |= {
            "ALARM_URLS": box.address, "ALARM_LOOK_SECONDS": str(LOOK_SECONDS), "ALARM_DIGEST_AT": "off",
        }  # fmt: skip
        workers = [plant.start(f"worker-{number}") for number in range(2)]
        plant.desk.post("/_sandbox/accounts", json={"name": "casa", "key": "another"})
        plant.deliver(range(1))
        arrives(box, 1, "failure", "FaturaSync: InvoiceXpress refuses the API key of casa")
        assert [end(worker) for worker in workers] == [0, 0]


def test_an_address_that_is_none_is_refused_at_the_start(plant: Plant, sandbox_app: tuple[Flask, str]) -> None:
    for words in (["worker"], ["worker", "--processes", "2"], ["receiver"]):
        said = plant.processes.run(*words, code=1, ALARM_URLS=f"json://127.0.0.1 mailto://{WRITTEN}")
        assert said.err.startswith("Error: ALARM_URLS: the address number 2 is none that messages can be sent to")
        assert said.err.count("\n") == 1
        assert "canary" not in said.out + said.err
