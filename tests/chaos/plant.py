"""All the processes of one round, for real, and started again when they die: store, sandbox, receiver, two workers."""

import os
import signal
import subprocess
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from redis import RedisError
from rq import SimpleWorker

from mapping.settings import Settings
from tests.chaos.plan import ACCOUNTS, Kill
from tests.processes import PLAIN, Processes, end_all, free_port, is_alive, is_up, sandbox
from tests.waiting import until
from worker.accounts import Account
from worker.connections import vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.properties import Property
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

STORES = frozenset({Kill.STORE, Kill.FORGETFUL})
LOST_SECONDS = 1.0
LISTING = "casa-1"  # of tests.worker.room.body


@dataclass
class Kept:
    """A process that is started again when it died, but not before the moment `away_until`."""

    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes]
    away_until: float = 0.0

    @property
    def is_up(self) -> bool:
        return self.process.poll() is None

    def start_again_if_dead(self) -> bool:
        """Whether it was time to."""
        if self.is_up or time.monotonic() < self.away_until:
            return False
        self.process = self.start()
        return True


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the deliveries of an account go, and the secret that proves them."""

    url: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Plant:
    """What runs. `house` is the round's own look into the store, `desk` the sandbox's own endpoints."""

    processes: Processes
    store: EmbeddedStore
    house: Services
    desk: httpx.Client
    addresses: Mapping[str, Address]
    receiver: Kept
    workers: list[Kept]
    store_away_until: list[float] = field(default_factory=lambda: [0.0])
    killed: Counter[Kill] = field(default_factory=Counter)
    started_again: Counter[str] = field(default_factory=Counter)
    frozen: list[tuple[int, float]] = field(default_factory=list)  # process, when it goes on
    written: deque[tuple[float, Path, int]] = field(
        default_factory=partial(deque, maxlen=400)
    )  # when, file, its length
    forgotten: list[int] = field(default_factory=list)  # bytes of the append-only file
    lost_since: list[float] = field(default_factory=list)  # what was acknowledged since these moments may be lost

    def tend(self) -> None:
        """Start again what is dead, and let go on what was frozen for long enough. To be called all the time."""
        now = time.monotonic()
        if not self.has_store() and now >= self.store_away_until[0]:
            self.store.restart_if_dead()
        for file in (self.store.folder / "appendonlydir").glob("*.incr.aof"):
            self.written.append((now, file, file.stat().st_size))
        for name, kept in (("receiver", self.receiver), *(("worker", each) for each in self.workers)):
            self.started_again[name] += kept.start_again_if_dead()
        for frozen in [each for each in self.frozen if now >= each[1]]:
            self.frozen.remove(frozen)
            with suppress(ProcessLookupError):
                os.kill(frozen[0], signal.SIGCONT)

    def strike(self, what: Kill, *, seconds: float, patient: bool = False) -> bool:
        """Kill or freeze it; `tend` brings it back after `seconds`.

        False where it is not up just now, or, as long as one is `patient`, is a worker that has nothing to do.
        """
        pid = self._victim(what, busy=patient)
        if pid is None:
            return False
        back = time.monotonic() + seconds
        if what in STORES:
            self.store_away_until[0] = back
        elif what is Kill.FROZEN:
            self.frozen.append((pid, back))
        for kept in (self.receiver, *self.workers):
            if kept.process.pid == pid:
                kept.away_until = back
        family = [pid, *(children(pid) if what is Kill.RECEIVER else [])]
        for each in family:
            os.kill(each, signal.SIGSTOP if what is Kill.FROZEN else signal.SIGKILL)
        if what is not Kill.FROZEN:
            until(lambda: not any(is_alive(each) for each in family), what=f"the end of the {what}")
        if what is Kill.FORGETFUL:
            self._forget_the_last_second()
        self.killed[what] += 1
        return True

    def _forget_the_last_second(self) -> None:
        """Cut the append-only file off where it ended a second ago, as a machine does that loses its power (everysec)."""
        now = time.monotonic()
        earlier = [each for each in self.written if each[0] < now - LOST_SECONDS]
        if earlier:
            since, file, length = earlier[-1]
            self.forgotten.append(file.stat().st_size - length)
            os.truncate(file, length)
            self.lost_since.append(since)

    def _victim(self, what: Kill, *, busy: bool) -> int | None:
        if what in STORES:
            return self.store.process.pid if self.has_store() else None
        if what is Kill.RECEIVER:
            return self.receiver.process.pid if self.receiver.is_up else None
        if what is Kill.SCHEDULER:
            return next((pid for each in self.workers for pid in children(each.process.pid)), None)
        frozen = {pid for pid, _ in self.frozen}
        fit = [each for each in self.workers if each.is_up and each.process.pid not in frozen]
        if busy:
            at_work = self._at_work()
            fit = [each for each in fit if each.process.pid in at_work]
        if not fit:
            return None
        self.workers.sort(key=lambda each: each is fit[0])  # the other one is next
        return fit[0].process.pid

    def _at_work(self) -> set[int]:
        """The processes that are in the middle of a job."""
        with suppress(RedisError):
            workers = SimpleWorker.all(queue=self.house.queue)
            return {each.pid for each in workers if each.pid and each.get_state() == "busy"}
        return set()

    def has_store(self) -> bool:
        """Whether the store is up."""
        return self.store.process.poll() is None

    def is_whole(self) -> bool:
        """Whether everything is up again."""
        return (
            not self.frozen
            and self.has_store()
            and all(each.is_up for each in (self.receiver, *self.workers))
            and is_up(next(iter(self.addresses.values())).url)
        )

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """One of the sandbox's own endpoints."""
        answer = self.desk.request(method, path, **how)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json()

    def documents(self, account: str) -> list[dict[str, Any]]:
        """Every document that the account ever had."""
        found: list[dict[str, Any]] = self.ask("GET", "/documents", params={"account": account})["documents"]
        return found

    def headers(self, account: str, body: bytes) -> dict[str, str]:
        """What proves a delivery."""
        scheme = vendor_of("generic").scheme
        return dict(
            scheme.sign(
                body, self.addresses[account].secret, delivery_id=os.urandom(8).hex(), now=datetime.now(UTC)
            ).headers
        )

    def end(self) -> None:
        """Stop receiver and workers warmly; each must end well."""
        end_all([self.receiver.process, *(each.process for each in self.workers)])


def children(pid: int) -> list[int]:
    """The living processes that this process has started."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[Plant]:
    """Everything, in `folder`, with an account of each name of the plan's; all is stopped at the end."""
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore(folder / "store"))
        named = {"REDIS_URL": store.url, "FATURASYNC_SECRET_KEYS": fresh_key(), "FATURASYNC_PUBLIC_URL": public}
        processes = stack.enter_context(Processes(folder, **named, **variables))
        url = stack.enter_context(sandbox(processes, *((name, f"key-of-{name}") for name in ACCOUNTS)))
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        client = stack.enter_context(closing(connect(store.url)))
        house = services(read_environment(processes.environment, terminal=False), client)

        def kept(name: str, *words: str) -> Kept:
            def start() -> subprocess.Popen[bytes]:
                return processes.start(name, *words)

            return Kept(start=start, process=start())

        plant = Plant(
            processes=processes,
            store=store,
            house=house,
            desk=stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN, timeout=30)),
            addresses={name: set_up(house, name, public) for name in ACCOUNTS},
            receiver=kept("receiver", "receiver", "--port", str(port), "--processes", "2"),
            workers=[kept(f"worker-{number}", "worker") for number in (1, 2)],
        )
        until(lambda: is_up(f"{public}/readyz"), what="the receiver")
        for number in (1, 2):
            until(lambda name=f"worker-{number}": "worker-started" in processes.log(name), what="a worker")  # type: ignore[misc]  # a lambda's default
        yield plant
        for pid, _ in plant.frozen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def set_up(house: Services, name: str, public: str) -> Address:
    """An account with one property and one connection."""
    house.accounts.add(Account(name=name, subdomain=name, settings=Settings()), f"key-of-{name}")
    mainland = Settings.model_validate({"location": "mainland"})
    house.properties.add(
        Property(account=name, name="Casa do Largo", settings=mainland, listings=(f"generic:{LISTING}",))
    )
    issued = house.connections.add(name, "generic", [], now=house.clock())
    return Address(url=f"{public}/webhooks/generic/{issued.token}", secret=issued.secret or "")
