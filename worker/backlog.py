"""Bookings that should be worked on now: since when the one has been waiting that waits longest.

Not those that wait for their day, or for a person who paused their account.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from worker.awaited import awaited_since
from worker.keyspace import FS
from worker.pauses import PersonsPauses
from worker.records import BookingStatus
from worker.services import Services

LOOKED_AT = 1000
"""As many of those that are queued, the longest first, are looked at for one whose account is not paused."""


def waiting_since(services: Services) -> datetime | None:
    """Since when the booking waits that waits longest; None where none does.

    It waits since the delivery that told its newest state; if that was brought to its end before, as when a person wants
    it tried again, since it was queued.
    """
    held = PersonsPauses(services.store).all()
    names = [account.name for account in services.accounts.all() if account.name not in held]
    told = awaited_since(services.store, names).values()
    return min((moment for moment in (*told, _queued_since(services, held)) if moment), default=None)


def _queued_since(services: Services, held: Collection[str]) -> datetime | None:
    """Since when the booking is queued that is queued longest, of accounts that nobody holds."""
    queued = services.store.zrange(f"{FS}:status:{BookingStatus.QUEUED}", 0, LOOKED_AT - 1, withscores=True)
    since = (moment for key, moment in queued if key.decode().partition(":")[0] not in held)
    return next((datetime.fromtimestamp(moment, UTC) for moment in since), None)
