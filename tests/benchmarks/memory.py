"""Memory: what each process of `faturasync up` has in use as deliveries come, while somebody looks at the console.

Most deliveries repeat what their booking said last, some change it, a few tell a new booking (`deliveries_in_bulk.Mix`).
Use is the proportional set size (PSS): what processes share is divided among them.
"""

import re
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from mapping.settings import Settings
from tests.benchmarks.console_pages import PASSWORD, TOKEN
from tests.benchmarks.deliveries_in_bulk import Mix, Sender
from tests.benchmarks.household import WHO
from tests.benchmarks.report import Row
from tests.processes import PLAIN, PROC, Processes, free_port
from tests.waiting import until
from worker.accounts import Account
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.properties import Property
from worker.services import services
from worker.store import connect
from worker.vault import fresh_key

DELIVERIES = 1_000_000
WARM_SECONDS = 30  # of the short form, until when each kind of work has been done once
SHORT_SECONDS = 60  # for which the short form sends
FIRST = 10  # the first part of so many, after which memory is to be flat
GOAL_RATIO, GOAL_MEGABYTES = 1.05, 5
LIMIT = 100_000  # requests a minute, so that the account's limit keeps nobody waiting
KINDS = {
    "receiver": "worker.cli receiver",
    "worker": "worker.cli worker",
    "console": "worker.cli console",
    "supervisor": "worker.cli up",
}
"""What a kind's processes are started with."""
PAGES = ("/", "/bookings", "/bookings?status=drafted", "/bookings?q=guest", "/queues", "/settings", "/settings/audit")
PAUSE_SECONDS = 0.2  # between two pages
MOST_ALLOWED = 1_000_000  # the same as the sandbox allows it
ACCOUNT = "casa"

Use = Mapping[str, float]
"""Megabytes by kind of process."""


def measure(*, is_long: bool) -> Iterator[Row]:
    """A row for each kind of process."""
    with tempfile.TemporaryDirectory(prefix="faturasync-") as folder, system(Path(folder)) as ours:
        sender = Sender(ours.hook, ours.secret, most=DELIVERIES if is_long else 10**9)
        begun = time.monotonic()
        sender.start()
        with somebody_at(ours.console):
            _wait(sender, until_sent=DELIVERIES // FIRST if is_long else None, seconds=WARM_SECONDS)
            first, first_sent = ours.use(), sender.sent
            _wait(sender, until_sent=DELIVERIES if is_long else None, seconds=SHORT_SECONDS - WARM_SECONDS)
            last = ours.use()
            sender.stop()
        seconds = time.monotonic() - begun
    yield _row_of_deliveries(sender, seconds)
    for kind, before in first.items():
        yield _row(kind, before, last[kind], first_sent)


def _wait(sender: Sender, *, until_sent: int | None, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (sender.sent < until_sent and not sender.is_done) if until_sent else (time.monotonic() < deadline):
        time.sleep(0.1)


def _row_of_deliveries(sender: Sender, seconds: float) -> Row:
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in sender.outcomes.most_common())
    mix = Mix()
    what = f"deliveries sent, {mix.new} of 1,000 of a new booking and {mix.updates} of a changed one"
    return Row(what=what, ours=f"{sender.sent:,} ({told})", other=f"{sender.sent / seconds:,.0f} a second")


def _row(kind: str, before: float, after: float, sent: int) -> Row:
    return Row(
        what=f"{kind}: at the end",
        ours=f"{after:.1f} MB",
        other=f"{before:.1f} MB after {sent:,} deliveries",
        ratio=f"{after / before:.3f}",
        goal=f"{GOAL_RATIO} times, or {GOAL_MEGABYTES} MB more",
        is_met=after <= max(before * GOAL_RATIO, before + GOAL_MEGABYTES),
    )


@dataclass(frozen=True, kw_only=True)
class System:
    """All of it, as `faturasync up --sandbox` runs it."""

    processes: Processes
    hook: str
    secret: str
    console: str

    def use(self) -> Use:
        """What is in use now."""
        found = self.processes.command_lines()
        return {
            kind: sum(_megabytes(pid) for pid, words in found.items() if begun in words)
            for kind, begun in KINDS.items()
        }


def _megabytes(pid: int) -> float:
    found = re.search(r"^Pss: +(\d+) kB", (PROC / str(pid) / "smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0


@contextmanager
def system(folder: Path) -> Iterator[System]:
    """Everything runs, and one account is set up."""
    port, console, sandbox = free_port(), free_port(), free_port()
    variables = {
        "FATURASYNC_SECRET_KEYS": fresh_key(),
        "CONSOLE_PASSWORD": PASSWORD,
        "SANDBOX_ACCOUNTS": f"{ACCOUNT}:key",
    }
    with Processes(folder / "up", **variables) as processes:
        words = ["--port", str(port), "--console-port", str(console), "--sandbox-port", str(sandbox)]
        processes.start("up", "up", "--sandbox", *words)
        until(lambda: "Ready." in processes.log("up"), what="everything")
        httpx.post(
            f"http://127.0.0.1:{sandbox}/_sandbox/switches", json={"switches": {"rate_limit": MOST_ALLOWED}}, **PLAIN
        )
        variables = processes.environment | {"REDIS_URL": EmbeddedStore(processes.data).url}
        with closing(connect(variables["REDIS_URL"])) as store:
            house = services(read_environment(variables, terminal=False), store)
            own = Settings.model_validate({"limit": LIMIT})
            house.accounts.add(Account(name=ACCOUNT, subdomain=ACCOUNT, settings=own), "key")
            where = Settings.model_validate({"location": "mainland"})
            house.properties.add(
                Property(account=ACCOUNT, name="Casa do Largo", settings=where, listings=("generic:casa-1",))
            )
            made = house.connections.add(ACCOUNT, "generic", [], now=house.clock())
        yield System(
            processes=processes,
            hook=f"http://127.0.0.1:{port}/webhooks/generic/{made.token}",
            secret=made.secret or "",
            console=f"http://127.0.0.1:{console}",
        )


@contextmanager
def somebody_at(console: str) -> Iterator[None]:
    """Somebody looks at one page after the other."""
    done = threading.Event()

    def look() -> None:
        with httpx.Client(base_url=console, **PLAIN, timeout=60) as client:
            token = TOKEN.search(client.get("/login").text)
            assert token
            client.post("/login", data={"csrf_token": token[1], "name": WHO, "password": PASSWORD})
            while not done.is_set():
                for page in PAGES:
                    assert client.get(page).status_code == httpx.codes.OK, page
                    done.wait(PAUSE_SECONDS)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
