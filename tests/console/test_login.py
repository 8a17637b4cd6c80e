"""Who gets in, and with what."""

import io
import json

import pytest
from flask.testing import FlaskClient

from tests.conftest import FakeClock
from tests.console.conftest import Tell
from tests.console.visits import NAME, PAGES, PASSWORD, log_in, parts_of, token
from webhook.console import create_console, session_key
from worker.services import Services


@pytest.mark.parametrize("path", PAGES)
def test_every_page_needs_a_login(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.location) == (303, "/login")


@pytest.mark.parametrize(
    "path",
    [
        "/retry", "/logout", "/queues/accounts/casa/pause", "/queues/accounts/casa/resume", "/queues/stuck",
        "/queues/job/enqueue", "/queues/job/delete",
    ],
)  # fmt: skip
def test_every_act_needs_a_login(visitor: FlaskClient, path: str) -> None:
    answer = visitor.post(path, data={"csrf_token": token(visitor)})
    assert (answer.status_code, answer.location) == (303, "/login")


def test_the_right_password_leads_to_the_page_that_was_asked_for(visitor: FlaskClient, tell: Tell) -> None:
    assert log_in(visitor).location == "/"
    key = tell("R 1/2?")
    visitor.post("/logout", data={"csrf_token": token(visitor, "/bookings")})
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
    assert visitor.get("/bookings").status_code == 303


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
        visitor.post("/logout", data={"csrf_token": token(visitor, "/bookings")})


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
    assert user.post("/logout", data={"csrf_token": token(user, "/bookings")}).location == "/login"
    assert user.get("/bookings").status_code == 303
    thief = create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    thief.set_cookie("faturasync", cookie.value)
    assert thief.get("/bookings").status_code == 303


def test_a_session_holds_in_another_process_and_ends_with_the_password(house: Services, user: FlaskClient) -> None:
    cookie = user.get_cookie("faturasync")
    assert cookie
    for key, status in ((b"k" * 32, 200), (b"x" * 32, 303)):
        other = create_console(house, password=PASSWORD, secret_key=key).test_client()
        other.set_cookie("faturasync", cookie.value)
        assert other.get("/bookings").status_code == status
    assert session_key("key", "a") == session_key("key", "a")
    assert session_key("key", "a") != session_key("key", "b")
    assert len(session_key("key", "a")) == 32


def test_a_new_secret_key_logs_nobody_out_until_the_old_one_is_taken_out(house: Services, user: FlaskClient) -> None:
    cookie = user.get_cookie("faturasync")
    assert cookie
    for older, status in (([b"k" * 32], 200), ([], 303)):
        other = create_console(house, password=PASSWORD, secret_key=b"x" * 32, older_keys=older).test_client()
        other.set_cookie("faturasync", cookie.value)
        assert other.get("/bookings").status_code == status
    after = create_console(house, password=PASSWORD, secret_key=b"x" * 32, older_keys=[b"k" * 32]).test_client()
    log_in(after)
    made = after.get_cookie("faturasync")
    assert made
    user.set_cookie("faturasync", made.value)
    assert user.get("/bookings").status_code == 303, "what is new is signed with the new one"


@pytest.mark.parametrize("sent", ["", "made-up", "naïve"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/retry"])
def test_a_form_without_its_token_is_refused(
    house: Services, user: FlaskClient, tell: Tell, path: str, sent: str
) -> None:
    key = tell("R-1")
    job = house.ledger.job(key)
    form = {"csrf_token": sent, "booking": key, "name": NAME, "password": PASSWORD}
    assert user.post(path, data=form).status_code == 400
    assert house.ledger.job(key) == job
    assert user.get("/bookings").status_code == 200


def test_a_token_does_not_outlive_the_login(visitor: FlaskClient) -> None:
    before = token(visitor)
    log_in(visitor)
    assert visitor.post("/logout", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Rita\x00"])
def test_nobody_enters_without_a_name(visitor: FlaskClient, name: str) -> None:
    answer = log_in(visitor, name=name)
    assert answer.status_code == 400
    assert "Say who you are" in answer.text
    assert visitor.get("/bookings").status_code == 303


def test_the_name_is_shown_and_kept_with_what_was_done(user: FlaskClient, tell: Tell, log: io.StringIO) -> None:
    key = tell("R-1")
    assert NAME in user.get("/bookings").text
    user.post("/retry", data={"csrf_token": token(user, "/bookings"), "booking": key})
    said = next(line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == "retry-asked")
    assert (said["who"], said["booking"]) == (NAME, key)
    assert f"{NAME} Asked for another attempt." in parts_of(user, f"/bookings/{key}")


def test_a_request_may_carry_the_token_in_a_header(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    assert user.post("/retry", data={"booking": key}).status_code == 400
    headers = {"X-CSRF-Token": token(user, "/bookings")}
    assert user.post("/retry", data={"booking": key}, headers=headers).status_code == 303


def test_a_part_of_a_page_whose_session_has_ended_leads_the_browser_to_the_log_in(visitor: FlaskClient) -> None:
    answer = visitor.get("/bookings", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (401, "/login", "")
