"""Who may read `/metrics`: this machine, unless somebody passed the request on, or who has the token. Nobody logs in."""

import io
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.console.conftest import Tell
from tests.console.visits import PASSWORD, log_in
from tests.told import Told
from webhook.console import create_console
from worker.environment import read_environment
from worker.services import Services, services
from worker.store import connect

TOKEN = "canary-metrics-token-é"
BEARER = f"Bearer {TOKEN}".encode().decode("latin-1")  # as a WSGI server hands it on
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def scraper(house: Services) -> FlaskClient:
    opened = replace(house, environment=replace(house.environment, metrics_token=TOKEN))
    return create_console(opened, password=PASSWORD, secret_key=b"k" * 32).test_client()


def scrape(
    client: FlaskClient, *, address: str = "127.0.0.1", host: str = "127.0.0.1:8001", **headers: str
) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/metrics", headers={"Host": host, **named}, environ_overrides={"REMOTE_ADDR": address})


def test_it_is_prometheus_text_form_and_nothing_of_a_session(visitor: FlaskClient) -> None:
    answer = scrape(visitor)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    assert Told.of(answer.text)("bookings") == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost", "localhost:8001", "[::1]:8001", "[::1]"])
def test_this_machine_needs_no_token(visitor: FlaskClient, scraper: FlaskClient, address: str, host: str) -> None:
    assert scrape(visitor, address=address, host=host).status_code == 200
    assert scrape(scraper, address=address, host=host).status_code == 200


@pytest.mark.parametrize("address", [ELSEWHERE, "10.0.0.4", "2001:db8::1", "::ffff:10.0.0.4", "", "not an address"])
def test_who_is_elsewhere_needs_the_token(visitor: FlaskClient, scraper: FlaskClient, address: str) -> None:
    for client in (visitor, scraper):
        answer = scrape(client, address=address)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")
        assert "faturasync_" not in answer.text
        assert "METRICS_TOKEN" in answer.text
    assert scrape(scraper, address=address, Authorization=BEARER).status_code == 200


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Forwarded-For", ELSEWHERE), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", ""),
        ("Forwarded", f"for={ELSEWHERE}"), ("X-Forwarded-Host", "console.example.pt"), ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "127.0.0.1"), ("Via", "1.1 proxy"),
    ],
)  # fmt: skip
def test_what_a_proxy_passed_on_is_not_from_here(scraper: FlaskClient, header: str, value: str) -> None:
    assert scrape(scraper, **{header: value}).status_code == 401
    assert scrape(scraper, **{header: value, "Authorization": BEARER}).status_code == 200


@pytest.mark.parametrize("host", ["console.example.pt", "localhost.example.pt", "10.0.0.4:8001", "127.0.0.1.nip.io"])
def test_what_asked_for_another_host_is_not_from_here(scraper: FlaskClient, host: str) -> None:
    """A proxy without headers of its own keeps it, and so does a page in a browser whose name was turned on us."""
    assert scrape(scraper, host=host).status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        TOKEN.encode().decode("latin-1"), "Bearer ", "Bearer", "Basic " + BEARER[7:], BEARER + "x", BEARER[:-1],
        "Bearer None", BEARER.upper(), "Bearer \xff\xfe",
    ],
)  # fmt: skip
def test_a_token_that_is_not_the_token_opens_nothing(visitor: FlaskClient, scraper: FlaskClient, given: str) -> None:
    for client in (visitor, scraper):
        assert scrape(client, address=ELSEWHERE, Authorization=given).status_code == 401


def test_the_schemes_name_has_no_case(scraper: FlaskClient) -> None:
    assert scrape(scraper, address=ELSEWHERE, Authorization=f"bearer {BEARER[7:]}").status_code == 200


def test_a_person_who_is_logged_in_elsewhere_is_no_scraper(scraper: FlaskClient) -> None:
    log_in(scraper)
    assert scrape(scraper, address=ELSEWHERE).status_code == 401


def test_it_can_be_asked_for_without_its_text(visitor: FlaskClient) -> None:
    assert visitor.head("/metrics", headers={"Host": "localhost"}).status_code == 200


def test_neither_the_token_nor_a_guest_is_told_or_logged(
    scraper: FlaskClient, house: Services, tell: Tell, log: io.StringIO
) -> None:
    tell("R-1")
    scrape(scraper, address=ELSEWHERE, Authorization=BEARER[:-1])
    text = scrape(scraper).text + log.getvalue()
    assert "metrics-refused" in text
    for canary in (TOKEN, BEARER[7:-1], "Anneke", "anneke@", "R-1", "HMR-1", "the-api-key", PASSWORD, "casa-do-largo"):
        assert canary not in text, canary


def test_a_token_that_is_not_set_or_empty_is_none() -> None:
    assert read_environment({"METRICS_TOKEN": " "}, terminal=False).metrics_token is None
    assert read_environment({"METRICS_TOKEN": " abc\n"}, terminal=False).metrics_token == "abc"


def test_while_the_store_is_away_it_says_so_and_not_that_all_is_zero(house: Services) -> None:
    away = services(house.environment, connect("unix:///nowhere/store.sock"))
    answer = scrape(create_console(away, password=PASSWORD, secret_key=b"k" * 32).test_client())
    assert answer.status_code == 503
    assert "faturasync_" not in answer.text
