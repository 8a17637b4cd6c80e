"""What the store may have forgotten: a copy of it was put back, or it was away.

Workers note every few seconds which server they talk to. Where another one answers, all that it knows is what was noted last
and before: what happened from then on until it was started it may not know, although InvoiceXpress does. A plain restart takes
seconds and forgets nothing that was acknowledged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from worker.keyspace import FS
from worker.store import Store, Writes, started_at

ALIVE = f"{FS}:alive"  # hash: `run`, what the server that answered last calls this run of it, and `at`
LAPSE = f"{FS}:lapse"  # hash: `since`, `until`, and `looked` once looks at what the accounts have were asked for
SHORTEST = timedelta(seconds=60)
"""A server that is back after less than that was restarted; what it forgot, if anything, is one second (appendfsync)."""

IN_MIND = timedelta(days=30)
"""For so long the channel manager may still tell what was forgotten."""

IN_DOUBT = timedelta(hours=2)
"""For so long a document that is not as it was left may be so for what was forgotten: within an hour all are looked at. One that
is found later to be changed was changed by a person.
"""

NOTED_EVERY = timedelta(seconds=5)
NEVER = datetime.fromtimestamp(0, UTC)
"""Since when a store that never noted anything may not know: ever."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Lapse:
    """The store may not know what happened from `since` on until `until`, when it was started again."""

    since: datetime
    until: datetime


def lapse(store: Store) -> Lapse | None:
    """The last one there was."""
    return _lapse(store.hgetall(LAPSE))


def look_for_a_lapse(store: Store, *, now: datetime) -> Lapse | None:
    """Note that the server is there; the last lapse, which may just have been found out."""
    with store.pipeline(transaction=True) as pipe:
        pipe.info("server")
        pipe.hgetall(ALIVE)
        pipe.hgetall(LAPSE)
        server, known, last = pipe.execute()
    run, found = str(server.get("run_id", "")), _lapse(last)
    is_another = bool(known) and known[b"run"].decode() != run
    if known and not is_another and now - _moment(known[b"at"]) < NOTED_EVERY:
        return found
    with store.pipeline(transaction=True) as pipe:
        if is_another:
            since, until = _moment(known[b"at"]), started_at(store, now=now)
            if until - since >= SHORTEST:
                found = _write(pipe, Lapse(since=since, until=until))
        pipe.hset(ALIVE, mapping={"run": run, "at": now.timestamp()})
        pipe.execute()
    return found


def note_copy(store: Store, *, now: datetime) -> None:
    """Note that what the store holds is a copy that was put back just now."""
    with store.pipeline(transaction=True) as pipe:
        _write(pipe, Lapse(since=kept_until(store) or NEVER, until=now))
        pipe.execute()


def kept_until(store: Store) -> datetime | None:
    """Up to when the store surely knows what happened, if a worker ever noted it."""
    at = store.hgetall(ALIVE).get(b"at")
    return _moment(at) if at else None


def are_looks_due(store: Store, found: Lapse) -> bool:
    """Whether nobody has asked so yet about this lapse: what the accounts have since then is to be looked at, once."""
    return bool(store.hsetnx(LAPSE, "looked", found.until.timestamp()))


def _write(pipe: Writes, found: Lapse) -> Lapse:
    log.warning("store-may-have-forgotten", since=found.since.isoformat(), until=found.until.isoformat())
    pipe.delete(LAPSE)
    pipe.hset(LAPSE, mapping={"since": found.since.timestamp(), "until": found.until.timestamp()})
    return found


def _lapse(fields: Mapping[bytes, bytes]) -> Lapse | None:
    return Lapse(since=_moment(fields[b"since"]), until=_moment(fields[b"until"])) if fields else None


def _moment(text: bytes) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)
