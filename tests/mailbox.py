"""Somebody who is sent messages: apprise's json:// address of a small HTTP server."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

apprise_is_loaded = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""For tests that are the first to load its hundred services, one of which asks for what Python 3.13 has no more."""

PASSWORD = "canary-alarm+password~é"
WRITTEN = "canary-alarm%2Bpassword~%C3%A9"
"""The same as it stands in an address."""


@dataclass
class Mailbox:
    """What came, in order. `status` is what it answers, after `seconds`."""

    port: int
    status: int = 200
    seconds: float = 0.0
    came: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"json://alarms:{WRITTEN}@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.came]

    def taken(self) -> list[tuple[str, str]]:
        """Nature and title of what came since this was last asked."""
        found = [(message["type"], message["title"]) for message in self.came]
        self.came.clear()
        return found


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(box.seconds)
            box.came.append(body)
            self.send_response(box.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: pytest shows what a test prints."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box = Mailbox(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield box
        server.shutdown()
        thread.join()
