"""`preview` and `show`: every figure with where it came from, and what is odd about a draft."""

import json
from collections.abc import Callable

import pytest

from tests.cli.conftest import Run
from tests.samples import DELIVERIES
from worker.intake import Taken

Receive = Callable[[str, bytes], Taken]
Work = Callable[[], None]


def body(**data: object) -> bytes:
    known = {
        "source_id": "R-1", "ota": "airbnb", "status": "confirmed", "property_ref": "ria", "check_in": "2026-12-03",
        "check_out": "2026-12-07", "guest_name": "Ágata Exemplo", "currency": "EUR", "total_guest": "1012.00",
        "commission": "150.00", "tourist_tax": "12.00", "cleaning": "60.00",
    }  # fmt: skip
    return json.dumps({"type": "booking.created", "data": {**known, **data}}).encode()


@pytest.fixture
def hook(run: Run, casa: str) -> str:
    run("property", "set", casa, "Casa da Ria", "--listing", "generic:ria")
    run("connection", "add", casa, "generic")
    return "casa-generic"


def test_preview_tells_every_figure_and_where_it_came_from(run: Run, hook: str) -> None:
    run("account", "set", "casa", "--tourist-tax", "own-line", "--cleaning", "own-line=normal")
    run("property", "set", "casa", "Casa da Ria", "--postal-code", "9000-100")
    words = ("preview", "-", "--connection", hook)
    (told,) = run(*words, "--json", given=body()).json
    expected = {
        "total_guest": "1012.00", "price_is": "guest_total", "currency": "EUR", "tourist_tax": "12.00", "deposit": "0.00",
        "cleaning": "60.00", "gross": "1000.00", "commission": "150.00", "commission_source": "payload", "net": "850.00",
        "basis": "net", "basis_source": "default", "prices": "with-iva", "amount": "850.00", "rate": "6",
        "exemption": "M99", "unit_price": "745.2830", "total": "862.00",
    }  # fmt: skip
    assert {name: told[name] for name in expected} == expected
    assert "Lei 55-A/2010" in told["rate_source"]
    assert [(line["name"], line["unit_price"], line["rate"]) for line in told["lines"]] == [
        ("Alojamento", "745.2830", "6"),
        ("Limpeza e extras", "48.7805", "23"),
        ("Taxa municipal turística", "12.0000", "0"),
    ]
    (warning,) = told["warnings"]
    assert warning["warning"] == "postal-code-elsewhere"
    said = run(*words, given=body()).out
    for fact in (
        "1012.00 € (channel manager)",
        "12.00 € (inside the price, not in the base of IVA)",
        "150.00 € (payload)",
        "net (default)",
        "Lei 55-A/2010",
        "M99",
        "Limpeza e extras: 48.7805 € and 23 % IVA.",
        "862.00 €",
        warning["sentence"],
    ):
        assert fact in said


def test_preview_tells_the_owners_own_words(run: Run, hook: str) -> None:
    run("account", "set", "casa", "--exchange", "USD=0.92", "--basis", "airbnb=gross", "--commission", "airbnb=15")
    said = run("preview", "-", "--connection", hook, given=body(currency="USD", commission=None, tourist_tax=None)).out
    for fact in ("931.04 € (channel manager, USD at 0.92 € (setting))", "139.66 € (15 % (setting))", "gross (setting)"):
        assert fact in said


def test_preview_tells_the_day_from_which_the_draft_will_be_made(run: Run, hook: str) -> None:
    run("account", "set", "casa", "--draft-at", "check-out")
    later = body(check_in="2099-12-03", check_out="2099-12-07")
    (told,) = run("preview", "-", "--connection", hook, "--json", given=later).json
    assert told["draft"] == "not before 2099-12-07"
    assert (told["amount"], [line["name"] for line in told["lines"]]) == ("850.00", ["Alojamento"])


def test_the_same_is_kept_with_the_booking(run: Run, hook: str, receive: Receive, work: Work) -> None:
    run("property", "set", "casa", "Casa da Ria", "--postal-code", "9000-100")
    (previewed,) = run("preview", "-", "--connection", hook, "--json", given=body()).json
    receive(hook, body())
    work()
    shown = run("show", "casa:generic:R-1", "--json").json
    assert {name: previewed[name] for name in shown["figures"]} == shown["figures"]
    (listed,) = run("bookings", "--json").json
    assert listed["warnings"] == shown["warnings"] == previewed["warnings"]
    said = run("show", "casa:generic:R-1").out
    assert shown["warnings"][0]["sentence"] in said
    assert previewed["rate_source"] in said


def test_later_settings_do_not_rewrite_history(run: Run, hook: str, receive: Receive, work: Work) -> None:
    receive(hook, body())
    work()
    before = run("show", "casa:generic:R-1", "--json").json["figures"]
    run("account", "set", "casa", "--basis", "gross")
    assert run("show", "casa:generic:R-1", "--json").json["figures"] == before


def test_an_exempt_hosts_turnover_is_told(run: Run, hook: str, receive: Receive, work: Work) -> None:
    run("account", "set", "casa", "--regime", "art53", "--basis", "gross")
    plain = {"commission": None, "tourist_tax": None, "cleaning": None}
    receive(hook, body(source_id="R-1", total_guest="11999.99", **plain))
    receive(hook, body(source_id="R-2", total_guest="700.00", check_in="2020-01-01", check_out="2020-01-03", **plain))
    work()
    assert run("show", "casa:generic:R-1", "--json").json["warnings"] == []
    crossing = body(source_id="R-3", total_guest="7000.00", **plain)
    (told,) = run("preview", "-", "--connection", hook, "--json", given=crossing).json
    assert [each["warning"] for each in told["warnings"]] == ["turnover-over-limit-at-once"]
    assert "18999.99 €" in told["warnings"][0]["sentence"]
    receive(hook, body(source_id="R-3", total_guest="0.01", **plain))
    work()
    (warning,) = run("show", "casa:generic:R-3", "--json").json["warnings"]
    assert warning["warning"] == "turnover-near-limit"
    again = body(source_id="R-3", total_guest="0.01", **plain)
    (told,) = run("preview", "-", "--connection", hook, "--json", given=again).json
    assert told["warnings"] == [warning]


def test_the_turnover_of_the_year_is_listed_with_exempt_accounts_only(
    run: Run, hook: str, receive: Receive, work: Work
) -> None:
    assert "turnover" not in run("account", "list", "--json").json[0]
    run("account", "set", "casa", "--regime", "art53", "--basis", "gross")
    today = run("account", "list", "--json").json[0]
    assert (today["turnover"], today["warnings"]) == ("0.00", [])
    stay = {"check_in": f"{today['year']}-01-01", "check_out": f"{today['year']}-01-05"}
    receive(hook, body(total_guest="15000.01", commission=None, tourist_tax=None, cleaning=None, **stay))
    work()
    (told,) = run("account", "list", "--json").json
    assert told["turnover"] == "15000.01"
    assert [each["warning"] for each in told["warnings"]] == ["turnover-over-limit"]
    said = run("account", "list").out
    assert "15000.01 €" in said
    assert told["warnings"][0]["sentence"] in said


def test_what_a_channel_manager_found_odd_is_told_with_its_sentence(run: Run, casa: str) -> None:
    run("property", "set", casa, "Casa da Ria", "--listing", "lodgify:410022", "--commission", "other=15")
    run("property", "set", casa, "Casa da Ria", "--commission", "airbnb=15", "--commission", "booking=15")
    run("connection", "add", casa, "lodgify", "--secret-file", "-", given="secret")
    sample = (DELIVERIES / "lodgify" / "parts-do-not-add-up" / "body.json").read_bytes()
    (told,) = run("preview", "-", "--connection", "casa-lodgify", "--json", given=sample).json
    assert [each["warning"] for each in told["warnings"]] == ["total_mismatch"]
    assert "do not come to its price" in told["warnings"][0]["sentence"]


def test_words_that_anybody_may_send_as_warnings_are_not_printed(run: Run, hook: str) -> None:
    sent = body(warnings=["postal-code-elsewhere", "call Maria on 912345678"])
    (told,) = run("preview", "-", "--connection", hook, "--json", given=sent).json
    assert told["warnings"] == []
