"""Channel managers: they tell each state when the plan says, several at a time, and again until it is answered 200."""

import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import Self

import httpx

from tests.chaos.plan import Plan, Sending, State
from tests.chaos.plant import STORES, Plant
from tests.processes import PLAIN
from tests.worker.room import body

THREADS = 8
AGAIN_SECONDS = (0.1, 0.2, 0.5, 1.0)
ANSWER_SECONDS = 15
TIMES_BY_THE_STORE = 3
"""A command whose answer was lost is sent again by the store's client, twice at most (`worker.store.connect`)."""


@dataclass
class Tally:
    """What was answered, by booking. `most` is how often a delivery can have been counted at most."""

    acknowledged: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # 503, or no answer
    odd: list[str] = field(default_factory=list)  # an answer that no sender should ever get
    told: list[tuple[float, Sending]] = field(default_factory=list)  # when each was acknowledged, in monotonic seconds
    lost: int = 0  # acknowledged by a store that forgot it, and told again


class Senders:
    """Use it as a context: they send from its beginning on, and at its end all is told."""

    def __init__(self, plan: Plan, plant: Plant) -> None:
        self._plan = plan
        self._plant = plant
        self._lock = threading.Lock()
        self._begun_at = time.monotonic()
        self._ending = threading.Event()
        self._queue: SimpleQueue[Sending] = SimpleQueue()
        self._client = httpx.Client(**PLAIN, timeout=ANSWER_SECONDS, limits=httpx.Limits(max_connections=THREADS))
        self._pool = ThreadPoolExecutor(THREADS)
        self._work: list[Future[None]] = []
        self.tally = Tally()

    def __enter__(self) -> Self:
        for sending in self._plan.sendings:
            self._queue.put(sending)
        self._work = [self._pool.submit(self._send_all) for _ in range(THREADS)]
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._pool.shutdown()
        self._client.close()

    def are_done(self) -> bool:
        """Whether everything was told. Raises what went wrong in a sender."""
        for each in self._work:
            if each.done():
                each.result()
        return len(self.tally.told) == len(self._plan.sendings) + self.tally.lost

    def tell_again(self, *, since: float) -> None:
        """What was acknowledged since this moment may be forgotten: whoever sent it hears of that, and tells it again."""
        with self._lock:
            again = [sending for at, sending in self.tally.told if at >= since]
            self.tally.lost += len(again)
            self.tally.acknowledged.subtract(self._plan.bookings[sending.booking].key for sending in again)
        for sending in again:
            self._queue.put(sending)

    def _send_all(self) -> None:
        while not self._ending.is_set():
            with suppress(Empty):
                sending = self._queue.get(timeout=0.1)
                if not self._ending.wait(max(0.0, self._begun_at + sending.at - time.monotonic())):
                    self._send(sending)

    def _send(self, sending: Sending) -> None:
        booking = self._plan.bookings[sending.booking]
        content = told(booking.number, booking.states[sending.state])
        for attempt in range(1_000_000):
            stores_killed = self._stores_killed()
            answer = self._answer(booking.account, content)
            with self._lock:
                is_doubtful = self._stores_killed() != stores_killed
                self.tally.most[booking.key] += TIMES_BY_THE_STORE if is_doubtful else 1
                if answer == HTTPStatus.OK:
                    self.tally.acknowledged[booking.key] += 1
                    self.tally.told.append((time.monotonic(), sending))
                    return
                self.tally.refused[str(answer)] += 1
                if answer not in {None, HTTPStatus.SERVICE_UNAVAILABLE}:
                    self.tally.odd.append(f"{booking.key}: a delivery was answered {answer}")
            if self._ending.wait(AGAIN_SECONDS[min(attempt, len(AGAIN_SECONDS) - 1)]):
                return

    def _stores_killed(self) -> int:
        return sum(self._plant.killed[kill] for kill in STORES)

    def _answer(self, account: str, content: bytes) -> int | None:
        try:
            return self._client.post(
                self._plant.addresses[account].url, content=content, headers=self._plant.headers(account, content)
            ).status_code
        except httpx.TransportError:
            return None


def told(number: int, state: State) -> bytes:
    """The delivery that tells of this state."""
    return body(
        number,
        status="cancelled" if state.cancelled else "confirmed",
        modified_at=state.modified_at.isoformat(),
        guest_name=state.guest,
        check_in=state.check_in.isoformat(),
        check_out=state.check_out.isoformat(),
        total_guest=str(state.total),
    )
