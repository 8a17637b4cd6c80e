"""Bookings that are at rest, by since when they are: a while later what is kept of their guests is dropped.

At rest is what nobody waits for: it is final, cancelled or ignored, or parked while its document is no draft any more, so
that what is left to do is done in InvoiceXpress; and its stay is over. A draft that waits for a person is not, nor is what
is parked or failed without a document: whoever puts that right needs the guest's data. Kept by the ledger's scripts in the
same call as the status, so that nobody has to read every booking to find those.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time

from mapping.booking import Booking
from worker.invoicexpress.documents import DRAFT
from worker.keyspace import FS
from worker.records import BookingStatus, Record, Trail
from worker.store import Store, Value

REST = f"{FS}:rest"  # bookings by since when they are at rest: a moment to come for a stay to come
AT_REST = frozenset({BookingStatus.FINAL, BookingStatus.CANCELLED, BookingStatus.IGNORED})
"""What a booking is where nobody waits for it, whatever its document is."""

RESTING = f"""
local AT_REST = {{{", ".join(f"{status} = true" for status in sorted(AT_REST))}}}

-- Needs the record's fields `ends` (the end of the stay) and `over` (its document is no draft any more) as they shall be.
local function set_rest(key, status, now)
  local ends, over = unpack(redis.call('HMGET', record, 'ends', 'over'))
  if AT_REST[status] or (status == '{BookingStatus.PARKED}' and over == '1') then
    redis.call('ZADD', '{REST}', math.max(now, tonumber(ends or '') or 0), key)
  else
    redis.call('ZREM', '{REST}', key)
  end
end
"""
"""Lua for the ledger's scripts; `record` is the booking's record."""


def rest_fields(booking: Booking | None, trail: Trail) -> Mapping[str, Value]:
    """What the record keeps so that the scripts can say since when the booking is at rest."""
    return {"ends": _end(booking).timestamp() if booking else "", "over": "1" if _is_over(trail) else ""}


def resting_since(record: Record) -> datetime | None:
    """The same for one record: since when it is at rest, a moment to come for a stay to come; None where it is not."""
    if record.status not in AT_REST and not (record.status is BookingStatus.PARKED and _is_over(record.trail)):
        return None
    return max(record.updated_at, _end(record.booking)) if record.booking else record.updated_at


def is_at_rest(record: Record, *, now: datetime) -> bool:
    """Whether it is by now."""
    since = resting_since(record)
    return since is not None and since <= now


def rested(store: Store, *, since: datetime, limit: int) -> list[str]:
    """Up to `limit` bookings that have been at rest since before then, the one that has been longest first."""
    found = store.zrangebyscore(REST, "-inf", since.timestamp(), start=0, num=limit, withscores=True)
    return [key.decode() for key, _ in found]


def _end(booking: Booking) -> datetime:
    return datetime.combine(booking.check_out, time(), UTC)


def _is_over(trail: Trail) -> bool:
    return trail.document is not None and trail.document.state != DRAFT
