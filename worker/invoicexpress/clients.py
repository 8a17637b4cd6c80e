"""When the guest's name or code is taken in the account.

InvoiceXpress wants client names unique, guests are not. What it does when name and code disagree is not known
(sections 6.1 and 13.10): refuse, take the client with the code, or take the one with the name. Each of these ends here
in a document that names the guest, and only clients with our own code are ever changed.
"""

import re
from dataclasses import replace

from mapping.draft import NAME_LENGTH, shortened
from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.compare import plain
from worker.invoicexpress.documents import Client, Document, DocumentRequest

# No status tells these refusals from others. Taking another for one of them costs two requests and no harm.
TAKEN = re.compile(
    r"\b(name|nome|code|c[oó]digo)\b.*(taken|in use|not available|n[aã]o est[aá] dispon[ií]vel|em uso|j[aá] existe)",
    re.IGNORECASE,
)


def create_resolving_client(invoicexpress: InvoiceXpress, request: DocumentRequest) -> tuple[Document, DocumentRequest]:
    """Make the draft; the request that comes back tells the client's name that it was made with.

    In the good case this is the one POST, and never more than two, both with the same uid.
    """
    try:
        document = invoicexpress.create(request)
    except InvoiceXpressRejected as refusal:
        if not _is_taken(refusal):
            raise
        request = _free_name(invoicexpress, request)
        document = invoicexpress.create(request)
    try:
        return with_our_name(invoicexpress, document, request)
    except (InvoiceXpressUnavailable, InvoiceXpressRejected):
        return document, request  # it exists: the caller has to learn its id, and sees the name when comparing


def update_resolving_client(
    invoicexpress: InvoiceXpress, document_id: int, request: DocumentRequest
) -> tuple[Document, DocumentRequest]:
    """Replace the draft and read it again. A document that is gone is refused with 404."""
    try:
        invoicexpress.update(document_id, request)
    except InvoiceXpressRejected as refusal:
        if not _is_taken(refusal):
            raise
        request = _free_name(invoicexpress, request)
        invoicexpress.update(document_id, request)
    document = invoicexpress.document(document_id)
    if document is None:
        raise InvoiceXpressRejected(404, ())
    return with_our_name(invoicexpress, document, request)


def with_our_name(
    invoicexpress: InvoiceXpress, document: Document, request: DocumentRequest
) -> tuple[Document, DocumentRequest]:
    """Where `document` hangs on our own client under another name: rename that client, and write the draft again.

    Written again, as a document may keep the client's name that it was written with.
    """
    is_ours = document.client_code == request.client_code
    if document.client_id is None or not is_ours or plain(document.client_name) == plain(request.client_name):
        return document, request
    client = Client(id=document.client_id, name=document.client_name, code=document.client_code)
    request = _renamed(invoicexpress, client, request)
    invoicexpress.update(document.id, request)
    return invoicexpress.document(document.id) or document, request


def disambiguated(name: str, reference: str) -> str:
    """`name (reference)` within what InvoiceXpress takes as a client's name."""
    suffix = f" ({reference})"
    return shortened(name, NAME_LENGTH - len(suffix)) + suffix


def _free_name(invoicexpress: InvoiceXpress, request: DocumentRequest) -> DocumentRequest:
    """`request` with a client's name that it can be sent with."""
    client = invoicexpress.find_client_by_code(request.client_code)
    if client is None:  # then the name is somebody else's
        return replace(request, client_name=disambiguated(request.client_name, request.reference))
    return _renamed(invoicexpress, client, request)


def _renamed(invoicexpress: InvoiceXpress, client: Client, request: DocumentRequest) -> DocumentRequest:
    """`request` with the name that our own `client` now has: the guest's, or the longer one if that is taken."""
    longer = disambiguated(request.client_name, request.reference)
    try:
        if client.name != request.client_name:
            invoicexpress.rename_client(client, request.client_name)
    except InvoiceXpressRejected as refusal:
        if not _is_taken(refusal):
            raise
        if client.name != longer:
            invoicexpress.rename_client(client, longer)
        return replace(request, client_name=longer)
    return request


def _is_taken(refusal: InvoiceXpressRejected) -> bool:
    return refusal.status == 422 and TAKEN.search(" ".join(refusal.words)) is not None
