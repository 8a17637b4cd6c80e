"""The draft before it is made, and the form that corrects a booking."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import DraftAt, Regime, Settings
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, parts_of, spaced, token
from worker.accounts import with_settings
from worker.correcting import correct
from worker.properties import Property
from worker.records import BookingStatus, Decision
from worker.services import Services

PATH = "/preview/casa:generic:R-1"


@pytest.fixture
def key(house: Services, tell: Tell, settle: Settle) -> str:
    """A booking that is parked, as nobody said its commission."""
    made = tell("R-1", ota="booking")
    settings = Settings(location=Location.MAINLAND)
    house.properties.add(Property(account="casa", name="Casa", settings=settings, listings=("generic:casa-do-largo",)))
    settle(made, BookingStatus.PARKED, Reason.NO_COMMISSION, channel="booking")
    return made


def shown(client: FlaskClient) -> dict[str, str]:
    """The form's fields as a browser would send them."""
    text = client.get(PATH).text
    fields = dict(re.findall(r'<input (?:id="\w+"|type="hidden") name="((?!csrf)[\w-]+)" value="([^"]*)"', text))
    rate = re.search(r'<option value="(\d*)" selected>', text)
    return {**fields, "rate": rate[1] if rate else "", "csrf_token": token(client, PATH)}


def send(client: FlaskClient, do: str, language: str = "en", **fields: str) -> TestResponse:
    return client.post(PATH, data={**shown(client), **fields, "do": do}, headers={"Accept-Language": language})


def test_each_field_stands_beside_what_the_channel_manager_says(user: FlaskClient, key: str) -> None:
    text = parts_of(user, PATH)
    assert "The channel manager says: €418.00." in text
    assert "The channel manager says: Anneke de Wit." in text
    assert "As the property’s location says: 6%" in text
    assert "13% · intermediate rate" in text
    assert "No draft would come of it yet" in text
    assert "The channel manager did not say" in text
    assert key


def test_a_preview_shows_the_draft_and_keeps_nothing(house: Services, user: FlaskClient, key: str) -> None:
    before = house.ledger.known(key)
    answer = send(user, "preview", commission="62,70", guest_name="Inês Nova", guest_country="de")
    text = spaced(answer.text)
    assert answer.status_code == 200
    for said in (
        "Draft invoice",
        "This is what the draft will say",
        "Inês Nova",
        "Germany",
        "€355.30",
        "corrected by a person",
    ):
        assert said in text
    assert 'value="62,70"' in answer.text, "what was typed stays"
    assert house.ledger.known(key) == before


def test_saved_corrections_are_kept_with_who_and_the_draft_is_on_its_way(
    house: Services, user: FlaskClient, key: str
) -> None:
    answer = send(user, "save", commission="62.70", rate="13")
    assert (answer.status_code, answer.location) == (303, f"/bookings/{key}")
    record = house.ledger.known(key)
    assert {name: (each.value, each.who) for name, each in record.corrections.items()} == {
        "commission": ("62.70", NAME), "rate": ("13", NAME),
    }  # fmt: skip
    assert record.status is BookingStatus.QUEUED
    assert "Saved. FaturaSync is about to bring the draft to it." in user.get(answer.location).text


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(
    house: Services, user: FlaskClient, key: str
) -> None:
    answer = send(user, "save", commission="abc", guest_country="Germany", total_guest="430")
    assert answer.status_code == 422
    assert 'id="commission-problem">The commission must be a number' in answer.text
    assert 'id="guest_country-problem">The guest&#39;s country must be two letters such as DE.' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'value="abc"' in answer.text
    assert 'value="430"' in answer.text
    assert not house.ledger.known(key).corrections
    told = spaced(send(user, "preview", "pt", guest_name="").text)
    assert "O nome do hóspede está em falta." in told


def test_a_rate_that_the_law_does_not_know_is_told_beside_the_menu(user: FlaskClient, key: str) -> None:
    answer = send(user, "save", rate="77")
    assert answer.status_code == 422
    assert '<select id="rate" name="rate" aria-describedby="rate-problem rate-told" aria-invalid="true">' in answer.text
    assert "77 % is no rate of IVA in mainland on 07/07/2026." in spaced(answer.text)
    assert key


def test_what_nobody_changed_is_no_correction(house: Services, user: FlaskClient, key: str) -> None:
    assert send(user, "save").status_code == 303
    record = house.ledger.known(key)
    assert (record.status, record.corrections) == (BookingStatus.QUEUED, {})
    assert "FaturaSync is about to make the draft." in user.get(f"/bookings/{key}").text


def test_a_form_that_is_older_than_a_delivery_takes_nothing_of_it_back(
    house: Services, user: FlaskClient, tell: Tell, key: str
) -> None:
    opened = shown(user)
    tell("R-1", ota="booking", total_guest="520.00")
    answer = user.post(PATH, data={**opened, "commission": "62.70", "do": "save"})
    assert answer.status_code == 409
    assert "Meanwhile something else counts: Amount." in spaced(answer.text)
    assert 'name="total_guest" value="520.00"' in answer.text
    assert 'name="commission" value="62.70"' in answer.text, "what was typed stays"
    assert "€457.30" in spaced(answer.text)
    assert not house.ledger.known(key).corrections
    assert send(user, "save", commission="62.70").status_code == 303
    assert set(house.ledger.known(key).corrections) == {"commission"}


def test_a_preview_from_an_older_form_is_of_what_counts_now(user: FlaskClient, tell: Tell, key: str) -> None:
    opened = shown(user)
    tell("R-1", ota="booking", total_guest="520.00", guest_name="Inês Nova")
    answer = user.post(PATH, data={**opened, "commission": "62.70", "do": "preview"})
    assert answer.status_code == 200
    assert "€457.30" in spaced(answer.text)
    assert "Meanwhile something else counts: Amount, Guest’s name." in spaced(answer.text)
    assert key


def test_what_a_colleague_corrected_meanwhile_stays(house: Services, user: FlaskClient, key: str) -> None:
    opened = shown(user)
    correct(house, key, {"commission": "70"}, who="Rita")
    assert user.post(PATH, data={**opened, "guest_name": "Inês Nova", "do": "save"}).status_code == 409
    record = house.ledger.known(key)
    assert {name: each.value for name, each in record.corrections.items()} == {"commission": "70.00"}


def test_amounts_are_written_with_a_comma_in_portuguese(house: Services, user: FlaskClient, key: str) -> None:
    text = user.get(PATH, headers={"Accept-Language": "pt"}).text
    assert 'value="418,00"' in text
    send(user, "save", "pt", total_guest="418,00", commission="62,70")
    assert set(house.ledger.known(key).corrections) == {"commission"}


def test_each_correction_can_be_dropped(house: Services, user: FlaskClient, key: str) -> None:
    correct(house, key, {"commission": "62.70", "total_guest": "500", "rate": "13"}, who="Rita")
    text = parts_of(user, PATH)
    assert "Drop the correction by Rita of 01/07/2026, 13:00" in text
    assert "€437.30" in text
    answer = send(user, "preview", drop="total_guest")
    assert "€355.30" in spaced(answer.text)
    assert 'value="total_guest" checked' in answer.text
    send(user, "save", drop="total_guest", rate="")
    assert set(house.ledger.known(key).corrections) == {"commission"}


def test_what_waits_for_its_day_is_made_at_once(house: Services, user: FlaskClient, tell: Tell, key: str) -> None:
    tell("R-1", ota="direct")
    house.accounts.change(with_settings(house.accounts.get("casa"), Settings(draft_at=DraftAt.CHECK_OUT)))
    job = house.ledger.job(key)
    house.ledger.settle(
        key, job, BookingStatus.WAITING, now=house.clock(), reason=Reason.NOT_YET, facts={"day": "2026-07-07"}
    )
    text = parts_of(user, PATH)
    assert "Its settings want it on 07/07/2026; saved here, it is made at once." in text
    assert "€418.00" in text
    send(user, "save")
    record = house.ledger.known(key)
    assert (record.status, record.decision) == (BookingStatus.QUEUED, Decision.DRAFT_NOW)


def test_an_exempt_host_chooses_no_rate(house: Services, user: FlaskClient, key: str) -> None:
    house.accounts.change(with_settings(house.accounts.get("casa"), Settings(regime=Regime.ART53)))
    assert 'id="rate"' not in user.get(PATH).text
    text = spaced(send(user, "preview", commission="62.70").text)
    assert "Reason of exemption: M10" in text
    assert key


def test_what_could_not_be_read_cannot_be_corrected(house: Services, user: FlaskClient, key: str) -> None:
    for delivery in house.ledger.deliveries(key):
        house.store.delete(f"fs:delivery:{delivery}")
    answer = user.get(PATH, follow_redirects=True)
    assert answer.request.path == f"/bookings/{key}"
    assert "The booking cannot be corrected before it could be read." in answer.text


def test_texts_of_payloads_are_escaped(user: FlaskClient, tell: Tell, key: str) -> None:
    tell("R-1", ota="direct", guest_name='"><script>alert(1)</script>', property_name="<img src=x>")
    for text in (user.get(PATH).text, send(user, "preview", guest_tax_id="<b>1</b>").text):
        assert not re.search(r"<script>|<img src=x|<b>1", text)
    assert key
