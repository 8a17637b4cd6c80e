"""Properties in the console: their settings, their listings, and listings that bookings wait for."""

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import DraftAt, MissingGuest, Settings
from tests.console.conftest import Settle, Tell
from tests.console.visits import plain, send, words_of
from worker.properties import Property
from worker.records import BookingStatus
from worker.services import Services

NEW = "/settings/account/casa/property/new"
LARGO = "/settings/account/casa/property?name=Casa+do+Largo"


@pytest.fixture(autouse=True)
def casa(tell: Tell) -> str:
    tell("R-0")
    return "casa"


@pytest.fixture
def largo(house: Services) -> Property:
    place = Property(
        account="casa", name="Casa do Largo", settings=Settings(location=Location.MAINLAND), listings=("generic:largo",)
    )
    house.properties.add(place)
    return place


def test_a_property_is_added_with_its_settings_and_listings(house: Services, user: FlaskClient) -> None:
    form = {
        "name": "  Casa   da Ria ", "listing_of": ["smoobu", "generic", "smoobu"], "listing_id": ["2210045", " ria ", ""],
        "location": "azores", "registration": "12345", "postal_code": "9500-123", "missing_guest": "final-consumer",
    }  # fmt: skip
    answer = send(user, NEW, **form)
    assert (answer.status_code, answer.location) == (303, "/settings/account/casa")
    saved = house.properties.get("casa", "Casa da Ria")
    assert saved.listings == ("smoobu:2210045", "generic:ria")
    assert (saved.settings.location, saved.settings.registration) == (Location.AZORES, "12345/AL")
    assert saved.settings.missing_guest is MissingGuest.FINAL_CONSUMER
    text = words_of(user, answer.location)
    assert "The property Casa da Ria was added." in text
    assert "Azores" in text
    assert house.audit.acts()[0].what == "property-added"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": ""}, "A property’s name has 1 to 100 characters."),
        ({"name": "x" * 101}, "A property’s name has 1 to 100 characters."),
        ({"name": "Casa do Largo"}, "There is a property of this name already."),
        ({"postal_code": "12"}, "A Portuguese postal code, such as 9000-123."),
        (
            {"listing_of": "generic", "listing_id": "largo"},
            'The listing generic:largo belongs to the property "Casa do Largo" already.',
        ),
        ({"listing_of": "nobody", "listing_id": "1"}, "A listing is CHANNEL_MANAGER:ID"),
    ],
)
def test_what_cannot_be_is_told_and_what_was_typed_stays(
    house: Services, user: FlaskClient, largo: Property, form: dict[str, str], said: str
) -> None:
    answer = send(user, NEW, **{"name": "Casa da Ria", "sequence": "AL", **form})
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert 'value="AL"' in answer.text
    assert [each.name for each in house.properties.of("casa")] == ["Casa do Largo"]


def test_a_property_is_changed_and_loses_what_is_emptied(house: Services, user: FlaskClient, largo: Property) -> None:
    shown = user.get(LARGO).text
    assert 'value="mainland" selected' in shown
    assert 'value="largo"' in shown
    form = {"location": "madeira", "listing_of": ["generic", "smoobu"], "listing_id": ["", "77"]}
    assert send(user, LARGO, **form).status_code == 303
    saved = house.properties.get("casa", "Casa do Largo")
    assert (saved.settings, saved.listings) == (Settings(location=Location.MADEIRA), ("smoobu:77",))


def test_what_the_account_says_is_told_where_the_property_says_nothing(
    house: Services, user: FlaskClient, largo: Property
) -> None:
    account = house.accounts.get("casa")
    house.accounts.change(replace(account, settings=Settings(draft_at=DraftAt.CHECK_OUT)))
    text = words_of(user, LARGO)
    assert "as the account: on the day of check-out" in text
    assert "as usual: net, less the channel’s commission" in text


def test_an_unknown_listing_is_offered_and_given_to_a_property(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle, largo: Property
) -> None:
    key = tell("R-1", property_ref="ria")
    settle(key, BookingStatus.PARKED, Reason.UNKNOWN_LISTING, listing="ria", property_name="<b>Casa da Ria</b>")
    page = user.get("/settings/account/casa").text
    assert "&lt;b&gt;Casa da Ria&lt;/b&gt;" in page
    assert "Generic · ria · 1 booking" in plain(page)
    assert "1 listing waits for a property" in words_of(user, "/settings")
    answer = send(user, "/settings/account/casa/listing", property="Casa do Largo", listing="generic:ria")
    assert "Casa do Largo has the listing generic:ria now. 1 booking that was stuck goes on." in words_of(
        user, answer.location
    )
    record = house.ledger.get(key)
    assert record
    assert record.status is BookingStatus.QUEUED
    assert house.properties.get("casa", "Casa do Largo").listings == ("generic:largo", "generic:ria")


def test_an_unknown_listing_is_offered_for_a_new_property(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    key = tell("R-1", property_ref="ria 7")
    settle(key, BookingStatus.PARKED, Reason.UNKNOWN_LISTING, listing="ria 7", property_name="Casa da Ria")
    found = re.search(r'href="(/settings/account/casa/property/new\?[^"]+)"', user.get("/settings/account/casa").text)
    assert found
    form = user.get(found[1].replace("&amp;", "&")).text
    assert 'value="Casa da Ria"' in form
    assert 'value="ria 7"' in form
    send(user, NEW, name="Casa da Ria", listing_of="generic", listing_id="ria 7", location="mainland")
    record = house.ledger.get(key)
    assert record
    assert record.status is BookingStatus.QUEUED


def test_a_listing_of_nobody_is_refused_in_a_sentence(user: FlaskClient, largo: Property) -> None:
    answer = send(user, "/settings/account/casa/listing", property="Casa do Largo", listing="nobody:1")
    assert "A listing is CHANNEL_MANAGER:ID" in words_of(user, answer.location)


def test_a_property_is_removed_after_it_was_said_what_follows(
    house: Services, user: FlaskClient, largo: Property
) -> None:
    page = LARGO.replace("property?", "property/remove?")
    assert "parked until another property has them" in words_of(user, page)
    assert send(user, page).location == "/settings/account/casa"
    assert house.properties.of("casa") == []
    assert user.get(LARGO).status_code == 404


def test_a_name_of_a_property_is_text(house: Services, user: FlaskClient) -> None:
    name = '"><script>alert(1)</script>'
    send(user, NEW, name=name, location="mainland")
    for page in ("/settings/account/casa", f"/settings/account/casa/property?name={name.replace('>', '%3E')}"):
        text = user.get(page).text
        assert "<script>" not in text
        assert "&lt;script&gt;" in text
