"""What InvoiceXpress has and the store does not know, or knows otherwise: what is to be sent again after a copy was put back.

To ask makes everything safe, too: what is found is remembered, so that no booking that comes again gets a second document.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from worker.accounts import Account
from worker.adoption import Adoption, our_reference
from worker.connecting import asked_now
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DELETED, DRAFT, Document
from worker.lapses import NEVER, Lapse, lapse
from worker.recognition import sent_requests
from worker.records import BookingStatus, Record
from worker.services import Services
from worker.unexplained import by_stem, named_in, note_unexplained

ON_THEIR_WAY = (BookingStatus.QUEUED, BookingStatus.WAITING)


class What(StrEnum):
    """What is the matter with a document."""

    UNKNOWN_BOOKING = "unknown-booking"  # the store has no booking of this reference
    UNKNOWN_DOCUMENT = "unknown-document"  # the booking is there, and knows another document of its own, or none
    CHANGED = "changed"  # it does not say what was sent for it as far as the store knows
    STATE = "state"  # it is in another state, such as final
    GONE = "gone"  # there was a draft as far as the store knows


@dataclass(frozen=True, kw_only=True)
class Found:
    """One document, with nothing of its guest. `source_id` is the channel manager's, or a hash of one that is not plain."""

    what: What
    account: str
    booking: str | None
    reference: str
    channel_manager: str
    source_id: str
    document: int
    state: str
    day: date | None
    total: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ToAsk:
    """A connection, and since when its channel manager has to send everything again; None or `NEVER`: all that it has."""

    connection: str
    account: str
    channel_manager: str
    since: datetime | None
    last_delivery_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Missing:
    """All of it. `lapse` is what the store noticed by itself; `problems` says of which accounts nothing could be found out."""

    lapse: Lapse | None
    documents: Sequence[Found]
    connections: Sequence[ToAsk]
    problems: Mapping[str, str]


def missing(services: Services) -> Missing:
    """Ask InvoiceXpress for each account's documents and compare them with the store."""
    documents: list[Found] = []
    problems: dict[str, str] = {}
    for account in services.accounts.all():
        try:
            documents += _of_account(services, account)
        except (InvoiceXpressRejected, InvoiceXpressUnavailable) as error:
            problems[account.name] = str(error)
    found = lapse(services.store)
    connections = list(_to_ask(services, found, {each.account for each in documents}))
    return Missing(lapse=found, documents=documents, connections=connections, problems=problems)


def as_json(found: Missing) -> dict[str, Any]:
    """For scripts."""
    return {
        "lapse": {"since": _moment(found.lapse.since), "until": _moment(found.lapse.until)} if found.lapse else None,
        "documents": [
            {
                "what": each.what.value,
                "account": each.account,
                "booking": each.booking,
                "reference": each.reference,
                "channel_manager": each.channel_manager,
                "source_id": each.source_id,
                "document": {"id": each.document, "state": each.state},
                "date": each.day.isoformat() if each.day else None,
                "amount": f"{each.total:.2f}" if each.total is not None else None,
            }
            for each in found.documents
        ],
        "connections": [
            {
                "connection": each.connection,
                "account": each.account,
                "channel_manager": each.channel_manager,
                "since": _moment(each.since),
                "last_delivery_at": _moment(each.last_delivery_at),
            }
            for each in found.connections
        ],
        "problems": dict(found.problems),
    }


def _of_account(services: Services, account: Account) -> list[Found]:
    adoption = Adoption(services.store, account.name, clock=services.clock)
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        invoicexpress = asked_now(services, account, services.accounts.api_key(account.name), pool)
        asked_at = services.clock()
        listed = list(invoicexpress.listed())
        adoption.keep(listed, asked_at=asked_at)
        note_unexplained(services, account.name, [each for each in listed if each.state == DRAFT])
        found = list(_Comparison(services, account.name, invoicexpress, listed).all())
    return sorted(found, key=lambda each: (each.what is not What.UNKNOWN_BOOKING, each.reference))


class _Comparison:
    """One account's documents as they are `listed`, and its bookings. What a row says of a draft is read by id."""

    def __init__(
        self, services: Services, account: str, invoicexpress: InvoiceXpress, listed: Sequence[Document]
    ) -> None:
        self._account = account
        self._invoicexpress = invoicexpress
        self._listed = {document.id: document for document in listed}
        self._keys = by_stem(services, account)
        self._records = {record.key: record for record in services.ledger.many(list(self._keys.values()))}

    def all(self) -> Iterator[Found]:
        """What is odd."""
        for document in self._listed.values():
            ours = our_reference(document)
            if ours:
                record = self._records.get(self._keys.get(ours[0], ""))
                what = self._odd(record, document) if record else What.UNKNOWN_BOOKING
                if what:
                    yield self._found(what, ours[0], document, record)
        for stem, key in self._keys.items():
            record = self._records[key]
            link = record.trail.document
            if link and link.state == DRAFT and record.status not in ON_THEIR_WAY and self._is_gone(link.id):
                reference = record.trail.claim.reference if record.trail.claim else stem
                document = Document(id=link.id, state=DELETED, reference=reference)
                yield self._found(What.GONE, stem, document, record)

    def _odd(self, record: Record, listed: Document) -> What | None:
        if record.status in ON_THEIR_WAY:  # they find out by themselves
            return None
        link = record.trail.document
        if link is None or link.id != listed.id:
            return What.UNKNOWN_DOCUMENT
        if link.state != listed.state:
            return What.STATE
        if listed.state != DRAFT or record.dropped:  # what was sent is not known any more
            return None
        return What.CHANGED if self._is_changed(record, listed) else None

    def _is_changed(self, record: Record, listed: Document) -> bool:
        sent = list(sent_requests(record.trail))
        if any(not differences(each, listed) for each in sent):
            return False
        document = self._invoicexpress.document(listed.id)  # the list's figures may be stale (section 3.2)
        return document is not None and all(differences(each, document) for each in sent)

    def _is_gone(self, document_id: int) -> bool:
        if document_id in self._listed:
            return self._listed[document_id].state == DELETED
        document = self._invoicexpress.document(document_id)
        return document is None or document.state == DELETED

    def _found(self, what: What, stem: str, document: Document, record: Record | None) -> Found:
        channel_manager, source_id = named_in(stem)
        return Found(
            what=what,
            account=self._account,
            booking=record.key if record else None,
            reference=document.reference or stem,
            channel_manager=record.channel_manager if record else channel_manager,
            source_id=record.source_id if record else source_id,
            document=document.id,
            state=document.state,
            day=document.day,
            total=document.total,
        )


def _to_ask(services: Services, found: Lapse | None, accounts: set[str]) -> Iterator[ToAsk]:
    """After a lapse every connection, as what was never drafted is not seen; else those of accounts with odd documents."""
    for connection in services.connections.all():
        if found or connection.account in accounts:
            yield ToAsk(
                connection=connection.id,
                account=connection.account,
                channel_manager=connection.channel_manager,
                since=found.since if found else connection.last_delivery_at,
                last_delivery_at=connection.last_delivery_at,
            )


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at and at != NEVER else None
