"""How often a connection is heard, and when it has been silent for longer than is usual for it.

Kept are the last thirty days on which it was heard (UTC). Its usual pause is the one that nine in ten of the pauses between
those days do not exceed: a single long one, such as an outage, changes nothing. It is silent when it has not been heard
for twice that and for at least three days. One that was heard on fewer than four days has no rhythm yet: two weeks.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

from worker.keyspace import FS
from worker.store import Store, Writes

KEPT_DAYS = 30
KNOWN_DAYS = 4
LEAST = timedelta(days=3)
UNKNOWN = timedelta(days=14)
USUAL_PART = 0.9
PATIENCE = 2


def hear(pipe: Writes, connection_id: str, day: date) -> None:
    """Queue on `pipe` that the connection was heard on `day`."""
    pipe.zadd(heard_key(connection_id), {day.isoformat(): day.toordinal()})
    pipe.zremrangebyrank(heard_key(connection_id), 0, -KEPT_DAYS - 1)


def heard_on(store: Store, connection_ids: Sequence[str]) -> list[list[date]]:
    """The days on which each connection was heard, the first first."""
    with store.pipeline(transaction=False) as pipe:
        for connection_id in connection_ids:
            pipe.zrange(heard_key(connection_id), 0, -1)
        return [[date.fromisoformat(day.decode()) for day in days] for days in pipe.execute()]


def usual_pause(days: Sequence[date]) -> timedelta | None:
    """The pause that is usual between the days on which a connection was heard; None where that is not known yet."""
    if len(days) < KNOWN_DAYS:
        return None
    pauses = sorted(later - earlier for earlier, later in pairwise(days))
    return pauses[ceil(USUAL_PART * len(pauses)) - 1]


def allowed_silence(days: Sequence[date]) -> timedelta:
    """For how long a connection that was heard on these days may be silent."""
    usual = usual_pause(days)
    return UNKNOWN if usual is None else max(LEAST, PATIENCE * usual)


def heard_key(connection_id: str) -> str:
    """Where the days are on which the connection was heard."""
    return f"{FS}:heard:{connection_id}"
