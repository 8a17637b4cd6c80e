"""The settings of accounts and properties on the command line: said, kept, told, and refused where they are wrong."""

from collections.abc import Callable

import pytest

from mapping.settings import NET_NOTE
from tests.cli.conftest import KEY, Run

Fails = Callable[..., str]


def test_every_setting_is_kept_and_told(run: Run, casa: str) -> None:
    run(
        "account", "set", casa, "--basis", "gross", "--basis", "airbnb=net", "--commission", "booking=15,5", "--prices",
        "without-iva", "--regime", "art53", "--draft-at", "check-out", "--start-date", "2026-12-01", "--tourist-tax",
        "own-line", "--cleaning", "own-line=normal", "--exchange", "usd=0,92", "--exchange", "GBP=1.15",
    )  # fmt: skip
    (told,) = run("account", "list", "--json").json
    said = {name: told[name] for name in told if name not in {"account", "subdomain", "year", "turnover", "warnings"}}
    assert said == {
        "basis": "gross",
        "channel_basis": {"airbnb": "net"},
        "commission": {"booking": "15.5"},
        "prices": "without-iva",
        "regime": "art53",
        "draft_at": "check-out",
        "start_date": "2026-12-01",
        "tourist_tax": "own-line",
        "cleaning": "own-line=normal",
        "exchange": {"USD": "0.92", "GBP": "1.15"},
    }
    line = run("account", "list").out.splitlines()[1]
    for flag in ("basis gross", "basis airbnb=net", "draft-at check-out", "exchange USD=0.92", "regime art53"):
        assert flag in line


def test_a_property_says_only_what_is_its_own(run: Run, casa: str) -> None:
    run("property", "set", casa, "Casa da Ria", "--postal-code", "3800-123", "--basis", "direct=gross")
    (told,) = run("property", "list", "--json").json
    assert (told["postal_code"], told["channel_basis"]) == ("3800-123", {"direct": "gross"})
    assert "--regime" not in run("property", "set", "--help").out


def test_a_basis_for_all_is_said_for_every_channel_anew(run: Run, casa: str) -> None:
    run("account", "set", casa, "--basis", "airbnb=gross")
    run("account", "set", casa, "--basis", "booking=gross")
    (told,) = run("account", "list", "--json").json
    assert told["channel_basis"] == {"airbnb": "gross", "booking": "gross"}
    run("account", "set", casa, "--basis", "net")
    (told,) = run("account", "list", "--json").json
    assert told["basis"] == "net"
    assert "channel_basis" not in told


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--basis", "both", "--basis: Input should be 'net' or 'gross'."),
        ("--basis", "airbnb=half", "--basis: Input should be 'net' or 'gross'."),
        (
            "--basis",
            "hotel=net",
            (
                "--basis takes net, gross or CHANNEL=net|gross, such as airbnb=gross; channels are airbnb, booking, vrbo, expedia, "
                "direct, other."
            ),
        ),
        ("--start-date", "1/12/2026", "--start-date: Input should be a valid date or datetime, "),
        ("--cleaning", "apart", "--cleaning: must be in-stay or own-line=RATE, where RATE is reduced, "),
        ("--cleaning", "own-line=7", "--cleaning: must be in-stay or own-line=RATE, where RATE is reduced, "),
        (
            "--exchange",
            "USD",
            "--exchange takes CUR=RATE, the euros for one unit of another currency, such as USD=0.92.",
        ),
        (
            "--exchange",
            "EUR=1",
            "--exchange takes CUR=RATE, the euros for one unit of another currency, such as USD=0.92.",
        ),
        ("--exchange", "USD=0", "--exchange: Input should be greater than 0."),
        ("--exchange", "dollars=1", "--exchange: "),
    ],
)
def test_what_is_wrong_is_named(fails: Fails, casa: str, flag: str, value: str, sentence: str) -> None:
    assert fails("account", "set", casa, flag, value).startswith(sentence)


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--prices", "some"), ("--regime", "art9"), ("--draft-at", "payment"), ("--tourist-tax", "in-stay")],
)
def test_other_words_than_the_choices_are_wrong_usage(run: Run, casa: str, flag: str, value: str) -> None:
    assert "is not one of" in run("account", "set", casa, flag, value, code=2).err


def test_a_postal_code_has_portugals_form(fails: Fails, casa: str) -> None:
    said = fails("property", "set", casa, "Casa da Ria", "--postal-code", "28013")
    assert said == "--postal-code: must be a Portuguese postal code such as 9000-123."


def test_where_net_is_chosen_it_is_said_what_the_tax_authority_holds(run: Run) -> None:
    words = " ".join(run("account", "add", "--help").out.split())
    assert NET_NOTE in words
    assert NET_NOTE in run("account", "add", "casa", "--subdomain", "casa", given=KEY).err
    assert NET_NOTE not in run("account", "add", "b", "--subdomain", "quinta", "--basis", "gross", given=KEY).err
