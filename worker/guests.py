"""What is kept about a guest, for one who asks for it: found, told whole, and erased at once."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from mapping.errors import UserError
from worker.invoicexpress.documents import DocumentRequest
from worker.records import BookingStatus, DocumentLink, Record
from worker.resting import is_at_rest
from worker.retention import drop
from worker.services import Services
from worker.store import queued_commands
from worker.views import corrections_json

MOST_FOUND = 100  # bookings of one search
ATTEMPTS = 5  # at a booking that changes in that very moment
LOCK_SECONDS = 30

THE_HOSTS = (
    "The document in InvoiceXpress is the host's: the law has it kept, and FaturaSync neither shows nor erases it."
)
"""What whoever exports or erases has to know."""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """A booking without its guest's data. `beside` are bookings for which a body that tells of both is still kept."""

    key: str
    document: DocumentLink | None
    beside: Sequence[str]


def bookings_of(services: Services, words: str) -> list[str]:
    """The bookings of the guest who is called so, or with a code that begins so, the one that changed last first.

    Raises `UserError` where not all can be told.
    """
    if not services.index.is_whole:
        raise UserError("A worker is still filing the bookings of an older store. Try again in a minute.")
    found = services.search.find(words, limit=MOST_FOUND)
    if not found.is_all:
        raise UserError(f"More than {MOST_FOUND} bookings fit. Say more of the name, or name bookings: --booking KEY")
    return [record.key for record in found.records]


def export(services: Services, keys: Sequence[str], *, who: str) -> list[dict[str, Any]]:
    """All that is kept about the guest of each booking, as `who` asks for it. Raises `UserError` if there is no such booking."""
    found = [_kept(services, services.ledger.known(key)) for key in dict.fromkeys(keys)]
    if found:
        services.audit.write(who, "guest-export", keys[0] if len(found) == 1 else f"{len(found)} bookings")
    return found


def erase(services: Services, keys: Sequence[str], *, who: str, even_if_open: bool = False) -> list[Erased]:
    """Erase at once what is kept of the guest of each booking; the facts of the invoice stay.

    Raises `UserError`, and erases nothing, if there is no such booking, or one is not at rest unless `even_if_open`.
    """
    records = [services.ledger.known(key) for key in dict.fromkeys(keys)]
    unfinished = [record for record in records if not is_at_rest(record, now=services.clock())]
    if unfinished and not even_if_open:
        raise UserError(
            "{booking} is not at rest ({status}): something may still be to be done for it that needs the guest's data. "
            "Erase them all the same: --even-if-open",
            booking=unfinished[0].key,
            status=unfinished[0].status,
        )
    return [_erased(services, record, who=who) for record in records]


def _erased(services: Services, record: Record, *, who: str) -> Erased:
    scratch = cast("Any", services.store.pipeline(transaction=True))
    services.audit.write(who, "guest-erase", record.key, pipe=scratch)
    commands = queued_commands(scratch)
    with _alone(services, record.key):
        if not any(drop(services, record.key, who=who, commands=commands) for _ in range(ATTEMPTS)):
            raise UserError("{booking} changes just now. Try again in a moment.", booking=record.key)
    left = services.ledger.known(record.key)
    if left.status in GOES_ON and not is_at_rest(left, now=services.clock()):  # its job says what is left to do
        services.ledger.requeue(record.key, job=services.new_id(), now=services.clock())
    beside = services.deliveries.kept_for(services.ledger.deliveries(record.key))
    return Erased(key=record.key, document=left.trail.document, beside=sorted(beside))


GOES_ON = frozenset({BookingStatus.QUEUED, BookingStatus.WAITING, BookingStatus.PARKED, BookingStatus.FAILED})


@contextmanager
def _alone(services: Services, key: str) -> Iterator[None]:
    """While no job is at work on the booking: it would write down again what it has read."""
    token = services.new_id()
    if not services.ledger.lock(key, token, seconds=LOCK_SECONDS):
        raise UserError("A worker is at work on {booking} just now. Try again in a moment.", booking=key)
    try:
        yield
    finally:
        services.ledger.unlock(key, token)


def _kept(services: Services, record: Record) -> dict[str, Any]:
    booking, trail = record.booking, record.trail
    requests = [request for request in (trail.sent, trail.earlier, *trail.sending) if request]
    return {
        "booking": record.key,
        "account": record.account,
        "property": record.property_name,
        "status": record.status.value,
        "guest_data_dropped_at": record.dropped.at.isoformat() if record.dropped else None,
        "read": booking.model_dump(mode="json", by_alias=True, exclude_none=True) if booking else None,
        "corrections": corrections_json(record),
        "figures": dict(record.figures),
        "sent_to_invoicexpress": [_sent(request) for request in dict.fromkeys(requests)],
        "document": {"id": trail.document.id, "state": trail.document.state} if trail.document else None,
        "deliveries": list(_deliveries(services, record)),
        "history": services.ledger.history(record.key),
        "note": THE_HOSTS,
    }


def _sent(request: DocumentRequest) -> dict[str, Any]:
    draft = request.draft
    return {
        "reference": request.reference,
        "client_name": request.client_name or None,
        "client_country": draft.client_country,
        "client_tax_number": draft.client_tax_number,
        "lines": [line.description for line in draft.lines],
        "observations": draft.observations,
        "total": f"{draft.total:f}",
    }


def _deliveries(services: Services, record: Record) -> Iterator[dict[str, Any]]:
    """Each delivery that told of the booking: what was sent, and what was answered when it was asked for."""
    let_go = services.ledger.let_go(record.key)
    for delivery_id in services.ledger.deliveries(record.key):
        if gone := let_go.get(delivery_id):
            at = gone.received_at.isoformat() if gone.received_at else None
            yield {"delivery": delivery_id, "received_at": at, "body": None, "answers": None}
            continue
        try:
            stored = services.deliveries.get(delivery_id)
        except UserError:
            continue
        body = services.deliveries.body(delivery_id)
        yield {
            "delivery": delivery_id,
            "received_at": stored.received_at.isoformat(),
            "body": _readable(body) if body is not None else None,
            "answers": services.deliveries.answers(delivery_id, record.source_id),
        }


def _readable(body: bytes) -> Any:
    """A body as JSON where it is that, else as text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
