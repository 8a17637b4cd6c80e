"""The list of bookings and a booking's page, as a browser sees them."""

import html
import re

import pytest
from flask.testing import FlaskClient

from mapping.delivery import Delivery, Doorbell
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, plain, token, words_of
from webhook.console.formats import stay
from worker.accounts import Account
from worker.index import PAGE_LENGTH
from worker.properties import Property
from worker.records import BookingStatus, Claim, DocumentLink, Trail
from worker.services import Services

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


def test_payload_texts_are_escaped(user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1", guest_name="<script>alert(1)</script>", property_name='"><img src=x>', ota_reference="<b>x</b>")
    for path in ("/bookings", f"/bookings/{key}", "/bookings?q=<script>"):
        text = user.get(path).text
        assert not re.search(r"<script>|<img src=x|<b>x", text)
        assert "&lt;script&gt;" in text


def test_an_empty_console_says_what_to_do_first(house: Services, user: FlaskClient, tell: Tell) -> None:
    text = words_of(user)
    for step in ("Connect your InvoiceXpress account", "Make a webhook URL", "Say what you let and where it is"):
        assert step in text
    assert "done" not in text
    house.accounts.add(Account(name="rio", subdomain="rio", settings=Settings()), "the-api-key")
    house.properties.add(Property(account="rio", name="Casa", settings=Settings()))
    text = words_of(user)
    assert text.count("– done") == 2
    assert 'href="/settings/account/rio/channel-manager"' in user.get("/bookings").text
    tell("R-1")
    assert "No bookings yet" not in user.get("/bookings").text
    assert "No bookings yet" not in user.get("/bookings?status=final").text


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The bookings that the page shows, by the id at their channel manager."""
    return re.findall(r'href="/bookings/[^"]*:([^":]+)"', client.get(f"/bookings{query}").text)


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
    text = user.get("/bookings").text
    for said in (
        "Anneke de Wit",
        stay("2026-07-03", "2026-07-07"),
        "Casa do Largo",
        "Airbnb",
        "HMR-1",
        "€345.21",
        ">Parked</span>",
        "so its IVA rate is not known. Set it.",
        'href="https://casa.app.invoicexpress.com/invoices/77" target="_blank" rel="noopener noreferrer"',
    ):
        assert said in text


def number_of(text: str, status: str) -> str:
    """What a tab counts."""
    found = re.search(rf'id="tab-{status}".*?</a>', text, re.DOTALL)
    assert found
    return plain(found[0]).split()[-1]


def test_bookings_are_filtered_by_everything_that_the_address_says(
    user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_PRICE)
    settle(tell("R-2", "quinta", check_out="2026-08-02"), BookingStatus.PARKED, Reason.NO_COMMISSION)
    tell("R-3", "quinta", ota="direct")
    assert set(listed(user, "?status=parked")) == {"R-1", "R-2"}
    assert set(listed(user, "?account=quinta")) == {"R-2", "R-3"}
    assert listed(user, "?account=quinta&status=parked") == ["R-2"]
    assert listed(user, "?reason=no-price") == ["R-1"]
    assert listed(user, "?channel=direct") == ["R-3"]
    assert listed(user, "?month=2026-08") == ["R-2"]
    assert set(listed(user, "?property=Casa do Largo")) == {"R-1", "R-2"}
    assert set(listed(user, "?status=no&reason=no&channel=no&month=no&after=no&from=no")) == {"R-1", "R-2", "R-3"}


def test_tabs_count_what_the_other_filters_leave(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_PRICE)
    settle(tell("R-2", "quinta", check_out="2026-08-02"), BookingStatus.PARKED, Reason.NO_PRICE)
    tell("R-3", "quinta", ota="direct")
    for query, every, parked in (
        ("", "3", "2"),
        ("?account=quinta", "2", "1"),
        ("?month=2026-08&status=parked", "1", "1"),
        ("?channel=vrbo", "0", "0"),
    ):
        text = user.get(f"/bookings{query}").text
        assert (number_of(text, "all"), number_of(text, "parked")) == (every, parked)


def test_menus_offer_what_bookings_have_with_how_many(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_PRICE)
    tell("R-2", "quinta", check_out="2026-08-02", ota="booking")
    text = words_of(user)
    for said in ("casa (1)", "quinta (1)", "Booking.com (1)", "August 2026 (1)", "July 2026 (1)", "No price (1)"):
        assert said in text
    assert "No price" not in words_of(user, "/bookings?account=quinta")
    assert "Agosto 2026 (1)" in words_of(user, language="pt")
    chosen = user.get("/bookings?month=2026-08&account=quinta").text
    assert '<option value="2026-08" selected>' in chosen
    assert 'href="/bookings?account=quinta">' in chosen, "the month is taken back"
    assert 'name="status"' not in chosen
    assert '<input type="hidden" name="status" value="parked">' in user.get("/bookings?status=parked").text


def test_one_account_needs_no_menu(user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert '<select id="account"' not in user.get("/bookings").text


@pytest.mark.parametrize("search", ["joao", "JOÃO ninguém", "hmr-1", "fs-generic-r-1-1", "casa:generic:R-1"])
def test_search_finds_guest_reference_and_code(house: Services, user: FlaskClient, tell: Tell, search: str) -> None:
    key = tell("R-1", guest_name="João Ninguém")
    tell("R-2", guest_name="Rita Salgueiro")
    claim = Claim(uid="u", reference="FS-generic-R-1-1", claimed_at=house.clock())
    house.ledger.write_trail(key, Trail(claim=claim))
    assert listed(user, f"?q={search}") == ["R-1"]
    assert listed(user, f"?q={search}&status=final") == []


def test_a_page_goes_on_by_itself_as_it_was_asked_for(user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    assert (
        'hx-get="/bookings?status=queued&amp;q=Anneke" hx-trigger="every 5s"'
        in user.get("/bookings?q=Anneke&status=queued").text
    )
    assert f'hx-get="/bookings/{key}" hx-trigger="every 5s"' in user.get(f"/bookings/{key}").text


def test_long_lists_have_pages(user: FlaskClient, tell: Tell) -> None:
    for number in range(2 * PAGE_LENGTH + 1):
        tell(f"R-{number:03}", ota="direct")
    seen, address, came = [], "/bookings?channel=direct", []
    while address:
        came.append(address)
        text = user.get(address).text
        seen += re.findall(r'href="/bookings/[^"]*:([^":]+)"', text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        address = html.unescape(found[1]) if found else ""
    assert seen == sorted((f"R-{number:03}" for number in range(2 * PAGE_LENGTH + 1)), reverse=True)
    assert len(came) == 3
    newer = re.findall(r'rel="prev" href="([^"]+)"', user.get(came[2]).text)
    assert listed(user, html.unescape(newer[0]).removeprefix("/bookings")) == seen[PAGE_LENGTH : 2 * PAGE_LENGTH]
    assert f'hx-get="{html.escape(came[1])}" hx-trigger' in user.get(came[1]).text


def test_a_search_with_many_answers_asks_for_more_letters(user: FlaskClient, tell: Tell) -> None:
    for number in range(PAGE_LENGTH + 1):
        tell(f"R-{number}", guest_name="Rita Salgueiro")
    assert "There may be more" in user.get("/bookings?q=rita").text
    assert "There may be more" not in user.get("/bookings?q=R-7").text


def test_deliveries_that_could_not_be_read_are_told(house: Services, user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert "could not be read" not in user.get("/bookings").text
    connection = house.connections.all()[0]
    house.intake.take_unreadable(connection, Delivery(body=b"{}"), [], now=house.clock())
    assert "1 delivery could not be read" in user.get("/bookings").text
    answer = user.post("/deliveries/read-again", data={"csrf_token": token(user, "/bookings")}, follow_redirects=True)
    assert "0 bookings were found. 1 delivery is still unreadable." in answer.text


def test_a_booking_that_was_only_named_has_a_line_and_a_page(house: Services, user: FlaskClient) -> None:
    connection = house.connections.add("casa", "channex", [], now=house.clock()).connection
    house.intake.take(connection, Delivery(body=b"{}"), Doorbell(source_id="R-7"), now=house.clock())
    for path in ("/bookings", "/bookings/casa:channex:R-7", "/bookings?q=R-7"):
        page = user.get(path)
        assert page.status_code == 200
        assert "not fetched yet" in page.get_data(as_text=True)


def test_what_is_filtered_is_tried_again_together(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    settle(tell("R-1", guest_name="Rita Salgueiro"), BookingStatus.PARKED, Reason.NO_PRICE)
    settle(tell("R-2", ota="direct"), BookingStatus.FAILED, Reason.UNEXPECTED)
    settle(tell("R-3", ota="direct"), BookingStatus.DRAFTED)
    text = user.get("/bookings").text
    assert "2 bookings here are stuck." in text
    assert 'href="/retry/all"' in text
    assert "1 booking here is stuck." in user.get("/bookings?channel=direct").text
    assert "stuck" not in plain(user.get("/bookings?channel=vrbo").text)
    assert "1 booking here is stuck." in user.get("/bookings?q=rita").text
    assert "stuck" not in plain(user.get("/bookings?q=R-3").text)
    asked = words_of(user, "/retry/all?channel=airbnb")
    for said in ("Retry 1 booking", "Rita Salgueiro", "never makes a second draft", "Your name and the time are kept."):
        assert said in asked
    form = {"csrf_token": token(user, "/retry/all?channel=airbnb"), "channel": "airbnb"}
    answer = user.post("/retry/all", data=form)
    assert (answer.status_code, answer.location) == (303, "/bookings?channel=airbnb")
    assert "1 booking is tried again now." in user.get(answer.location).text
    statuses = [house.ledger.known(f"casa:generic:{name}").status for name in ("R-1", "R-2", "R-3")]
    assert statuses == [BookingStatus.QUEUED, BookingStatus.FAILED, BookingStatus.DRAFTED]
    (act,) = house.audit.acts()
    assert (act.who, act.what) == (NAME, "retry")


def test_all_of_a_status_can_be_tried_again(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.IGNORED, Reason.OWNER_STAY)
    assert "1 booking here can be tried again." in user.get("/bookings?status=ignored").text
    assert "are not ignored any more" in user.get("/retry/all?status=ignored").text
    assert "There is nothing to be tried again." in user.get("/retry/all?status=final").text
    assert 'value="ignored"' in user.get("/retry/all?status=ignored").text
