"""New attempts that a person asks for, or that follow from something a person has put right. Safe at any time."""

from collections.abc import Iterable

from mapping.delivery import NotABooking
from mapping.errors import UnreadableDelivery
from worker.connections import vendor_of
from worker.index import Filters
from worker.records import BookingStatus, Record
from worker.services import Services


def retry(services: Services, keys: Iterable[str]) -> list[str]:
    """Give each booking a new job; returns those that exist."""
    now = services.clock()
    return [key for key in keys if services.ledger.requeue(key, job=services.new_id(), now=now)]


def retry_account(services: Services, account: str) -> list[str]:
    """Give every booking of the account that is parked, failed or waits a new job: what it waited for may be mended."""
    stuck = (BookingStatus.PARKED, BookingStatus.FAILED, BookingStatus.WAITING)
    return retry(services, [key for status in stuck for key in services.ledger.keys(account, status)])


def matching(
    services: Services, *, account: str | None = None, status: str | None = None, reason: str | None = None
) -> list[Record]:
    """The bookings that fit every filter given, the one that changed last first."""
    wanted = BookingStatus(status) if status else None
    return services.index.all(Filters(account=account, status=wanted, reason=reason))


def read_again(services: Services) -> tuple[list[str], list[str]]:
    """Read the deliveries that could not be read once more; returns the bookings found, and the ids still unreadable."""
    bookings: list[str] = []
    unreadable: list[str] = []
    for delivery_id in services.deliveries.unreadable():
        stored = services.deliveries.get(delivery_id)
        try:
            reading = vendor_of(stored.channel_manager).read(services.deliveries.content(delivery_id))
        except UnreadableDelivery:
            unreadable.append(delivery_id)
            continue
        if isinstance(reading, NotABooking):
            services.deliveries.set_read(delivery_id, outcome="ignored")
        else:
            bookings += services.intake.take_again(stored, reading, now=services.clock()).bookings
    return bookings, unreadable
