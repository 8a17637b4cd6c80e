"""How an attempt ended, and what becomes of the booking then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mapping.desired import Nothing, NotYet, PersonMustDecide
from mapping.errors import (
    BookingNotFound,
    ChannelManagerRejected,
    ChannelManagerUnavailable,
    InvoiceXpressRejected,
    InvoiceXpressUnavailable,
    NoCredentials,
    UnreadableDelivery,
    UserError,
)
from mapping.reasons import Reason
from worker.converge import Do, DocumentIs, Ignored, Step, Wanted
from worker.invoicexpress.documents import DRAFT
from worker.pauses import account_wide
from worker.recognition import state_of
from worker.records import BookingStatus, Dropped, Record, Trail
from worker.resting import AT_REST


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended."""

    status: BookingStatus
    reason: Reason | None = None
    facts: dict[str, str] = field(default_factory=dict)
    again_at: datetime | None = None  # when the next attempt is to be made by itself


def at_rest(step: Step, desired: Wanted, trail: Trail, *, edits: str = "") -> Outcome:
    """The outcome of a step that asks for nothing; `edits` is what a person changed in the document."""
    if isinstance(desired, Ignored):
        return Outcome(status=BookingStatus.IGNORED, reason=Reason.IGNORED_BY_A_PERSON)
    if step.do is Do.PARK:
        facts = dict(desired.facts) if isinstance(desired, PersonMustDecide) else {}
        seen = {"differences": edits, "reference": trail.claim.reference if trail.claim else "?"}
        return Outcome(status=BookingStatus.PARKED, reason=step.reason, facts={**seen, **facts})
    if isinstance(desired, NotYet) and (step.do is Do.SCHEDULE or is_lost(trail)):
        facts = {"day": f"{desired.day:%d/%m/%Y}"}
        return Outcome(status=BookingStatus.WAITING, reason=Reason.NOT_YET, facts=facts, again_at=desired.moment)
    if step.do is Do.LEAVE:
        is_draft = trail.document is not None and trail.document.state == DRAFT
        return Outcome(status=BookingStatus.DRAFTED if is_draft else BookingStatus.FINAL)
    if isinstance(desired, Nothing) and desired.reason:
        return Outcome(status=BookingStatus.IGNORED, reason=desired.reason, facts=dict(desired.facts))
    return Outcome(status=BookingStatus.CANCELLED)


def let_go(record: Record, dropped: Dropped, trail: Trail) -> Outcome:
    """The outcome where the guest's data are not kept any more: what was at rest stays as it was.

    What was erased before that is what its document is by now, or a person's to do.
    """
    document_is = state_of(trail.document)
    was_over = dropped.status is BookingStatus.PARKED and record.last_reason is not Reason.GUEST_DROPPED
    if dropped.status in AT_REST or (was_over and document_is in OVER):
        return Outcome(status=dropped.status, reason=record.last_reason, facts=dict(record.facts))
    if document_is in OVER:
        status, reason = OVER[document_is]
        return Outcome(status=status, reason=reason)
    if dropped.status is BookingStatus.DRAFTED and document_is is DocumentIs.AS_LEFT:
        return Outcome(status=BookingStatus.DRAFTED)
    return Outcome(status=BookingStatus.PARKED, reason=Reason.GUEST_DROPPED)


OVER: Mapping[DocumentIs, tuple[BookingStatus, Reason | None]] = {
    DocumentIs.FINAL: (BookingStatus.FINAL, None),
    DocumentIs.GONE: (BookingStatus.PARKED, Reason.DELETED),
    DocumentIs.CANCELLED: (BookingStatus.PARKED, Reason.CANCELLED_THERE),
}
"""What a booking is whose document is no draft any more, for whatever reason nothing else is known of it."""


def is_lost(trail: Trail) -> bool:
    """Whether the document was deleted or cancelled there when we last saw it."""
    return state_of(trail.document) in {DocumentIs.GONE, DocumentIs.CANCELLED}


def reason_to_wait(error: InvoiceXpressUnavailable | ChannelManagerUnavailable) -> Reason:
    """Why a booking waits for who did not answer."""
    if isinstance(error, InvoiceXpressUnavailable):
        return Reason.UNAVAILABLE
    return Reason.BOOKING_NOT_FOUND if isinstance(error, BookingNotFound) else Reason.CHANNEL_MANAGER_UNAVAILABLE


def refused(
    refusal: InvoiceXpressRejected | ChannelManagerRejected, *, without_guest: Callable[[str], str] = str
) -> Outcome:
    """The outcome of an attempt that was refused: a person must act. `without_guest` takes the guest out of what was said."""
    if isinstance(refusal, ChannelManagerRejected):
        reason = Reason.NO_CREDENTIALS if isinstance(refusal, NoCredentials) else Reason.CREDENTIALS_REFUSED
        return Outcome(status=BookingStatus.PARKED, reason=reason, facts={"words": str(refusal)})
    reason = account_wide(refusal) or Reason.REFUSED
    words = "; ".join(refusal.words) or f"status {refusal.status}"
    return Outcome(status=BookingStatus.PARKED, reason=reason, facts={"words": without_guest(words)})


def failed_by(error: UnreadableDelivery | UserError) -> Outcome:
    """The outcome of an attempt that met what cannot be read, or cannot be worked with."""
    if isinstance(error, UnreadableDelivery):
        return Outcome(status=BookingStatus.FAILED, reason=Reason.UNREADABLE, facts={"problems": str(error)})
    return failed(str(error))


def failed(words: str) -> Outcome:
    """The outcome of an attempt that met a fault of ours, or of how things are set up."""
    return Outcome(status=BookingStatus.FAILED, reason=Reason.UNEXPECTED, facts={"words": words})
