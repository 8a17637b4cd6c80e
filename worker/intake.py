"""Takes a verified delivery in: the delivery, the booking's newest state and its job in one Redis transaction."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rq import Queue

from mapping.booking import Booking
from mapping.delivery import Delivery, Named, NotABooking, Reading
from mapping.errors import Problem
from worker.connections import Connection, ConnectionChanged, Facts, touch, vendor_of
from worker.counters import Counted, count
from worker.deliveries import Deliveries, StoredDelivery
from worker.intake_scripts import TAKE
from worker.ledger import Ledger, command_words, deliveries_key, record_key, seen_key
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
        self._script = store.register_script(TAKE)

    def take(
        self,
        connection: Connection,
        delivery: Delivery,
        reading: Reading | Named,
        *,
        now: datetime,
        facts: Facts = (),
    ) -> Taken:
        """Store what was read. A delivery that repeats, or tells of an older state, changes nothing.

        Raises `ConnectionChanged`, and nothing is stored, unless each of `facts` still stands in the store.
        """
        stored = self._stored(connection, "queued", now)
        if isinstance(reading, NotABooking):
            return self._keep(replace(stored, outcome="ignored"), delivery, facts)
        return self._accept(stored, delivery, reading, now, facts)

    def take_unreadable(
        self,
        connection: Connection,
        delivery: Delivery,
        problems: Sequence[Problem],
        *,
        now: datetime,
        facts: Facts = (),
    ) -> Taken:
        """Store a verified delivery that cannot be read, for a retry after a fix. Raises as `take` does."""
        stored = replace(self._stored(connection, "unreadable", now), problems=tuple(problems))
        return self._keep(stored, delivery, facts)

    def take_again(self, stored: StoredDelivery, reading: Told, *, now: datetime) -> Taken:
        """Store what could be read after all of a delivery that was kept as unreadable, or left to a newer program.

        Raises `NewerStore`, and the delivery stays where it is, if this program is too old as well.
        """
        delivery = self._deliveries.content(stored.id)
        taken = self._accept(replace(stored, outcome="queued", problems=()), delivery, reading, now, ())
        refuse_newer(self._store)
        self._deliveries.set_read(stored.id, outcome=taken.outcome)
        return taken

    def _keep(self, stored: StoredDelivery, delivery: Delivery, facts: Facts) -> Taken:
        telling = self._telling(stored)
        count(telling, Counted.DELIVERIES, stored.channel_manager, stored.outcome)
        self._run(stored, delivery, facts, now=stored.received_at, telling=telling)
        return Taken(delivery=stored.id, outcome=stored.outcome)

    def _accept(self, stored: StoredDelivery, delivery: Delivery, reading: Told, now: datetime, facts: Facts) -> Taken:
        event = vendor_of(stored.channel_manager).event_id(delivery)
        body = hashlib.sha256(delivery.body).hexdigest()
        # A body that only names a booking may be the same for two changes of it.
        digest = f"{event or ''} {body}" if isinstance(reading, Named) else body
        told: dict[str, list[Value]] = {}
        for each in [reading] if isinstance(reading, Named) else newest_states(reading):
            key = booking_key(stored.account, stored.channel_manager, each.source_id)
            booking = each if isinstance(each, Booking) else None
            version = booking.version if booking else ""
            job = self._new_id()
            told[key] = [
                key,
                each.source_id,
                version,
                digest,
                f"{event or ''} {body}",
                DAY_SECONDS if event or version else REDELIVERY_SECONDS,
                self._ledger.sealing.seal_booking(key, booking) if booking else "",
                self._ledger.sealing.filed_under(key, booking),
                job,
                *command_words(enqueue_commands(self._queue, key, job_id=job, delivery=stored.id)),
            ]
        telling = self._telling(stored, list(told)) if stored.received_at == now else self._scratch()
        outcomes = self._run(stored, delivery, facts, now=now, telling=telling, told=told)
        outcome = "repeated" if set(outcomes) == {b"repeated"} else "queued"
        return Taken(delivery=stored.id, outcome=outcome, bookings=tuple(told))

    def _run(
        self,
        stored: StoredDelivery,
        delivery: Delivery,
        facts: Facts,
        *,
        now: datetime,
        telling: Any,
        told: Mapping[str, Sequence[Value]] = MappingProxyType({}),
    ) -> list[bytes]:
        storing = self._scratch()
        self._deliveries.write(storing, stored, _kept(stored, delivery))
        keys = [place(key) for key in told for place in (record_key, seen_key, deliveries_key)]
        words: list[Value] = [len(facts), *(word for fact in facts for word in fact), stored.id, stored.connection]
        words += [stored.channel_manager, now.timestamp(), stored.received_at.timestamp()]
        words += [*command_words(queued_commands(telling)), *command_words(queued_commands(storing))]
        words += [word for state in told.values() for word in state]
        answer: list[bytes] | bytes = self._script(keys, words)
        if isinstance(answer, bytes):
            raise ConnectionChanged
        return answer

    def _telling(self, stored: StoredDelivery, bookings: Sequence[str] = ()) -> Any:
        """The commands that tell that the delivery came."""
        pipe = self._scratch()
        touch(pipe, stored.connection, stored.received_at)
        self._deliveries.announce(pipe, stored, bookings)
        return pipe

    def _scratch(self) -> Any:
        """What queues commands for the script, and is never executed."""
        return self._store.pipeline(transaction=True)

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
