"""The whole way of a booking, with real processes over real HTTP: every sample of every channel manager, ten times at once."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Doorbell
from tests.processes import PLAIN, Processes, end_all, free_port, is_up, sandbox
from tests.samples import Case, load_cases, load_setup, secret_for
from tests.vendors import Vendors, vendors
from tests.waiting import until
from tests.worker.channel_manager import credentials_for
from worker.embedded import EmbeddedStore
from worker.environment import read_environment
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

COPIES = 10
# What only completes a delivery is asked for where credentials were given: tests/worker/test_fetched_cases.py.
CASES = [case for case in load_cases() if case.is_fetched or not any(case.answers)]
KEYS = {name: f"key-of-{name}" for name in channel_managers()}  # an account of its own for each channel manager


@dataclass(frozen=True, kw_only=True)
class System:
    """Everything that runs. `connections` is what `connection add --json` said, by channel manager."""

    processes: Processes
    store: EmbeddedStore
    house: Services  # the test's own look into the store
    sandbox: httpx.Client
    http: httpx.Client
    vendors: Vendors
    connections: Mapping[str, Mapping[str, str]]

    def deliver(self, channel_manager: str, body: bytes, *, event: str = "") -> httpx.Response:
        """As the vendor would."""
        made = self.connections[channel_manager]
        secret = made["secret"] or secret_for(channel_manager)
        scheme = channel_managers()[channel_manager].scheme
        signed = scheme.sign(body, secret, delivery_id=hashlib.sha256(body).hexdigest(), now=datetime.now(UTC))
        query = {"e": event} if event else {}
        return self.http.post(made["url"], content=signed.body, headers=dict(signed.headers), params=query)

    def bookings(self) -> dict[str, dict[str, Any]]:
        """`bookings --json` by booking."""
        return {each["booking"]: each for each in self.processes.run("bookings", "--json").json}

    def documents(self) -> dict[int, dict[str, Any]]:
        """Every document that any account ever had."""
        shown = [self.sandbox.get("/documents", params={"account": name}).json()["documents"] for name in KEYS]
        return {each["id"]: each for documents in shown for each in documents}

    def requests(self) -> Counter[str]:
        """What InvoiceXpress was asked, by method and path."""
        return Counter(self.sandbox.get("/requests").json()["requests"])

    def rest(self, *, seconds: float = 90) -> None:
        """Wait until no booking is on its way any more."""
        until(
            lambda: not any(self.house.ledger.all(BookingStatus.QUEUED, BookingStatus.WAITING)),
            what="rest", seconds=seconds,
        )  # fmt: skip

    def start_workers(self) -> None:
        for number in (1, 2):
            self.processes.start(f"worker-{number}", "worker")

    def stop_workers(self) -> None:
        end_all(each for each in self.processes.started if each.args[-1] == "worker")  # type: ignore[index]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("end-to-end")
    port = free_port()
    with ExitStack() as stack:
        store = stack.enter_context(EmbeddedStore(folder / "store"))
        processes = stack.enter_context(
            Processes(
                folder, REDIS_URL=store.url, FATURASYNC_SECRET_KEYS=fresh_key(),
                FATURASYNC_PUBLIC_URL=f"http://127.0.0.1:{port}",
            )
        )  # fmt: skip
        url = stack.enter_context(sandbox(processes, *KEYS.items()))
        asked = stack.enter_context(vendors())
        processes.environment["CHANNEL_MANAGER_URL"] = asked.url
        processes.environment["INVOICEXPRESS_URL"] = f"{url}/{{account}}"
        processes.start("receiver", "receiver", "--port", str(port), "--processes", "2")
        client = stack.enter_context(closing(connect(store.url)))
        system = System(
            processes=processes,
            store=store,
            house=services(read_environment(processes.environment, terminal=False), client),
            sandbox=stack.enter_context(httpx.Client(base_url=f"{url}/_sandbox", **PLAIN)),
            http=stack.enter_context(httpx.Client(**PLAIN, timeout=30, limits=httpx.Limits(max_connections=50))),
            vendors=asked,
            connections=dict(
                zip(KEYS, ThreadPoolExecutor(2).map(lambda name: set_up(processes, name), KEYS), strict=True)
            ),
        )
        system.start_workers()
        until(lambda: is_up(f"http://127.0.0.1:{port}/readyz"), what="the receiver")
        yield system


def set_up(processes: Processes, name: str) -> Mapping[str, str]:
    """An account at one channel manager as its setup.json has it, through the command line."""
    setup = load_setup(name)
    commissions = [word for pair in setup["commission"].items() for word in ("--commission", "=".join(pair))]
    processes.run("account", "add", name, "--subdomain", name, *commissions, given=KEYS[name])
    for place in setup["properties"]:
        location = ["--location", place["location"]] if place["location"] else []
        listings = [word for listing in place["listings"] for word in ("--listing", f"{name}:{listing}")]
        processes.run("property", "add", name, place["name"], *location, *listings)
    secret = ["--secret-file", "-"] if secret_for(name) else []
    how = channel_managers()[name].fetch
    if how and not how.completes:
        (processes.folder / name).write_text(credentials_for(name))
        secret += ["--credentials-file", str(processes.folder / name)]
    made: Mapping[str, str] = processes.run(
        "connection", "add", name, name, *secret, "--json", given=secret_for(name)
    ).json
    return made


def deliver_all(system: System) -> dict[str, list[list[httpx.Response]]]:
    """Every case's bodies in their order, ten copies of each at once, several cases at a time; the answers."""
    with ThreadPoolExecutor(3) as cases, ThreadPoolExecutor(3 * COPIES) as copies:

        def deliver(case: Case) -> list[list[httpx.Response]]:
            def send(body: bytes, event: str, told: bytes | None) -> list[httpx.Response]:
                if told:
                    fake, source_id = system.vendors.fakes[case.channel_manager], named(case.channel_manager, body)
                    fake.tell(Delivery(body=body), source_id, told)
                return list(
                    copies.map(lambda _: system.deliver(case.channel_manager, body, event=event), range(COPIES))
                )

            return list(map(send, case.bodies, case.events, case.answers))

        return dict(zip((case.id for case in CASES), cases.map(deliver, CASES), strict=True))


@pytest.fixture(scope="module")
def answers(system: System) -> dict[str, list[list[httpx.Response]]]:
    """What was answered to the first round; all bookings are at rest."""
    found = deliver_all(system)
    system.rest()
    return found


def named(channel_manager: str, body: bytes) -> str:
    """The id of the booking that a delivery no more than names."""
    reading = channel_managers()[channel_manager].read(Delivery(body=body))
    assert isinstance(reading, Doorbell)
    return reading.source_id


def keys_of(case: Case) -> set[str]:
    """The bookings that a case tells of."""
    told = {one["source_id"] for reading in case.readings for one in reading.get("bookings", [])}
    told |= {reading["cancelled"] for reading in case.readings if "cancelled" in reading}
    told |= {
        named(case.channel_manager, body) for body, answers in zip(case.bodies, case.answers, strict=True) if answers
    }
    return {f"{case.channel_manager}:{case.channel_manager}:{source_id}" for source_id in told}


def outcomes(answers: Sequence[httpx.Response]) -> Counter[str]:
    return Counter(answer.json().get("outcome", str(answer.status_code)) for answer in answers)


def test_of_ten_copies_one_is_new(answers: dict[str, list[list[httpx.Response]]]) -> None:
    for case in CASES:
        for number, (reading, found) in enumerate(zip(case.readings, answers[case.id], strict=True)):
            if "unreadable" in reading and case.answers[number] is None:
                expected = {"422" if case.channel_manager == "generic" else "unreadable": COPIES}
            elif "not_a_booking" in reading:
                expected = {"ignored": COPIES}
            elif number and case.name in ({"redelivered"} if case.is_fetched else {"reordered", "redelivered"}):
                expected = {"repeated": COPIES}
            else:
                expected = {"queued": 1, "repeated": COPIES - 1}
            assert outcomes(found) == expected, (case.id, number)


def test_every_booking_ends_as_expected(system: System, answers: object) -> None:
    bookings = system.bookings()
    assert bookings.keys() == {key for case in CASES for key in keys_of(case)}
    for case in CASES:
        if case.result is None:
            continue
        found = bookings[f"{case.channel_manager}:{case.result['booking']}"]
        assert (found["status"], found["reason"]) == (case.result["status"], case.result["reason"]), case.id
        told = sum("bookings" in reading or "cancelled" in reading for reading in case.readings)
        assert found["deliveries"] == told * COPIES
        if case.result["draft"]:
            draft = case.result["draft"]
            expected = (draft["total"], draft["rate"], draft["commission"], "EUR", "net")
            assert tuple(found[name] for name in ("amount", "rate", "commission", "currency", "basis")) == expected
        else:
            assert found["document"] is None
            assert found["status"] == "cancelled" or found["todo"]


def test_there_is_exactly_one_draft_for_each_and_it_says_what_was_meant(system: System, answers: object) -> None:
    documents = {number: each for number, each in system.documents().items() if each["status"] != "deleted"}
    drafted = {key: each for key, each in system.bookings().items() if each["status"] == "drafted"}
    assert sorted(each["document"]["id"] for each in drafted.values()) == sorted(documents)
    assert {each["document"]["id"]: each["reference"] for each in drafted.values()} == {
        number: each["reference"] for number, each in documents.items()
    }
    assert len({each["proprietary_uid"] for each in documents.values()}) == len(documents) > 60
    for key, booking in drafted.items():
        document = documents[booking["document"]["id"]]
        assert (document["type"], document["status"], booking["document"]["state"]) == ("Invoice", "draft", "draft"), (
            key
        )
        (line,) = document["items"]
        for day in (booking["check_in"], booking["check_out"]):
            assert f"{date.fromisoformat(day):%d/%m/%Y}" in line["description"]
        assert Decimal(str(line["quantity"])) == 1
        assert Decimal(str(document["total"])) == Decimal(booking["amount"])
    for case in CASES:
        if case.result and case.result["draft"]:
            draft = case.result["draft"]
            booking = drafted[f"{case.channel_manager}:{case.result['booking']}"]
            document = documents[booking["document"]["id"]]
            assert document["client"]["name"] == draft["client_name"]
            assert Decimal(str(document["total"])) == Decimal(draft["total"])
            assert Decimal(str(document["items"][0]["tax"]["value"])) == Decimal(draft["rate"])


def test_a_draft_costs_one_request(system: System, answers: object) -> None:
    """Whatever the order in which workers met the deliveries: the sum of what each booking's history says."""
    events = Counter(
        line["event"]
        for record in system.house.ledger.all(*BookingStatus)
        for line in system.house.ledger.history(record.key)
    )
    asked = system.requests()
    assert asked["POST /invoices.json"] == events["created"] == len(system.documents())
    assert asked["PUT /invoices/{id}.json"] == events["updated"]
    assert asked["PUT /invoices/{id}/change-state.json"] == events["withdrawn"]
    assert asked["GET /invoices/{id}.json"] == events["read"] + events["updated"]
    drafting = {each["account"] for each in system.bookings().values() if each["document"]}
    taxes = asked["GET /taxes.json"] - len(KEYS)  # without each `account add`: once for each worker at most
    assert len(drafting) <= taxes <= 2 * len(drafting)
    assert asked["GET /invoices.json"] == len(KEYS), "what is in an account is asked once, when it is connected"
    assert len(asked) <= 6, asked
    assert set(system.sandbox.get("/requests").json()["statuses"]) <= {"200", "201"}


def test_nothing_forbidden_was_asked(system: System, answers: object) -> None:
    assert system.sandbox.get("/violations").json() == {"violations": []}


def test_a_second_round_asks_nothing_of_invoicexpress(system: System, answers: object) -> None:
    before, documents, bookings = system.requests(), system.documents(), system.bookings()
    found = deliver_all(system)
    system.rest()
    assert not system.house.queue.count
    assert system.requests() == before
    assert system.documents() == documents
    changing = ("deliveries",)
    assert {
        key: {name: each[name] for name in each if name not in changing} for key, each in system.bookings().items()
    } == {key: {name: each[name] for name in each if name not in changing} for key, each in bookings.items()}
    for case in CASES:
        for answers_ in found[case.id]:
            assert set(outcomes(answers_)) <= {"repeated", "ignored", "unreadable", "422"}, case.id


def test_a_killed_store_loses_nothing_between_acknowledgement_and_work(system: System, answers: object) -> None:
    system.stop_workers()
    case = next(case for case in CASES if case.id == "smoobu/created-airbnb")

    def deliver(number: int) -> tuple[int, int]:
        body = json.loads(case.bodies[0])
        body["data"] |= {"id": number, "guest-name": f"Guest {number}", "reference-id": f"HM{number}"}
        return number, system.deliver("smoobu", json.dumps(body).encode()).status_code

    with ThreadPoolExecutor(4) as pool:
        delivering = [pool.submit(deliver, number) for number in range(1000, 1100)]
        until(lambda: sum(each.done() for each in delivering) > 20, what="acknowledgements")
        system.store.process.kill()
        system.store.process.wait()
        status = dict(each.result() for each in delivering)
    assert set(status.values()) <= {200, 503}
    acknowledged = [number for number, found in status.items() if found == 200]
    assert len(acknowledged) > 20
    system.store.restart_if_dead()
    system.start_workers()
    system.rest()
    bookings, documents = system.bookings(), system.documents()
    for number in acknowledged:
        booking = bookings[f"smoobu:smoobu:{number}"]
        assert booking["status"] == "drafted"
        assert documents[booking["document"]["id"]]["client"]["name"] == f"Guest {number}"
    names = Counter(each["client"]["name"] for each in documents.values() if each["status"] == "draft")
    assert max(names.values()) == 1


def test_nothing_is_left_behind(system: System, answers: object) -> None:
    end_all(system.processes.started)
    assert not system.processes.pids()
    assert not list(system.processes.home.rglob("*"))
