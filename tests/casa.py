"""One host as a test runs it with real processes: an InvoiceXpress of its own, and deliveries from `generic`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

from mapping.settings import Settings
from tests.processes import PLAIN, Processes, free_port, sandbox
from tests.waiting import until
from tests.worker.room import body
from worker.accounts import Account
from worker.environment import read_environment
from worker.properties import Property
from worker.services import Services, services
from worker.store import Store

KEY = "key-of-casa"


class Casa:
    """The account `casa` with one property and one connection; its receiver is to listen at `port`."""

    def __init__(self, processes: Processes, desk: httpx.Client) -> None:
        """`desk` are the sandbox's own endpoints."""
        self.processes, self.desk, self.port = processes, desk, free_port()
        processes.environment["INVOICEXPRESS_URL"] = f"{desk.base_url.copy_with(path='')}/{{account}}"
        self.url = self.secret = ""

    def set_up(self, store: Store) -> Services:
        """Make them, and what the test looks into the store with."""
        house = services(read_environment(self.processes.environment, terminal=False), store)
        settings = Settings.model_validate({"location": "mainland"})
        house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), KEY)
        house.properties.add(
            Property(account="casa", name="Casa do Largo", settings=settings, listings=("generic:casa-1",))
        )
        made = house.connections.add("casa", "generic", [], now=house.clock())
        self.url = f"http://127.0.0.1:{self.port}/webhooks/generic/{made.token}"
        self.secret = made.secret or ""
        return house

    def deliver(self, number: int, **data: object) -> str:
        """A booking is told, again until the receiver takes it; the outcome."""
        content = body(number, **{"guest_name": f"Guest {number}", **data})
        return until(lambda: self._outcome(content), what="an acknowledgement")

    def _outcome(self, content: bytes) -> str:
        try:
            answer = httpx.post(self.url, content=content, headers={"Authorization": f"Bearer {self.secret}"}, **PLAIN)
        except httpx.TransportError:
            return ""
        return str(answer.json()["outcome"]) if answer.is_success else ""

    def documents(self) -> dict[str, dict[str, Any]]:
        """The drafts by reference; AssertionError if two have the same."""
        rows = self.desk.get("/documents", params={"account": "casa"}).json()["documents"]
        found = [row for row in rows if row["status"] != "deleted"]
        named = {row["reference"]: row for row in found}
        assert len(named) == len(found), sorted(row["reference"] for row in found)
        return named


@contextmanager
def casa(processes: Processes) -> Iterator[Casa]:
    """See `Casa`; nothing is set up yet."""
    with ExitStack() as stack:
        url = stack.enter_context(sandbox(processes, ("casa", KEY)))
        yield Casa(processes, stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN)))
