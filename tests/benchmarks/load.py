"""Deliveries from many senders at once, each on a connection that it keeps.

It is made for one thing: to take so little of the two cores that what is measured is the receiver. An HTTP library takes
more than the receivers do; here requests are rendered before the clock starts, and of an answer only its status is read.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

OK = b"HTTP/1.1 2"
ON_ONE_CONNECTION = 20
"""Deliveries; then a new one, so that no process of a receiver keeps most of the senders for itself."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was answered: how many, in how many seconds, and how long each took from when it was due, in milliseconds."""

    seconds: float
    waits: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    @property
    def p99(self) -> float:
        """What 99 % did not exceed."""
        return sorted(self.waits)[ceil(0.99 * len(self.waits)) - 1]


def render(path: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """A POST as it goes over the wire."""
    named = [("Host", "127.0.0.1"), ("Content-Length", str(len(body))), *headers]
    lines = "".join(f"{name}: {value}\r\n" for name, value in named)
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def at_once(port: int, requests: Sequence[bytes], *, senders: int) -> Load:
    """Every sender sends its next one as soon as it is answered. Raises `AssertionError` for any answer but a 2xx."""
    return asyncio.run(_run(port, requests, senders, pause=0))


def at_rate(port: int, requests: Sequence[bytes], *, senders: int, rate: float) -> Load:
    """`rate` a second, whether or not those before are answered: what waits for a sender has waited since it was due."""
    return asyncio.run(_run(port, requests, senders, pause=1 / rate))


async def _run(port: int, requests: Sequence[bytes], senders: int, pause: float) -> Load:
    loop = asyncio.get_running_loop()
    left = iter(enumerate(requests))
    waits: list[float] = []
    begun = time.perf_counter()

    async def connected() -> _Sender:
        return (await loop.create_connection(_Sender, "127.0.0.1", port))[1]

    async def go_on() -> None:
        sender, sent = await connected(), 0
        for number, request in left:
            if sent == ON_ONE_CONNECTION:
                sender.close()
                sender, sent = await connected(), 0
            sent += 1
            due = begun + number * pause if pause else time.perf_counter()
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            await sender.send(request)
            waits.append((time.perf_counter() - due) * 1000)
        sender.close()

    await asyncio.gather(*(go_on() for _ in range(senders)))
    return Load(seconds=time.perf_counter() - begun, waits=waits)


class _Sender(asyncio.Protocol):
    """One connection with one request under way."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._read = b""
        self._answered: asyncio.Future[None] | None = None

    async def send(self, request: bytes) -> None:
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        await self._answered

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head) or self._answered is None:
            return
        self._read = b""
        if head.startswith(OK):
            self._answered.set_result(None)
        else:
            self._answered.set_exception(AssertionError(f"{head!r} {body!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or AssertionError("The connection was closed."))

    def close(self) -> None:
        self._transport.close()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
