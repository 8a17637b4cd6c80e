"""A copy that is an hour old is put back, with real processes: what is missing is told, and nothing is doubled or set back."""

from collections.abc import Mapping
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mapping.reasons import Reason
from tests.casa import Casa, casa
from tests.processes import Processes, end_all
from tests.waiting import until
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.lapses import kept_until, lapse
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

HALF_AN_HOUR = timedelta(minutes=30)
HOUR = 3600
STARTED_FOR = 2  # seconds: to the second, a booking of the first one was there before the store was started
STATES: Mapping[int, Mapping[str, str]] = {
    2: {"total_guest": "212.00"},
    3: {"status": "cancelled"},
    6: {"status": "owner_stay"},
}
"""What is told of these bookings after the copy was made; 5 and 7 are new as well."""

MAKING = ("POST /invoices.json", "PUT /invoices/{id}.json", "PUT /invoices/{id}/change-state.json")


def start(host: Casa, *, later: int) -> None:
    """A receiver and a worker whose clocks are `later` seconds ahead."""
    host.processes.program = "tests.later"
    host.processes.environment["LATER_SECONDS"] = str(later)
    host.processes.start(f"receiver-{later}", "receiver", "--port", str(host.port), "--processes", "1")
    host.processes.start(f"worker-{later}", "worker")


def has(house: Services, **statuses: int) -> bool:
    """Whether there are as many bookings of each status, and none of another one."""
    found = {status.value: len(house.ledger.keys_of(status)) for status in BookingStatus}
    return {status: count for status, count in found.items() if count} == statuses


def told(host: Casa) -> Any:
    return host.processes.run("missing", "--json").json


def changes(host: Casa) -> int:
    """How often a document was asked for, changed or deleted."""
    counted = host.desk.get("/requests").json()["requests"]
    return sum(counted.get(each, 0) for each in MAKING)


@pytest.fixture
def host(tmp_path: Path) -> Any:
    with ExitStack() as stack:
        processes = stack.enter_context(Processes(tmp_path / "run", FATURASYNC_SECRET_KEYS=fresh_key()))
        host = stack.enter_context(casa(processes))
        host.desk.post("/switches", json={"switches": {"index_lag": 0}})
        yield host


def test_an_hour_that_was_forgotten_is_told_and_sent_again(host: Casa, tmp_path: Path) -> None:
    processes, copy = host.processes, str(tmp_path / "copy")
    with EmbeddedStore(processes.data) as server, closing(connect(server.url)) as store:
        processes.environment["REDIS_URL"] = server.url
        until(
            lambda: store.info("server")["uptime_in_seconds"] >= STARTED_FOR, what="a store that was not just started"
        )
        house = host.set_up(store)
        start(host, later=0)
        for number in range(1, 5):
            host.deliver(number)
        until(lambda: has(house, drafted=4), what="four drafts")
        until(lambda: kept_until(store), what="a worker's sign of life")
        processes.run("backup", copy, REDIS_URL="")
        for number in (2, 3, 5, 6, 7):
            host.deliver(number, **STATES.get(number, {}))
        until(lambda: has(house, drafted=5, cancelled=1, ignored=1), what="what came after the copy")
        end_all(processes.started[1:])
    before, asked = host.documents(), changes(host)
    assert sorted(before) == [f"FS-generic-R-{number}-1" for number in (1, 2, 4, 5, 7)]

    processes.environment["LATER_SECONDS"] = str(HOUR)
    processes.run("restore", copy, REDIS_URL="")
    with EmbeddedStore(processes.data) as server, closing(connect(server.url)) as store:
        house = services(read_environment(processes.environment, terminal=False), store)
        start(host, later=HOUR)
        until(lambda: (found := lapse(store)) and found.until - found.since >= HALF_AN_HOUR, what="its lapse")
        found = told(host)
        assert {each["reference"]: each["what"] for each in found["documents"]} == {
            "FS-generic-R-2-1": "changed", "FS-generic-R-3-1": "gone",
            "FS-generic-R-5-1": "unknown-booking", "FS-generic-R-7-1": "unknown-booking",
        }  # fmt: skip
        assert [(each["connection"], each["since"]) for each in found["connections"]] == [
            ("casa-generic", found["lapse"]["since"])
        ]
        end_all(processes.started[1:])
        assert (host.documents(), changes(host)) == (before, asked)

        start(host, later=HOUR + 120)  # InvoiceXpress's list is complete by now
        until(lambda: has(house, drafted=2, parked=2), what="a look at what there is")
        assert {record.reason for record in house.ledger.all(BookingStatus.PARKED)} == {Reason.OUTDATED}
        assert (host.documents(), changes(host)) == (before, asked)

        for number in (1, 2, 3, 4, 5, 6, 7):
            host.deliver(number, **STATES.get(number, {}))
        until(lambda: has(house, drafted=5, cancelled=1, ignored=1), what="all of it")
        assert (host.documents(), changes(host)) == (before, asked)
        assert told(host)["documents"] == []
        end_all(processes.started[1:])
