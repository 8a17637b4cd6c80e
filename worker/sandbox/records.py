"""What an account holds: taxes, series, catalogue items, clients and documents."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Tax:
    """A rate of IVA under the name that documents use (reference 8.1)."""

    id: int
    name: str
    value: Decimal
    region: str | None = None
    code: str | None = None
    default: bool = False


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A series of document numbers (reference 10)."""

    id: int
    serie: str
    default: bool


@dataclass(frozen=True, kw_only=True)
class Item:
    """An entry of the item catalogue (reference 7)."""

    id: int
    name: str
    description: str | None
    unit_price: Decimal
    unit: str | None
    tax: Tax


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client as stored; `details` are the attributes that decide nothing (reference 6)."""

    id: int
    name: str
    code: str | None = None
    country: str | None = None
    fiscal_id: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a document, as it was given and stored."""

    name: str
    description: str | None
    unit_price: Decimal  # without IVA, 4 decimals
    quantity: Decimal  # 2 decimals
    unit: str | None
    discount: Decimal  # percent
    tax: Tax


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a draft says: everything that a PUT replaces (reference 2.2)."""

    date: dt.date
    due_date: dt.date
    client: Client  # as stored when the document was written
    lines: tuple[Line, ...]
    reference: str | None
    observations: str | None
    retention: str | None
    tax_exemption: str | None
    sequence_id: int
    global_discount: tuple[str, Decimal] | None  # percentage or absolute, value
    owner_invoice_id: int | None


@dataclass(frozen=True, kw_only=True)
class Document:
    """A document with its identity and state."""

    id: int
    kind: str  # the path segment: invoices, invoice_receipts, ...
    status: str
    content: Content
    first_total: Decimal  # what stale lists go on showing
    created_at: float  # epoch seconds of the commit
    permalink_hash: str
    proprietary_uid: str | None = None
    number: int | None = None
    series: str = ""
    validation_code: str | None = None
    saft_hash: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of document: `type` value and root key of answers (reference 2.1)."""

    type: str
    root: str


KINDS = {
    "invoices": Kind(type="Invoice", root="invoice"),
    "invoice_receipts": Kind(type="InvoiceReceipt", root="invoice_receipt"),
    "simplified_invoices": Kind(type="SimplifiedInvoice", root="simplified_invoice"),
    "credit_notes": Kind(type="CreditNote", root="credit_note"),
    "debit_notes": Kind(type="DebitNote", root="debit_note"),
}
