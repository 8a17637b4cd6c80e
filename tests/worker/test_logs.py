"""Logs: one line a fact, and nothing in it that is secret or a guest's."""

import io
import json
import logging
from typing import Any

import httpx
import pytest
import structlog

from mapping.errors import UserError
from worker.environment import LogFormat
from worker.logs import configure_logging, redacted, story

CANARY = "c4n4ry/+key="
GUEST = "Ágata Canária"


class Log:
    """What was written."""

    def __init__(self, form: LogFormat, level: int) -> None:
        self._stream = io.StringIO()
        configure_logging(form, level=level, stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.text.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def log() -> Log:
    return Log("json", logging.INFO)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET https://casa.app/taxes.json?api_key=c4n4ry&page=1", "GET https://casa.app/taxes.json?api_key=***&page=1"),
        ("?page=1&API_KEY=c4n4ry", "?page=1&API_KEY=***"),
        ("api-key=c4n4ry apikey=c4n4ry", "api-key=*** apikey=***"),
        ('api_key=c4n%2F4ry+x" 200', 'api_key=***" 200'),
        ("secret whsec_QUJD/RE+Rg== given", "secret *** given"),
        ("Authorization: Bearer c4n4ryc4n4ry.x-y_z", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
        ("POST /webhooks/smoobu/0123abc?e=x HTTP/1.1", "POST /webhooks/smoobu/***?e=x HTTP/1.1"),
        ("redis://user:c4n4ry@store:6379/0", "redis://user:***@store:6379/0"),
        ("redis://:c4n4ry@store:6379/0", "redis://:***@store:6379/0"),
        ("http://127.0.0.1:8000/healthz is up", "http://127.0.0.1:8000/healthz is up"),
        ("a bearer of news", "a bearer of news"),
        ("", ""),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, left: str) -> None:
    assert redacted(text) == left


def test_a_line_is_json_with_time_level_and_logger(log: Log) -> None:
    structlog.get_logger("worker.x").info("drafted", booking="casa:generic:R-1", amount=106, none=None, flag=True)
    line = log.line
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "drafted",
        "level": "info",
        "logger": "worker.x",
        "booking": "casa:generic:R-1",
        "amount": 106,
        "none": None,
        "flag": True,
    }


def test_what_is_bound_is_in_lines_of_the_standard_library_too(log: Log) -> None:
    with structlog.contextvars.bound_contextvars(job="j-1"):
        logging.getLogger("rq.worker").warning("Worker %s: %s", "w", "odd")
    assert (log.line["event"], log.line["job"], log.line["level"]) == ("Worker w: odd", "j-1", "warning")


@pytest.mark.parametrize(
    ("logger", "message", "arguments"),
    [
        ("httpx", 'HTTP Request: %s %s "%s"', ("GET", f"https://casa/taxes.json?api_key={CANARY}", "200 OK")),
        ("urllib3.connectionpool", '%s "GET /taxes.json?api_key=%s HTTP/1.1" 200', ("https://casa", CANARY)),
        ("gunicorn.access", '127.0.0.1 "POST /webhooks/smoobu/%s HTTP/1.1" 200', ("c4n4ry",)),
        ("gunicorn.error", "Error handling request /webhooks/generic/%s?x=1", ("c4n4ry",)),
        ("anything", "%(url)s", ({"url": f"x?api_key={CANARY}"},)),
    ],
)
def test_lines_of_others_hold_no_secret(
    monkeypatch: pytest.MonkeyPatch, log: Log, logger: str, message: str, arguments: tuple[object, ...]
) -> None:
    monkeypatch.setattr(logging.getLogger("urllib3"), "propagate", True)  # alarms hush it, see worker/announcing.py
    logging.getLogger(logger).error(message, *arguments)
    assert "c4n4ry" not in log.text
    assert "***" in log.text


def test_secrets_are_hidden_however_deep(log: Log) -> None:
    url = httpx.URL(f"https://casa/taxes.json?api_key={CANARY}")
    given = {"deep": [{"url": f"?api_key={CANARY}"}, (f"Bearer {CANARY}{CANARY}",)]}
    logging.getLogger("rq.worker").error("failed", extra={"arguments": given, "url": url})
    structlog.get_logger().error("failed", **given, where=url)
    assert "c4n4ry" not in log.text
    assert log.text.count("***") == 6


def test_httpx_and_the_like_are_quiet_about_what_goes_well(log: Log) -> None:
    for name in ("httpx", "httpcore.http11", "urllib3.connectionpool", "rq.worker", "werkzeug"):
        logging.getLogger(name).info("GET https://casa/?api_key=%s", CANARY)
    assert log.text == ""


def test_an_error_tells_its_place_but_not_its_text(log: Log) -> None:
    try:
        int(GUEST)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("other").exception("failed")
    assert "Can" not in log.text
    for line in log.text.splitlines():
        assert json.loads(line)["error"].startswith("ValueError < ")
        assert "test_an_error_tells_its_place_but_not_its_text" in json.loads(line)["error"]
        assert "exc_info" not in line


def test_an_error_that_follows_from_another_does_not_tell_of_it(log: Log) -> None:
    try:
        try:
            int(GUEST)
        except ValueError as error:
            raise UserError("The number cannot be read.") from error
    except UserError:
        structlog.get_logger().exception("failed")
    assert "UserError: The number cannot be read. < " in log.line["error"]
    assert "Can" not in log.text


def test_our_own_errors_tell_their_text() -> None:
    assert story(UserError("Set it again.")) == "UserError: Set it again."
    assert story(ConnectionRefusedError(111, "Connection refused")) == (
        "ConnectionRefusedError: [Errno 111] Connection refused"
    )
    assert story(ValueError(GUEST)) == "ValueError"


def test_an_errors_text_is_redacted(log: Log) -> None:
    structlog.get_logger().error("failed", exc_info=OSError(f"GET https://casa/?api_key={CANARY}"))
    assert "c4n4ry" not in log.text
    assert "api_key=***" in log.line["error"]


def test_people_read_a_line_without_json() -> None:
    log = Log("console", logging.INFO)
    structlog.get_logger().info("drafted", booking="casa:generic:R-1", url=f"?api_key={CANARY}")
    assert "drafted" in log.text
    assert "booking=casa:generic:R-1" in log.text
    assert "c4n4ry" not in log.text
    assert "\x1b" not in log.text
