"""Accounts for which nothing is asked: InvoiceXpress refuses them as a whole, or a person has paused them.

The first refusal (a wrong key, a spent document quota) pauses the account: its other bookings are parked with the same
words and no request. Now and then one of them is tried; when InvoiceXpress takes it, all go on by themselves. What a
person has paused is not tried: its bookings wait until somebody resumes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mapping.errors import InvoiceXpressRejected
from mapping.reasons import Reason
from worker.invoicexpress.messages import says_quota_is_spent
from worker.keyspace import FS
from worker.store import Store, Value
from worker.waits import trial_wait

ACCOUNT_WIDE = frozenset({Reason.API_KEY_REFUSED, Reason.QUOTA_SPENT})
"""What a booking is parked for while its account is paused."""

PAUSED = f"{FS}:paused"  # accounts whose bookings wait for the end of a pause, by when to look at them
PAUSED_BY = f"{FS}:paused-by"  # accounts that persons have paused: who, and when


def account_wide(refusal: InvoiceXpressRejected) -> Reason | None:
    """The reason where `refusal` meets every booking of the account; None where it is about the one that asked."""
    if refusal.status in {401, 403}:
        return Reason.API_KEY_REFUSED
    return Reason.QUOTA_SPENT if says_quota_is_spent(refusal) else None


def is_for_the_account(refusal: InvoiceXpressRejected) -> bool:
    """Whether `refusal` meets every booking of the account."""
    return account_wide(refusal) is not None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why and since when an account is paused, and when a booking of it is tried next; None where none waits."""

    reason: Reason | None
    words: str
    at: datetime
    trials: int
    next_at: datetime | None


class Pauses:
    """All pauses in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keys(self, account: str) -> tuple[str, str]:
        """Where the account's pause is, and the name of the booking that is on trial."""
        return f"{FS}:pause:{account}", f"{FS}:trial:{account}"

    def pause(self, account: str, refusal: InvoiceXpressRejected, *, now: datetime) -> None:
        """Let no request of the account pass but trials."""
        pause, trial = self.keys(account)
        refused: dict[str, Value] = {"status": refusal.status, "words": json.dumps(refusal.words)}
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(pause, mapping=refused | {"at": now.isoformat()})
            pipe.delete(trial)
            pipe.zadd(PAUSED, {account: (now + timedelta(seconds=trial_wait(0))).timestamp()}, nx=True)
            pipe.execute()

    def is_paused(self, account: str) -> bool:
        """Whether the account's requests are held back."""
        return bool(self._store.exists(self.keys(account)[0]))

    def of(self, accounts: Sequence[str]) -> dict[str, Refusal]:
        """The pauses of those of `accounts` that are paused so."""
        with self._store.pipeline(transaction=False) as pipe:
            for account in accounts:
                pipe.hgetall(self.keys(account)[0])
                pipe.zscore(PAUSED, account)
            found = iter(pipe.execute())
        pauses = zip(accounts, found, found, strict=True)
        return {account: _refusal(fields, next_at) for account, fields, next_at in pauses if fields}

    def lift(self, account: str, *, now: datetime) -> None:
        """End the pause, if there is one: the next sweep sets its bookings going."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.delete(*self.keys(account))
            pipe.zadd(PAUSED, {account: now.timestamp()}, xx=True)
            pipe.execute()

    def due(self, *, now: datetime) -> list[str]:
        """The accounts of which a booking is to be tried now, or that are not paused any more."""
        return [found.decode() for found in self._store.zrangebyscore(PAUSED, 0, now.timestamp())]

    def try_one(self, account: str, booking: str, *, now: datetime) -> None:
        """Let the requests of `booking` pass until the next trial is due."""
        pause, trial = self.keys(account)
        wait = trial_wait(int(self._store.hincrby(pause, "trials")))
        with self._store.pipeline(transaction=True) as pipe:
            pipe.set(trial, booking, ex=wait)
            pipe.zadd(PAUSED, {account: (now + timedelta(seconds=wait)).timestamp()})
            pipe.execute()

    def look_again(self, account: str, *, now: datetime) -> None:
        """Come back soon for bookings that were just being parked when the pause ended."""
        self._store.zadd(PAUSED, {account: (now + timedelta(seconds=trial_wait(0))).timestamp()})

    def forget(self, account: str) -> None:
        """No booking of the account waits any more; the next that comes is the trial."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.zrem(PAUSED, account)
            pipe.delete(*self.keys(account))
            pipe.execute()


def _refusal(fields: Mapping[bytes, bytes], next_at: float | None) -> Refusal:
    refusal = InvoiceXpressRejected(int(fields[b"status"]), json.loads(fields[b"words"]))
    return Refusal(
        reason=account_wide(refusal),
        words="; ".join(refusal.words) or f"status {refusal.status}",
        at=datetime.fromisoformat(fields[b"at"].decode()),
        trials=int(fields.get(b"trials", 0)),
        next_at=None if next_at is None else datetime.fromtimestamp(next_at, UTC),
    )


@dataclass(frozen=True, kw_only=True)
class PersonsPause:
    """Who paused an account, and when."""

    account: str
    who: str
    at: datetime


class PersonsPauses:
    """All pauses by persons in the store. From the moment of a pause on no request of the account is let through."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def pause(self, account: str, *, who: str, now: datetime) -> bool:
        """Pause the account; False if a person has done so already, whose pause stays as it is."""
        return bool(self._store.hsetnx(PAUSED_BY, account, json.dumps([who, now.isoformat()])))

    def resume(self, account: str) -> bool:
        """End the pause; False if there was none."""
        return bool(self._store.hdel(PAUSED_BY, account))

    def of(self, account: str) -> PersonsPause | None:
        """The account's pause."""
        return self.all().get(account)

    def all(self) -> dict[str, PersonsPause]:
        """Every pause, by account."""
        found = {name.decode(): json.loads(told) for name, told in self._store.hgetall(PAUSED_BY).items()}
        return {
            name: PersonsPause(account=name, who=who, at=datetime.fromisoformat(at))
            for name, (who, at) in found.items()
        }
