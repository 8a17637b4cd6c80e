"""What is wrong with a booking leads to the very page where it is put right."""

import html
import re
from collections.abc import Callable, Mapping

import pytest
from flask.testing import FlaskClient

from mapping.iva import Location
from mapping.reasons import TODO, Reason
from mapping.settings import MissingGuest, Settings
from tests.console.conftest import Settle, Tell
from tests.console.visits import words_of
from webhook.console.putting_right import CORRECT, DRAFT, RIGHT, SETTING, SETTING_OF
from webhook.console.setting_forms import ACCOUNT, PROPERTY, fields_of
from webhook.console.texts import COMMAND
from worker.properties import Property
from worker.records import BookingStatus
from worker.services import Services

PLACE, HOST = "/settings/account/casa/property?name=Casa+do+Largo", "/settings/account/casa/settings"


@pytest.fixture
def largo(house: Services) -> str:
    settings = Settings(location=Location.MAINLAND, sequence="AL", missing_guest=MissingGuest.PARK)
    place = Property(account="casa", name="Casa do Largo", settings=settings, listings=("generic:largo",))
    house.properties.add(place)
    return place.name


def led_to(user: FlaskClient, key: str) -> Mapping[str, str]:
    """Where the links go that stand below the booking's sentence, by their words."""
    (steps,) = re.findall(r'<p class="steps-beside">(.*?)</p>', user.get(f"/bookings/{key}").text, re.DOTALL)
    return {word: html.unescape(url) for url, word in re.findall(r'href="([^"]*)"[^>]*>([^<]*)', steps)}


@pytest.fixture
def parked(tell: Tell, settle: Settle, largo: str) -> Callable[[Reason], str]:
    """parked(reason): a booking of that property, parked for that reason; its key."""

    def park(reason: Reason) -> str:
        settle(key := tell("R-1"), BookingStatus.PARKED, reason, property=largo, listing="ria 7", property_name="Ria")
        return key

    return park


@pytest.mark.parametrize(
    ("reason", "word", "url"),
    [
        (Reason.UNKNOWN_LISTING, "Give it to a property", "/settings/account/casa#listing-generic%3Aria%207"),
        (Reason.NO_LOCATION, "Open the setting “Location”", f"{PLACE}#location"),
        (Reason.NO_CURRENCY, "Open the setting “Currency where none is sent”", f"{HOST}#currency"),
        (Reason.FOREIGN_CURRENCY, "Open the setting “Other currencies”", f"{HOST}#exchange"),
        (Reason.NO_RATE, "Open the setting “Cleaning and extras”", f"{HOST}#cleaning"),
        (Reason.NO_GUEST_NAME, "Open the setting “A booking without a guest’s name”", f"{PLACE}#missing_guest"),
        (Reason.NO_COMMISSION, "Open the setting “Commission where none is sent”", f"{HOST}#commission"),
        (Reason.NO_SEQUENCE, "Open the setting “Series”", f"{PLACE}#sequence"),
        (Reason.API_KEY_REFUSED, "Change key or subdomain", "/settings/account/casa/key"),
        (Reason.NO_CREDENTIALS, "Open the connection", "/settings/connection/casa-generic#credentials"),
        (Reason.CREDENTIALS_REFUSED, "Open the connection", "/settings/connection/casa-generic#credentials"),
    ],
)
def test_a_reason_leads_to_the_very_setting(
    user: FlaskClient, parked: Callable[[Reason], str], reason: Reason, word: str, url: str
) -> None:
    key = parked(reason)
    assert led_to(user, key)[word] == url
    assert "faturasync " not in words_of(user, f"/bookings/{key}")
    path, _, place = url.partition("#")
    assert user.get(path).status_code == 200
    assert not place or place == "credentials" or f'id="{place}"' in user.get(path).text


def test_what_is_gone_is_not_led_to(house: Services, user: FlaskClient, tell: Tell, settle: Settle) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_LOCATION)  # of a property that was removed
    assert led_to(user, key) == {"Open the settings": "/settings/account/casa"}
    settle(key, BookingStatus.PARKED, Reason.NO_CREDENTIALS)
    house.connections.remove("casa-generic")
    assert led_to(user, key) == {"Open the settings": "/settings/account/casa"}
    house.accounts.remove("casa")
    assert led_to(user, key) == {"Open the settings": "/settings"}


def test_every_setting_that_is_led_to_is_one() -> None:
    assert {reason for reason, kinds in RIGHT.items() if SETTING in kinds} == set(SETTING_OF)
    assert set(SETTING_OF.values()) <= {each.name for each in fields_of((*ACCOUNT, *PROPERTY))}


def test_every_sentence_that_leads_to_a_command_has_a_button_instead() -> None:
    leading = {reason for reason, sentence in TODO.items() if COMMAND in sentence}
    assert leading <= {reason for reason, kinds in RIGHT.items() if set(kinds) - {CORRECT, DRAFT}}
