"""Over real sockets: one connection for many requests, and what the kernel's errors become."""

import json
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import httpx
import pytest

from mapping.errors import FaturaSyncError, InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.invoicexpress import transport
from worker.invoicexpress.answers import UnknownHost
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpressPool
from worker.invoicexpress.documents import DocumentRequest

Answer = tuple[int, dict[str, str], bytes]


class Server(ThreadingHTTPServer):
    """Answers everything alike, or drops the connection where there is no answer. Counts what it accepts."""

    daemon_threads = True

    def __init__(self, answer: Callable[[str], Answer | None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.accepted = 0
        self.asked: list[str] = []
        self.cookies: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{{account}}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment for each answer, else the kernel waits 40 ms between two
    server: Server

    def setup(self) -> None:
        self.server.accepted += 1
        super().setup()

    def do_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        self.server.cookies.append(self.headers.get("Cookie"))
        answer = self.server.answer(self.path)
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_any  # noqa: N815  # http.server's names

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(answer: Callable[[str], Answer | None]) -> Iterator[Server]:
    with Server(answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def made(_: str) -> Answer:
    return 201, {}, b'{"invoice":{"id":1,"status":"draft"}}'


def test_a_hundred_creations_of_two_accounts_take_one_connection(meant: DocumentRequest, key: str) -> None:
    with serving(made) as server, closing(InvoiceXpressPool(server.url)) as pool:
        accounts = [pool.account("casa", key), pool.account("monte", "other-key")]
        for number in range(100):
            accounts[number % 2].create(meant)
        pool.close()
        assert server.accepted == 1
        assert len(server.asked) == 100
        paths = {(urlsplit(path).path, *parse_qs(urlsplit(path).query)["api_key"]) for path in server.asked}
        assert paths == {("/casa/invoices.json", key), ("/monte/invoices.json", "other-key")}


def test_cookies_are_not_kept(meant: DocumentRequest, key: str) -> None:
    headers = {"Set-Cookie": "_session=abc; Path=/"}
    with (
        serving(lambda _: (*made("")[:1], headers, made("")[2])) as server,
        closing(InvoiceXpressPool(server.url)) as pool,
    ):
        account = pool.account("casa", key)
        account.create(meant)
        account.create(meant)
        assert server.cookies == [None, None]


def test_a_dropped_connection_is_an_unknown_outcome_and_not_sent_again(meant: DocumentRequest, key: str) -> None:
    with serving(lambda _: None) as server, closing(InvoiceXpressPool(server.url)) as pool:
        with pytest.raises(InvoiceXpressUnavailable) as fault:
            pool.account("casa", key).create(meant)
        assert fault.value.sent
        assert len(server.asked) == 1


def test_a_connection_dropped_while_idle_is_an_unknown_outcome_at_most(meant: DocumentRequest, key: str) -> None:
    answers = iter([made(""), None, made("")])
    with serving(lambda _: next(answers)) as server, closing(InvoiceXpressPool(server.url)) as pool:
        account = pool.account("casa", key)
        account.create(meant)
        with pytest.raises(InvoiceXpressUnavailable) as fault:
            account.create(meant)
        assert fault.value.sent
        assert account.create(meant).id == 1


def test_an_answer_that_does_not_come_is_an_unknown_outcome(
    meant: DocumentRequest, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(0.05))
    late = threading.Event()

    def slow(path: str) -> Answer:
        late.wait(5)
        return made(path)

    with serving(slow) as server, closing(InvoiceXpressPool(server.url)) as pool:
        with pytest.raises(InvoiceXpressUnavailable, match="ReadTimeout") as fault:
            pool.account("casa", key).create(meant)
        late.set()
        assert fault.value.sent


def test_a_port_that_nobody_listens_on_is_not_sent(meant: DocumentRequest, key: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with closing(InvoiceXpressPool(f"http://127.0.0.1:{port}/{{account}}")) as pool:
        account = pool.account("casa", key)
        with pytest.raises(InvoiceXpressUnavailable) as fault:
            account.create(meant)
        assert not fault.value.sent
        assert not isinstance(fault.value, UnknownHost)
        with pytest.raises(UserError, match=r"^InvoiceXpress cannot be asked just now"):
            check_account(account)


def test_a_host_that_does_not_exist_is_account_not_found(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        closing(InvoiceXpressPool("https://{account}.app.invoicexpress.com")) as pool,
        pytest.raises(UserError, match=r"^Account not found"),
    ):
        check_account(pool.account("casa", key))


@pytest.mark.parametrize("subdomain", ["evil.com#", "evil.com/", "user@evil.com", "", "../monte"])
def test_no_request_leaves_for_another_host(subdomain: str, key: str) -> None:
    with closing(InvoiceXpressPool("https://{account}.app.invoicexpress.com")) as pool, pytest.raises(UserError):
        pool.account(subdomain, key)


def spellings(key: str) -> set[str]:
    return {key, quote(key), quote_plus(key), quote(key, safe=""), quote(key, safe="").lower(), repr(key)[1:-1]}


def everything_said(error: BaseException | None) -> Iterator[str]:
    """The error and all behind it, also what `from None` hides from a traceback."""
    while error is not None:
        yield from (str(error), repr(error), repr(error.args), "".join(traceback.format_exception(error)))
        yield repr(getattr(error, "_request", None))
        yield repr(getattr(getattr(error, "_request", None), "url", None))
        error = error.__cause__ or error.__context__


def echoing(path: str, status: int) -> Answer:
    """A server that writes the URL, key and all, wherever it can."""
    sent = parse_qs(urlsplit(path).query).get("api_key", [""])[0]
    if status == 422:
        return status, {}, json.dumps({"errors": [{"error": f"bad {path}"}, {"error": sent}, {sent: "x"}]}).encode()
    return status, {"Content-Type": "text/html"}, f"<title>{path} {sent}</title>".encode()


@pytest.mark.parametrize(
    "fault", ["drop", "refused", "slow", "200", "201", "302", "401", "404", "409", "422", "429", "502"]
)
def test_the_key_is_nowhere(
    meant: DocumentRequest, key: str, fault: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(transport, "TIMEOUT", httpx.Timeout(0.05))
    late = threading.Event()

    def answer(path: str) -> Answer | None:
        if fault == "slow":
            late.wait(5)
        return echoing(path, int(fault)) if fault.isdigit() else None

    with serving(answer) as server:
        url = "http://127.0.0.1:1/{account}" if fault == "refused" else server.url
        with closing(InvoiceXpressPool(url)) as pool:
            account = pool.account("casa", key)
            said = [repr(account), str(account), repr(pool)]
            for call in (
                account.taxes,
                lambda: account.create(meant),
                lambda: account.update(7, meant),
                lambda: account.delete(7),
                lambda: account.find("FS-1"),
                lambda: account.find_client_by_code("FS-C1"),
                lambda: check_account(account),
            ):
                try:
                    call()
                except FaturaSyncError as error:
                    said.extend(everything_said(error))
                    said.extend(error.words if isinstance(error, InvoiceXpressRejected) else ())
            late.set()
        assert fault == "refused" or server.asked
    said.extend(record.getMessage() for record in caplog.records)
    said.extend(str(record.__dict__) for record in caplog.records)
    assert any("httpx" in record.name or "httpcore" in record.name for record in caplog.records)
    assert not [text for text in said for spelling in spellings(key) if spelling in text]
    assert "127.0.0.1" not in " ".join(text for text in said if text.startswith("InvoiceXpress"))
