"""Accounts in the console: connected once InvoiceXpress takes their key, which never comes back to a page."""

import html
import io
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from mapping.booking import Channel
from mapping.settings import Basis, Settings
from tests.cli.conftest import KEY
from tests.console.visits import NAME, PASSWORD, log_in, plain, send, token, words_of
from webhook.console import create_console
from worker.accounts import Account
from worker.records import BookingStatus
from worker.services import Services

FORM = {"provider": "invoicexpress", "api_key": KEY, "subdomain": "casa"}


@pytest.fixture
def casa(connected_house: Services) -> str:
    connected_house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), KEY)
    return "casa"


def test_who_has_no_account_is_asked_to_connect_one(host: FlaskClient) -> None:
    text = words_of(host, "/settings")
    for said in ("Invoicing provider", "InvoiceXpress", "API key", "Subdomain", "Where to find them", "Conta > API"):
        assert said in text


def test_an_account_is_connected_once_invoicexpress_takes_its_key(host: FlaskClient, connected_house: Services) -> None:
    answer = send(host, "/settings/connect", **FORM)
    assert (answer.status_code, answer.location) == (303, "/settings/account/casa")
    assert connected_house.accounts.all() == [Account(name="casa", subdomain="casa", settings=Settings())]
    assert connected_house.accounts.api_key("casa") == KEY
    text = words_of(host, answer.location)
    assert "Connected: casa is the InvoiceXpress account casa." in text
    assert "Drafts are net." in text
    act = connected_house.audit.acts()[0]
    assert (act.who, act.what, act.about) == (NAME, "account-added", "casa")


@pytest.mark.parametrize(
    "given", ["https://casa.app.invoicexpress.com/invoices", "CASA", " casa.app.invoicexpress.com "]
)
def test_the_whole_address_is_a_subdomain_too(host: FlaskClient, connected_house: Services, given: str) -> None:
    assert send(host, "/settings/connect", **FORM | {"subdomain": given}).status_code == 303
    assert connected_house.accounts.get("casa").subdomain == "casa"


@pytest.mark.parametrize(("api_key", "subdomain"), [("wrong-key", "casa"), (KEY, "nobody")])
def test_a_wrong_key_or_subdomain_is_told_with_what_to_do(
    host: FlaskClient, connected_house: Services, api_key: str, subdomain: str
) -> None:
    answer = send(host, "/settings/connect", **FORM | {"api_key": api_key, "subdomain": subdomain})
    assert answer.status_code == 422
    text = plain(answer.text)
    assert "Invalid API key" in text
    assert f"does not take this key for the account {subdomain}" in text
    assert f"does https://{subdomain}.app.invoicexpress.com show your log-in? If not, it is the account" in text
    assert api_key not in answer.text
    assert f'value="{subdomain}"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert connected_house.accounts.all() == []


def test_an_address_where_nothing_is_is_an_account_not_found(connected_house: Services) -> None:
    elsewhere = replace(connected_house.environment, invoicexpress_url="http://{account}.invalid")
    house = replace(connected_house, environment=elsewhere)
    client = create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    log_in(client)
    answer = send(client, "/settings/connect", **FORM)
    assert answer.status_code == 422
    assert "Account not found" in plain(answer.text)
    assert "Copy the subdomain from the address at which you log in" in plain(answer.text)
    headers = {"Accept-Language": "pt"}
    portuguese = client.post(
        "/settings/connect", data={**FORM, "csrf_token": token(client, "/settings/connect")}, headers=headers
    )
    assert "Conta não encontrada" in plain(portuguese.text)


def test_no_answer_is_no_refusal(connected_house: Services) -> None:
    away = replace(connected_house.environment, invoicexpress_url="http://127.0.0.1:9/{account}")
    client = create_console(
        replace(connected_house, environment=away), password=PASSWORD, secret_key=b"k" * 32
    ).test_client()
    log_in(client)
    text = plain(send(client, "/settings/connect", **FORM).text)
    assert "InvoiceXpress could not be asked" in text
    assert "try again in a minute" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"provider": ""}, "Choose who makes your documents."),
        ({"provider": "another"}, "Choose who makes your documents."),
        ({"api_key": "  "}, "Paste the API key."),
        ({"subdomain": ""}, "The subdomain must be the first part"),
        ({"subdomain": "evil.example/casa"}, "The subdomain must be the first part"),
        ({"name": "Casa!"}, "Made of a-z, 0-9 and hyphens"),
    ],
)
def test_what_is_missing_is_told_beside_its_field(
    host: FlaskClient, connected_house: Services, change: dict[str, str], said: str
) -> None:
    answer = send(host, "/settings/connect", **FORM | change)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert KEY not in answer.text
    assert connected_house.accounts.all() == []


def test_a_second_account_gets_a_name_of_its_own(host: FlaskClient, connected_house: Services, casa: str) -> None:
    assert send(host, "/settings/connect", **FORM).location == "/settings/account/casa-2"
    taken = send(host, "/settings/connect", **FORM | {"name": "casa"})
    assert "There is an account of this name already." in plain(taken.text)
    assert send(host, "/settings/connect", **FORM | {"subdomain": "quinta", "name": "farm"}).status_code == 303
    assert [each.name for each in connected_house.accounts.all()] == ["casa", "casa-2", "farm"]
    assert "Connect another account" in words_of(host, "/settings")


def test_htmx_is_told_where_the_browser_goes(host: FlaskClient) -> None:
    headers = {"HX-Request": "true", "X-CSRF-Token": token(host, "/settings/connect")}
    answer = host.post("/settings/connect", data=FORM, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/settings/account/casa")


def test_check_now_asks_with_the_key_that_is_kept(host: FlaskClient, connected_house: Services, casa: str) -> None:
    answer = send(host, "/settings/account/casa/check")
    assert "Connected: casa is" in words_of(host, answer.location)
    connected_house.accounts.change(connected_house.accounts.get("casa"), api_key="expired")
    assert "Invalid API key." in words_of(host, send(host, "/settings/account/casa/check").location)


def test_a_new_key_is_tried_first_and_sets_bookings_going(
    host: FlaskClient, connected_house: Services, casa: str
) -> None:
    connected_house.accounts.change(connected_house.accounts.get("casa"), api_key="expired")
    refused = send(host, "/settings/account/casa/key", api_key="wrong-key", subdomain="casa")
    assert refused.status_code == 422
    assert "Invalid API key" in plain(refused.text)
    assert connected_house.accounts.api_key("casa") == "expired"
    assert send(host, "/settings/account/casa/key", api_key=KEY, subdomain="casa").status_code == 303
    assert connected_house.accounts.api_key("casa") == KEY
    assert connected_house.audit.acts()[0].became == {"api_key": "changed"}


def test_another_subdomain_keeps_the_key_where_none_is_given(
    host: FlaskClient, connected_house: Services, casa: str
) -> None:
    assert send(host, "/settings/account/casa/key", api_key="", subdomain="quinta").status_code == 303
    assert connected_house.accounts.get("casa").subdomain == "quinta"
    assert connected_house.accounts.api_key("casa") == KEY


def test_settings_are_saved_whole_and_can_be_unsaid(host: FlaskClient, connected_house: Services, casa: str) -> None:
    page = "/settings/account/casa/settings"
    form = {
        "basis": "gross", "channel_basis-airbnb": "net", "commission-booking": "15,5 %", "exchange": "usd=0,92\nGBP=1.15",
        "draft_at": "check-out", "start_date": "2026-01-01", "observations": "Registo {registration}", "limit": "300",
    }  # fmt: skip
    assert send(host, page, **form).status_code == 303
    saved = connected_house.accounts.get("casa").settings
    assert (saved.basis, saved.channel_basis) == (Basis.GROSS, {Channel.AIRBNB: Basis.NET})
    assert {name: str(percent) for name, percent in saved.commission.items()} == {"booking": "15.5"}
    assert {name: str(rate) for name, rate in saved.exchange.items()} == {"USD": "0.92", "GBP": "1.15"}
    text = words_of(host, "/settings/account/casa")
    for said in ("gross, the whole price", "Airbnb: net", "Booking.com 15.5%", "on the day of check-out", "01/01/2026"):
        assert said in text
    shown = host.get(page).text
    for value in ('value="gross" selected', 'value="15.5"', "USD=0.92\nGBP=1.15", 'value="2026-01-01"', 'value="300"'):
        assert value in shown
    assert send(host, page, basis="").status_code == 303
    assert connected_house.accounts.get("casa").settings == Settings()


def test_net_is_chosen_beside_a_plain_warning(host: FlaskClient, casa: str) -> None:
    assert "The tax authority holds that the guest is invoiced the whole price" in words_of(
        host, "/settings/account/casa/settings"
    )
    send(host, "/settings/account/casa/settings", basis="gross")
    assert "Drafts are net." not in words_of(host, "/settings/account/casa")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"commission-airbnb": "100"}, "Percentages from 0 to below 100"),
        ({"exchange": "USD"}, "One a line, such as USD=0.92."),
        ({"exchange": "EUR=1"}, "Euros are what everything is in already."),
        ({"limit": "none"}, "A number from 1 to 100000."),
        ({"observations": "{guest}"}, "only the names above in braces"),
        ({"basis": "half"}, "Choose one of the list."),
    ],
)
def test_a_setting_that_cannot_be_is_told_and_what_was_typed_stays(
    host: FlaskClient, connected_house: Services, casa: str, form: dict[str, str], said: str
) -> None:
    answer = send(host, "/settings/account/casa/settings", sequence="Alojamento", **form)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert 'value="Alojamento"' in answer.text
    assert html.escape(next(iter(form.values()))) in answer.text
    assert connected_house.accounts.get("casa").settings == Settings()


def test_an_account_goes_with_its_connections_and_says_before_what_follows(
    host: FlaskClient, connected_house: Services, casa: str
) -> None:
    connected_house.connections.add("casa", "smoobu", [], now=connected_house.clock())
    text = words_of(host, "/settings/account/casa/remove")
    assert "1 webhook URL ends at once" in text
    assert "Drafts and documents in InvoiceXpress stay as they are" in text
    assert connected_house.accounts.all()
    assert send(host, "/settings/account/casa/remove").location == "/settings"
    assert (connected_house.accounts.all(), connected_house.connections.all()) == ([], [])


@pytest.mark.parametrize("page", ["", "/key", "/settings", "/remove", "/property/new", "/channel-manager"])
def test_an_account_that_is_not_there_is_said_so(host: FlaskClient, page: str) -> None:
    answer = host.get(f"/settings/account/nobody{page}")
    assert answer.status_code == 404
    assert "There is no account nobody." in answer.text


def test_no_page_and_no_log_has_a_key(
    host: FlaskClient, connected_house: Services, casa: str, log: io.StringIO
) -> None:
    send(host, "/settings/account/casa/key", api_key="another-wrong-key", subdomain="casa")
    pages = ("/settings", *(f"/settings/account/casa{page}" for page in ("", "/key", "/settings", "/remove")))
    shown = "".join(host.get(page).text for page in pages)
    for secret in (KEY, "another-wrong-key"):
        assert secret not in shown
        assert secret not in log.getvalue()


def test_what_waits_for_a_person_is_told_on_the_first_page(
    host: FlaskClient, connected_house: Services, casa: str
) -> None:
    connected_house.connections.add("casa", "lodgify", [], now=connected_house.clock())
    assert "1 connection needs a look" in words_of(host, "/settings")
    assert "Secret missing" in words_of(host, "/settings/account/casa")
    assert not connected_house.ledger.keys("casa", BookingStatus.PARKED)
