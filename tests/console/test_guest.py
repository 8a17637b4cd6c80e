"""A guest's data in the console: what is kept, a file of it, and erasing it."""

import json
from datetime import timedelta

from flask.testing import FlaskClient

from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, send, words_of
from worker.records import BookingStatus
from worker.services import Services

GUEST = "Anneke de Wit"


def test_a_bookings_page_leads_to_what_is_kept_and_until_when(
    user: FlaskClient, tell: Tell, settle: Settle, clock: FakeClock
) -> None:
    key = tell("R-1")
    assert f'href="/guest/data/{key}"' in user.get(f"/bookings/{key}").text
    assert "a while after the booking is at rest" in words_of(user, f"/guest/data/{key}")
    settle(key, BookingStatus.CANCELLED)
    assert "It goes by itself on 05/10/2026" in words_of(user, f"/guest/data/{key}")
    assert "the host’s" in words_of(user, f"/guest/data/{key}")


def test_the_file_has_all_of_it_and_is_recorded(user: FlaskClient, tell: Tell, house: Services) -> None:
    key = tell("R-1")
    answer = user.get(f"/guest/export/{key}")
    assert answer.headers["Content-Disposition"] == "attachment; filename=guest.json"
    assert json.loads(answer.text)[0]["deliveries"][0]["body"]["data"]["guest_name"] == GUEST
    [act] = house.audit.acts()
    assert (act.who, act.what, act.about) == (NAME, "guest-export", key)
    assert user.get("/guest/export/casa:generic:none").status_code == 404


def test_erasing_is_asked_for_first_and_leaves_the_booking(
    user: FlaskClient, tell: Tell, settle: Settle, house: Services, clock: FakeClock
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.CANCELLED)
    clock.now += timedelta(days=9)
    asked = words_of(user, f"/guest/erase/{key}")
    assert "Erase what is kept about the guest?" in asked
    assert "not at rest" not in asked
    assert user.post(f"/guest/erase/{key}").status_code == 400, "without the form's token"
    assert house.ledger.known(key).dropped is None
    assert send(user, f"/guest/erase/{key}").headers["Location"] == f"/bookings/{key}"
    text = words_of(user, f"/bookings/{key}")
    assert GUEST not in text
    assert "The guest’s data are not kept any more." in text
    assert "Erased what was kept about the guest." in text
    assert "went on" in words_of(user, f"/guest/data/{key}")
    assert 'action="/retry"' not in user.get(f"/bookings/{key}").text, "it would be refused"
    assert [(act.who, act.what) for act in house.audit.acts()] == [(NAME, "guest-erase")]
    send(user, "/retry", booking=key)
    assert "there is nothing to try again" in words_of(user, f"/bookings/{key}")
    assert user.get(f"/preview/{key}").status_code == 409


def test_who_ignored_a_booking_that_is_erased_is_not_told_to_retry_it(
    user: FlaskClient, tell: Tell, clock: FakeClock
) -> None:
    key = tell("R-1")
    send(user, "/ignore", booking=key)
    clock.now += timedelta(days=9)
    send(user, f"/guest/erase/{key}")
    text = words_of(user, f"/bookings/{key}")
    assert "there is nothing to try again" in text
    assert "retry it" not in text
    assert "What you can do" not in text


def test_what_is_open_is_erased_only_from_the_page_that_said_so(
    user: FlaskClient, tell: Tell, settle: Settle, house: Services
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.DRAFTED)
    assert "This booking is not at rest." in words_of(user, f"/guest/erase/{key}")
    assert send(user, f"/guest/erase/{key}").headers["Location"] == f"/guest/erase/{key}"
    assert "nothing was erased" in words_of(user, f"/guest/erase/{key}")
    assert house.ledger.known(key).dropped is None
    send(user, f"/guest/erase/{key}", **{"even-if-open": "yes"})
    assert house.ledger.known(key).dropped
