"""Clients: what becomes of a draft whose client InvoiceXpress refuses, swaps for another, or has old data of.

InvoiceXpress wants client names unique, guests are not. What it does when name and code disagree is not known
(sections 6.1 and 13.10): refuse, take the client with the code, or take the one with the name; and it goes on with the
data that it has stored, even where they make it refuse every document. Each of these ends here in a document that names
the guest, and only clients with our own code are ever changed.
"""

import re
from dataclasses import replace

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from mapping.wording import NAME_LENGTH, shortened
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.compare import OF_CLIENT, differences, has_same_name, plain
from worker.invoicexpress.documents import DRAFT, Client, Document, DocumentRequest

# No status tells these refusals from others. Taking another for one of them costs two requests and no harm.
TAKEN = re.compile(
    r"\b(name|nome|code|c[oó]digo)\b.*(taken|in use|not available|n[aã]o est[aá] dispon[ií]vel|em uso|j[aá] existe)",
    re.IGNORECASE,
)
INVALID = re.compile(
    r"\b(client|cliente|fiscal|contribuinte|country)\b.*(invalid|n[aã]o [eé] v[aá]lido|not found)", re.IGNORECASE
)
OURS = "FaturaSync"
"""What tells our client of all final consumers from one that the account may have of its own."""


def create_resolving_client(invoicexpress: InvoiceXpress, request: DocumentRequest) -> tuple[Document, DocumentRequest]:
    """Make the draft; the request that comes back tells the client's name that it was made with.

    In the good case this is the one POST, and never more than two, both with the same uid.
    """
    try:
        document = invoicexpress.create(request)
    except InvoiceXpressRejected as refusal:
        request = _acceptable(invoicexpress, request, refusal)
        document = invoicexpress.create(request)
    try:
        return _with_our_client(invoicexpress, document, request, None)
    except (InvoiceXpressUnavailable, InvoiceXpressRejected):
        return document, request  # it exists: the caller has to learn its id, and sees the client when comparing


def update_resolving_client(
    invoicexpress: InvoiceXpress, document_id: int, request: DocumentRequest, before: DocumentRequest | None = None
) -> tuple[Document, DocumentRequest]:
    """Replace the draft, and read it unless the answer shows it all. A document that is gone is refused with 404.

    `before` is what the draft was last made equal to: a tax number of that one may be taken off our client.
    """
    try:
        document = _replaced(invoicexpress, document_id, request)
    except InvoiceXpressRejected as refusal:
        request = _acceptable(invoicexpress, request, refusal)
        document = _replaced(invoicexpress, document_id, request)
    return _with_our_client(invoicexpress, document, request, before)


def with_longer_name(request: DocumentRequest) -> DocumentRequest:
    """`request` with a client's name that nobody else in the account has, within what InvoiceXpress takes as one."""
    name = request.draft.client_name
    suffix = f" ({OURS if request.draft.is_anonymous else request.reference})"
    return replace(request, client_name=shortened(name, NAME_LENGTH - len(suffix)) + suffix)


def _acceptable(
    invoicexpress: InvoiceXpress, request: DocumentRequest, refusal: InvoiceXpressRejected
) -> DocumentRequest:
    """`request` as it can be sent again after a refusal that is about its client; any other refusal goes up."""
    words = " ".join(refusal.words)
    if refusal.status != 422 or not (TAKEN.search(words) or INVALID.search(words)):
        raise refusal
    if request.draft.is_anonymous:  # the account has one of that name, which is not ours to change
        return with_longer_name(request)
    client = invoicexpress.find_client_by_code(request.client_code)
    if client is None:  # then it is the name of somebody else, whose data may be what is wrong
        return with_longer_name(request)
    if INVALID.search(words):
        invoicexpress.change_client(client.id, _all_data(request))
        return request
    return _corrected(invoicexpress, client, request, None)


def _with_our_client(
    invoicexpress: InvoiceXpress, document: Document, request: DocumentRequest, before: DocumentRequest | None
) -> tuple[Document, DocumentRequest]:
    """Where `document` hangs on somebody else's client, or on ours with other data: write it again with the right one.

    Written again, as a document keeps the client's data that it was written with. A document that differs in more than
    that is left as it is: its uid was known, and a person may have changed it since.
    """
    is_ours = document.state == DRAFT and OF_CLIENT.issuperset(differences(request, document))
    if document.client_id is None or not is_ours:
        return document, request
    if document.client_code != request.client_code:
        if not has_same_name(request, document):
            return document, request
        request = with_longer_name(request)
        document = _replaced(invoicexpress, document.id, request)
    client = _client_of(invoicexpress, document, request, before)
    if client is None or client.code != request.client_code or not _changes(client, request, before):
        return document, request
    request = _corrected(invoicexpress, client, request, before)
    return _replaced(invoicexpress, document.id, request), request


def _client_of(
    invoicexpress: InvoiceXpress, document: Document, request: DocumentRequest, before: DocumentRequest | None
) -> Client | None:
    """The client as the document shows it; asked for where a tax number was ever sent and is not shown (section 4)."""
    if document.client_id is None:
        return None
    sent = [each for each in (request, before) if each and each.draft.client_tax_number]
    if sent and document.client_fiscal_id is None:
        return invoicexpress.client(document.client_id)
    return Client(
        id=document.client_id,
        name=document.client_name,
        code=document.client_code,
        country=document.client_country,
        fiscal_id=document.client_fiscal_id,
    )


def _corrected(
    invoicexpress: InvoiceXpress, client: Client, request: DocumentRequest, before: DocumentRequest | None
) -> DocumentRequest:
    """`request` with the name that our own `client` now has: the guest's, or the longer one if that is taken."""
    longer = with_longer_name(request)
    try:
        _change(invoicexpress, client, request, before)
    except InvoiceXpressRejected as refusal:
        if refusal.status != 422 or not TAKEN.search(" ".join(refusal.words)):
            raise
        _change(invoicexpress, client, longer, before)
        return longer
    return request


def _change(
    invoicexpress: InvoiceXpress, client: Client, request: DocumentRequest, before: DocumentRequest | None
) -> None:
    changes = _changes(client, request, before)
    if changes:
        invoicexpress.change_client(client.id, {"name": request.client_name, "code": request.client_code, **changes})


def _changes(client: Client, request: DocumentRequest, before: DocumentRequest | None) -> dict[str, str]:
    """What our own client has to be told anew; never to forget a tax number that we did not give it."""
    number, country = request.draft.client_tax_number, request.draft.client_country
    had = before.draft.client_tax_number if before else None
    changes: dict[str, str] = {}
    if request.draft.is_anonymous:
        return changes
    if plain(client.name) != plain(request.client_name):
        changes["name"] = request.client_name
    if country and client.country != country and (client.country or number):  # one that is not shown may be there
        changes["country"] = country
    if number and client.fiscal_id != number:
        changes["fiscal_id"] = number
    if not number and had and client.fiscal_id == had:
        changes["fiscal_id"] = ""
    return changes


def _all_data(request: DocumentRequest) -> dict[str, str]:
    """Every attribute that may be why InvoiceXpress holds our own client to be invalid."""
    draft = request.draft
    data = {"name": request.client_name, "code": request.client_code, "fiscal_id": draft.client_tax_number or ""}
    return {**data, "country": draft.client_country} if draft.client_country else data


def _replaced(invoicexpress: InvoiceXpress, document_id: int, request: DocumentRequest) -> Document:
    """The draft after it was replaced: as the answer shows it, where that is the whole of what was meant, else as it reads.

    What an answer leaves out or shows otherwise proves nothing yet.
    """
    shown = invoicexpress.update(document_id, request)
    if shown and shown.id == document_id and shown.client_id is not None and not differences(request, shown):
        return shown
    return _read(invoicexpress, document_id)


def _read(invoicexpress: InvoiceXpress, document_id: int) -> Document:
    document = invoicexpress.document(document_id)
    if document is None:
        raise InvoiceXpressRejected(404, ())
    return document
