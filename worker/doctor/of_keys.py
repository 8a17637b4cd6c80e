"""The secret keys: whether they open what was sealed with them."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from mapping.errors import UserError
from worker.doctor.findings import Finding
from worker.services import Services

PLACE = "secret keys"
BOOKINGS = 200  # the newest ones, of which one is sealed with each key that is still in use
TODO = "Put the key that was in FATURASYNC_SECRET_KEYS when it was stored back, behind the newest one."


def look_at_keys(services: Services) -> Iterator[Finding]:
    """Every secret, and the newest bookings."""
    closed = [what for what, open_it in _sealed(services) if _is_closed(open_it)]
    if closed:
        more = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        yield Finding.fault(PLACE, f"No key opens the {closed[0]}{more}.", TODO)
    else:
        number = len(services.environment.secret_keys)
        yield Finding.good(
            PLACE, f"{number} {'key opens' if number == 1 else 'keys open'} every secret and the newest bookings."
        )


def _sealed(services: Services) -> Iterator[tuple[str, Callable[[], object]]]:
    for account in services.accounts.all():
        yield f"API key of account {account.name}", partial(services.accounts.api_key, account.name)
    for each in services.connections.all():
        yield f"secret of connection {each.id}", partial(services.connections.secrets, each.id)
        yield f"credentials of connection {each.id}", partial(services.credentials.of, each.id)
    for key in islice(services.index.keys(), BOOKINGS):
        yield f"booking {key}", partial(services.ledger.get, key)


def _is_closed(open_it: Callable[[], object]) -> bool:
    try:
        open_it()
    except UserError:
        return True
    return False
