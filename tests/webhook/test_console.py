"""The console on a real store, as a browser sees it."""

import html
import io
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mapping.delivery import Delivery, Doorbell
from mapping.errors import UserError
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.conftest import FakeClock
from webhook.console import HEADERS, create_console, from_environment, session_key
from webhook.console_bookings import PAGE_LENGTH
from webhook.console_texts import EVENT_TEXTS, STATUS_TEXTS, commission_source, event, moment, money, stay, web_link
from worker.accounts import Account
from worker.connections import vendor_of
from worker.properties import Property
from worker.records import BookingStatus, Claim, DocumentLink, Trail
from worker.services import Services

PASSWORD = "open sesame"
PAGES = ("/", "/bookings/casa:generic:R-1", "/nothing/here")
FIGURES = {
    "basis": "net",
    "total_guest": "418.00",
    "tourist_tax": "8.00",
    "commission": "64.79",
    "commission_source": "payload",
    "amount": "345.21",
    "rate": "6",
    "unit_price": "325.6698",
}

Tell = Callable[..., str]
Settle = Callable[..., None]


@pytest.fixture
def visitor(house: Services) -> FlaskClient:
    return create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()


@pytest.fixture
def user(visitor: FlaskClient) -> FlaskClient:
    """Somebody who has logged in."""
    assert log_in(visitor).status_code == 303
    return visitor


@pytest.fixture
def tell(house: Services) -> Tell:
    """tell("R-1", guest_name=...): a delivery from `generic`; returns the booking's key."""

    def told(source_id: str, account: str = "casa", **fields: object) -> str:
        if not any(known.account == account for known in house.connections.all()):
            house.accounts.add(Account(name=account, subdomain=account, settings=Settings()), "the-api-key")
            house.connections.add(account, "generic", [], now=house.clock())
        connection = next(known for known in house.connections.all() if known.account == account)
        data = {
            "source_id": source_id,
            "ota": "airbnb",
            "ota_reference": f"HM{source_id}",
            "status": "confirmed",
            "property_ref": "casa-do-largo",
            "check_in": "2026-07-03",
            "check_out": "2026-07-07",
            "guest_name": "Anneke de Wit",
            "guest_email": "anneke@example.com",
            "currency": "EUR",
            "total_guest": "418.00",
            **fields,
        }
        body = {"type": "booking.created", "timestamp": "2026-05-02T09:15:41Z", "data": data}
        delivery = Delivery(body=json.dumps(body).encode())
        taken = house.intake.take(connection, delivery, vendor_of("generic").read(delivery), now=house.clock())
        return taken.bookings[0]

    return told


@pytest.fixture
def settle(house: Services) -> Settle:
    """settle(key, status, reason=..., figures=...): what a job would write."""

    def settled(
        key: str,
        status: BookingStatus,
        reason: Reason | None = None,
        figures: dict[str, str] | None = None,
        **facts: str,
    ) -> None:
        fields = {"property": "Casa do Largo", "figures": json.dumps(figures or {})}
        now = house.clock()
        house.ledger.settle(key, house.ledger.job(key), status, now=now, reason=reason, facts=facts, fields=fields)
        house.ledger.note(key, status.value, at=now, reason=reason.value if reason else "")

    return settled


def token(client: FlaskClient, path: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def log_in(client: FlaskClient, password: str = PASSWORD, **request: str) -> TestResponse:
    form = {"password": password, "csrf_token": token(client)}
    return client.post("/login", data=form, environ_overrides=request)


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The bookings that the page shows, by the id at their channel manager."""
    return re.findall(r'href="/bookings/[^"]*:([^":]+)"', client.get(f"/{query}").text)


def words_of(client: FlaskClient, path: str = "/") -> str:
    """The page's text without its markup."""
    return html.unescape(re.sub(r"<[^>]*>", "", client.get(path).text))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_needs_a_login(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize("path", ["/retry", "/logout"])
def test_every_act_needs_a_login(visitor: FlaskClient, path: str) -> None:
    answer = visitor.post(path, data={"csrf_token": token(visitor)})
    assert (answer.status_code, answer.location) == (303, "/login")


def test_health_is_told_to_anyone_without_a_session(visitor: FlaskClient) -> None:
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "up"})
    assert "Set-Cookie" not in answer.headers


def test_the_right_password_leads_to_the_page_that_was_asked_for(visitor: FlaskClient, tell: Tell) -> None:
    assert log_in(visitor).location == "/"
    key = tell("R 1/2?")
    visitor.post("/logout", data={"csrf_token": token(visitor, "/")})
    visitor.get(f"/bookings/{key.replace('?', '%3F')}")
    answer = log_in(visitor)
    assert answer.location == "/bookings/casa:generic:R%201/2%3F"
    assert visitor.get(answer.location).status_code == 200


def test_a_wish_never_leads_to_another_host(visitor: FlaskClient) -> None:
    visitor.get("//evil.example/bookings")
    assert log_in(visitor).location == "/"


def test_a_wrong_password_is_refused_in_one_sentence(visitor: FlaskClient) -> None:
    answer = log_in(visitor, "open barley")
    assert answer.status_code == 403
    assert "That is not the password." in answer.text
    assert visitor.get("/").status_code == 303


def test_wrong_passwords_are_limited_for_each_address_over_all_processes(
    house: Services, visitor: FlaskClient, clock: FakeClock
) -> None:
    elsewhere = create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    for client in [visitor, elsewhere] * 5:
        assert log_in(client, "wrong").status_code == 403
    refused = log_in(visitor)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Wait a minute" in refused.text
    assert log_in(elsewhere, REMOTE_ADDR="192.0.2.7").status_code == 303
    clock.go_on(seconds=60)
    assert log_in(visitor).status_code == 303


def test_right_passwords_do_not_count(visitor: FlaskClient) -> None:
    for _ in range(12):
        assert log_in(visitor).status_code == 303
        visitor.post("/logout", data={"csrf_token": token(visitor, "/")})


def test_the_session_cookie_is_strict(visitor: FlaskClient) -> None:
    plain = visitor.get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=Lax" in plain
    assert "Secure" not in plain
    other = visitor.application.test_client()
    assert "Secure" in other.get("/login", base_url="https://localhost").headers["Set-Cookie"]


def test_log_out_ends_every_copy_of_the_session(house: Services, user: FlaskClient) -> None:
    cookie = user.get_cookie("faturasync")
    assert cookie
    assert user.post("/logout", data={"csrf_token": token(user, "/")}).location == "/login"
    assert user.get("/").status_code == 303
    thief = create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    thief.set_cookie("faturasync", cookie.value)
    assert thief.get("/").status_code == 303


def test_a_session_holds_in_another_process_and_ends_with_the_password(house: Services, user: FlaskClient) -> None:
    cookie = user.get_cookie("faturasync")
    assert cookie
    for key, status in ((b"k" * 32, 200), (b"x" * 32, 303)):
        other = create_console(house, password=PASSWORD, secret_key=key).test_client()
        other.set_cookie("faturasync", cookie.value)
        assert other.get("/").status_code == status
    assert session_key("key", "a") == session_key("key", "a")
    assert session_key("key", "a") != session_key("key", "b")
    assert len(session_key("key", "a")) == 32


@pytest.mark.parametrize("sent", ["", "made-up", "naïve"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/retry"])
def test_a_form_without_its_token_is_refused(
    house: Services, user: FlaskClient, tell: Tell, path: str, sent: str
) -> None:
    key = tell("R-1")
    job = house.ledger.job(key)
    form = {"csrf_token": sent, "booking": key, "password": PASSWORD}
    assert user.post(path, data=form).status_code == 400
    assert house.ledger.job(key) == job
    assert user.get("/").status_code == 200


def test_a_token_does_not_outlive_the_login(visitor: FlaskClient) -> None:
    before = token(visitor)
    log_in(visitor)
    assert visitor.post("/logout", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("path", ["/login", "/healthz", "/static/console.css", *PAGES])
def test_every_answer_has_the_strict_headers(user: FlaskClient, path: str) -> None:
    answer = user.get(path, buffered=True)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", PAGES[:2])
def test_pages_have_no_script_and_no_style_of_their_own(user: FlaskClient, tell: Tell, path: str) -> None:
    tell("R-1")
    text = user.get(path).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r'(src|href|action)="(https?:)?//', text)


def test_payload_texts_are_escaped(user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1", guest_name="<script>alert(1)</script>", property_name='"><img src=x>', ota_reference="<b>x</b>")
    for path in ("/", f"/bookings/{key}", "/?q=<script>"):
        text = user.get(path).text
        assert not re.search(r"<script|<img src=x|<b>x", text)
        assert "&lt;script&gt;" in text


def test_an_empty_console_says_what_to_do_first(house: Services, user: FlaskClient, tell: Tell) -> None:
    text = words_of(user)
    for command in ("account add casa --subdomain casa", "property add casa", "connection add casa smoobu"):
        assert f"faturasync {command}" in text
    assert "done" not in text
    house.accounts.add(Account(name="rio", subdomain="rio", settings=Settings()), "the-api-key")
    house.properties.add(Property(account="rio", name="Casa", settings=Settings()))
    text = words_of(user)
    assert text.count("– done") == 2
    assert "faturasync connection add rio smoobu" in text
    tell("R-1")
    assert "No bookings yet" not in user.get("/").text


def test_bookings_are_listed_by_their_newest_change(user: FlaskClient, tell: Tell, clock: FakeClock) -> None:
    for name in ("R-1", "R-2", "R-3"):
        tell(name)
        clock.go_on(minutes=1)
    tell("R-2", guest_name="Anneke de Vries")
    assert listed(user) == ["R-2", "R-3", "R-1"]


def test_a_line_says_all_of_its_booking(house: Services, user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_LOCATION, FIGURES, property="Casa do Largo")
    link = DocumentLink(id=77, state="draft", url="https://casa.app.invoicexpress.com/invoices/77")
    house.ledger.write_trail(key, Trail(document=link))
    text = user.get("/").text
    for said in (
        "Anneke de Wit",
        "3–7\N{NO-BREAK SPACE}Jul\N{NO-BREAK SPACE}2026",
        "Casa do Largo",
        "Airbnb",
        "HMR-1",
        "345.21\N{NO-BREAK SPACE}€",
        ">Parked</span>",
        "so its IVA rate is not known. Set it:",
        'href="https://casa.app.invoicexpress.com/invoices/77" target="_blank" rel="noopener noreferrer"',
    ):
        assert said in text
    command = 'faturasync property set casa "Casa do Largo" --location mainland|madeira|azores'
    assert command in words_of(user)


def test_bookings_are_filtered_by_status_and_account(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_PRICE)
    settle(tell("R-2", "quinta"), BookingStatus.PARKED, Reason.NO_PRICE)
    tell("R-3", "quinta")
    assert set(listed(user, "?status=parked")) == {"R-1", "R-2"}
    assert set(listed(user, "?account=quinta")) == {"R-2", "R-3"}
    assert listed(user, "?account=quinta&status=parked") == ["R-2"]
    assert set(listed(user, "?status=nonsense&page=-1")) == {"R-1", "R-2", "R-3"}
    text = user.get("/?account=quinta").text
    assert re.search(r'status=parked[^>]*><span class="number">1</span>', text)
    assert 'aria-label="By account"' in text


def test_one_account_needs_no_filter(user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert 'aria-label="By account"' not in user.get("/").text


@pytest.mark.parametrize("search", ["joao", "JOÃO ninguém", "hmr-1", "fs-generic-r-1-1", "casa:generic:R-1"])
def test_search_finds_guest_reference_and_code(house: Services, user: FlaskClient, tell: Tell, search: str) -> None:
    key = tell("R-1", guest_name="João Ninguém")
    tell("R-2", guest_name="Rita Salgueiro")
    claim = Claim(uid="u", reference="FS-generic-R-1-1", claimed_at=house.clock())
    house.ledger.write_trail(key, Trail(claim=claim))
    assert listed(user, f"?q={search}") == ["R-1"]
    assert listed(user, f"?q={search}&status=final") == []


def test_only_the_first_page_goes_on_by_itself_and_not_while_somebody_searches(user: FlaskClient, tell: Tell) -> None:
    refresh = '<meta http-equiv="refresh" content="5">'
    key = tell("R-1")
    assert refresh in user.get("/").text
    assert refresh not in user.get("/?q=").text
    assert refresh not in user.get(f"/bookings/{key}").text


def test_long_lists_have_pages(user: FlaskClient, tell: Tell) -> None:
    for number in range(PAGE_LENGTH + 1):
        tell(f"R-{number}")
    assert len(listed(user)) == PAGE_LENGTH
    assert len(listed(user, "?page=2")) == 1
    assert listed(user, "?page=99") == listed(user, "?page=2")
    assert 'rel="next" href="/?page=2"' in user.get("/").text


def test_deliveries_that_could_not_be_read_are_told(house: Services, user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert "could not be read" not in user.get("/").text
    connection = house.connections.all()[0]
    house.intake.take_unreadable(connection, Delivery(body=b"{}"), [], now=house.clock())
    assert "1 delivery could not be read" in user.get("/").text


def test_a_booking_is_shown_whole(house: Services, user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    house.ledger.note(key, "created", at=house.clock(), document=77)
    settle(key, BookingStatus.DRAFTED, figures=FIGURES)
    text = user.get(f"/bookings/{key}").text
    for said in (
        money("418.00"),
        money("-8.00"),
        money("-64.79"),
        "as the channel manager says",
        money("345.21"),
        "6 %",
        money("325.6698", places=4),
        "Review and finalise it in InvoiceXpress.",
        "InvoiceXpress made the draft 77.",
        "Drafted.",
        house.ledger.deliveries(key)[0],
        "1 Jul 2026, 13:00:00".replace(" ", "\N{NO-BREAK SPACE}", 2),
        "never makes a second draft",
    ):
        assert said in text


def test_a_booking_without_a_draft_shows_what_was_said(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1", currency="GBP")
    settle(key, BookingStatus.PARKED, Reason.FOREIGN_CURRENCY, currency="GBP")
    text = user.get(f"/bookings/{key}").text
    assert "418.00\N{NO-BREAK SPACE}GBP" in text
    assert "The price is in GBP; drafts are made in euros only." in text


def test_an_odd_link_is_not_made_clickable(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url="javascript:alert(1)")))
    for path in ("/", f"/bookings/{key}"):
        text = user.get(path).text
        assert "Draft 77" in text
        assert "javascript" not in text


def test_an_unknown_booking_is_not_found(user: FlaskClient) -> None:
    assert user.get("/bookings/casa:generic:nothing").status_code == 404
    answer = user.post("/retry", data={"csrf_token": token(user, "/"), "booking": "casa:generic:nothing"})
    assert answer.status_code == 404
    assert "There is no such booking." in answer.text


def test_retry_gives_the_booking_a_new_job(house: Services, user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.FAILED, Reason.UNAVAILABLE)
    job, jobs = house.ledger.job(key), len(house.queue)
    answer = user.post("/retry", data={"csrf_token": token(user, f"/bookings/{key}"), "booking": key})
    assert (answer.status_code, answer.location) == (303, f"/bookings/{key}")
    assert house.ledger.job(key) != job
    assert len(house.queue) == jobs + 1
    record = house.ledger.get(key)
    assert record
    assert record.status is BookingStatus.QUEUED
    assert "The booking is tried again now." in user.get(answer.location).text


def test_no_secret_and_no_guest_is_told_where_it_should_not_be(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle, log: io.StringIO
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_PRICE)
    shown = "".join(user.get(path).text for path in ("/", f"/bookings/{key}", "/?q=anneke", "/login"))
    user.post("/retry", data={"csrf_token": token(user, "/"), "booking": key})
    log_in(user.application.test_client(), "open barley")
    secrets = [PASSWORD, "the-api-key", "anneke@example.com", *house.connections.secrets("casa-generic")]
    assert not [secret for secret in secrets if secret in shown]
    logged = log.getvalue()
    assert "retry-asked" in logged
    assert not [text for text in (*secrets, "Anneke", "anneke", "open barley") if text in logged]


def test_a_store_that_is_away_is_said_in_one_sentence(house: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("FATURASYNC_SECRET_KEYS", house.environment.secret_keys[0])
    monkeypatch.setenv("CONSOLE_PASSWORD", PASSWORD)
    client = from_environment().test_client()
    assert client.get("/healthz").status_code == 200
    answer = log_in(client)
    assert answer.status_code == 503
    assert "The store does not answer." in answer.text


def test_a_booking_that_cannot_be_decrypted_is_said_in_one_sentence(
    house: Services, user: FlaskClient, tell: Tell
) -> None:
    key = tell("R-1")
    house.store.hset(f"fs:booking:{key}", "booking", b"nonsense")
    answer = user.get("/")
    assert answer.status_code == 500
    assert "cannot be decrypted" in answer.text


def test_the_console_does_not_start_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSOLE_PASSWORD", raising=False)
    with pytest.raises(UserError, match="CONSOLE_PASSWORD must be set"):
        from_environment()


def test_other_methods_are_refused_with_what_is_allowed(user: FlaskClient) -> None:
    answer = user.get("/retry")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_every_status_has_its_words() -> None:
    assert set(STATUS_TEXTS) == set(BookingStatus)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"event": "parked", "reason": "no-location"}, "Parked: no location."),
        ({"event": "parked", "reason": "edited-in-invoicexpress"}, "Parked: edited in InvoiceXpress."),
        ({"event": "drafted", "reason": ""}, "Drafted."),
        (
            {"event": "looked-up", "reference": "FS-1", "found": 0},
            EVENT_TEXTS["looked-up"].format(reference="FS-1", found=0),
        ),
        ({"event": "read", "document": 7}, "Looked at the document 7 in InvoiceXpress: ?."),
        ({"event": "something-new"}, "Something new."),
    ],
)
def test_history_is_told_in_plain_words(line: dict[str, object], words: str) -> None:
    assert event(line) == words


@pytest.mark.parametrize(
    ("check_in", "check_out", "words"),
    [
        ("2026-07-03", "2026-07-07", "3–7 Jul 2026"),
        ("2026-06-30", "2026-07-02", "30 Jun – 2 Jul 2026"),
        ("2026-12-30", "2027-01-02", "30 Dec 2026 – 2 Jan 2027"),
        ("2026-07-03", "2027-07-03", "3 Jul 2026 – 3 Jul 2027"),
    ],
)
def test_a_stay_is_written_as_people_write_it(check_in: str, check_out: str, words: str) -> None:
    assert stay(check_in, check_out).replace("\N{NO-BREAK SPACE}", " ") == words


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (None, "EUR", "–"),
        ("", "EUR", "–"),
        ("12418.00", "EUR", "12 418.00 €"),
        ("-64.79", "EUR", "−64.79 €"),
        ("-0.00", "EUR", "0.00 €"),
        (Decimal("90.00"), "GBP", "90.00 GBP"),
        ("90.00", None, "90.00"),
    ],
)
def test_money_is_written_as_people_write_it(amount: str | Decimal | None, currency: str | None, words: str) -> None:
    assert re.sub(r"\s", " ", money(amount, currency)) == words


def test_moments_are_told_by_lisbons_clock() -> None:
    summer = datetime.fromisoformat("2026-07-01T23:30:00+00:00")
    assert moment(summer).replace("\N{NO-BREAK SPACE}", " ") == "2 Jul 2026, 00:30"


def test_a_commission_from_the_settings_says_so() -> None:
    assert commission_source("15 % (setting)") == "15 % of the price, from the settings"


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "data:text/html,x", "//casa", "https:", "/invoices/1"]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_link(url) is None


def test_a_booking_that_was_only_named_has_a_line_and_a_page(house: Services, user: FlaskClient) -> None:
    connection = house.connections.add("casa", "channex", [], now=house.clock()).connection
    house.intake.take(connection, Delivery(body=b"{}"), Doorbell(source_id="R-7"), now=house.clock())
    for path in ("/", "/bookings/casa:channex:R-7", "/?q=R-7"):
        page = user.get(path)
        assert page.status_code == 200
        assert "not fetched yet" in page.get_data(as_text=True)
