"""The connection underneath a request: dropping it, and keeping the key out of servers' logs."""

import logging
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_DROPPED = "sandbox.dropped"
_KEY = re.compile(r"(api_key=)[^&\s\"']*", re.IGNORECASE)
_SERVER_LOGS = ("werkzeug", "gunicorn.access", "gunicorn.error")


def drop(environ: "WSGIEnvironment") -> None:
    """Cut the connection: the client reads the end of the stream where an answer should be (13.29a).

    Without a socket (a test client, an in-process transport) the application raises ConnectionResetError instead.
    """
    environ[_DROPPED] = True
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with suppress(OSError):  # the client may have hung up first
            connection.shutdown(socket.SHUT_RDWR)


def is_dropped(environ: "WSGIEnvironment") -> bool:
    """Whether `drop` was called."""
    return _DROPPED in environ


def with_drops(application: "WSGIApplication") -> "WSGIApplication":
    """The application, raising ConnectionResetError where there was no socket to cut."""

    def whole(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = application(environ, start_response)
        if is_dropped(environ) and not {"gunicorn.socket", "werkzeug.socket"} & environ.keys():
            raise ConnectionResetError("The sandbox dropped the connection.")
        return answer

    return whole


class KeyFilter(logging.Filter):
    """Takes API keys out of log lines: servers log whole URLs, and the key is in the URL (reference 1.1)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; let it pass."""
        record.msg, record.args = hide_key(record.getMessage()), ()
        return True


_FILTER = KeyFilter()


def hide_key(text: str) -> str:
    """The text with the value of every api_key hidden."""
    return _KEY.sub(r"\1***", text)


def guard_logs() -> None:
    """Put the filter on the logs of the servers that the sandbox runs under."""
    for name in _SERVER_LOGS:
        logging.getLogger(name).addFilter(_FILTER)
