import json
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.cli.conftest import BODIES, KEY, Run
from worker.intake import Taken
from worker.services import Services

Fails = Callable[..., str]
Receive = Callable[[str, bytes], Taken]
Work = Callable[[], None]

SMOOBU = BODIES["smoobu/created-airbnb"]
FIELDS = [
    "booking", "account", "property", "channel_manager", "source_id", "channel", "channel_reference", "status", "reason",
    "todo", "guest", "check_in", "check_out", "amount", "rate", "currency", "basis", "commission", "reference", "document",
    "deliveries", "updated_at", "warnings", "guest_data_dropped_at",
]  # fmt: skip


@pytest.fixture
def hook(run: Run, casa: str) -> str:
    run("connection", "add", casa, "smoobu")
    return "casa-smoobu"


def smoobu(**data: object) -> bytes:
    body = json.loads(SMOOBU)
    body["data"] |= data
    return json.dumps(body).encode()


def test_without_bookings_it_says_so(run: Run) -> None:
    assert run("bookings").out == "No bookings.\n"
    assert run("bookings", "--json").json == []


def test_a_booking_is_told_whole_to_scripts(run: Run, hook: str, receive: Receive, work: Work) -> None:
    receive(hook, SMOOBU)
    receive(hook, SMOOBU)
    (queued,) = run("bookings", "--json").json
    assert [queued[name] for name in ("status", "reason", "todo", "document", "reference", "amount", "deliveries")] == [
        "queued", None, None, None, None, None, 2
    ]  # fmt: skip
    work()
    (found,) = run("bookings", "--json").json
    assert list(found) == FIELDS
    data = json.loads(SMOOBU)["data"]
    expected = {
        "booking": f"casa:smoobu:{data['id']}", "account": "casa", "property": "Casa da Ria", "channel_manager": "smoobu",
        "source_id": str(data["id"]), "channel": "airbnb", "channel_reference": data["reference-id"], "status": "drafted",
        "reason": None, "todo": None, "guest": data["guest-name"], "check_in": data["arrival"],
        "check_out": data["departure"], "currency": "EUR", "basis": "net", "rate": "6", "deliveries": 2,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["amount"] == f"{data['price'] - data['commission-included']:.2f}"
    assert found["commission"] == f"{data['commission-included']:.2f}"
    assert set(found["document"]) == {"id", "state", "url"}
    assert found["document"]["state"] == "draft"
    assert found["document"]["url"].endswith(f"/casa/invoices/{found['document']['id']}")
    offset = datetime.fromisoformat(found["updated_at"]).utcoffset()
    assert offset is not None
    assert not offset


def test_bookings_are_filtered(run: Run, hook: str, receive: Receive, work: Work) -> None:
    run("account", "add", "b", "--subdomain", "quinta", given=KEY)
    receive(hook, SMOOBU)
    receive(hook, smoobu(id=7, apartment={"id": 1, "name": "Other"}))
    work()

    def ids(*words: str) -> list[str]:
        return [each["source_id"] for each in run("bookings", *words, "--json").json]

    drafted = str(json.loads(SMOOBU)["data"]["id"])
    assert sorted(ids()) == sorted(["7", drafted])
    assert ids("--status", "drafted") == [drafted]
    assert ids("--reason", "unknown-listing") == ids("--status", "parked") == ["7"]
    assert ids("--account", "b") == ids("--status", "failed") == ids("--reason", "no-price") == []
    assert "is not one of" in run("bookings", "--status", "lost", code=2).err


def test_a_guests_name_is_printed_as_it_is(run: Run, hook: str, receive: Receive, work: Work) -> None:
    name = "Ana [/bold] :smile: [red]Sá[/]"
    receive(hook, smoobu(**{"guest-name": name + "\x1b[2J\r\n\u202e"}))
    work()
    key = run("bookings", "--json").json[0]["booking"]
    for words in (("bookings",), ("show", key)):
        said = run(*words).out
        assert name in said
        assert not {"\x1b", "\r", "\u202e"} & set(said)


def test_show_tells_one_booking_whole(run: Run, hook: str, receive: Receive, work: Work) -> None:
    taken = receive(hook, SMOOBU)
    work()
    (key,) = taken.bookings
    (listed,) = run("bookings", "--json").json
    shown = run("show", key, "--json").json
    assert {name: shown[name] for name in FIELDS} == listed
    assert set(shown) - set(FIELDS) == {"figures", "history", "delivery_ids", "corrections"}
    assert shown["corrections"] == []
    assert shown["delivery_ids"] == [taken.delivery]
    events = [line["event"] for line in shown["history"]]
    assert [event for event in events if event != "request"] == ["creating", "created", "drafted"]
    said = run("show", key).out
    for fact in (
        key,
        listed["guest"],
        listed["reference"],
        listed["document"]["url"],
        taken.delivery,
        "IVA of 6 %",
        "request: method POST, path /invoices.json, status 201, ms ",
    ):
        assert fact in said


def test_show_tells_an_unreadable_delivery(run: Run, hook: str, house: Services) -> None:
    from mapping.delivery import Delivery  # noqa: PLC0415
    from mapping.errors import Problem  # noqa: PLC0415

    connection = house.connections.get(hook)
    problems = [Problem(path="data.id", message="is missing")]
    taken = house.intake.take_unreadable(connection, Delivery(body=b"{}"), problems, now=house.clock())
    assert run("bookings").out.splitlines()[-1] == (
        f"1 deliveries cannot be read: {taken.delivery}. See: faturasync show DELIVERY"
    )
    shown = run("show", taken.delivery, "--json").json
    assert (shown["delivery"], shown["outcome"]) == (taken.delivery, "unreadable")
    assert "data.id is missing" in run("show", taken.delivery).out


@pytest.mark.parametrize("name", ["nothing", "casa:smoobu:1", "", "a b", "é"])
def test_an_unknown_booking_or_delivery_is_named(fails: Fails, name: str) -> None:
    assert fails("show", name) == f"There is no booking or delivery {name}. See: faturasync bookings"


# What was parked goes on by itself once its cause is mended


def test_a_parked_booking_names_what_to_do_and_goes_on_after_it(
    run: Run, hook: str, receive: Receive, work: Work
) -> None:
    run("property", "add", "casa", "Casa sem Lugar", "--listing", "smoobu:1")
    receive(hook, smoobu(apartment={"id": 1, "name": "Casa sem Lugar"}))
    work()
    (parked,) = run("bookings", "--json").json
    assert (parked["status"], parked["reason"], parked["document"]) == ("parked", "no-location", None)
    assert "faturasync property set casa" in parked["todo"]
    assert parked["todo"] in run("show", parked["booking"]).out
    said = run("property", "set", "casa", "Casa sem Lugar", "--location", "madeira").out
    assert said == "Set. 1 bookings that were stuck go on.\n"
    work()
    (found,) = run("bookings", "--json").json
    assert (found["status"], found["reason"], found["rate"]) == ("drafted", None, "4")


def test_a_property_that_is_added_lets_its_bookings_go_on(run: Run, hook: str, receive: Receive, work: Work) -> None:
    receive(hook, smoobu(apartment={"id": 1, "name": "Solar"}))
    work()
    assert run("bookings", "--json").json[0]["reason"] == "unknown-listing"
    said = run("property", "add", "casa", "Solar", "--location", "azores", "--listing", "smoobu:1").out
    assert said == "Added Solar. 1 bookings that were stuck go on.\n"
    work()
    assert run("bookings", "--json").json[0]["status"] == "drafted"


def test_a_commission_that_is_told_lets_its_bookings_go_on(run: Run, hook: str, receive: Receive, work: Work) -> None:
    receive(hook, smoobu(**{"commission-included": None}))
    work()
    (parked,) = run("bookings", "--json").json
    assert parked["reason"] == "no-commission"
    run("account", "set", "casa", "--commission", "airbnb=15")
    work()
    assert run("bookings", "--json").json[0]["status"] == "drafted"


def test_a_new_key_lets_an_accounts_bookings_go_on(
    run: Run, hook: str, receive: Receive, work: Work, sandbox: object
) -> None:
    sandbox.post("/accounts", json={"name": "casa", "key": "key-2"})  # type: ignore[attr-defined]
    receive(hook, SMOOBU)
    work()
    (parked,) = run("bookings", "--json").json
    assert (parked["status"], parked["reason"]) == ("parked", "api-key-refused")
    run("account", "set", "casa", given="key-2")
    work()
    assert run("bookings", "--json").json[0]["status"] == "drafted"


# retry


def test_retry_is_safe_at_any_time(run: Run, hook: str, receive: Receive, work: Work, sandbox: object) -> None:
    (key,) = receive(hook, SMOOBU).bookings
    work()
    sandbox.delete("/requests")  # type: ignore[attr-defined]
    for words in ((key,), (key, key)):
        assert run("retry", *words).out == "1 bookings are tried again.\n"
        work()
    assert run("retry", "--all").out == "0 bookings are tried again.\n"
    assert run("bookings", "--json").json[0]["status"] == "drafted"
    assert sandbox.get("/requests").json()["total"] == 0  # type: ignore[attr-defined]


def test_retry_of_all_takes_what_is_stuck(run: Run, hook: str, receive: Receive, work: Work) -> None:
    for number in (7, 8):
        receive(hook, smoobu(id=number, apartment={"id": 1, "name": "Other"}))
    receive(hook, SMOOBU)
    work()
    assert run("retry", "--all").out == "2 bookings are tried again.\n"
    work()
    assert run("retry", "--all", "--reason", "unknown-listing").out == "2 bookings are tried again.\n"
    work()
    assert run("retry", "--all", "--reason", "no-price").out == "0 bookings are tried again.\n"
    assert run("retry", "--all", "--status", "drafted").out == "1 bookings are tried again.\n"


def test_retry_names_what_is_unknown_and_tries_the_rest(run: Run, hook: str, receive: Receive) -> None:
    (key,) = receive(hook, SMOOBU).bookings
    said = run("retry", "no", key, "nor", code=1)
    assert said.out == "1 bookings are tried again.\n"
    assert said.err == "Error: There is no booking no, nor. See: faturasync bookings\n"


@pytest.mark.parametrize("words", [(), ("--all", "key")])
def test_retry_takes_names_or_all(run: Run, words: tuple[str, ...]) -> None:
    assert run("retry", *words, code=2).err.endswith("Error: Name bookings, or use --all or --cause.\n")
