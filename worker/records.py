"""What the ledger knows of a booking, and what was asked of InvoiceXpress for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mapping.booking import Booking
from mapping.reasons import Reason, todo
from worker.corrections import Correction
from worker.invoicexpress.documents import DocumentRequest


class BookingStatus(StrEnum):
    """Where a booking is on its way. `QUEUED` and `WAITING` go on by themselves, the others are at rest."""

    QUEUED = "queued"
    WAITING = "waiting"
    DRAFTED = "drafted"
    FINAL = "final"
    CANCELLED = "cancelled"
    IGNORED = "ignored"
    PARKED = "parked"
    FAILED = "failed"


class Decision(StrEnum):
    """What a person decided about a booking, whatever its channel manager says."""

    IGNORE = "ignore"  # until a person tries it again
    DRAFT_NOW = "draft-now"  # although the day that its settings say has not come


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a document is made with. It is written before the request, so that every later attempt uses the same."""

    uid: str
    reference: str
    claimed_at: datetime  # when a document was last asked for with it


@dataclass(frozen=True, kw_only=True)
class DocumentLink:
    """The document in InvoiceXpress: its id, its state there when we last saw it, and where a person opens it."""

    id: int
    state: str
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Trail:
    """What was asked of InvoiceXpress for one booking, and what came of it."""

    generation: int = 1  # counts the booking's documents: one that was withdrawn is followed by another
    claim: Claim | None = None
    document: DocumentLink | None = None
    sent: DocumentRequest | None = None  # what the document was last made equal to
    earlier: DocumentRequest | None = None  # what the document before was last made equal to: they share a client
    sending: tuple[DocumentRequest, ...] = ()  # what requests whose outcome is not known would make it equal to
    withdrawing: bool = False  # it was asked to be deleted: if it is gone, it was us
    is_adopted: bool = False  # the document was found by its reference: what was sent for it is not known
    asked_at: datetime | None = None  # when the last change of the document was asked for, or turned out to be unsure


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """When the guest's data were dropped, and what the booking's status was then."""

    at: datetime
    status: BookingStatus


@dataclass(frozen=True, kw_only=True)
class Record:
    """All that the ledger knows of one booking."""

    key: str
    account: str
    channel_manager: str
    source_id: str
    connection: str
    status: BookingStatus
    last_reason: Reason | None  # what it was settled with last
    facts: Mapping[str, str]
    newest: str  # id of the delivery that told the newest state
    job: str
    begun: bool
    attempts: int  # since the newest state came, how often InvoiceXpress could not be reached
    deliveries: int
    first_at: datetime  # when its first delivery was taken in
    told_at: datetime  # when its newest state was told last
    updated_at: datetime
    shall_look: bool  # its document is to be looked at, even if nothing is to be changed
    booking: Booking | None  # the newest state, as it was read last; None until one that is only named was fetched
    property_name: str | None
    figures: Mapping[str, str]  # money in euros as text, rate in percent, basis and where the commission came from
    warnings: Mapping[str, str]  # what is odd about the draft: slug and sentence
    trail: Trail
    corrections: Mapping[str, Correction]  # by the field that a person corrected
    decision: Decision | None
    dropped: Dropped | None = None  # None: the guest's data are kept

    @property
    def reason(self) -> Reason | None:
        """Why it is where it is. One that is queued was for some reason elsewhere before: that is over."""
        return None if self.status is BookingStatus.QUEUED else self.last_reason

    @property
    def todo_facts(self) -> Mapping[str, str]:
        """What a sentence about the booking may name."""
        return {**self.own_facts, **self.facts}

    @property
    def own_facts(self) -> Mapping[str, str]:
        """The same, but for what goes with its reason."""
        told = {"booking": self.key, "account": self.account, "channel_manager": self.channel_manager}
        return {**told, "connection": self.connection}

    @property
    def todo(self) -> str | None:
        """The sentence for a person, where there is something to say."""
        return todo(self.reason, self.todo_facts) if self.reason else None


def booking_key(account: str, channel_manager: str, source_id: str) -> str:
    """The booking's name in the ledger, in jobs and on the command line."""
    return f"{account}:{channel_manager}:{source_id}"


def parts_of(key: str) -> tuple[str, str, str]:
    """Account, channel manager and source id of a booking; only the last may have a colon in it."""
    account, channel_manager, source_id = key.split(":", 2)
    return account, channel_manager, source_id


def newest_states(told: Iterable[Booking]) -> list[Booking]:
    """The newest of each booking's states that one delivery tells, which may tell several: by version, then the last."""
    newest: dict[str, Booking] = {}
    for booking in told:
        known = newest.get(booking.source_id)
        if not (known and booking.version and booking.version < known.version):
            newest[booking.source_id] = booking
    return list(newest.values())
