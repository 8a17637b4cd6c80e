"""A person pauses an account, and lets it go on: what the command line and the console share.

While it is paused nothing is asked for the account, of InvoiceXpress or of its channel managers; deliveries are taken
in as ever, and a booking that needs a request waits.
"""

import structlog

from mapping.errors import UserError
from mapping.reasons import Reason
from worker.index import Filters
from worker.pauses import PersonsPause, PersonsPauses
from worker.records import BookingStatus
from worker.retries import set_going
from worker.services import Services

log = structlog.get_logger()


def pause(services: Services, account: str, *, who: str) -> PersonsPause:
    """Pause the account; the pause that there is, if somebody has done so before. Raises `UserError` for no account."""
    services.accounts.get(account)
    pauses = PersonsPauses(services.store)
    now = services.clock()
    if pauses.pause(account, who=who, now=now):
        services.audit.write(who, "account-paused", account)
        log.info("account-paused", account=account, who=who)
    return pauses.of(account) or PersonsPause(account=account, who=who, at=now)


def resume(services: Services, account: str, *, who: str) -> list[str]:
    """End the pause and let the bookings that waited for that go on; returns those. Raises `UserError` if there is none.

    One that was just being told to wait is set going by the next sweeps.
    """
    if not PersonsPauses(services.store).resume(account):
        raise UserError(f"Nobody has paused an account {account}. See: faturasync queues")
    services.audit.write(who, "account-resumed", account)
    waiting = services.index.keys(Filters(account=account, status=BookingStatus.WAITING, reason=Reason.PAUSED))
    going = set_going(services, waiting, who=who)
    log.info("account-resumed", account=account, who=who, bookings=len(going))
    return going
