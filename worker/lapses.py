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
from worker.store import Store, started_at

ALIVE = f"{FS}:alive"  # hash: `run`, what the server that answered last calls this run of it, and `at`
LAPSE = f"{FS}:lapse"  # hash: `since` and `until`
SHORTEST = timedelta(seconds=60)
"""A server that is back after less than that was restarted; what it forgot, if anything, is one second (appendfsync)."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Lapse:
    """The store may not know what happened from `since` on until `until`, when it was started again."""

    since: datetime
    until: datetime


def lapse(store: Store) -> Lapse | None:
    """The last one there was."""
    found = store.hgetall(LAPSE)
    return Lapse(since=_moment(found[b"since"]), until=_moment(found[b"until"])) if found else None


def look_for_a_lapse(store: Store, *, now: datetime) -> Lapse | None:
    """Note that the server is there; the last lapse, which may just have been found out."""
    run = str(store.info("server").get("run_id", ""))
    known = store.hgetall(ALIVE)
    before = lapse(store)
    with store.pipeline(transaction=True) as pipe:
        if known and known[b"run"].decode() != run:
            found = Lapse(since=_moment(known[b"at"]), until=started_at(store, now=now))
            if found.until - found.since >= SHORTEST:
                log.warning("store-may-have-forgotten", since=found.since.isoformat(), until=found.until.isoformat())
                pipe.hset(LAPSE, mapping=_fields(found))
                before = found
        pipe.hset(ALIVE, mapping={"run": run, "at": now.timestamp()})
        pipe.execute()
    return before


def note_copy(store: Store, *, now: datetime) -> Lapse:
    """Note that what the store holds is a copy that was put back just now."""
    found = Lapse(since=kept_until(store) or datetime.fromtimestamp(0, UTC), until=now)
    store.hset(LAPSE, mapping=_fields(found))
    return found


def kept_until(store: Store) -> datetime | None:
    """Up to when the store surely knows what happened, if a worker ever noted it."""
    at = store.hgetall(ALIVE).get(b"at")
    return _moment(at) if at else None


def _fields(found: Lapse) -> Mapping[str, float]:
    return {"since": found.since.timestamp(), "until": found.until.timestamp()}


def _moment(text: bytes) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)
