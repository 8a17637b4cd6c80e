"""What a person decides about one booking, whatever its channel manager says: to ignore it, or not to wait for its day."""

from collections.abc import Collection, Mapping

from mapping.errors import UserError
from mapping.reasons import Reason
from worker.correcting import correct, proposed
from worker.history import line
from worker.ledger import record_key
from worker.records import BookingStatus, Decision, DocumentLink, Record
from worker.resting import rest_fields
from worker.retries import retry
from worker.services import Services


def ignore(services: Services, key: str, *, who: str) -> DocumentLink | None:
    """Ignore the booking from now on, until somebody tries it again; whoever is at work on it has no word any more.

    Returns the document that it has in InvoiceXpress, which is left as it is. Raises `UserError` if there is no such booking.
    """
    record = services.ledger.known(key)
    now = services.clock()
    with services.store.pipeline(transaction=True) as pipe:
        pipe.hset(record_key(key), mapping=rest_fields(record.booking, record.trail))
        lines = [line("ignored", at=now, who=who, reason=Reason.IGNORED_BY_A_PERSON)]
        services.ledger.ignore(key, job=services.new_id(), now=now, lines=lines, pipe=pipe)
        services.audit.write(who, "ignore", key, was={"status": record.status}, became={"status": "ignored"}, pipe=pipe)
        pipe.execute()
    return record.trail.document


def draft_now(services: Services, key: str, *, who: str) -> None:
    """Make the booking's draft now, though its day has not come. Raises `UserError` unless that is what it waits for."""
    record = services.ledger.known(key)
    if not waits_for_its_day(record):
        raise UserError(f"{key} does not wait for its day: it is {record.status}. See: faturasync show {key}")
    now = services.clock()
    with services.store.pipeline(transaction=True) as pipe:
        lines = [line("draft-asked", at=now, who=who)]
        services.ledger.requeue(
            key, job=services.new_id(), now=now, decision=Decision.DRAFT_NOW, lines=lines, pipe=pipe
        )
        services.audit.write(who, "draft", key, pipe=pipe)
        pipe.execute()


def make_draft(
    services: Services, key: str, given: Mapping[str, str], *, drop: Collection[str] = (), who: str
) -> list[str]:
    """Keep the corrections and try for the draft at once, whatever its day; returns the fields that were corrected.

    Also where there is nothing to correct, and for a booking that was ignored. Raises `UserError` as `correct` does.
    """
    record = services.ledger.known(key)
    if given or drop:
        proposed(services, key, given, drop=drop)  # what cannot be is refused before anything is decided
    if record.decision is Decision.IGNORE:
        retry(services, [key], who=who)
    elif waits_for_its_day(record):
        draft_now(services, key, who=who)
    changed = correct(services, key, given, drop=drop, who=who) if given or drop else []
    if not changed and services.ledger.known(key).status is record.status:
        retry(services, [key], who=who)
    return changed


def waits_for_its_day(record: Record) -> bool:
    """Whether the booking's draft is only to be made on a day to come."""
    return record.status is BookingStatus.WAITING and record.reason is Reason.NOT_YET
