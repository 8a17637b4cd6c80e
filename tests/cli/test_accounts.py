from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import KEY, Run
from worker.services import Services

Fails = Callable[..., str]
INVALID_KEY = "Invalid API key, or no InvoiceXpress account has this subdomain."
NOT_FOUND = "Account not found: InvoiceXpress has no such address."


def test_a_key_comes_from_what_is_piped_in(run: Run, house: Services) -> None:
    said = run("account", "add", "casa", "--subdomain", "casa", given=f" {KEY}\n")
    assert said.out == "Connected: casa is the InvoiceXpress account casa.\n"
    assert house.accounts.api_key("casa") == KEY


@pytest.mark.parametrize("content", [f"{KEY}\n", f"\ufeff{KEY}\r\n", f"\n {KEY}"])
def test_a_key_comes_from_a_file(run: Run, house: Services, tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content, encoding="utf-8", newline="")
    run("account", "add", "casa", "--subdomain", "casa", "--api-key-file", str(tmp_path / "key"))
    assert house.accounts.api_key("casa") == KEY


def test_a_key_comes_from_standard_input_where_the_file_is_a_hyphen(run: Run, house: Services) -> None:
    run("account", "add", "casa", "--subdomain", "casa", "--api-key-file", "-", given=KEY)
    assert house.accounts.api_key("casa") == KEY


@pytest.mark.parametrize("given", [b"", b" \n"])
def test_no_key_is_no_account(fails: Fails, given: bytes) -> None:
    assert fails("account", "add", "casa", "--subdomain", "casa", given=given) == (
        "InvoiceXpress API key: nothing was given."
    )


def test_a_key_that_is_no_text_is_refused(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    words = ("account", "add", "casa", "--subdomain", "casa")
    sentence = "InvoiceXpress API key: what was given is not UTF-8."
    assert fails(*words, "--api-key-file", str(tmp_path / "key")) == sentence
    assert fails(*words, given=b"\xff\xfe\x00") == sentence


def test_a_key_file_that_is_missing_is_named(fails: Fails, tmp_path: Path) -> None:
    words = ("account", "add", "casa", "--subdomain", "casa", "--api-key-file")
    assert fails(*words, str(tmp_path / "no")) == f"The file {tmp_path}/no cannot be read (No such file or directory)."
    assert fails(*words, str(tmp_path)) == f"The file {tmp_path} cannot be read (Is a directory)."


@pytest.mark.parametrize(("subdomain", "key"), [("casa", "wrong"), ("nobody", KEY), ("quinta", "ké&y=/%")])
def test_invoicexpress_is_asked_before_an_account_is_stored(
    run: Run, fails: Fails, house: Services, subdomain: str, key: str
) -> None:
    sentence = fails("account", "add", "casa", "--subdomain", subdomain, given=key)
    assert sentence.startswith(INVALID_KEY)
    assert key not in sentence
    assert not house.accounts.all()
    assert run("account", "list", "--json").json == []


def test_an_unknown_host_is_an_unknown_account(fails: Fails) -> None:
    sentence = fails(
        "account", "add", "casa", "--subdomain", "casa", given=KEY, INVOICEXPRESS_URL="http://{account}.invalid"
    )
    assert sentence.startswith(NOT_FOUND)


def test_without_an_answer_it_says_to_try_again(fails: Fails) -> None:
    sentence = fails(
        "account", "add", "casa", "--subdomain", "casa", given=KEY, INVOICEXPRESS_URL="http://127.0.0.1:9/{account}"
    )
    assert "try again in a minute" in sentence


@pytest.mark.parametrize(
    "text", ["casa", " casa ", "CASA", "casa.app.invoicexpress.com", "https://casa.app.invoicexpress.com/invoices?x=1"]
)
def test_a_subdomain_may_be_pasted_as_an_address(run: Run, house: Services, text: str) -> None:
    run("account", "add", "one", "--subdomain", text, given=KEY)
    assert house.accounts.get("one").subdomain == "casa"


@pytest.mark.parametrize(
    "text",
    [
        "", "casa/../quinta", "evil.example/?", "casa.evil.example", "evil@casa", "casa:80", "casa#", "https://evil.example",
        "https://casa.app.invoicexpress.com.evil.example", "https://evil.example/casa.app.invoicexpress.com",
        "https://user@casa.app.invoicexpress.com", "casa%2eevil", "-casa", "casa\nHost: evil", "cäsa", "xn--csa-qla", "a" * 64,
    ],
)  # fmt: skip
def test_a_subdomain_that_leads_elsewhere_is_refused_before_the_key_is_asked_for(
    fails: Fails, sandbox: httpx.Client, text: str
) -> None:
    sandbox.delete("/requests")
    assert fails("account", "add", "one", "--subdomain", text).startswith("The subdomain must be the first part")
    assert sandbox.get("/requests").json()["total"] == 0


@pytest.mark.parametrize("name", ["", "Casa", "casa do rio", "casa:1", "a" * 41, "ção"])
def test_a_name_that_cannot_be_one_is_refused(fails: Fails, name: str) -> None:
    assert fails("account", "add", name, "--subdomain", "casa", given=KEY).startswith("An account's name is made of")


def test_a_name_is_taken_once(fails: Fails, casa: str) -> None:
    assert fails("account", "add", casa, "--subdomain", "quinta", given=KEY) == (
        "There is an account casa already. Change it: faturasync account set casa"
    )


def test_accounts_are_listed_without_their_keys(run: Run) -> None:
    assert run("account", "list").out == "No accounts yet. See: faturasync account add -h\n"
    run("account", "add", "casa", "--subdomain", "casa", "--commission", "booking=15", "--language", "en", given=KEY)
    run("account", "add", "b", "--subdomain", "quinta", given=KEY)
    for said in (run("account", "list"), run("account", "list", "--json")):
        assert KEY not in said.out
    assert run("account", "list", "--json").json == [
        {"account": "b", "subdomain": "quinta", "commission": {}},
        {"account": "casa", "subdomain": "casa", "commission": {"booking": "15"}, "language": "en"},
    ]
    assert run("account", "list").out.splitlines()[-1].split() == [
        "casa",
        "casa",
        "commission",
        "booking=15,",
        "language",
        "en",
    ]


def test_check_asks_invoicexpress(run: Run, fails: Fails, casa: str, sandbox: httpx.Client) -> None:
    assert run("account", "check", casa).out == "Connected: casa is the InvoiceXpress account casa.\n"
    sandbox.post("/accounts", json={"name": "casa", "key": "another"})
    assert fails("account", "check", casa).startswith(INVALID_KEY)


@pytest.mark.parametrize(
    "words",
    [
        ("account", "check"), ("account", "set"), ("account", "remove"), ("property", "list", "--account"),
        ("property", "add", "nobody", "Casa"), ("property", "set", "nobody", "Casa"),
        ("property", "remove", "nobody", "Casa"), ("connection", "add", "nobody", "smoobu"),
    ],
)  # fmt: skip
def test_an_unknown_account_is_named(fails: Fails, words: tuple[str, ...]) -> None:
    sentence = fails(*words, *(["nobody"] if "nobody" not in words else []))
    assert sentence.startswith(("There is no account nobody.", "The account nobody has no property"))


# account set


def test_set_takes_a_new_key_by_each_way(
    run: Run, casa: str, house: Services, sandbox: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("key-2")
    for number, (words, given) in enumerate(
        [((), "key-0"), (("--api-key-file", "-"), "key-1"), (("--api-key-file", str(tmp_path / "key")), "")]
    ):
        sandbox.post("/accounts", json={"name": "casa", "key": f"key-{number}"})
        assert run("account", "set", casa, *words, given=given).out == "Set.\n"
        assert house.accounts.api_key(casa) == f"key-{number}"


def test_set_keeps_the_old_key_where_the_new_one_is_refused(fails: Fails, casa: str, house: Services) -> None:
    assert fails("account", "set", casa, "--api-key-file", "-", "--language", "en", given="wrong").startswith(
        INVALID_KEY
    )
    assert house.accounts.api_key(casa) == KEY
    assert house.accounts.get(casa).settings.language is None


def test_set_of_settings_asks_neither_for_a_key_nor_invoicexpress(
    run: Run, casa: str, house: Services, sandbox: httpx.Client
) -> None:
    sandbox.delete("/requests")
    run("account", "set", casa, "--language", "en", "--commission", "booking=15", "--commission", "airbnb=3,5%")
    run("account", "set", casa, "--commission", "booking=16", "--currency", "eur")
    assert sandbox.get("/requests").json()["total"] == 0
    assert house.accounts.api_key(casa) == KEY
    assert run("account", "list", "--json").json == [
        {"account": "casa", "subdomain": "casa", "currency": "EUR",
         "commission": {"booking": "16", "airbnb": "3.5"}, "language": "en"}
    ]  # fmt: skip


def test_set_takes_a_key_and_settings_at_once(run: Run, casa: str, house: Services, sandbox: httpx.Client) -> None:
    sandbox.post("/accounts", json={"name": "casa", "key": "key-2"})
    run("account", "set", casa, "--language", "en", "--api-key-file", "-", given="key-2")
    assert house.accounts.api_key(casa) == "key-2"
    assert house.accounts.get(casa).settings.language == "en"


def test_set_of_a_subdomain_asks_that_account(run: Run, fails: Fails, casa: str, house: Services) -> None:
    assert fails("account", "set", casa, "--subdomain", "nobody").startswith(INVALID_KEY)
    assert house.accounts.get(casa).subdomain == "casa"
    run("account", "set", casa, "--subdomain", "https://quinta.app.invoicexpress.com")
    assert house.accounts.get(casa).subdomain == "quinta"


@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--commission", "booking", "--commission takes CHANNEL=PERCENT"),
        ("--commission", "nowhere=15", "--commission takes CHANNEL=PERCENT"),
        ("--commission", "booking=", "--commission: "),
        ("--commission", "booking=much", "--commission: "),
        ("--commission", "booking=100", "--commission: "),
        ("--commission", "booking=-1", "--commission: "),
        ("--commission", "booking=nan", "--commission: "),
        ("--currency", "EURO", "--currency: "),
        ("--currency", "€", "--currency: "),
    ],
)
def test_a_setting_that_cannot_be_is_named_by_its_flag(
    fails: Fails, casa: str, flag: str, value: str, sentence: str
) -> None:
    for words in (("account", "set", casa), ("property", "set", casa, "Casa da Ria")):
        assert fails(*words, flag, value).startswith(sentence)


@pytest.mark.parametrize("words", [("--language", "fr"), ("--subdomain",), ("--nothing",), ("--location", "mainland")])
def test_wrong_usage_is_exit_code_2(run: Run, casa: str, words: tuple[str, ...]) -> None:
    said = run("account", "set", casa, *words, code=2)
    assert said.err.splitlines()[-1].startswith("Error: ")


def test_a_removed_account_takes_its_connections_with_it(run: Run, fails: Fails, casa: str) -> None:
    run("connection", "add", casa, "smoobu")
    assert run("account", "remove", casa).out == "Removed casa.\n"
    assert run("account", "list", "--json").json == run("connection", "list", "--json").json == []
    assert fails("account", "remove", casa).startswith("There is no account casa.")
