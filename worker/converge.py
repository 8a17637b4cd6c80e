r"""What to do next for a booking: a pure function of what is desired and what is known of its document.

desired \\ document    none      claimed  unread    as left     edited [2]  final     gone   cancelled  several
draft                 create    look up  read [1]  update [1]  park        park [1]  park   park       park
nothing               rest      look up  read      withdraw    park        park      rest   rest       park
not yet               schedule  look up  read [1]  update [1]  leave       leave     leave  leave      park
a person must decide  park      look up  park      park        park        park      park   park       park
ignored by a person   leave     leave    leave     leave       leave       leave     leave  leave      leave

[1] leave where what is desired is what was sent: no request is made for it
[2] a draft that never was what was meant is treated like one that a person changed
"""

from dataclasses import dataclass
from enum import StrEnum

from mapping.desired import Desired, Draft, NotYet, PersonMustDecide
from mapping.reasons import Reason


class DocumentIs(StrEnum):
    """What is known of a booking's document."""

    NONE = "none"  # never asked for, or withdrawn
    CLAIMED = "claimed"  # asked for; whether it exists is not known
    UNREAD = "unread"  # exists; not looked at in this attempt
    AS_LEFT = "as left"  # a draft, equal to what we sent
    EDITED = "edited"  # a draft that a person changed
    DIFFERS = "differs"  # a draft that never was what we sent: InvoiceXpress made something else of it
    FINAL = "final"  # has its number: nothing of ours may change it
    GONE = "gone"  # a person deleted it
    CANCELLED = "cancelled"  # a person finalised and cancelled it
    SEVERAL = "several"  # more than one has the reference


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A person said to ignore the booking: whatever exists for it stays as it is, and nothing is asked."""


Wanted = Desired | Ignored


class Do(StrEnum):
    """One step."""

    CREATE = "create"
    LOOK_UP = "look up"
    READ = "read"
    UPDATE = "update"
    WITHDRAW = "withdraw"
    LEAVE = "leave"
    SCHEDULE = "schedule"
    REST = "rest"  # nothing should exist and nothing does
    PARK = "park"


@dataclass(frozen=True, kw_only=True)
class Step:
    """What to do, and when it is to park: why."""

    do: Do
    reason: Reason | None = None


_UNWANTED_CHANGE = {
    DocumentIs.EDITED: Reason.EDITED,
    DocumentIs.DIFFERS: Reason.DOCUMENT_DIFFERS,
    DocumentIs.FINAL: Reason.FINAL,
    DocumentIs.GONE: Reason.DELETED,
    DocumentIs.CANCELLED: Reason.CANCELLED_THERE,
}
_UNWANTED_DOCUMENT = {
    DocumentIs.EDITED: Reason.CANCELLED_BUT_EDITED,
    DocumentIs.DIFFERS: Reason.CANCELLED_BUT_EDITED,
    DocumentIs.FINAL: Reason.CANCELLED_BUT_FINAL,
}
_FOR_A_DRAFT = {DocumentIs.NONE: Do.CREATE, DocumentIs.UNREAD: Do.READ, DocumentIs.AS_LEFT: Do.UPDATE}
_FOR_NOTHING = {DocumentIs.UNREAD: Do.READ, DocumentIs.AS_LEFT: Do.WITHDRAW}


def next_step(desired: Wanted, document: DocumentIs, *, sent_equal: bool) -> Step:
    """The next step; `sent_equal` says that the draft that is desired, now or later, is what the document was made equal to."""
    if isinstance(desired, Ignored):
        return Step(do=Do.LEAVE)
    if document is DocumentIs.CLAIMED:
        return Step(do=Do.LOOK_UP)
    if document is DocumentIs.SEVERAL:
        return Step(do=Do.PARK, reason=Reason.SEVERAL_DOCUMENTS)
    if isinstance(desired, PersonMustDecide):
        return Step(do=Do.PARK, reason=desired.reason)
    if isinstance(desired, NotYet) and document not in {DocumentIs.UNREAD, DocumentIs.AS_LEFT}:
        return Step(do=Do.SCHEDULE if document is DocumentIs.NONE else Do.LEAVE)
    if isinstance(desired, Draft | NotYet):
        return _for_a_draft(document, sent_equal=sent_equal)
    if document in _UNWANTED_DOCUMENT:
        return Step(do=Do.PARK, reason=_UNWANTED_DOCUMENT[document])
    return Step(do=_FOR_NOTHING.get(document, Do.REST))


def _for_a_draft(document: DocumentIs, *, sent_equal: bool) -> Step:
    if sent_equal and document in {DocumentIs.UNREAD, DocumentIs.AS_LEFT, DocumentIs.FINAL}:
        return Step(do=Do.LEAVE)
    if document in _UNWANTED_CHANGE:
        return Step(do=Do.PARK, reason=_UNWANTED_CHANGE[document])
    return Step(do=_FOR_A_DRAFT[document])
