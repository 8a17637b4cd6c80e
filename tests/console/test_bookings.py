"""The list of bookings and a booking's page, as a browser sees them."""

import re

import pytest
from flask.testing import FlaskClient

from mapping.delivery import Delivery, Doorbell
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import token, words_of
from webhook.console.bookings import PAGE_LENGTH
from webhook.console.formats import money, stay
from worker.accounts import Account
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
    text = user.get("/bookings?account=quinta").text
    assert re.search(r'status=parked[^>]*><span class="number">1</span>', text)
    assert 'aria-label="By account"' in text


def test_one_account_needs_no_filter(user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert 'aria-label="By account"' not in user.get("/bookings").text


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
    for number in range(PAGE_LENGTH + 1):
        tell(f"R-{number}")
    assert len(listed(user)) == PAGE_LENGTH
    assert len(listed(user, "?page=2")) == 1
    assert listed(user, "?page=99") == listed(user, "?page=2")
    assert 'rel="next" href="/bookings?page=2"' in user.get("/bookings").text


def test_deliveries_that_could_not_be_read_are_told(house: Services, user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    assert "could not be read" not in user.get("/bookings").text
    connection = house.connections.all()[0]
    house.intake.take_unreadable(connection, Delivery(body=b"{}"), [], now=house.clock())
    assert "1 delivery could not be read" in user.get("/bookings").text


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
        "6%",
        money("325.6698", places=4),
        "Review and finalise it in InvoiceXpress.",
        "InvoiceXpress made the draft 77.",
        "Drafted.",
        house.ledger.deliveries(key)[0],
        "01/07/2026,\N{NO-BREAK SPACE}13:00:00",
        "never makes a second draft",
    ):
        assert said in text


def test_a_booking_without_a_draft_shows_what_was_said(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1", currency="GBP")
    settle(key, BookingStatus.PARKED, Reason.FOREIGN_CURRENCY, currency="GBP")
    text = user.get(f"/bookings/{key}").text
    assert "£418.00" in text
    assert "The price is in GBP; drafts are made in euros only." in text


def test_an_odd_link_is_not_made_clickable(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url="javascript:alert(1)")))
    for path in ("/bookings", f"/bookings/{key}"):
        text = user.get(path).text
        assert "Draft 77" in text
        assert "javascript" not in text


def test_an_unknown_booking_is_not_found(user: FlaskClient) -> None:
    assert user.get("/bookings/casa:generic:nothing").status_code == 404
    answer = user.post("/retry", data={"csrf_token": token(user, "/bookings"), "booking": "casa:generic:nothing"})
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


def test_a_booking_that_was_only_named_has_a_line_and_a_page(house: Services, user: FlaskClient) -> None:
    connection = house.connections.add("casa", "channex", [], now=house.clock()).connection
    house.intake.take(connection, Delivery(body=b"{}"), Doorbell(source_id="R-7"), now=house.clock())
    for path in ("/bookings", "/bookings/casa:channex:R-7", "/bookings?q=R-7"):
        page = user.get(path)
        assert page.status_code == 200
        assert "not fetched yet" in page.get_data(as_text=True)
