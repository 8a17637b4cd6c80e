"""Another attempt at stuck bookings: at those of one cause, or at all. The command line and the console share it."""

from mapping.errors import UserError
from worker.causes import STUCK, bookings_of
from worker.index import Filters
from worker.retries import read_again, retry
from worker.services import Services


def all_stuck(services: Services) -> list[str]:
    """Every booking that failed or is parked."""
    return [key for status in STUCK for key in services.index.keys(Filters(status=status))]


def retry_all(services: Services, *, who: str) -> list[str]:
    """Try every stuck booking again, and read every delivery that could not be read once more; returns the bookings."""
    done = retry(services, all_stuck(services), who=who)
    found, _ = read_again(services, who=who)
    return [*done, *found]


def retry_cause(services: Services, cause_id: str, *, who: str) -> list[str]:
    """Try the bookings of one cause again; returns those. Raises `UserError` where none has it any more."""
    keys = bookings_of(services.store, cause_id)
    if not keys:
        raise UserError("No booking is stuck for that any more. See: faturasync queues")
    return retry(services, keys, who=who)
