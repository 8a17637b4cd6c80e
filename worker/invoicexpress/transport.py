"""The one module that knows httpx: a pool of connections, and the key added below everything that httpx writes down."""

import socket
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from mapping.errors import InvoiceXpressUnavailable
from worker.invoicexpress.answers import Answer, UnknownHost

Transport = httpx.BaseTransport
Query = Mapping[str, str | Sequence[str]]

TIMEOUT = httpx.Timeout(connect=5, read=20, write=10, pool=5)
# Idle connections go before the server closes them (20 s is common): a request on a dying one has an unknown outcome.
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=20, keepalive_expiry=15)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))  # not every system has the second


class ApiKeyTransport(httpx.BaseTransport):
    """Adds `api_key` to a copy of each request, so that httpx's own request, log lines and exceptions never have it."""

    def __init__(self, inner: httpx.BaseTransport, api_key: str) -> None:
        self._inner = inner
        self._api_key = api_key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the copy with the key."""
        return self._inner.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_merge_params({"api_key": self._api_key}),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


def open_pool() -> Transport:
    """Connections for the whole process: kept alive, HTTP/1.1, nothing sent a second time by itself."""
    return httpx.HTTPTransport(limits=LIMITS, http2=False, retries=0)


class Endpoint:
    """One account's address and key on the pool that all accounts share. Redirects are not followed."""

    def __init__(self, url: str, api_key: str, pool: Transport) -> None:
        self._client = httpx.Client(
            base_url=url,
            transport=ApiKeyTransport(pool, api_key),
            headers={"Accept": "application/json", "User-Agent": "FaturaSync"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # the key alone says who asks
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, method: str, path: str, *, call: str, query: Query | None, body: object) -> Answer:
        """One request and its answer, whatever its status. `call` names it where there is none.

        Raises InvoiceXpressUnavailable without an answer, `UnknownHost` where the address does not exist.
        """
        try:
            response = self._client.request(method, path, params=query, json=body)
        except (httpx.RequestError, OSError) as error:  # the second from a transport that is given
            raise _unavailable(error, call) from None
        return Answer(
            call=call,
            status=response.status_code,
            body=response.content,
            content_type=response.headers.get("content-type", ""),
            retry_after=response.headers.get("retry-after", ""),
            date=response.headers.get("date", ""),
        )


def _unavailable(error: Exception, call: str) -> InvoiceXpressUnavailable:
    if _is_unknown_host(error):
        return UnknownHost(f"No such host for {call}.", sent=False)
    return InvoiceXpressUnavailable(
        f"InvoiceXpress did not answer {call} ({type(error).__name__}).", sent=not isinstance(error, NOT_SENT)
    )


def _is_unknown_host(fault: Exception) -> bool:
    """Whether the look-up of the name is why there is no connection; httpx has no class of its own for it."""
    if not isinstance(fault, httpx.ConnectError):
        return False
    error: BaseException | None = fault
    while error is not None and not isinstance(error, OSError):  # no further: behind it may be an earlier request's
        error = error.__cause__ or error.__context__
    return isinstance(error, socket.gaierror) and error.errno in NO_SUCH_NAME
