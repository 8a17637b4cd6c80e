"""Channel managers that are asked for bookings, behind real HTTP: for tests with real workers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx

from mapping.channel_managers import channel_managers
from tests.worker.channel_manager import FakeChannelManager


@dataclass(frozen=True, kw_only=True)
class Vendors:
    """All of them. `url` is what `CHANNEL_MANAGER_URL` says."""

    url: str
    fakes: Mapping[str, FakeChannelManager]


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Each under its name in the path, for as long as the context lasts."""
    fakes = {name: FakeChannelManager(name) for name, vendor in channel_managers().items() if vendor.fetch}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            name, _, path = self.path.removeprefix("/").partition("/")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fake = fakes[name]
            request = httpx.Request(self.command, f"{fake.how.host}/{path}", headers=dict(self.headers), content=body)
            told = fake(request)
            self.send_response(told.status_code)
            self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        do_GET = do_POST = answer  # noqa: N815 the server's names

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Vendors(url=f"http://127.0.0.1:{server.server_port}/{{channel_manager}}", fakes=fakes)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
