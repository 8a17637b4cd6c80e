"""A store, a sandbox and an account, and the ways to make drafts there whose speed is compared."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from rq import Queue
from rq.serializers import JSONSerializer

from mapping.delivery import Delivery, NotABooking
from mapping.settings import Settings
from tests.benchmarks import plain_job
from tests.processes import PLAIN, PROC, ROOT, Processes, end, sandbox
from tests.waiting import until
from tests.worker.room import body
from worker.accounts import Account
from worker.connections import Connection, vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.properties import Property
from worker.queue import CONVERGE, RESULT_SECONDS
from worker.services import Services, services
from worker.store import connect, started_at
from worker.vault import fresh_key
from worker.waits import JOB_SECONDS

NAME, KEY = "casa", "key-of-casa"
UNLIMITED = 100_000  # requests a minute: the account's limit is not what is measured
TICKS = 100.0  # a second, in which the kernel counts (proc(5))
WARM = 5  # jobs that are done before it is measured: the first loads what it needs
SETTLING_SECONDS = 0.2  # in which a forked job that is done comes to its end


@dataclass(frozen=True, kw_only=True)
class Took:
    """What it took to make `drafts`: seconds, and seconds of the processor that the worker and the store used."""

    drafts: int
    seconds: float
    cpu: float
    store_cpu: float

    @property
    def per_second(self) -> float:
        return self.drafts / self.seconds

    @property
    def cpu_each(self) -> float:
        """Milliseconds of the worker's processes for each draft."""
        return 1000 * self.cpu / self.drafts

    @property
    def store_each(self) -> float:
        """Milliseconds of the store for each draft."""
        return 1000 * self.store_cpu / self.drafts


@dataclass(kw_only=True)
class Drafting:
    """Where drafts are made. `bodies` are those that FaturaSync has sent for its last bookings."""

    house: Services
    connection: Connection
    processes: Processes
    desk: httpx.Client  # the sandbox's own endpoints
    url: str  # of the account
    bodies: Sequence[Mapping[str, Any]] = ()
    told: int = 0  # bookings so far
    started: int = field(default=0)  # workers so far

    def wait(self, milliseconds: int) -> None:
        """From now on have the sandbox take so long for each request, beside its own work."""
        self.desk.delete("/faults").raise_for_status()
        if milliseconds:
            slow = {"fault": "late_commit", "seconds": milliseconds / 1000, "times": 1_000_000, "method": "ANY"}
            self.desk.post("/faults", json=slow).raise_for_status()

    def ours(self, drafts: int) -> Took:
        """`faturasync worker`, for bookings that were taken in before it was started."""
        for _ in range(drafts + WARM):
            self.told += 1
            delivery = Delivery(body=body(self.told, guest_name=f"Guest Number {self.told}"))
            reading = vendor_of("generic").read(delivery)
            assert not isinstance(reading, NotABooking)
            self.house.intake.take(self.connection, delivery, reading, now=self.house.clock())
        took = self._worked(self.house.queue, drafts, self.processes.command("worker"))
        self.bodies = [
            asked["body"]
            for asked in self.desk.get("/requests", params={"recent": drafts + WARM}).json()["recent"]
            if asked["method"] == "POST"
        ]
        return took

    def rq_alone(self, jobs: int) -> Took:
        """Our worker with jobs that do nothing."""
        for number in range(jobs + WARM):
            self.house.queue.enqueue_call(
                CONVERGE, args=(f"{NAME}:generic:{number}",), timeout=JOB_SECONDS, result_ttl=RESULT_SECONDS,
                description="converge a booking", meta={"delivery": self.house.new_id()},
            )  # fmt: skip
        command = [sys.executable, "-m", "tests.benchmarks.empty_turns", "worker"]
        return self._worked(self.house.queue, jobs, command, makes_drafts=False)

    def plain(self, drafts: int, *words: str) -> Took:
        """RQ's default worker, `words` on its command line, with a job that opens a client of its own."""
        raw: Any = self.house.store
        queue = Queue(plain_job.QUEUE, connection=raw, serializer=JSONSerializer)
        for sent in self.bodies[: drafts + WARM]:
            queue.enqueue(plain_job.create_draft, self.url, KEY, sent)
        command = [str(Path(sys.executable).with_name("rq")), "worker", plain_job.QUEUE, "--quiet"]
        store = ["--url", str(self.house.environment.redis_url), "--serializer", "json"]
        return self._worked(queue, drafts, [*command, *store, *words])

    def preloaded(self, drafts: int) -> Took:
        """The same with all modules imported before RQ forks."""
        return self.plain(drafts, "--worker-class", "tests.benchmarks.plain_job.PreloadedWorker")

    def loop(self, drafts: int) -> Took:
        """Nothing but the requests."""
        self._afresh()
        command = [sys.executable, "-m", "tests.benchmarks.posting_loop", self.url, KEY]
        given = json.dumps(list(self.bodies[:drafts]))
        done = subprocess.run(command, input=given, cwd=ROOT, capture_output=True, check=True, text=True)
        self._count(drafts)
        return Took(drafts=drafts, store_cpu=0, **json.loads(done.stdout))

    def _worked(self, queue: Queue, jobs: int, command: Sequence[str], *, makes_drafts: bool = True) -> Took:
        """Have the worker that `command` starts do the jobs that stand in the queue, `WARM` of them before it is measured."""
        store: Any = self.house.store
        self._afresh()
        done = f"rq:finished:{queue.name}"
        store.delete(done)
        store.rename(queue.key, "held")
        self.started += 1
        worker = self.processes.start_other(f"worker-{self.started}", command)

        def waits() -> bool:
            return bool(store.info("clients")["blocked_clients"] == 1)

        until(waits, what="a worker that waits for jobs")
        for _ in range(WARM):
            store.lmove("held", queue.key)
        until(lambda: store.zcard(done) == WARM and waits(), what="the first jobs")
        server = int(store.info("server")["process_id"])
        begun, cpu, store_cpu = monotonic(), cpu_seconds(worker.pid), cpu_seconds(server)
        store.rename("held", queue.key)
        until(lambda: store.zcard(done) == WARM + jobs, what="all jobs", seconds=120)
        seconds = monotonic() - begun
        sleep(SETTLING_SECONDS)
        took = Took(
            drafts=jobs, seconds=seconds, cpu=cpu_seconds(worker.pid) - cpu, store_cpu=cpu_seconds(server) - store_cpu
        )
        end(worker)
        self._count(WARM + jobs if makes_drafts else 0)
        return took

    def _afresh(self) -> None:
        """Make the account's documents forgotten, and what was asked for them."""
        self.desk.post("/accounts", json={"name": NAME, "key": KEY}).raise_for_status()
        self.desk.delete("/requests").raise_for_status()

    def _count(self, drafts: int) -> None:
        """AssertionError unless so many drafts were made, with one request for each."""
        asked = self.desk.get("/requests").json()
        assert asked["requests"].get("POST /invoices.json", 0) == asked["statuses"].get("201", 0) == drafts, asked


@contextmanager
def drafting() -> Iterator[Drafting]:
    """See `Drafting`, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="faturasync-") as folder, EmbeddedStore(Path(folder, "store")) as server:
        variables = {"REDIS_URL": server.url, "FATURASYNC_SECRET_KEYS": fresh_key()}
        with (
            Processes(Path(folder, "processes"), **variables) as processes,
            sandbox(processes, (NAME, KEY)) as url,
            closing(connect(server.url)) as store,
            httpx.Client(base_url=f"{url}/_sandbox", **PLAIN) as desk,
        ):
            processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
            desk.post("/switches", json={"switches": {"rate_limit": 1_000_000}}).raise_for_status()
            house = services(read_environment(processes.environment, terminal=False), store)
            house.accounts.add(Account(name=NAME, subdomain=NAME, settings=Settings(limit=UNLIMITED)), KEY)
            place = Settings.model_validate({"location": "mainland"})
            house.properties.add(
                Property(account=NAME, name="Casa do Largo", settings=place, listings=("generic:casa-1",))
            )
            connection = house.connections.add(NAME, "generic", [], now=house.clock()).connection
            until(  # what comes in the store's first second may be thought to have been lost, and is looked for
                lambda: house.clock() - started_at(store, now=house.clock()) > timedelta(seconds=1),
                what="a store of age",
            )
            yield Drafting(house=house, connection=connection, processes=processes, desk=desk, url=f"{url}/{NAME}")


def cpu_seconds(pid: int) -> float:
    """What the process and all that it has started have used of the processor."""
    used = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:15]
    children = (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    return sum(map(int, used)) / TICKS + sum(cpu_seconds(int(child)) for child in children)
