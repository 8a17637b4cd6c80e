"""Guests' data are dropped once their booking has been at rest for long enough: a few bookings at a time, between jobs.

Each booking is let go in one call of the store, so that a kill at any moment leaves it whole or without its guest, and
doing it twice changes nothing. The facts of the invoice stay (`worker.guest_data`), packed (`worker.packing`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from mapping.errors import UserError
from worker.guest_data import CORRECTIONS, booking_without_guest, trail_without_guest
from worker.history import HISTORY_LENGTH, history_key, line
from worker.ledger import command_words, deliveries_key, record_key, seen_key
from worker.ledger_scripts import DROP
from worker.looks import rows_key
from worker.packing import PACKED, PARTS, SAYING_NOTHING, TEXTS, LetGo, Packed
from worker.records import Dropped, Record
from worker.resting import REST, rested, resting_since
from worker.services import Services
from worker.store import Value
from worker.store_version import NewerStore

AT_ONCE = 50
"""Bookings, and as many unreadable deliveries, in one sweep: 600 a minute at most, and no job waits for long."""
LATER = timedelta(days=1)
"""One that cannot be read (its key is missing) is looked at again then, and keeps no other waiting."""

log = structlog.get_logger()


def drop_due(services: Services) -> int:
    """Let the next few go that are due; how many bookings and unreadable deliveries those were."""
    if services.environment.retention is None:
        return 0
    now = services.clock()
    before = now - services.environment.retention
    dropped = [
        key for key in rested(services.store, since=before, limit=AT_ONCE) if _drop_if_due(services, key, before)
    ]
    unreadable = services.deliveries.drop_unreadable(before=before, limit=AT_ONCE)
    if dropped or unreadable:
        log.info("guest-data-dropped", bookings=len(dropped), unreadable=unreadable)
    return len(dropped) + unreadable


def drop(services: Services, key: str, *, who: str = "", commands: Sequence[list[bytes]] = ()) -> bool:
    """Let go what is kept of the booking's guest, and carry `commands` out beside it; `who` wants it, nobody if it is due.

    False, and nothing is done, where the booking is gone or has changed in this moment. Raises `UserError` where it cannot
    be read.
    """
    fields = services.store.hgetall(record_key(key))
    if not fields:
        return False
    sealing, now = services.ledger.sealing, services.clock()
    record = sealing.record(key, fields)
    with services.store.pipeline(transaction=True) as pipe:
        pipe.lrange(history_key(key), 0, -1)
        pipe.lrange(deliveries_key(key), 0, -1)
        lines, ids = pipe.execute()
    before = sealing.unpacked(key, fields.get(PACKED.encode()))
    left = Packed(
        texts=_texts(fields, before),
        booking=booking_without_guest(record.booking) if record.booking else None,
        trail=trail_without_guest(record.trail),
        history=[*before.history, *map(json.loads, lines), *_told(record, at=now, who=who)][-HISTORY_LENGTH:],
        deliveries=[*before.deliveries, *(_let_go(services, each.decode()) for each in ids)],
    )
    going = [*CORRECTIONS, *PARTS, *_saying_nothing(fields)]
    words: list[Value] = [
        key,
        fields[b"updated_at"],
        *(fields.get(name, b"") for name in (b"booking", b"trail", PACKED.encode())),
        len(lines),
        len(ids),
        sealing.pack(key, left),
        sealing.filed_under(key, left.booking),
        record.source_id,
        sealing.dropped(Dropped(at=now, status=record.status)),
        len(going),
        *going,
        *command_words(list(commands)),
    ]
    keys = (record_key(key), history_key(key), deliveries_key(key), seen_key(key), rows_key(record.account))
    return bool(services.store.eval(DROP, len(keys), *keys, *words))


def _texts(fields: Mapping[bytes, bytes], before: Packed) -> Mapping[str, str]:
    own = {name: fields[name.encode()].decode() for name in TEXTS if name.encode() in fields}
    return {**before.texts, **own}


def _saying_nothing(fields: Mapping[bytes, bytes]) -> Iterator[str]:
    """Names of fields that can go without anything being lost; facts go with a reason."""
    yield from (name for name, nothing in SAYING_NOTHING.items() if fields.get(name.encode()) == nothing.encode())
    if not fields.get(b"reason"):
        yield "facts"


def _told(record: Record, *, at: datetime, who: str) -> Iterator[Mapping[str, Any]]:
    """What the history says of it; nothing where it was told before."""
    if who or not record.dropped:
        yield json.loads(line("guest-data-erased" if who else "guest-data-dropped", at=at, who=who))


def _let_go(services: Services, delivery: str) -> LetGo:
    try:
        stored = services.deliveries.get(delivery)
    except NewerStore:
        raise
    except UserError:  # it is not there any more
        return LetGo(id=delivery, received_at=None, outcome="")
    return LetGo(id=delivery, received_at=stored.received_at, outcome=stored.outcome)


def _drop_if_due(services: Services, key: str, before: datetime) -> bool:
    try:
        record = services.ledger.get(key)
        if record is None:
            services.store.zrem(REST, key)
            return False
        since = resting_since(record)
        if since is not None and since <= before:
            return not services.ledger.is_locked(key) and drop(services, key)
        if since is None:  # whoever brings it to rest adds it again
            services.store.zrem(REST, key)
        else:
            services.store.zadd(REST, {key: since.timestamp()}, xx=True)
    except (UserError, ValidationError):
        log.warning("guest-data-unreadable", booking=key)
        services.store.zadd(REST, {key: (before + LATER).timestamp()}, xx=True)
    return False
