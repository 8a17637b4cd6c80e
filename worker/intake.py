"""Takes a verified delivery in: the delivery, the booking's newest state and its job in one Redis transaction."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from rq import Queue

from mapping.booking import Booking
from mapping.delivery import Delivery, Named, NotABooking, Reading
from mapping.errors import Problem
from worker.connections import Connection, touch, vendor_of
from worker.counters import COUNT_DELIVERY, Counted, count
from worker.deliveries import TELLS_OF, Deliveries, StoredDelivery
from worker.ledger import Ledger, command_words, deliveries_key, record_key, seen_key
from worker.ledger_scripts import ACCEPT
from worker.queue import enqueue_commands
from worker.records import booking_key, newest_states
from worker.store import Store, Value, queued_commands
from worker.store_version import refuse_newer

DAY_SECONDS = 24 * 3600
"""A delivery that equals one of the last day, its version or event id included, is that one again."""
REDELIVERY_SECONDS = 3600
"""The same without either: vendors send again what was not acknowledged for about an hour (channel-managers.md,
Hostaway). Later, or for any time where it is the newest state anyway, the booking has gone back to what it was.
"""

Told = Sequence[Booking] | Named


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a delivery: `queued`, `repeated`, `ignored` or `unreadable`, and the bookings that it tells of."""

    delivery: str
    outcome: str
    bookings: tuple[str, ...] = ()


class Intake:
    """Where deliveries enter the ledger."""

    def __init__(
        self, store: Store, queue: Queue, ledger: Ledger, deliveries: Deliveries, *, new_id: Callable[[], str]
    ) -> None:
        """`new_id` names deliveries and jobs; no two of its answers are equal."""
        self._store = store
        self._queue = queue
        self._ledger = ledger
        self._deliveries = deliveries
        self._new_id = new_id

    def take(self, connection: Connection, delivery: Delivery, reading: Reading | Named, *, now: datetime) -> Taken:
        """Store what was read. A delivery that repeats, or tells of an older state, changes nothing."""
        stored = self._stored(connection, "queued", now)
        if isinstance(reading, NotABooking):
            return self._keep(replace(stored, outcome="ignored"), delivery)
        return self._accept(stored, delivery, reading, now)

    def take_unreadable(
        self, connection: Connection, delivery: Delivery, problems: Sequence[Problem], *, now: datetime
    ) -> Taken:
        """Store a verified delivery that cannot be read, for a retry after a fix."""
        return self._keep(replace(self._stored(connection, "unreadable", now), problems=tuple(problems)), delivery)

    def take_again(self, stored: StoredDelivery, reading: Told, *, now: datetime) -> Taken:
        """Store what could be read after all of a delivery that was kept as unreadable, or left to a newer program.

        Raises `NewerStore`, and the delivery stays where it is, if this program is too old as well.
        """
        delivery = self._deliveries.content(stored.id)
        taken = self._accept(replace(stored, outcome="queued", problems=()), delivery, reading, now)
        refuse_newer(self._store)
        self._deliveries.set_read(stored.id, outcome=taken.outcome)
        return taken

    def _keep(self, stored: StoredDelivery, delivery: Delivery) -> Taken:
        with self._store.pipeline(transaction=True) as pipe:
            self._deliveries.write(pipe, stored, _kept(stored, delivery))
            touch(pipe, stored.connection, stored.received_at)
            self._deliveries.announce(pipe, stored)
            count(pipe, Counted.DELIVERIES, stored.channel_manager, stored.outcome)
            pipe.execute()
        return Taken(delivery=stored.id, outcome=stored.outcome)

    def _accept(self, stored: StoredDelivery, delivery: Delivery, reading: Told, now: datetime) -> Taken:
        scratch = cast("Any", self._store.pipeline(transaction=True))
        self._deliveries.write(scratch, stored, _kept(stored, delivery))
        storing = queued_commands(scratch)[0]
        event = vendor_of(stored.channel_manager).event_id(delivery)
        body = hashlib.sha256(delivery.body).hexdigest()
        # A body that only names a booking may be the same for two changes of it.
        digest = f"{event or ''} {body}" if isinstance(reading, Named) else body
        keys = []
        with self._store.pipeline(transaction=True) as pipe:
            for told in [reading] if isinstance(reading, Named) else newest_states(reading):
                key = booking_key(stored.account, stored.channel_manager, told.source_id)
                booking = told if isinstance(told, Booking) else None
                version = booking.version if booking else ""
                job = self._new_id()
                words: list[Value] = [
                    key,
                    now.timestamp(),
                    version,
                    digest,
                    stored.id,
                    self._ledger.sealing.seal_booking(key, booking) if booking else "",
                    stored.connection,
                    stored.account,
                    stored.channel_manager,
                    told.source_id,
                    job,
                    stored.received_at.timestamp(),
                    f"{event or ''} {body}",
                    DAY_SECONDS if event or version else REDELIVERY_SECONDS,
                    self._ledger.sealing.filed_under(key, booking),
                    *command_words(
                        [
                            [*storing, f"{TELLS_OF}{key}".encode(), b"1"],
                            *enqueue_commands(self._queue, key, job_id=job, delivery=stored.id),
                        ]
                    ),
                ]
                pipe.eval(ACCEPT, 3, record_key(key), seen_key(key), deliveries_key(key), *words)
                keys.append(key)
            if stored.received_at == now:
                touch(pipe, stored.connection, now)
                self._deliveries.announce(pipe, stored, keys)
                pipe.eval(COUNT_DELIVERY, len(keys), *map(record_key, keys), stored.id, stored.channel_manager)
            outcomes = pipe.execute()[: len(keys)]
        outcome = "repeated" if set(outcomes) == {b"repeated"} else "queued"
        return Taken(delivery=stored.id, outcome=outcome, bookings=tuple(keys))

    def _stored(self, connection: Connection, outcome: str, now: datetime) -> StoredDelivery:
        return StoredDelivery(
            id=self._new_id(),
            connection=connection.id,
            account=connection.account,
            channel_manager=connection.channel_manager,
            received_at=now,
            outcome=outcome,
        )


def _kept(stored: StoredDelivery, delivery: Delivery) -> Delivery:
    return replace(delivery, body=vendor_of(stored.channel_manager).kept(delivery.body))
