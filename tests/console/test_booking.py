"""A booking's page: what was computed, what happened and why, and what a person can do."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from mapping.reasons import Reason
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, parts_of, token
from webhook.console.formats import money
from webhook.console.timeline import LATEST_DELIVERIES
from worker.correcting import correct
from worker.decisions import ignore
from worker.records import BookingStatus, Decision, DocumentLink, Trail
from worker.services import Services

FIGURES = {
    "basis": "net",
    "total_guest": "418.00",
    "tourist_tax": "8.00",
    "gross": "410.00",
    "commission": "64.79",
    "commission_source": "payload",
    "net": "345.21",
    "amount": "345.21",
    "rate": "6",
    "rate_source": "reduced rate, mainland, since 2011-01-01: Lei 55-A/2010, CIVA art. 18, https://data.example/lei",
    "unit_price": "325.6698",
    "total": "345.21",
}


def test_every_figure_is_shown_with_its_source(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.DRAFTED, figures=FIGURES)
    text = user.get(f"/bookings/{key}").text
    for said in (
        money("418.00"),
        money("-8.00"),
        "inside the price, no IVA on it",
        money("-64.79"),
        "as the channel manager says",
        "without the channel’s commission",
        money("345.21"),
        "6%",
        "reduced rate, mainland, in force since 01/01/2011",
        '<a href="https://data.example/lei" target="_blank" rel="noopener noreferrer">Lei 55-A/2010, CIVA art. 18</a>',
        money("325.6698", places=4),
        "Review and finalise it in InvoiceXpress.",
    ):
        assert said in text
    assert "taxa reduzida, continente, em vigor desde 01/01/2011" in parts_of(user, f"/bookings/{key}", "pt")


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"commission_source": "15 % (setting)"}, "15% of the price, from the settings"),
        ({"commission_source": "none", "commission": "0.00"}, "none on direct bookings"),
        ({"basis": "gross", "basis_source": "setting"}, "the commission stays in, as the settings say"),
        ({"basis": "gross"}, "as the channel manager says, not taken off"),
        ({"price_is": "host_payout"}, "The host receives"),
        ({"exchange": "0.92", "currency": "USD"}, "USD at 0.92 €, from the settings"),
        ({"deposit": "100.00"}, "never invoiced"),
        ({"tourist_tax_on_top": "8.00"}, "on top of the price, left out"),
        ({"prices": "without-iva"}, "net, IVA on top"),
        ({"exemption": "M10", "rate": "0", "rate_source": "M10, CIVA art. 53 (setting)"}, "exempt by CIVA art. 53"),
        ({"rate_source": "words of an earlier version"}, "words of an earlier version"),
    ],
)
def test_where_a_figure_comes_from_is_told(
    user: FlaskClient, tell: Tell, settle: Settle, figures: dict[str, str], said: str
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.DRAFTED, figures={**FIGURES, **figures})
    assert said in parts_of(user, f"/bookings/{key}")


def test_a_correction_stands_beside_what_the_channel_manager_said(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    key = tell("R-1")
    correct(house, key, {"total_guest": "500", "guest_name": "Inês Nova"}, who="Rita")
    settle(key, BookingStatus.DRAFTED, figures={**FIGURES, "total_guest": "500.00", "total_guest_source": "corrected"})
    text = parts_of(user, f"/bookings/{key}")
    assert "corrected by a person The channel manager says: €418.00. Rita, 01/07/2026, 13:00" in text
    assert "The guest’s name: Inês Nova The channel manager says: Anneke de Wit." in text
    assert "Change or drop them" in text


def test_a_booking_without_a_draft_shows_what_was_said(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1", currency="GBP")
    settle(key, BookingStatus.PARKED, Reason.FOREIGN_CURRENCY, currency="GBP")
    text = user.get(f"/bookings/{key}").text
    assert "£418.00" in text
    assert "The price is in GBP; drafts are made in euros only." in text


def test_what_happened_is_told_with_who_what_and_why_the_last_first(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle, clock: FakeClock
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_COMMISSION)
    clock.go_on(minutes=1)
    tell("R-1", total_guest="450.00", check_out="2026-07-08")
    clock.go_on(minutes=1)
    correct(house, key, {"commission": "60"}, who="Rita")
    asked = {"method": "POST", "path": "/invoices.json"}
    house.ledger.note(key, "request", at=clock(), **asked, status=422, ms=31, words="Client is odd")
    house.ledger.note(key, "request", at=clock(), **asked, ms=9000)
    house.ledger.note(key, "created", at=clock(), document=77)
    settle(key, BookingStatus.DRAFTED)
    text = parts_of(user, f"/bookings/{key}").partition("What happened")[2]
    wanted = (
        "FaturaSync Drafted.",
        "FaturaSync InvoiceXpress made the draft 77.",
        "InvoiceXpress Asked for a new draft: no answer came. POST /invoices.json · no answer · 9000 ms",
        "InvoiceXpress Asked for a new draft: refused. “Client is odd” POST /invoices.json · 422 · 31 ms",
        "Rita Corrected the commission: €60.00 instead of nothing.",
        "Generic Changed the booking. Check-out 07/07/2026 → now 08/07/2026 Price €418.00 → now €450.00",
        "FaturaSync Parked: no commission.",
        "Generic Told of the booking. Status confirmed Check-in 03/07/2026 Check-out 07/07/2026",
    )
    places = [text.find(said) for said in wanted]
    assert -1 not in places
    assert places == sorted(places)
    assert "2 deliveries were received, 2 of them told something new." in text
    assert "01/07/2026, 13:01:00" in text


def test_of_many_deliveries_the_last_are_told(user: FlaskClient, tell: Tell, clock: FakeClock) -> None:
    for number in range(LATEST_DELIVERIES + 5):
        key = tell("R-1", total_guest=f"{400 + number}.00")
        clock.go_on(minutes=1)
    tell("R-1", total_guest="424.00", guest_email="new@example.com")
    text = parts_of(user, f"/bookings/{key}").partition("What happened")[2]
    assert "Price €423.00 → now €424.00" in text
    assert "Told nothing new that a draft depends on." in text
    assert "€404.00" not in text
    assert "26 deliveries were received, 26 of them told something new." in text
    assert "Told of the booking." not in text


def test_a_delivery_that_is_not_kept_any_more_is_named(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    (delivery,) = house.ledger.deliveries(key)
    house.store.delete(f"fs:delivery:{delivery}")
    text = parts_of(user, f"/bookings/{key}")
    assert f"not kept Generic A delivery that is not kept any more. {delivery}" in text


def test_an_odd_link_is_not_made_clickable(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url="javascript:alert(1)")))
    for path in ("/bookings", f"/bookings/{key}"):
        text = user.get(path).text
        assert "Draft 77" in text
        assert "javascript" not in text


def test_an_unknown_booking_is_not_found(user: FlaskClient) -> None:
    assert user.get("/bookings/casa:generic:nothing").status_code == 404
    for path in ("/retry", "/ignore"):
        answer = user.post(path, data={"csrf_token": token(user, "/bookings"), "booking": "casa:generic:nothing"})
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
    assert house.ledger.known(key).status is BookingStatus.QUEUED
    assert "The booking is tried again now." in user.get(answer.location).text


def test_ignore_is_kept_with_who_and_leaves_the_document(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url=None)))
    assert "Its document in InvoiceXpress is left as it is." in user.get(f"/bookings/{key}").text
    form = {"csrf_token": token(user, f"/bookings/{key}"), "booking": key}
    text = user.post("/ignore", data=form, follow_redirects=True).text
    assert "The booking is ignored. Its document 77 in InvoiceXpress is left as it is." in text
    assert house.ledger.known(key).decision is Decision.IGNORE
    text = parts_of(user, f"/bookings/{key}")
    assert f"{NAME} Decided to ignore the booking." in text
    assert "It is not ignored any more then." in text
    assert "faturasync retry" not in text, "the button stands for it"
    assert 'action="/ignore"' not in user.get(f"/bookings/{key}").text


@pytest.mark.parametrize(
    ("reason", "button"),
    [
        (Reason.NO_COMMISSION, 'href="/preview/casa:generic:R-1">Correct it here'),
        (Reason.NOT_YET, 'href="/preview/casa:generic:R-1">Create the draft now'),
        (Reason.UNEXPECTED, '<button form="retry-form" class="primary">Retry'),
        (Reason.EDITED, 'href="https://casa.example/77" target="_blank"'),
        (Reason.PAUSED, 'href="/queues/accounts/casa">Resume casa'),
    ],
)
def test_what_to_do_has_a_button(user: FlaskClient, house: Services, tell: Tell, reason: Reason, button: str) -> None:
    key = tell("R-1")
    house.ledger.write_trail(key, Trail(document=DocumentLink(id=77, state="draft", url="https://casa.example/77")))
    house.ledger.settle(key, house.ledger.job(key), BookingStatus.PARKED, now=house.clock(), reason=reason)
    text = user.get(f"/bookings/{key}").text
    assert button in text
    assert "faturasync resume" not in text


def test_a_sentence_names_channels_and_days_as_people_do(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_COMMISSION, channel="booking")
    text = parts_of(user, f"/bookings/{key}")
    assert "did not say Booking.com's commission" in text
    settle(key, BookingStatus.WAITING, Reason.NOT_YET, day="2026-07-07")
    assert "Its draft is made on 07/07/2026" in parts_of(user, f"/bookings/{key}")


def test_what_is_final_cannot_be_corrected(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.FINAL)
    assert "/preview/" not in user.get(f"/bookings/{key}").text
    answer = user.get(f"/preview/{key}")
    assert answer.status_code == 409
    assert "its document is final" in answer.text


def test_an_ignored_booking_shows_when(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    ignore(house, key, who="Rita")
    (line,) = [line for line in house.ledger.history(key) if line["event"] == "ignored"]
    assert datetime.fromisoformat(line["at"]) == datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert "01/07/2026, 13:00:00 Rita Decided to ignore" in parts_of(user, f"/bookings/{key}")
