"""Bookings that should be worked on now: since when the one has been waiting that waits longest.

Not those that wait for their day, or for a person who paused their account.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from mapping.reasons import Reason
from worker.index import Filters
from worker.keyspace import FS
from worker.ledger import record_key
from worker.pauses import PersonsPauses
from worker.records import BookingStatus
from worker.services import Services

COME_BACK = (
    Reason.IN_LINE,
    Reason.UNAVAILABLE,
    Reason.CHANNEL_MANAGER_UNAVAILABLE,
    Reason.BOOKING_NOT_FOUND,
    Reason.STORE_WAS_AWAY,
)
"""Why a booking waits although it should be worked on."""

LOOKED_AT = 1000
"""As many of each kind, those that have changed least lately, are looked at: one of them has waited longest, or nearly."""


def waiting_since(services: Services) -> datetime | None:
    """Since when the booking waits that waits longest; None where none does.

    It waits since the delivery that told its newest state; if that was brought to its end before, as when a person wants
    it tried again, since it last changed.
    """
    store, index = services.store, services.index
    keys = [key.decode() for key in store.zrange(f"{FS}:status:{BookingStatus.QUEUED}", 0, LOOKED_AT - 1)]
    for reason in COME_BACK:
        keys += index.keys(Filters(status=BookingStatus.WAITING, reason=reason))[-LOOKED_AT:]
    held = PersonsPauses(store).all()
    return min(_since(services, [key for key in keys if key.partition(":")[0] not in held]), default=None)


def _since(services: Services, keys: Sequence[str]) -> list[datetime]:
    with services.store.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hmget(record_key(key), ["awaited", "arrival", "updated_at"])
        found = pipe.execute()
    moments = [arrival if awaited else updated_at for awaited, arrival, updated_at in found]
    return [datetime.fromtimestamp(float(moment), UTC) for moment in moments if moment]
