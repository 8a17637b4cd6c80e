"""What a person decides about one booking on the command line."""

import getpass
import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import BODIES, Run
from worker.intake import Taken

Fails = Callable[..., str]
Receive = Callable[[str, bytes], Taken]
Work = Callable[[], None]

SMOOBU = json.loads(BODIES["smoobu/created-airbnb"])
KEY = f"casa:smoobu:{SMOOBU['data']['id']}"


def smoobu(**data: object) -> bytes:
    return json.dumps({**SMOOBU, "data": {**SMOOBU["data"], **data}}).encode()


@pytest.fixture
def hook(run: Run, casa: str) -> str:
    run("connection", "add", casa, "smoobu")
    return "casa-smoobu"


def test_a_booking_is_corrected_and_tried_again(run: Run, hook: str, receive: Receive, work: Work) -> None:
    receive(hook, smoobu())
    work()
    said = run("correct", KEY, "--total", "1 000", code=1).err
    assert said == 'Error: The total must be a number such as "612.50".\n'
    said = run("correct", KEY, "--total", "1000,00", "--commission", "100", "--guest", "Inês Nova", "--rate", "13").out
    assert said == "Corrected total_guest, commission, guest_name, rate. The booking is tried again.\n"
    work()
    shown = run("show", KEY, "--json").json
    figures = {
        name: shown["figures"][name] for name in ("total_guest", "commission", "total", "rate", "commission_source")
    }
    assert figures == {
        "total_guest": "1000.00", "commission": "100.00", "total": "900.00", "rate": "13", "commission_source": "corrected",
    }  # fmt: skip
    who = f"cli:{getpass.getuser()}"
    assert [(each["field"], each["value"], each["who"]) for each in shown["corrections"]] == [
        ("total_guest", "1000.00", who), ("commission", "100.00", who), ("guest_name", "Inês Nova", who), ("rate", "13", who),
    ]  # fmt: skip
    assert (shown["guest"], shown["status"]) == ("Inês Nova", "drafted")
    text = run("show", KEY).out
    told = f"{SMOOBU['data']['price']:.2f}"
    assert f"total_guest 1000.00 instead of {told}, by {who} at " in text
    assert "rate 13, by" in text
    assert "1000.00 € (corrected)" in text
    assert f"corrected: who {who}, field guest_name, to changed" in text

    assert run("correct", KEY, "--drop", "total", "--drop", "rate", "--guest", "Inês Nova").out == (
        "Corrected total_guest, rate. The booking is tried again.\n"
    )
    work()
    assert [each["field"] for each in run("show", KEY, "--json").json["corrections"]] == ["commission", "guest_name"]


def test_what_is_as_it_was_is_said(run: Run, hook: str, receive: Receive) -> None:
    receive(hook, smoobu())
    assert (
        run("correct", KEY, "--total", str(SMOOBU["data"]["price"])).out == "That is what the booking says already.\n"
    )


def test_a_preview_of_the_next_delivery_has_the_corrections_that_still_count(
    run: Run, hook: str, receive: Receive
) -> None:
    receive(hook, smoobu())
    run("correct", KEY, "--total", "1000", "--guest", "Inês Nova")
    body = smoobu(**{"guest-name": "Outra Pessoa", "firstname": "Outra", "lastname": "Pessoa"})
    (told,) = run("preview", "-", "--connection", hook, "--json", given=body).json
    assert (told["total_guest"], told["client"]) == ("1000.00", "Outra Pessoa")


def test_wrong_usage_is_told(run: Run, fails: Fails) -> None:
    assert "Say what to correct, or what to --drop." in run("correct", KEY, code=2).err
    assert "is not one of" in run("correct", KEY, "--drop", "currency", code=2).err
    assert fails("correct", "nobody", "--total", "1") == "There is no booking nobody. See: faturasync bookings"


def test_a_booking_is_ignored_and_comes_back(run: Run, hook: str, receive: Receive, work: Work, fails: Fails) -> None:
    receive(hook, smoobu())
    work()
    document = run("show", KEY, "--json").json["document"]["id"]
    assert run("ignore", KEY).out == (
        f"Ignored. Its document {document} in InvoiceXpress is left as it is. To bring it back: faturasync retry {KEY}\n"
    )
    (told,) = run("bookings", "--reason", "ignored-by-a-person", "--json").json
    assert (told["status"], told["document"]["id"]) == ("ignored", document)
    assert f"faturasync retry {KEY}" in told["todo"]
    receive(hook, smoobu(**{"guest-name": "Outra Pessoa"}))
    work()
    assert run("bookings", "--status", "ignored", "--json").json
    run("retry", KEY)
    work()
    assert run("bookings", "--status", "drafted", "--json").json[0]["guest"] == "Outra Pessoa"
    assert fails("ignore", "nobody") == "There is no booking nobody. See: faturasync bookings"


def test_a_draft_is_made_before_its_day(run: Run, hook: str, receive: Receive, work: Work, fails: Fails) -> None:
    run("account", "set", "casa", "--draft-at", "check-out")
    receive(hook, smoobu(arrival="2090-01-01", departure="2090-01-04"))
    work()
    assert run("bookings", "--json").json[0]["reason"] == "not-yet"
    assert run("draft", KEY).out == "Its draft is made now.\n"
    work()
    assert run("bookings", "--json").json[0]["status"] == "drafted"
    assert fails("draft", KEY) == f"{KEY} does not wait for its day: it is drafted. See: faturasync show {KEY}"
