"""Guests' data are dropped once their booking has been at rest for long enough: a few bookings at a time, between jobs.

Each booking is let go in one call of the store, so that a kill at any moment leaves it whole or without its guest, and
doing it twice changes nothing. The facts of the invoice stay (`worker.guest_data`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from mapping.errors import UserError
from worker.guest_data import CORRECTIONS, booking_without_guest, trail_without_guest
from worker.history import history_key, line, told
from worker.ledger import command_words, deliveries_key, record_key, seen_key
from worker.ledger_scripts import DROP
from worker.looks import rows_key
from worker.records import Dropped
from worker.resting import REST, rested, resting_since
from worker.services import Services
from worker.store import Value

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
    booking = booking_without_guest(record.booking) if record.booking else None
    trail = trail_without_guest(record.trail)
    event = "guest-data-erased" if who else "guest-data-dropped"
    lines = [] if record.dropped and not who else [line(event, at=now, who=who)]
    words: list[Value] = [
        key,
        fields[b"updated_at"],
        fields.get(b"booking", b""),
        fields.get(b"trail", b""),
        sealing.seal_booking(key, booking) if booking else "",
        sealing.seal_trail(key, trail) if b"trail" in fields else "",
        sealing.filed_under(key, booking),
        record.source_id,
        sealing.dropped(Dropped(at=now, status=record.status)),
        *told(lines),
        len(CORRECTIONS),
        *CORRECTIONS,
        *command_words(list(commands)),
    ]
    keys = (record_key(key), history_key(key), deliveries_key(key), seen_key(key), rows_key(record.account))
    return bool(services.store.eval(DROP, len(keys), *keys, *words))


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
