"""What holds for every page: headers, markup, problems, secrets."""

import io
import re

import pytest
from flask.testing import FlaskClient

from mapping.errors import UserError
from mapping.reasons import Reason
from tests.console.conftest import Settle, Tell
from tests.console.visits import PAGES, PASSWORD, log_in, plain, token
from webhook.console import from_environment
from webhook.console.strict import HEADERS, KEEP
from worker.records import BookingStatus
from worker.services import Services


def test_health_is_told_to_anyone_without_a_session(visitor: FlaskClient) -> None:
    answer = visitor.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "up"})
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/login", "/healthz", *PAGES])
def test_every_answer_has_the_strict_headers(user: FlaskClient, path: str) -> None:
    answer = user.get(path, buffered=True)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_a_static_file_is_kept_by_its_version_alone(visitor: FlaskClient) -> None:
    (address,) = re.findall(r'"(/static/console.css\?v=[^"]+)"', visitor.get("/login").text)
    kept = {**HEADERS, "Cache-Control": KEEP}
    asked = {**HEADERS, "Cache-Control": "no-cache"}
    for path, headers in ((address, kept), ("/static/console.css", asked)):
        answer = visitor.get(path, buffered=True)
        assert {name: answer.headers.get(name) for name in headers} == headers
    assert visitor.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"


def test_nothing_comes_from_another_host_and_no_script_stands_in_a_page() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"unsafe|https?:|\*", policy)


def test_only_places_that_are_built_are_led_to(user: FlaskClient) -> None:
    (nav,) = re.findall(r"<nav aria-label=\"Console\">(.*?)</nav>", user.get("/bookings").text, re.DOTALL)
    words = plain(nav).split()
    assert "Bookings" in words
    assert set(words) <= {"Overview", "Bookings", "Queues", "Settings"}
    assert 'href="/bookings" aria-current="page"' in nav


def test_pages_speak_portuguese_to_who_reads_it(user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    answer = user.get("/bookings", headers={"Accept-Language": "pt-PT,pt;q=0.9"})
    assert '<html lang="pt">' in answer.text
    assert "Reservas" in plain(answer.text)
    assert "03/07 – 07/07/2026" in plain(answer.text)
    assert "A página" not in user.get("/bookings").text


def test_an_error_of_our_own_is_told_in_one_sentence(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    house.store.hset(f"fs:booking:{key}", "status", "long-gone")
    user.application.config["PROPAGATE_EXCEPTIONS"] = False
    answer = user.get(f"/bookings/{key}")
    assert answer.status_code == 500
    assert "FaturaSync met an error of its own." in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_script_and_no_style_of_their_own(user: FlaskClient, tell: Tell, path: str) -> None:
    tell("R-1")
    text = user.get(path).text
    assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r'(src|action)="(https?:)?//|<link[^>]*href="(https?:)?//', text)


def test_no_secret_and_no_guest_is_told_where_it_should_not_be(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle, log: io.StringIO
) -> None:
    key = tell("R-1")
    settle(key, BookingStatus.PARKED, Reason.NO_PRICE)
    shown = "".join(user.get(path).text for path in ("/bookings", f"/bookings/{key}", "/bookings?q=anneke", "/login"))
    user.post("/retry", data={"csrf_token": token(user, "/bookings"), "booking": key})
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
    answer = user.get("/bookings")
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
