"""Keys, secrets and guests: nowhere in logs, in Redis's files, in what commands print, or in command lines.

One run that logs as much as it can (faults, refusals, a lost store, errors of our own), then a search for canaries in
every form that a library might write them in.
"""

import base64
import json
import re
import socket
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from redis import Redis

from mapping.channel_managers import channel_managers
from mapping.signatures import StandardWebhooks
from tests.processes import PLAIN, Processes, end_all, free_port, kill, sandbox
from tests.samples import DELIVERIES, load_cases, secret_for
from tests.waiting import until
from worker.certificates import Certificates
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

API_KEY = "canary/api+key&x=y%z#é~1"
WRONG_KEY = "canary/wrong+key&é"
SECRETS = {name: secret_for(name) for name in channel_managers() if secret_for(name)} | {
    "lodgify": "canary+lodgify/secret=",
    "hostaway": "canary-login:canary&pass+word/é",
}
PASSWORD = "canary-console-password"
ALARM_PASSWORD = "canary-alarm+password~é"
PLANTED = "canary-in-the-settings"
GUEST = "Ágata Canária-d'Águeda"
EMAIL = "agata.canaria@example.com"
pytestmark = pytest.mark.timeout(240)  # the first of them makes all the noise, 40 s of it on a quiet machine

BODIES = {case.id: case.bodies[0].decode() for case in load_cases()}
NAMES = {case.result["draft"]["client_name"] for case in load_cases() if case.result and case.result["draft"]}


@dataclass(kw_only=True)
class Run:
    """What was done, and where it left traces."""

    processes: Processes
    sandbox: httpx.Client
    keys: str
    house: Services
    connections: dict[str, Mapping[str, str]] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)
    command_lines: set[str] = field(default_factory=set)

    def say(self, *words: str, code: int = 0, **options: Any) -> Any:
        """A command whose text is searched."""
        said = self.processes.run(*words, code=code, **options)
        self.printed += [said.out, said.err]
        return said

    def deliver(self, name: str, body: str | bytes, *, secret: str | None = None) -> int:
        content = body.encode() if isinstance(body, str) else body
        made = self.connections[name]
        given = secret or made["secret"] or SECRETS.get(name, "")
        scheme = channel_managers()[name].scheme
        signed = scheme.sign(content, given, delivery_id=uuid.uuid4().hex, now=datetime.now(UTC))
        if certificate_at := signed.certificate and scheme.certificate_at(signed):
            Certificates(self.house.store).keep(certificate_at, signed.certificate or b"")
        try:
            return httpx.post(
                made["url"], content=signed.body, headers=dict(signed.headers), **PLAIN, timeout=30
            ).status_code
        except httpx.TransportError:
            return 0

    def deliver_until(self, status: int, *given: str) -> None:
        until(lambda: self.deliver(*given) == status, what=f"{status} for {given[0]}")

    def wait_for(self, number: int, outcome: str) -> None:
        """Wait until booking R-`number` has this status or reason."""

        def is_so() -> bool:
            record = self.house.ledger.get(f"casa:generic:R-{number}")
            return record is not None and outcome in {record.status, record.reason}

        until(
            is_so, what=f"R-{number} {outcome}", seconds=60
        )  # just after a restart InvoiceXpress's list is waited for

    def look_at_command_lines(self) -> None:
        self.command_lines |= set(self.processes.command_lines().values())

    @property
    def canaries(self) -> Sequence[str]:
        """All that must be nowhere."""
        made = [each["url"].rpartition("/")[2] for each in self.connections.values()]
        made += [each["secret"] for each in self.connections.values() if each["secret"]]
        login = [word for secret in SECRETS.values() for word in secret.split(":") if len(word) > 12]
        return [API_KEY, WRONG_KEY, PASSWORD, ALARM_PASSWORD, self.keys, *SECRETS.values(), *login, *made]

    def logs(self) -> dict[str, bytes]:
        files = [*self.processes.logs.iterdir(), self.processes.data / "store.log"]
        return {path.name: path.read_bytes() for path in files}

    def kept(self) -> dict[str, bytes]:
        """Redis's files."""
        return {path.name: path.read_bytes() for path in (self.processes.data / "appendonlydir").iterdir()}


def booking(number: int, **data: object) -> str:
    """A generic booking of the canary's."""
    body = json.loads(BODIES["generic/created-direct"])
    body["data"] |= {"source_id": f"R-{number}", "guest_name": GUEST, "guest_email": EMAIL, **data}
    return json.dumps(body, ensure_ascii=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    port, keys = free_port(), fresh_key()
    variables = {
        "FATURASYNC_SECRET_KEYS": keys,
        "CONSOLE_PASSWORD": PASSWORD,
        "ALARM_URLS": f"json://alarms:{quote(ALARM_PASSWORD)}@127.0.0.1:{free_port()}/hook",  # where nobody listens
        "ALARM_LOOK_SECONDS": "0.5",
        "FATURASYNC_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with (
        Processes(tmp_path_factory.mktemp("secrets"), **variables) as processes,
        sandbox(processes, ("casa", API_KEY)) as url,
        httpx.Client(base_url=f"{url}/_sandbox", **PLAIN) as control,
    ):
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        processes.start("up", "up", "--port", str(port), "--console-port", str(free_port()))
        until(lambda: "Ready." in processes.log("up"), what="the greeting")
        processes.start("worker", "worker", LOG_FORMAT="console")
        environment = replace(
            read_environment(processes.environment, terminal=False), redis_url=EmbeddedStore(processes.data).url
        )
        with closing(connect(environment.redis_url or "")) as store:
            found = Run(processes=processes, sandbox=control, keys=keys, house=services(environment, store))
            set_up(found)
            make_noise(found)
        found.look_at_command_lines()
        end_all(processes.started)
        yield found


def set_up(run: Run) -> None:
    add = ("account", "add", "casa", "--subdomain", "casa")
    run.say(*add, given=WRONG_KEY, code=1)
    run.say(*add, given=API_KEY)
    run.say(
        "property", "add", "casa", "Casa do Largo", "--location", "mainland", "--listing", "generic:casa-do-largo",
        "--listing", "smoobu:2210045", "--listing", "lodgify:410022", "--listing", "hostaway:218001",
    )  # fmt: skip
    with ThreadPoolExecutor(2) as pool:  # what these print is meant to be seen this once
        run.connections.update(pool.map(lambda name: (name, connect_to(run, name)), channel_managers()))


def connect_to(run: Run, name: str) -> Mapping[str, str]:
    secret = ["--secret-file", "-"] if name in SECRETS else []
    words = ("connection", "add", "casa", name, *secret, "--json")
    made: Mapping[str, str] = run.processes.run(*words, given=SECRETS.get(name, "")).json
    return made


def make_noise(run: Run) -> None:
    for name in channel_managers():
        run.deliver_until(200, name, BODIES[f"{name}/created-direct"])
        run.deliver(name, BODIES[f"{name}/unreadable"])
        run.deliver(name, BODIES[f"{name}/created-airbnb"][:-9])
        run.deliver(name, " " * 1024 * 1024 + booking(0))
        if run.connections[name]["secret"] or name in SECRETS:
            is_standard = isinstance(channel_managers()[name].scheme, StandardWebhooks)
            other = "whsec_" + base64.b64encode(b"canary" * 5).decode() if is_standard else "canary:other-secret"
            assert run.deliver(name, BODIES[f"{name}/created-direct"], secret=other) == 401
        httpx.put(run.connections[name]["url"], **PLAIN)
        shout(run.connections[name]["url"])
    run.look_at_command_lines()
    # The store goes away, and comes back.
    (server,) = run.processes.pids("valkey-server")
    kill(server)
    for _ in range(5):
        run.deliver("generic", booking(0))
    run.deliver_until(200, "generic", booking(10))
    run.wait_for(10, "drafted")
    run.say("account", "check", "casa")
    commands = (
        ("account", "list", "--json"), ("connection", "list"), ("bookings", "--json"), ("show", "casa:generic:R-10"),
        ("preview", str(DELIVERIES / "generic" / "created-direct" / "body.json"), "--connection", "casa-generic"),
        ("deliver", str(DELIVERIES / "lodgify" / "created-direct" / "body.json"), "--connection", "casa-lodgify"),
        ("retry", "--all"),
    )  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda words: run.say(*words), commands))
    # Errors of our own: what is in the store is not what we wrote.
    with Redis(unix_socket_path=str(run.processes.data / "store.sock")) as redis:
        key = "fs:account:casa"
        settings = redis.hget(key, "settings")
        redis.hset(key, "settings", json.dumps({"location": PLANTED}))
        run.deliver_until(200, "generic", booking(20))
        run.wait_for(20, "unexpected-error")
        run.say("account", "list", code=1)
        redis.hset(key, "settings", settings or b"")
        made = redis.hget("fs:connection:casa-lodgify", "created_at")
        redis.hset("fs:connection:casa-lodgify", "created_at", "never")
        # What proves nothing makes the receiver read the connection anew.
        assert run.deliver("lodgify", BODIES["lodgify/created-airbnb"], secret="another-secret") == 500
        redis.hset("fs:connection:casa-lodgify", "created_at", made or b"")
    # The key is refused.
    run.sandbox.post("/accounts", json={"name": "casa", "key": "another"})
    run.deliver_until(200, "generic", booking(30))
    run.wait_for(30, "api-key-refused")
    run.say("account", "check", "casa", code=1)
    run.say("account", "set", "casa", given=WRONG_KEY, code=1)
    run.say("show", "casa:generic:R-30")
    run.sandbox.post("/accounts", json={"name": "casa", "key": API_KEY})
    run.say("account", "set", "casa", given=API_KEY)
    # What InvoiceXpress may do to us. The quota last: it pauses the account, and nothing is asked for half a minute.
    for number, fault in enumerate(
        ("error_after_commit", "drop_after_commit", "truncated_json", "too_many_requests", "quota_reached"), 1
    ):
        run.sandbox.post("/faults", json={"fault": fault, "method": "POST"})
        run.deliver_until(200, "generic", booking(number))
        until(lambda: not run.sandbox.get("/faults").json()["faults"], what=fault)


def shout(url: str) -> None:
    """Send what is no HTTP, with the URL in it."""
    host, _, rest = url.removeprefix("http://").partition(":")
    port, _, path = rest.partition("/")
    for request in (f"POST /{path} HTTP/9.9\r\n\r\n", f"POST /{path} HTTP/1.1\r\nHost: x\r\nAuthorization\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall(request.encode())
            wire.recv(1000)


def forms(text: str) -> set[bytes]:
    """How `text` may be written: as it is, in URLs, in JSON, in base64 at any place of a longer text, in hex."""
    plain = text.encode()
    found = {
        plain,
        quote(text, safe="").encode(),
        quote_plus(text).encode(),
        quote(text).encode(),
        plain.hex().encode(),
    }
    found |= {json.dumps(text)[1:-1].encode(), repr(text)[1:-1].encode(), str(httpx.URL("http://x/", params={"k": text})).partition("k=")[2].encode()}  # fmt: skip
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)[4 if shift else 0 : -4]
        found |= {coded, coded.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def traces(canaries: Sequence[str], texts: Mapping[str, bytes]) -> list[tuple[str, str]]:
    return [
        (canary, where)
        for canary in canaries
        for form in forms(canary)
        for where, text in texts.items()
        if form in text
    ]


def test_the_run_logged_as_much_as_it_could(run: Run) -> None:
    logs = b"\n".join(run.logs().values()).decode()
    for word in (
        "delivery-taken", "delivery-refused", "delivery-unreadable", "store-died", "Exception on /webhooks/lodgify/***",
        "Invalid request from", "api-key-refused", "invoicexpress-unavailable", "worker-started", "worker-stopped",
        "message-not-taken", "alarm-opened",
    ):  # fmt: skip
        assert word in logs, word
    assert "Error: FaturaSync met an error of its own" in "".join(run.printed)
    assert re.search(r"\x1b\[|\[info", run.processes.log("worker"))  # for people
    assert b"casa:generic:R-10" in b"".join(run.kept().values())
    assert len(NAMES) > 50


def test_the_search_finds_what_is_there() -> None:
    for text in (
        API_KEY, f"x?api_key={quote(API_KEY, safe='')}&y", f"x?api_key={quote_plus(API_KEY)}", json.dumps({"k": API_KEY}),
        base64.b64encode(f"login:{API_KEY}".encode()).decode(), base64.urlsafe_b64encode(f"u:{API_KEY}!".encode()).decode(),
        str(httpx.URL("http://x/", params={"api_key": API_KEY})), API_KEY.encode().hex(),
    ):  # fmt: skip
        assert traces([API_KEY], {"text": text.encode()}), text


def test_keys_and_secrets_are_in_no_log(run: Run) -> None:
    assert traces([*run.canaries, PLANTED], run.logs()) == []


def test_guests_are_in_no_log(run: Run) -> None:
    assert traces([GUEST, EMAIL, *NAMES], run.logs()) == []


def test_keys_secrets_and_guests_are_in_none_of_redis_files(run: Run) -> None:
    assert traces([*run.canaries, GUEST, EMAIL, *NAMES], run.kept()) == []
    assert traces([PLANTED], run.kept())


def test_keys_and_secrets_are_in_nothing_that_a_command_printed(run: Run) -> None:
    assert (
        traces([*run.canaries, PLANTED], {str(number): text.encode() for number, text in enumerate(run.printed)}) == []
    )


def test_keys_and_secrets_are_in_no_command_line(run: Run) -> None:
    assert any("worker.cli worker" in line for line in run.command_lines)
    assert traces(run.canaries, {line: line.encode() for line in run.command_lines}) == []


def test_nothing_but_the_data_folder_is_written(run: Run) -> None:
    assert not [path for path in run.processes.home.rglob("*") if path.is_file()]
    assert {path.name for path in run.processes.data.iterdir()} == {"appendonlydir", "lock", "store.log"}
