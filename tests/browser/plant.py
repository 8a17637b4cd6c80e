"""Everything that runs behind the browser: `faturasync up --sandbox`, and what a test does to it from outside."""

import json
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from mapping.channel_managers import channel_managers
from mapping.iva import Location
from mapping.settings import Settings
from tests.processes import PLAIN, Processes, free_port
from tests.samples import load_cases
from tests.waiting import until
from worker import connecting, letting, webhook_urls
from worker.accounts import Account
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.properties import Property
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

PASSWORD = "open sesame"
API_KEY = "0123456789abcdef0123456789abcdef01234567"
ACCOUNTS = ("casa", "ria", "quinta", "monte", "lago", "vale", "largo", "moinho", "praia", "serra", "ilha", "foz")
"""The sandbox's, all with the same key: one for each test that needs one."""

WHO = "the tests"
GENERIC = next(case.bodies[0] for case in load_cases() if case.id == "generic/created-direct")


class Plant:
    """As a context it runs until its end. `house` is the test's own look into the store."""

    def __init__(self, folder: Path, accounts: Sequence[str] = ACCOUNTS, **variables: str) -> None:
        """`accounts` are the sandbox's, all with the same key; `variables` go over those of the environment."""
        self._receiver, console, self._sandbox = free_port(), free_port(), free_port()
        self.receiver = f"http://127.0.0.1:{self._receiver}"
        self.console = f"http://127.0.0.1:{console}"
        usual = {
            "CONSOLE_PASSWORD": PASSWORD,
            "FATURASYNC_SECRET_KEYS": fresh_key(),
            "FATURASYNC_PUBLIC_URL": self.receiver,
            "INVOICEXPRESS_URL": f"http://127.0.0.1:{self._sandbox}/{{account}}",
            "SANDBOX_ACCOUNTS": ",".join(f"{name}:{API_KEY}" for name in accounts),
        }
        self.processes = Processes(folder, **usual | variables)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.processes)
        ports = ("--port", str(self._receiver), "--console-port", self.console.rpartition(":")[2])
        self.processes.start("up", "up", "--sandbox", *ports, "--sandbox-port", str(self._sandbox), "--processes", "1")
        until(lambda: "Ready." in self.processes.log("up"), what="the greeting")
        self.http = self._stack.enter_context(httpx.Client(**PLAIN, timeout=30))
        url = EmbeddedStore(self.processes.data).url
        environment = read_environment(self.processes.environment | {"REDIS_URL": url}, terminal=False)
        self.house: Services = services(environment, self._stack.enter_context(closing(connect(url))))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def sandbox(self, path: str, **body: Any) -> Any:
        """Ask the sandbox for `/_sandbox/PATH`, with a body to change something."""
        url = self.sandbox_url(path)
        answer = self.http.post(url, json=body) if body else self.http.get(url)
        return answer.raise_for_status().json()

    def sandbox_url(self, path: str) -> str:
        """Where that is."""
        return f"http://127.0.0.1:{self._sandbox}/_sandbox/{path}"

    def document(self, key: str) -> Any:
        """The booking's invoice as the sandbox has it: by its id, as lists lag behind."""
        record = self.house.ledger.known(key)
        assert record.trail.document
        url = self.sandbox_url("").replace("_sandbox/", f"{record.account}/invoices/{record.trail.document.id}.json")
        return self.http.get(url, params={"api_key": API_KEY}).raise_for_status().json()["invoice"]

    def await_status(self, status: str, *keys: str) -> None:
        """Wait until the bookings have come to it."""
        many = self.house.ledger.many
        until(lambda: [record.status for record in many(keys)] == [status] * len(keys), what=f"{keys} to be {status}")

    def set_up(self, name: str, *listings: str) -> Mapping[str, str]:
        """An account with a property and a connection of `generic`, as pages and commands make them; its URL and secret."""
        connecting.connect(self.house, Account(name=name, subdomain=name, settings=Settings()), API_KEY, who=WHO)
        settings = Settings(location=Location.MAINLAND)
        place = Property(account=name, name="Casa do Largo", settings=settings, listings=listings)
        letting.let(self.house, place, who=WHO)
        return self.connect(name, "generic")

    def connect(self, account: str, channel_manager: str) -> Mapping[str, str]:
        """A connection of the account; its URL and secret."""
        made = webhook_urls.connect(self.house, account, channel_manager, [], credentials=None, who=WHO)
        return {"url": webhook_urls.webhook_url(self.house, made) or "", "secret": made.secret or ""}

    def deliver(self, url: str, secret: str, **data: object) -> str:
        """A booking as `generic` sends it, to a webhook URL; the receiver's word for what became of it."""
        body = json.loads(GENERIC)
        body["data"] |= {"source_id": uuid.uuid4().hex[:12], **data}
        return self.post(url, "generic", secret, json.dumps(body).encode())

    def post(self, url: str, channel_manager: str, secret: str, body: bytes) -> str:
        """A body as its channel manager would send it."""
        scheme = channel_managers()[channel_manager].scheme
        signed = scheme.sign(body, secret, delivery_id=uuid.uuid4().hex, now=datetime.now(UTC))
        answer = self.http.post(url, content=signed.body, headers=dict(signed.headers))
        told = answer.json()
        return str(told.get("outcome") or told["status"])
