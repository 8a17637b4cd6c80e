"""Whether a document says what was meant: after it was made, and later to see whether a person changed it."""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from mapping.draft import DraftLine
from mapping.fields import CENT
from worker.invoicexpress.documents import Document, DocumentLine, DocumentRequest

NO_FISCAL_ID = (None, "999999990")  # the second is any final consumer's
OF_CLIENT = frozenset(
    {"another client", "client name", "client's country", "another fiscal id", "a fiscal id that was not sent"}
)
"""What may differ as InvoiceXpress goes on with the data that it has stored for a client."""
NO_EXEMPTION = (None, "M00")
NOT_KNOWN = "the client, whose data are not kept here any more"


def differences(meant: DocumentRequest, found: Document) -> tuple[str, ...]:
    """What differs in what matters, in plain words without the guest's data; nothing where all is as meant.

    A 201 is no proof: an unknown tax name makes 23 %, and a stored client brings its own data (sections 6.1, 8.2).
    """
    return tuple(_differences(meant, found))


def _differences(meant: DocumentRequest, found: Document) -> Iterator[str]:
    if found.total != meant.draft.total:
        yield f"total {_told(found.total)} instead of {meant.draft.total:f}"
    if found.reference != meant.reference:
        yield "reference"
    yield from _client_differences(meant, found)
    # Where none were sent, an account may have observations of its own for every document.
    if meant.draft.observations and plain(found.observations) != plain(meant.draft.observations):
        yield "observations"
    lines = meant.draft.lines
    # A code that was sent may read back as blank (section 4); without a 0 % line it has no effect.
    if any(not line.rate for line in lines) and found.exemption not in (*NO_EXEMPTION, meant.exemption):
        yield f"exemption {found.exemption} instead of {meant.exemption or 'none'}"
    if len(found.lines) != len(lines):
        yield f"{len(found.lines)} lines instead of {len(lines)}"
        return
    for ours, theirs in zip(lines, found.lines, strict=True):
        yield from _line_differences(ours, theirs)


def _client_differences(meant: DocumentRequest, found: Document) -> Iterator[str]:
    """What a document may leave out (section 4) is no difference; `clients` asks for it where it matters."""
    draft = meant.draft
    if draft.is_without_guest:
        yield NOT_KNOWN
        return
    if not draft.is_anonymous and found.client_code not in (None, meant.client_code):
        yield "another client"
    if not has_same_name(meant, found):
        yield "client name"
    if draft.client_country and found.client_country not in (None, draft.client_country):
        yield "client's country"
    if draft.client_tax_number and found.client_fiscal_id not in (None, draft.client_tax_number):
        yield "another fiscal id"
    if not draft.client_tax_number and found.client_fiscal_id not in NO_FISCAL_ID:
        yield "a fiscal id that was not sent"


def has_same_name(meant: DocumentRequest, found: Document) -> bool:
    """Whether the document's client has the name that was sent; a final consumer's may go on behind it: it is nobody's."""
    if meant.draft.is_anonymous:
        return plain(found.client_name).casefold().startswith(plain(meant.draft.client_name).casefold())
    return plain(found.client_name) == plain(meant.client_name)


def _line_differences(meant: DraftLine, line: DocumentLine) -> Iterator[str]:
    # The rate may be missing on read-back; then the total, which it decides, has to do.
    if line.rate is not None and line.rate != meant.rate:
        yield f"IVA {line.rate.normalize():f} % instead of {meant.rate.normalize():f} %"
    # Less than a cent apart: InvoiceXpress may show two decimals of the four that it counts with (section 2.4).
    if line.unit_price is None or abs(line.unit_price - meant.unit_price) >= CENT:
        yield f"unit price {_told(line.unit_price)} instead of {meant.unit_price:f}"
    if line.quantity not in (None, 1):
        yield "quantity"
    if plain(line.description) != plain(meant.description):
        yield "description"


def _told(amount: Decimal | None) -> str:
    return "missing" if amount is None else f"{amount:f}"


def plain(text: str | None) -> str:
    """`text` without what InvoiceXpress may do to it: whitespace and ways of writing an accent."""
    return " ".join(unicodedata.normalize("NFC", text or "").split())
