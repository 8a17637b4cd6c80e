"""Connections in the console: a URL and a secret are shown in the one answer that makes them."""

import html
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mapping.channel_managers import channel_managers
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import plain, send, words_of
from webhook.console.vendors import Secret, has_guide, proof_of, secret_of
from worker.accounts import Account
from worker.connections import touch
from worker.records import BookingStatus
from worker.services import Services


@pytest.fixture(autouse=True)
def casa(house: Services) -> str:
    house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), "the-api-key")
    return "casa"


def make(user: FlaskClient, name: str, **form: str) -> TestResponse:
    return send(user, f"/settings/account/casa/channel-manager/{name}", once="once", **form)


def shown(answer: TestResponse) -> list[str]:
    """What is to be copied."""
    return [
        html.unescape(value) for value in re.findall(r'<input id="[^"]+" class="code" value="([^"]+)"', answer.text)
    ]


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_every_channel_manager_can_be_chosen_and_says_how_it_proves_itself(user: FlaskClient) -> None:
    page = user.get("/settings/account/casa/channel-manager").text
    for name, vendor in channel_managers().items():
        assert f'href="/settings/account/casa/channel-manager/{name}"' in page
        text = words_of(user, f"/settings/account/casa/channel-manager/{name}")
        assert plain(html.escape(proof_of(vendor))) in text
        assert "What is not sent, or not certain" in text


@pytest.mark.parametrize("name", channel_managers())
def test_url_and_secret_are_shown_this_once(house: Services, user: FlaskClient, name: str) -> None:
    answer = make(user, name, fresh="1")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    url, *secret = shown(answer)
    found = house.connections.read(token(url))
    assert found
    assert found.connection.id == f"casa-{name}"
    ours = secret_of(channel_managers()[name]) in {Secret.OURS, Secret.HEADER}
    assert bool(secret) is ours
    assert len(found.secrets) == ours
    assert not ours or all(part in found.secrets[0] for part in secret)
    for page in (f"/settings/connection/casa-{name}", "/settings/account/casa", "/settings"):
        text = user.get(page).text
        assert not [part for part in (token(url), *secret) if len(part) > 12 and part in text]


def test_a_form_that_comes_again_makes_no_second_connection(house: Services, user: FlaskClient) -> None:
    make(user, "smoobu")
    again = make(user, "smoobu")
    assert again.location == "/settings/account/casa"
    assert "That connection was made already" in words_of(user, again.location)
    assert len(house.connections.all()) == 1


def test_login_and_password_are_copied_one_by_one(house: Services, user: FlaskClient) -> None:
    _url, login, password = shown(make(user, "hostaway"))
    assert house.connections.secrets("casa-hostaway") == [f"{login}:{password}"]


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("lodgify", {"secret": "two words"}, "The secret must be one word on one line."),
        ("beds24", {"secret": "no colon"}, "The secret must be one line, HEADER: VALUE"),
        ("channex", {"credentials": "two words"}, "The credentials must be the API key"),
    ],
)
def test_a_secret_of_another_form_is_told_beside_its_field_and_not_sent_back(
    house: Services, user: FlaskClient, name: str, form: dict[str, str], said: str
) -> None:
    answer = make(user, name, **form)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert not [secret for secret in form.values() if secret in answer.text]
    assert house.connections.all() == []


def test_secrets_and_credentials_of_the_vendor_are_kept(house: Services, user: FlaskClient) -> None:
    make(user, "lodgify", secret="first\n second \n")
    assert house.connections.secrets("casa-lodgify") == ["first", "second"]
    answer = send(user, "/settings/account/casa/channel-manager/channex", once="2", credentials="the-channex-key")
    assert house.credentials.of("casa-channex") == "the-channex-key"
    assert "the-channex-key" not in answer.text + user.get("/settings/connection/casa-channex").text


def test_what_is_lacking_is_told_until_it_is_brought(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    make(user, "lodgify")
    page = "/settings/connection/casa-lodgify"
    assert "its deliveries are refused" in words_of(user, page)
    assert "Paste the secret." in plain(send(user, f"{page}/secret", secret=" ").text)
    assert send(user, f"{page}/secret", secret="brought").location == page
    assert house.connections.secrets("casa-lodgify") == ["brought"]
    assert "Secret missing" not in words_of(user, page)


def test_credentials_set_the_bookings_going_that_waited_for_them(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    send(user, "/settings/account/casa/channel-manager/channex", once="2")
    house.connections.add("casa", "generic", [], now=house.clock())
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_CREDENTIALS)
    page = "/settings/connection/casa-channex"
    assert "Credentials missing" in words_of(user, page)
    assert "one word on one line" in plain(send(user, f"{page}/credentials", credentials="a b").text)
    answer = send(user, f"{page}/credentials", credentials="the-key")
    assert "The credentials are kept. 1 booking that was stuck goes on." in words_of(user, answer.location)
    assert house.credentials.of("casa-channex") == "the-key"


def test_old_and_new_are_valid_until_the_old_is_ended(house: Services, user: FlaskClient) -> None:
    url, secret = shown(make(user, "generic"))
    page = "/settings/connection/casa-generic"
    (new_secret,) = shown(send(user, f"{page}/secret"))
    (new_url,) = shown(send(user, f"{page}/url"))
    assert house.connections.secrets("casa-generic") == [new_secret, secret]
    assert house.connections.read(token(url))
    assert words_of(user, page).count("2 valid") == 2
    assert "Only the newest" in words_of(user, send(user, f"{page}/drop-old").location)
    assert house.connections.secrets("casa-generic") == [new_secret]
    assert house.connections.read(token(url)) is None
    assert house.connections.read(token(new_url))
    assert "End the old ones" not in words_of(user, page)


@pytest.mark.parametrize("act", ["secret", "url"])
def test_a_page_that_showed_something_once_makes_nothing_new_when_it_is_loaded_again(
    house: Services, user: FlaskClient, act: str
) -> None:
    make(user, "generic")
    page = "/settings/connection/casa-generic"
    (once,) = re.findall(rf'action="{page}/{act}">.*?name="once" value="([^"]+)"', user.get(page).text)
    (made,) = shown(send(user, f"{page}/{act}", once=once))
    valid = house.connections.valid("casa-generic")
    again = send(user, f"{page}/{act}", once=once)
    assert again.location == page
    assert "It was made already, and shown then. If it is lost, make a new one." in words_of(user, page)
    assert house.connections.valid("casa-generic") == valid
    assert made not in user.get(page).text


def test_health_and_the_last_delivery_are_told(house: Services, user: FlaskClient, clock: FakeClock) -> None:
    make(user, "smoobu")
    page = "/settings/connection/casa-smoobu"
    assert "Nothing received yet" in words_of(user, page)
    with house.store.pipeline(transaction=True) as pipe:
        touch(pipe, "casa-smoobu", clock())
        pipe.execute()
    clock.go_on(hours=3)
    text = words_of(user, page)
    assert "Fine" in text
    assert "01/07/2026, 13:00 · 3 hours ago" in text
    clock.go_on(days=15)
    assert "Nothing has come for 15 days, which is longer than usual. Look in Smoobu" in words_of(user, page)


def test_a_connection_is_removed_after_it_was_said_what_follows(house: Services, user: FlaskClient) -> None:
    (url,) = shown(make(user, "smoobu"))
    page = "/settings/connection/casa-smoobu"
    assert "Smoobu is answered 404 for what it sends" in words_of(user, f"{page}/remove")
    assert send(user, f"{page}/remove").location == "/settings/account/casa"
    assert house.connections.read(token(url)) is None
    assert user.get(page).status_code == 404
    assert [act.what for act in house.audit.acts()] == ["connection-removed", "connection-added"]


@pytest.mark.parametrize("name", [name for name in channel_managers() if has_guide(name)])
def test_a_guide_is_shown_as_its_page_in_docs_says(user: FlaskClient, name: str) -> None:
    text = user.get(f"/settings/guide/{name}").text
    assert '<article class="card guide" lang="en"><h1>' in text
    assert not re.search(r"<script(?! src)|\sstyle=", text)


@pytest.mark.parametrize("page", ["guide/nobody", "guide/..%2F..%2FREADME", "account/casa/channel-manager/nobody"])
def test_an_unknown_channel_manager_is_not_found(user: FlaskClient, page: str) -> None:
    assert user.get(f"/settings/{page}").status_code == 404


def test_nothing_else_is_done_to_a_connection(user: FlaskClient) -> None:
    make(user, "smoobu")
    assert send(user, "/settings/connection/casa-smoobu/paint").status_code == 404
