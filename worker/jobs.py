"""What RQ runs: a turn at a booking, and a look at an account's open drafts."""

import structlog
from redis import RedisError
from rq import Retry, get_current_job
from rq.job import Job
from rq.timeouts import JobTimeoutException

from mapping.errors import AccountPaused, InvoiceXpressRejected, InvoiceXpressUnavailable, TurnComesLater, UserError
from worker.looks import look
from worker.turn import Turn, UnexpectedFailure, place
from worker.waits import LOOK_LATER_SECONDS, NEVER_SPENT, when_its_turn_comes
from worker.workshop import Workshop

log = structlog.get_logger()

_equipped: list[Workshop] = []


def equip(workshop: Workshop) -> None:
    """Give this process what its jobs work with, once, before it takes any: a job brings only a name."""
    _equipped[:] = [workshop]


def converge_booking(key: str) -> Retry | None:
    """Bring a booking's document to where its newest state says: None when it is at rest, else when to try again."""
    workshop, job = _at_work()
    structlog.contextvars.bind_contextvars(booking=key, delivery=job.meta.get("delivery"))
    return Turn(workshop, key, job).take()


def look_at_drafts(account: str) -> Retry | None:
    """Look at the account's open drafts: None when it is done, else when to try again."""
    workshop, _ = _at_work()
    structlog.contextvars.bind_contextvars(account=account)
    try:
        return _looked(workshop, account)
    except RedisError:
        raise
    except Exception as error:  # noqa: BLE001 its text may hold what a client is called, and RQ keeps it
        failure = UnexpectedFailure(place(error))
    raise failure  # out here it does not carry the error that it stands for


def _looked(workshop: Workshop, account: str) -> Retry | None:
    try:
        owner = workshop.services.accounts.get(account)
        found = look(workshop.services, account, workshop.open(owner, workshop.gate(owner)))
    except TurnComesLater as error:
        return Retry(max=NEVER_SPENT, interval=when_its_turn_comes(error.seconds))
    except AccountPaused:  # it is due again within the hour
        return None
    except (InvoiceXpressUnavailable, JobTimeoutException) as error:
        log.warning("look-postponed", error=type(error).__name__)
        return Retry(max=NEVER_SPENT, interval=LOOK_LATER_SECONDS)
    except (InvoiceXpressRejected, UserError) as error:  # its bookings say so themselves, or it was removed
        log.warning("look-given-up", error=type(error).__name__)
        return None
    log.info("looked-at-drafts", odd=len(found))
    return None


def _at_work() -> tuple[Workshop, Job]:
    job = get_current_job()
    if job is None or not _equipped:
        raise RuntimeError("This runs as a job of `faturasync worker` only.")
    return _equipped[0], job
