"""What each request to InvoiceXpress passes: the account's limit a minute and its pauses, shared by all workers.

One script decides by the store's own clock. The last minute's requests are counted exactly, so no window of a minute
ever holds more than the limit; a quiet account spends all of it at once. When it is spent, a booking that would have to
wait longer than a moment gets a place in the account's line and gives the worker to others.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mapping.errors import AccountPaused, InvoiceXpressRejected, TooManyRequests, TurnComesLater
from worker.keyspace import FS
from worker.pauses import PAUSED_BY, Pauses, is_for_the_account
from worker.store import Store
from worker.waits import LINE_PACE, PATIENCE_SECONDS, WINDOW_SECONDS, hold_wait

LIMIT = 780
"""InvoiceXpress's requests a minute for an account (invoicexpress.md section 1.3)."""

ENTER = """
-- KEYS: times of the requests of the last minute (ms), when the line's last place comes up (ms), a hold, the pause,
-- the booking on trial, the accounts that persons have paused. ARGV: window (ms), limit, moment (ms) that is waited for on
-- the spot, pace of the line, booking, requests that it will need, whether its turn in the line has come ('1'), whose pause
-- by a person counts.
-- Answers go, wait or later with milliseconds, refused with the refusal's status and words, or paused.
if redis.call('HEXISTS', KEYS[6], ARGV[8]) == 1 then return {'paused'} end
local trial = 0
if redis.call('EXISTS', KEYS[4]) == 1 then
  if redis.call('GET', KEYS[5]) ~= ARGV[5] then
    return {'refused', unpack(redis.call('HMGET', KEYS[4], 'status', 'words'))}
  end
  trial = 1
end

local seconds, micros = unpack(redis.call('TIME'))
local now = seconds * 1000 + math.floor(micros / 1000)
local window, limit, moment = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if tonumber(redis.call('LINDEX', KEYS[1], -1) or now) > now then redis.call('DEL', KEYS[1], KEYS[2]) end  -- the clock went back
while tonumber(redis.call('LINDEX', KEYS[1], 0) or now) <= now - window do redis.call('LPOP', KEYS[1]) end

local free = now + math.max(redis.call('PTTL', KEYS[3]), 0)
local made = redis.call('LLEN', KEYS[1])
if made >= limit then free = math.max(free, redis.call('LINDEX', KEYS[1], made - limit) + window) end
local line = tonumber(redis.call('GET', KEYS[2]) or 0)
if ARGV[7] == '1' or line <= now then
  if free <= now then
    redis.call('RPUSH', KEYS[1], now)
    redis.call('PEXPIRE', KEYS[1], window)
    return {'go', trial}
  end
  if free - now <= moment then return {'wait', free - now} end
end
line = math.max(line, free) + math.ceil(ARGV[6] * window / limit / ARGV[4])
redis.call('SET', KEYS[2], line, 'PX', line - now + window)
return {'later', line - now}
"""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Who asks: one attempt at a booking. `limit` is the account's requests a minute.

    `account` is whose limit it is; `owner` is whose pause by a person counts, where that is another name.
    """

    account: str
    owner: str = ""
    booking: str
    limit: int = LIMIT
    needs: int = 1  # requests that it is known to need
    has_waited: bool = False  # its turn in the line has come
    patience: float = PATIENCE_SECONDS  # how long it may stand before the limit, in seconds


class Gate:
    """The gate for one attempt's requests."""

    def __init__(
        self,
        store: Store,
        who: Pass,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._who = who
        self._pauses = Pauses(store)
        self._clock = clock
        self._sleep = sleep
        self._entered = 0
        self._is_trial = False
        self._was_answered = False

    @property
    def passed_a_trial(self) -> bool:
        """Whether the account is paused and this attempt showed that it need not be any more."""
        return self._is_trial and self._was_answered

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around each request.

        Raises `TurnComesLater`, `AccountPaused`, or the refusal for which the account is paused, before it is sent.
        """
        self._enter()
        try:
            yield
        except TooManyRequests as error:
            self.hold(error.retry_after)
            raise
        except InvoiceXpressRejected as refusal:
            if is_for_the_account(refusal):
                self._pauses.pause(self._who.account, refusal, now=self._clock())
                self._is_trial = False
            else:
                self._was_answered = True
            raise
        self._was_answered = True

    def hold(self, asked: float | None) -> None:
        """Let nobody ask for as long as the other side wants; where it does not say, longer each time within a minute."""
        account = self._who.account
        with self._store.pipeline(transaction=True) as pipe:
            pipe.incr(f"{FS}:held:{account}")
            pipe.expire(f"{FS}:held:{account}", 60)
            times = int(pipe.execute()[0])
        seconds = hold_wait(times) if asked is None else asked
        self._store.set(f"{FS}:hold:{account}", "1", px=max(1, round(seconds * 1000)))

    def _enter(self) -> None:
        answer, *told = self._ask()
        while answer == b"wait":
            self._sleep(told[0] / 1000)
            answer, *told = self._ask()
        if answer == b"later":
            raise TurnComesLater(told[0] / 1000)
        if answer == b"paused":
            raise AccountPaused(self._who.owner or self._who.account)
        if answer == b"refused":
            raise InvoiceXpressRejected(int(told[0]), json.loads(told[1]))
        self._entered += 1
        self._is_trial = bool(told[0])

    def _ask(self) -> list[Any]:
        who, account = self._who, self._who.account
        own = (f"{FS}:asked:{account}", f"{FS}:line:{account}", f"{FS}:hold:{account}")
        keys = (*own, *self._pauses.keys(account), PAUSED_BY)
        answer: list[Any] = self._store.eval(
            ENTER,
            len(keys),
            *keys,
            WINDOW_SECONDS * 1000,
            who.limit,
            who.patience * 1000,
            LINE_PACE,
            who.booking,
            max(who.needs, self._entered + 1),
            "1" if who.has_waited or self._entered else "0",
            who.owner or account,
        )
        return answer
