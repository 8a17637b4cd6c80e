"""What a browser does in the console's tests: log in, send forms, read pages."""

import html
import re
from collections.abc import Sequence

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "open sesame"
NAME = "Rita Operadora"
PAGES = (
    "/", "/bookings", "/bookings/casa:generic:R-1", "/preview/casa:generic:R-1", "/retry/all", "/queues", "/queues/stuck", "/queues/jobs", "/reminders/connection-silent",
    "/guest/data/casa:generic:R-1", "/guest/erase/casa:generic:R-1", "/settings", "/settings/connect", "/settings/audit",
    "/nothing/here",
)  # fmt: skip


def token(client: FlaskClient, path: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def log_in(client: FlaskClient, password: str = PASSWORD, name: str = NAME, **request: str) -> TestResponse:
    form = {"name": name, "password": password, "csrf_token": token(client)}
    return client.post("/login", data=form, environ_overrides=request)


def send(client: FlaskClient, path: str, **form: str | Sequence[str]) -> TestResponse:
    """Send a form with its token."""
    return client.post(path, data={"csrf_token": token(client, "/settings/connect"), **form})


def words_of(client: FlaskClient, path: str = "/bookings", language: str = "en") -> str:
    """The page's text without its markup, a space for each gap."""
    answer = client.get(path, headers={"Accept-Language": language})
    return plain(answer.text)


def plain(markup: str) -> str:
    """Markup as a person reads it."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def spaced(markup: str) -> str:
    """The same with a space between the parts of a table or list, which have none in the markup."""
    return plain(re.sub(r"<", " <", markup))


def parts_of(client: FlaskClient, path: str, language: str = "en") -> str:
    """The page's text so."""
    return spaced(client.get(path, headers={"Accept-Language": language}).text)
