"""What keeps bookings from becoming drafts, looked for in every place before somebody notices: a line each, and what to do.

Nothing is changed anywhere, and a place that cannot be looked at never keeps the others from being looked at.
"""

from collections.abc import Iterator

from redis import RedisError

from mapping.errors import UserError
from worker.doctor.findings import Finding, Level
from worker.doctor.of_accounts import look_at_accounts
from worker.doctor.of_keys import look_at_keys
from worker.doctor.of_store import look_at_store
from worker.doctor.of_work import look_at_connections, look_at_work
from worker.services import Services

__all__ = ["Finding", "Level", "examine"]

LOOKS = {
    "secret keys": look_at_keys,
    "accounts": look_at_accounts,
    "work": look_at_work,
    "connections": look_at_connections,
}


def examine(services: Services) -> Iterator[Finding]:
    """Everything that was found, good and bad, in the order in which one would mend it."""
    store = list(look_at_store(services))
    yield from store
    if any(finding.is_deadly for finding in store):
        return
    for place, look in LOOKS.items():
        try:
            yield from look(services)
        except RedisError as error:
            yield Finding.fault(
                "store", f"The store stopped to answer ({type(error).__name__}).", "Start it, and ask again."
            )
            return
        except UserError as error:  # such as a secret that no key opens
            yield Finding.fault(place, "Not everything could be looked at.", str(error))
