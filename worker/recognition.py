"""What a document in InvoiceXpress turns out to be: as one of our requests left it, or changed by a person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from worker.converge import DocumentIs
from worker.invoicexpress.clients import with_longer_name
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DELETED, DRAFT, Document, DocumentRequest
from worker.records import DocumentLink, Trail
from worker.waits import LATE_SECONDS

NO_NUMBER = {DRAFT: DocumentIs.AS_LEFT, DELETED: DocumentIs.GONE, "canceled": DocumentIs.CANCELLED}
"""InvoiceXpress's states (section 4); one that is not here (final, settled, second_copy) has its number."""


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """What the document is, the trail with what it told, and what differs from what was meant, in plain words."""

    document_is: DocumentIs
    trail: Trail
    edits: str = ""


def recognised(
    document: Document, trail: Trail, *, url: str, meant: Iterable[DocumentRequest], now: datetime
) -> Recognition:
    """What `document` turns out to be.

    `meant` are requests that would make it as it should be: a document that says just that is right, whoever made it so.
    """
    link = DocumentLink(id=document.id, state=document.state, url=url)
    told = replace(trail, document=link)
    may_change = late_seconds(trail, now=now) > 0
    as_before = _first(document, sent_requests(trail))
    carried_out = None if as_before else _first(document, unsure_requests(trail))
    as_left = as_before or carried_out or _first(document, meant)
    if may_change and not carried_out:  # another change may come yet, so that one is not over
        told = replace(told, sent=as_left or trail.sent)
    elif as_left:
        told = replace(told, sent=as_left, sending=(), withdrawing=False, is_adopted=False)
    else:
        told = replace(told, withdrawing=False)
    document_is = state_of(link)
    if document_is is not DocumentIs.AS_LEFT or as_left:
        return Recognition(document_is=document_is, trail=told)
    compared = next(chain(sent_requests(trail), trail.sending, meant), None)
    edits = ", ".join(differences(compared, document)) if compared else ""
    return Recognition(document_is=DocumentIs.EDITED if trail.sent else DocumentIs.DIFFERS, trail=told, edits=edits)


def state_of(link: DocumentLink | None) -> DocumentIs:
    """What the document's state alone says."""
    return NO_NUMBER.get(link.state, DocumentIs.FINAL) if link else DocumentIs.NONE


def late_seconds(trail: Trail, *, now: datetime) -> float:
    """For how long a change whose outcome is not known may still be carried out; not above 0 where there is none."""
    if trail.asked_at is None or not (trail.sending or trail.withdrawing):
        return 0.0
    return LATE_SECONDS - (now - trail.asked_at).total_seconds()


def unsure_requests(trail: Trail) -> Iterator[DocumentRequest]:
    """Those whose outcome is not known, as they may look in the document."""
    for request in trail.sending:
        yield request
        yield with_longer_name(request)
        # A new or replaced document hangs on our client as it was for the last one, until that is changed (section 6.1).
        last = trail.sent or trail.earlier
        if last:
            yield with_client_of(last, request)


def with_client_of(sent: DocumentRequest, request: DocumentRequest) -> DocumentRequest:
    """`request` for the client that `sent` is for."""
    draft = replace(
        request.draft,
        client_name=sent.draft.client_name,
        client_country=sent.draft.client_country,
        client_tax_number=sent.draft.client_tax_number,
    )
    return replace(request, draft=draft, client_name=sent.client_name)


def sent_requests(trail: Trail) -> Iterator[DocumentRequest]:
    """What was sent last, as it may look in the document."""
    if trail.sent:
        yield trail.sent
        yield with_longer_name(trail.sent)


def _first(document: Document, requests: Iterable[DocumentRequest]) -> DocumentRequest | None:
    """The first request that the document is as left by."""
    return next((request for request in requests if not differences(request, document)), None)
