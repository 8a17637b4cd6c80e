"""The one module that knows httpx on the way to channel managers: a pool of connections, and answers as they came.

What is asked for is asked with GET; a POST only ever asks for an access token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from mapping.errors import ChannelManagerUnavailable
from mapping.fetch import Question
from worker.counters import NO_ANSWER, Counted, Counters, outcome_of

TIMEOUT = httpx.Timeout(connect=5, read=8, write=5, pool=5)  # what `within_seconds` makes of these fits into a job
LIMITS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=15)
LARGEST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came."""

    status: int
    body: bytes
    retry_after: str


class ChannelManagerPool:
    """The connections of the whole process, to every channel manager. Redirects are not followed: hosts are fixed."""

    def __init__(self, *, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(
            transport=transport or httpx.HTTPTransport(limits=LIMITS, http2=False, retries=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # the credentials alone say who asks
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )

    def ask(self, base: str, question: Question, headers: Mapping[str, str]) -> Answer:
        """One GET and its answer, whatever its status. Raises `ChannelManagerUnavailable` where there is none."""
        return self._answer("GET", base + question.path, params=question.query, headers=headers)

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer to a request for an access token, whatever its status. Raises `ChannelManagerUnavailable` likewise."""
        return self._answer("POST", url, data=form, headers={})

    def _answer(self, method: str, url: str, *, headers: Mapping[str, str], **content: Any) -> Answer:
        sent = {"Accept": "application/json", "User-Agent": "FaturaSync", **headers}
        try:
            with self._client.stream(method, url, headers=sent, **content) as response:
                return Answer(
                    status=response.status_code,
                    body=_body(response),
                    retry_after=response.headers.get("retry-after", ""),
                )
        except (httpx.RequestError, OSError) as error:  # the second from a transport that is given
            raise ChannelManagerUnavailable(f"no answer, {type(error).__name__}") from None

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


@dataclass(frozen=True, kw_only=True)
class CountedRequests:
    """The same for one channel manager, each request counted by how it ended."""

    pool: ChannelManagerPool
    channel_manager: str
    counters: Counters

    def ask(self, base: str, question: Question, headers: Mapping[str, str]) -> Answer:
        """As `ChannelManagerPool` does."""
        return self._counted(lambda: self.pool.ask(base, question, headers))

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Likewise."""
        return self._counted(lambda: self.pool.post(url, form))

    def _counted(self, request: Callable[[], Answer]) -> Answer:
        outcome = NO_ANSWER
        try:
            answer = request()
            outcome = outcome_of(answer.status)
            return answer
        finally:
            self.counters.add(Counted.CHANNEL_MANAGERS, self.channel_manager, outcome)


def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ChannelManagerUnavailable("an answer that is too large")
    return bytes(body)
