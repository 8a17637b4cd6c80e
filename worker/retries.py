"""New attempts that a person asks for, or that follow from something a person has put right. Safe at any time."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mapping.delivery import NotABooking
from mapping.errors import UnreadableDelivery
from worker.causes import STUCK
from worker.connections import vendor_of
from worker.history import line
from worker.index import Filters
from worker.records import BookingStatus, Record
from worker.services import Services

AT_ONCE = 100  # bookings in one call of the store
MOST_FOUND = 1000  # of a search


def retry(services: Services, keys: Iterable[str], *, who: str) -> list[str]:
    """Give each booking a new job, as `who` asks for it, also one that is ignored; returns those.

    Not those that do not exist, nor those whose guest's data are not kept any more: nothing could be done for them.
    """
    done = _given_jobs(services, keys, event="retried", who=who, brings_back=True)
    if done:
        services.audit.write(who, "retry", done[0] if len(done) == 1 else f"{len(done)} bookings")
    return done


def chosen(services: Services, filters: Filters, search: str = "") -> list[str]:
    """All bookings that fit, the one that changed last first; of a search the first `MOST_FOUND`."""
    if search:
        return [record.key for record in services.search.find(search, filters, limit=MOST_FOUND).records]
    if not services.index.is_whole:
        return [record.key for record in services.index.all(filters)]
    return services.index.keys(filters)


def retried_together(filters: Filters) -> tuple[BookingStatus, ...]:
    """The statuses of what is tried again of all that fits: the one that is asked for, else what is stuck.

    What waits is among it where a reason is asked for: InvoiceXpress was away, and answers again.
    """
    if filters.status:
        return (filters.status,)
    return (*STUCK, BookingStatus.WAITING) if filters.reason else STUCK


def to_retry(services: Services, filters: Filters, search: str = "") -> list[str]:
    """All of it."""
    statuses = retried_together(filters)
    return [key for status in statuses for key in chosen(services, replace(filters, status=status), search)]


def retry_filtered(services: Services, filters: Filters, search: str = "", *, who: str) -> list[str]:
    """Try those again, as `who` asks for it; returns them."""
    return retry(services, to_retry(services, filters, search), who=who)


def set_going(services: Services, keys: Iterable[str], *, who: str = "") -> list[str]:
    """Give each a new job as what it waited for may be mended, by `who`; returns those that exist."""
    return _given_jobs(services, keys, event="set-going", who=who, brings_back=False)


def set_account_going(services: Services, account: str, *, who: str = "") -> list[str]:
    """The same for every booking of the account that is parked, failed or waits."""
    stuck = (BookingStatus.PARKED, BookingStatus.FAILED, BookingStatus.WAITING)
    return set_going(services, [key for status in stuck for key in services.ledger.keys(account, status)], who=who)


def _given_jobs(services: Services, keys: Iterable[str], *, event: str, who: str, brings_back: bool) -> list[str]:
    now = services.clock()
    lines = [line(event, at=now, who=who)]
    left, done = list(keys), list[str]()
    while left:
        chunk, left = left[:AT_ONCE], left[AT_ONCE:]
        dropped = services.ledger.dropped(chunk)
        chunk = [key for key in chunk if key not in dropped]
        with services.store.pipeline(transaction=False) as pipe:
            for key in chunk:
                services.ledger.requeue(
                    key, job=services.new_id(), now=now, brings_back=brings_back, lines=lines, pipe=pipe
                )
            done += [key for key, was_done in zip(chunk, pipe.execute(), strict=True) if was_done]
    return done


def matching(
    services: Services, *, account: str | None = None, status: str | None = None, reason: str | None = None
) -> list[Record]:
    """The bookings that fit every filter given, the one that changed last first."""
    wanted = BookingStatus(status) if status else None
    return services.index.all(Filters(account=account, status=wanted, reason=reason))


def read_again(services: Services, *, who: str) -> tuple[list[str], list[str]]:
    """Read the deliveries that could not be read once more; returns the bookings found, and the ids still unreadable.

    `who` is the person's name for the audit.
    """
    bookings: list[str] = []
    unreadable: list[str] = []
    for delivery_id in services.deliveries.unreadable():
        try:
            bookings += _taken_in(services, delivery_id)
        except UnreadableDelivery:
            unreadable.append(delivery_id)
    if bookings or unreadable:
        told = {"bookings": len(bookings), "unreadable": len(unreadable)}
        services.audit.write(who, "deliveries-read-again", "", became=told)
    return bookings, unreadable


def take_in_left(services: Services) -> list[str]:
    """Take in what an older program's receivers only kept as the store had become this program's; returns the bookings."""
    bookings: list[str] = []
    for delivery_id in services.deliveries.left():
        try:
            bookings += _taken_in(services, delivery_id)
        except UnreadableDelivery as error:
            services.deliveries.set_unreadable(delivery_id, error.problems)
    return bookings


def _taken_in(services: Services, delivery_id: str) -> Sequence[str]:
    """The bookings of a kept delivery, taken in. Raises `UnreadableDelivery`."""
    stored = services.deliveries.get(delivery_id)
    reading = vendor_of(stored.channel_manager).read(services.deliveries.content(delivery_id))
    if isinstance(reading, NotABooking):
        services.deliveries.set_read(delivery_id, outcome="ignored")
        return []
    return services.intake.take_again(stored, reading, now=services.clock()).bookings
