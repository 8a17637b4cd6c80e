"""Everything that runs for real: the embedded store, a sandbox, the receiver and two workers, with accounts of one property."""

import json
import logging
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from mapping.delivery import Delivery, NotABooking
from mapping.settings import Settings
from tests.processes import PLAIN, Processes, end_all, free_port, is_up, sandbox
from tests.waiting import until
from tests.worker.room import body
from worker.accounts import Account
from worker.connections import Issued, vendor_of
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.indexing import Indexing
from worker.properties import Property
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

LISTING = "casa-1"  # of tests.worker.room.body
WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class WholeSystem:
    """What runs. `house` is the benchmark's own look into the store, `desk` the sandbox's own endpoints."""

    processes: Processes
    store: EmbeddedStore
    house: Services
    desk: httpx.Client
    invoicexpress: str  # the sandbox's address
    port: int  # of the receiver
    issued: Mapping[str, Issued]  # each account's connection of the generic channel manager

    def start_workers(self) -> None:
        """Start them, and wait until both take jobs."""
        self.processes.start("workers", "worker", "--processes", str(WORKERS))
        until(lambda: self.processes.log("workers").count("worker-started") == WORKERS, what="the workers")

    def signed(self, account: str, content: bytes) -> Delivery:
        """A delivery of the account's generic channel manager, as it comes over the wire."""
        secret = self.issued[account].secret or ""
        return vendor_of("generic").scheme.sign(content, secret, delivery_id=uuid.uuid4().hex, now=datetime.now(UTC))

    def take(self, account: str, number: int) -> None:
        """A new booking, straight into the ledger as the receiver does it."""
        delivery = Delivery(body=booking(number))
        reading = vendor_of("generic").read(delivery)
        assert not isinstance(reading, NotABooking)
        self.house.intake.take(self.issued[account].connection, delivery, reading, now=self.house.clock())

    def statuses(self) -> Counter[BookingStatus]:
        """How many bookings are in each."""
        counted = self.house.index.counts()["status"]
        return Counter({BookingStatus(status): count for status, count in counted.items()})

    def rest(self, *, seconds: float) -> None:
        """Wait until no booking is on its way any more."""
        until(
            lambda: not any(self.house.ledger.keys_of(BookingStatus.QUEUED, BookingStatus.WAITING)),
            what="rest", seconds=seconds,
        )  # fmt: skip

    def asked(self, account: str | None = None) -> Counter[str]:
        """What the sandbox was asked, by method and path."""
        return Counter(self.desk.get("/requests", params={"account": account} if account else {}).json()["requests"])

    def switch(self, **switches: Any) -> None:
        """Set some of the sandbox's switches for all accounts."""
        assert self.desk.post("/switches", json={"switches": switches}).is_success


@contextmanager
def whole_system(accounts: Sequence[str], settings: Settings | None = None) -> Iterator[WholeSystem]:
    """Store, sandbox and receiver run, the workers not yet. A limit in the accounts' `settings` is the sandbox's too."""
    settings = settings or Settings()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    port = free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faturasync-")))
        store = stack.enter_context(EmbeddedStore(folder / "store"))
        processes = stack.enter_context(
            Processes(folder / "processes", REDIS_URL=store.url, FATURASYNC_SECRET_KEYS=fresh_key())
        )
        url = stack.enter_context(sandbox(processes, *((name, key_of(name)) for name in accounts)))
        stack.callback(lambda: end_all(processes.started[1:]))  # before the sandbox, which comes first
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        client = stack.enter_context(closing(connect(store.url)))
        house = services(read_environment(processes.environment, terminal=False), client)
        Indexing(house).go_on()  # an empty store's index is whole, and so stays
        processes.start("receiver", "receiver", "--port", str(port))
        system = WholeSystem(
            processes=processes,
            store=store,
            house=house,
            desk=stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN, timeout=30)),
            invoicexpress=url,
            port=port,
            issued={name: set_up(house, name, settings) for name in accounts},
        )
        if settings.limit:
            system.switch(rate_limit=settings.limit)
        until(lambda: is_up(f"http://127.0.0.1:{port}/readyz"), what="the receiver")
        yield system


def set_up(house: Services, name: str, settings: Settings) -> Issued:
    """An account with one property and one connection."""
    house.accounts.add(Account(name=name, subdomain=name, settings=settings), key_of(name))
    place = Settings.model_validate({"location": "mainland"})
    house.properties.add(Property(account=name, name="Casa do Largo", settings=place, listings=(f"generic:{LISTING}",)))
    return house.connections.add(name, "generic", [], now=house.clock())


def key_of(account: str) -> str:
    """The account's key at the sandbox."""
    return f"key-of-{account}"


def booking(number: int) -> bytes:
    """A generic delivery of a booking, of a guest with a name of its own."""
    return body(number, guest_name=f"Hóspede {number}")


def data_of(number: int) -> Any:
    """The same booking without what is around it."""
    return json.loads(booking(number))["data"]
