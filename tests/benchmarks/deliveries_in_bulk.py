"""Deliveries as fast as a receiver takes them: made beforehand, over connections that stay open, from two threads."""

import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.worker.room import body

CONNECTIONS = 2
KNOWN = 500  # bookings that are told again and again
ANSWER_BYTES = 65536


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How many of a thousand deliveries are what. The rest repeat what their booking said last."""

    new: int = 5
    updates: int = 30


@dataclass(kw_only=True)
class Stream:
    """One connection's deliveries, each as the bytes of a request."""

    url: str
    secret: str
    place: int  # which of the connections it is
    mix: Mix = field(default_factory=Mix)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.place)
        self._numbers = self.place * 100_000_000
        self._known = [self._told(self._new()) for _ in range(KNOWN // CONNECTIONS)]
        self._versions: Counter[int] = Counter()

    def __iter__(self) -> Iterator[bytes]:
        yield from (request for _, request in self._known)
        while True:
            place, chance = self._chance.randrange(len(self._known)), self._chance.randrange(1000)
            if chance < self.mix.new:
                yield self._told(self._new())[1]
                continue
            if chance < self.mix.new + self.mix.updates:
                number, _ = self._known[place]
                self._versions[number] += 1
                self._known[place] = self._told(number)
            yield self._known[place][1]

    def _new(self) -> int:
        self._numbers += 1
        return self._numbers

    def _told(self, number: int) -> tuple[int, bytes]:
        times = self._versions[number] if hasattr(self, "_versions") else 0
        told = body(number, guest_name=f"Guest {number}", total_guest=f"{106 + times}.00")
        where = urlsplit(self.url)
        head = (
            f"POST {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {self.secret}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(told)}\r\n\r\n"
        )
        return number, head.encode() + told


class Sender:
    """Sends until it is told to stop, or has sent `most`."""

    def __init__(self, url: str, secret: str, *, most: int) -> None:
        self._streams = [Stream(url=url, secret=secret, place=place + 1) for place in range(CONNECTIONS)]
        self._address = urlsplit(url).hostname, urlsplit(url).port
        self._most = most
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(stream,)) for stream in self._streams]
        self.outcomes: Counter[str] = Counter()
        """Of all that was sent: what was answered, by the word for it."""

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def sent(self) -> int:
        return self.outcomes.total()

    @property
    def is_done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _send(self, stream: Stream) -> None:
        connection = socket.create_connection(self._address)
        for request in stream:
            if self._stop.is_set() or self.sent >= self._most:
                return
            connection.sendall(request)
            answer = _answer(connection)
            self.outcomes[json.loads(answer.partition(b"\r\n\r\n")[2])["outcome"]] += 1


def _answer(connection: socket.socket) -> bytes:
    """One answer whole: the receiver's are short, and say how long they are."""
    found = b""
    while True:
        found += connection.recv(ANSWER_BYTES)
        head, _, content = found.partition(b"\r\n\r\n")
        assert found.startswith(b"HTTP/1.1 200"), found
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")),
            None,
        )
        if length is not None and len(content) >= length:
            return found
