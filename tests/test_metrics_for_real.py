"""Metrics with everything running for real: what two receivers, a worker and a sandbox do, read from the console."""

import json
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from mapping.channel_managers import channel_managers
from tests.processes import PLAIN, Processes, end_all, free_port, is_up, sandbox
from tests.samples import load_cases
from tests.test_secrets_nowhere import traces
from tests.told import Told
from tests.waiting import until
from webhook.receiver import LARGEST_BODY
from worker.embedded import EmbeddedStore
from worker.vault import fresh_key

API_KEY = "canary/api+key&x=y%z#é~1"
PASSWORD = "canary-console-password"
TOKEN = "canary-metrics-token"
WRONG = "whsec_Y2FuYXJ5LXdyb25nLXNlY3JldA=="
GUEST = "Ágata Canária-d'Águeda"
EMAIL = "agata.canaria@example.com"
BODY = next(case.bodies[0].decode() for case in load_cases() if case.id == "generic/created-direct")


@dataclass(frozen=True, kw_only=True)
class System:
    """What runs. `made` is what `connection add --json` said."""

    processes: Processes
    sandbox: httpx.Client
    made: Mapping[str, str]
    console: str

    def deliver(self, body: str | bytes, *, secret: str | None = None) -> int:
        scheme = channel_managers()["generic"].scheme
        content = body.encode() if isinstance(body, str) else body
        signed = scheme.sign(
            content, secret or self.made["secret"], delivery_id=uuid.uuid4().hex, now=datetime.now(UTC)
        )
        answer = httpx.post(self.made["url"], content=signed.body, headers=dict(signed.headers), **PLAIN, timeout=30)
        return answer.status_code

    def told(self) -> Told:
        return Told.of(httpx.get(f"{self.console}/metrics", **PLAIN).raise_for_status().text)

    def start_console(self) -> subprocess.Popen[bytes]:
        process = self.processes.start("console", "console", "--port", self.console.rpartition(":")[2])
        until(lambda: is_up(f"{self.console}/healthz"), what="the console")
        return process


def booking(number: int, **data: object) -> str:
    body = json.loads(BODY)
    body["data"] |= {
        "source_id": f"canary-booking-{number}",
        "guest_name": f"{GUEST} {number}",
        "guest_email": EMAIL,
        **data,
    }
    return json.dumps(body, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was told once all had come to rest, and by another process after the store and everything had stopped."""

    told: Told
    after: Told
    requests: Mapping[str, int]  # what InvoiceXpress was asked
    statuses: Mapping[str, int]  # what /metrics answered, by how it was asked
    canaries: Sequence[str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder, port = tmp_path_factory.mktemp("metrics"), free_port()
    variables = {
        "FATURASYNC_SECRET_KEYS": fresh_key(),
        "FATURASYNC_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CONSOLE_PASSWORD": PASSWORD,
        "METRICS_TOKEN": TOKEN,
        "REDIS_URL": EmbeddedStore(folder / "store").url,
    }
    with Processes(folder, **variables) as processes, sandbox(processes, ("casa", API_KEY)) as url:
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        with EmbeddedStore(folder / "store"), httpx.Client(base_url=f"{url}/_sandbox", **PLAIN) as control:
            system = System(processes=processes, sandbox=control, made=connected(processes), console=address())
            server = processes.start("receiver", "receiver", "--port", str(port))
            worker = processes.start("worker", "worker")
            console = system.start_console()
            until(lambda: is_up(f"http://127.0.0.1:{port}/readyz"), what="the receiver")
            go_through(system)
            until(lambda: is_done(system.told()), what="the ends of all", seconds=60)
            requests = control.get("/requests").json()["requests"]
            statuses = asked_in_each_way(system)
            told = system.told()
            assert system.deliver(booking(1), secret=WRONG) == 401  # and the receiver stops within the second
            end_all([server, worker, console])
        with EmbeddedStore(folder / "store"):
            console = system.start_console()
            after = system.told()
            end_all([console])
        secrets = [
            system.made["secret"],
            system.made["url"].rpartition("/")[2],
            WRONG,
            variables["FATURASYNC_SECRET_KEYS"],
        ]
    canaries = [API_KEY, PASSWORD, TOKEN, GUEST, "Canária", EMAIL, "canary-booking", "casa-do-largo", *secrets]
    return Seen(told=told, after=after, requests=requests, statuses=statuses, canaries=canaries)


def address() -> str:
    return f"http://127.0.0.1:{free_port()}"


def connected(processes: Processes) -> Mapping[str, str]:
    processes.run("account", "add", "casa", "--subdomain", "casa", given=API_KEY)
    listing = ("--location", "mainland", "--listing", "generic:casa-do-largo")
    processes.run("property", "add", "casa", "Casa do Largo", *listing)
    made: Mapping[str, str] = processes.run("connection", "add", "casa", "generic", "--json").json
    return made


def go_through(system: System) -> None:
    """Four bookings, one of which nobody knows; a repeat, a change, and what is not taken in."""
    system.sandbox.delete("/requests")
    for number, place in ((1, "casa-do-largo"), (2, "casa-do-largo"), (3, "casa-do-largo"), (4, "nowhere")):
        assert system.deliver(booking(number, property_ref=place)) == 200
    assert system.deliver(booking(1, property_ref="casa-do-largo")) == 200
    until(lambda: system.told()("bookings", status="drafted") == 3, what="three drafts", seconds=60)
    assert system.deliver(booking(2, property_ref="casa-do-largo", total_guest="999.00")) == 200
    for _ in range(3):
        assert system.deliver(booking(1), secret=WRONG) == 401
    assert system.deliver("{}") == 422
    assert system.deliver(b"x" * (LARGEST_BODY + 1)) == 413
    for number in range(5):
        assert httpx.post(f"{system.made['url'][:-4]}x{number}", **PLAIN).status_code == 404
        assert httpx.post(system.made["url"].replace("generic", f"vendor{number}"), **PLAIN).status_code == 404


def is_done(told: Told) -> bool:
    return told("drafts_total", act="updated") == 1 and told("deliveries_rejected_total") == 15


def asked_in_each_way(system: System) -> Mapping[str, int]:
    ways: Mapping[str, Mapping[str, str]] = {
        "from here": {},
        "through a proxy": {"X-Forwarded-For": "203.0.113.9"},
        "through a proxy, with the token": {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"},
        "through a proxy, with another": {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}x"},
        "for another host": {"Host": "console.example.pt"},
    }
    url = f"{system.console}/metrics"
    return {way: httpx.get(url, headers=headers, **PLAIN).status_code for way, headers in ways.items()}


def test_each_delivery_is_counted_by_whichever_process(seen: Seen) -> None:
    assert seen.told.counted("deliveries_total") == {"generic queued": 5, "generic repeated": 1}
    assert seen.told.counted("deliveries_rejected_total") == {
        "generic invalid": 1, "generic signature": 3, "generic too-large": 1, "generic unknown-url": 5,
        "unknown unknown-url": 5,
    }  # fmt: skip


def test_each_draft_and_its_time_is_counted(seen: Seen) -> None:
    assert seen.told.counted("drafts_total") == {"created": 3, "updated": 1}
    assert seen.told("webhook_to_draft_seconds_count") == 4
    assert 0 < seen.told("webhook_to_draft_seconds_sum") < 240
    assert seen.told.counted("bookings") == {"drafted": 3, "parked": 1}
    assert seen.told.counted("bookings_by_reason") == {"unknown-listing": 1}
    assert seen.told("oldest_booking_seconds", account="casa") == 0


def test_each_request_that_invoicexpress_got_is_counted_by_its_outcome(seen: Seen) -> None:
    assert seen.told("invoicexpress_requests_total") == sum(seen.requests.values())
    assert seen.told("invoicexpress_requests_total", outcome="created") == seen.requests["POST /invoices.json"] == 3
    assert seen.told("invoicexpress_request_seconds_sum") > 0


def test_workers_scheduler_and_sweeps_are_seen(seen: Seen) -> None:
    assert (seen.told("workers"), seen.told("scheduler_alive")) == (1, 1)
    assert seen.told("worker_last_sign_seconds") < 30
    assert seen.told("sweep_age_seconds") < 30
    assert seen.told("sweeps_total") >= 1


def test_nothing_that_was_counted_is_lost_when_all_stops(seen: Seen) -> None:
    before, after = seen.told.never_falls, seen.after.never_falls
    assert all(after[what] >= number for what, number in before.items())
    grown = {what for what, number in after.items() if number > before[what]}
    by_sweeps = {what for what in grown if what[0].startswith("faturasync_sweep")}
    assert grown - by_sweeps == {
        ("faturasync_deliveries_rejected_total", "channel_manager=generic", "reason=signature"),
    }  # fmt: skip
    assert (seen.after("workers"), seen.after("bookings", status="drafted")) == (0, 3)


def test_who_may_ask(seen: Seen) -> None:
    assert seen.statuses == {
        "from here": 200,
        "through a proxy": 401,
        "through a proxy, with the token": 200,
        "through a proxy, with another": 401,
        "for another host": 401,
    }


def test_neither_guests_nor_bookings_nor_secrets_are_told(seen: Seen) -> None:
    assert traces(seen.canaries, {"metrics": seen.told.text.encode() + seen.after.text.encode()}) == []
    assert traces(["casa-generic"], {"metrics": seen.told.text.encode()})  # the search finds what is there
