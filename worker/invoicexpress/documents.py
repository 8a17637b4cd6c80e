"""What is sent for a draft, and what InvoiceXpress shows of a document (sections 2.2 and 4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from mapping.draft import DraftLine, InvoiceDraft
from mapping.fields import Money, Number, Text

INVOICE = "Invoice"
"""The `type` of the documents that this program makes."""
DRAFT = "draft"
"""The state of a document that has no number yet: the only one that this program changes."""
DELETED = "deleted"
"""The state of a document that somebody deleted, and the only state that this program asks for."""


@dataclass(frozen=True, kw_only=True)
class DocumentRequest:
    """A draft as it is to stand in one account."""

    draft: InvoiceDraft
    uid: str  # the same for every attempt
    reference: str
    day: date
    client_code: str  # ours: one per booking, and one for all final consumers
    client_name: str  # the draft's own, unless somebody else in the account has that name
    tax_name: str  # exactly as the account spells it: for an unknown name InvoiceXpress takes its default, 23 %
    apart_tax_names: tuple[str, ...] = ()  # the same for each of the draft's lines apart
    sequence_id: str | None = None

    @property
    def exemption(self) -> str | None:
        """The reason of the lines of 0 %; None where there is no such line: InvoiceXpress may refuse a needless one."""
        return self.draft.exemption if any(not line.rate for line in self.draft.lines) else None

    def without_guest(self) -> "DocumentRequest":
        """What may be kept of it once the guest's data are dropped. It is never sent again."""
        if self.draft.is_anonymous:
            return self
        return replace(self, draft=self.draft.without_guest(), client_name="")

    def creation(self) -> Mapping[str, object]:
        """The body that makes the document; the uid only counts beside `invoice`, not in it (section 3.1)."""
        return {**self.replacement(), "proprietary_uid": self.uid}

    def replacement(self) -> Mapping[str, object]:
        """The body that replaces the document: whole, as what is not sent again is lost (section 5.2)."""
        day = f"{self.day:%d/%m/%Y}"
        invoice: dict[str, object] = {
            "date": day,
            "due_date": day,
            "reference": self.reference,
            "client": self._client(),
            "items": list(self._items()),
        }
        if self.draft.observations:
            invoice["observations"] = self.draft.observations
        if self.sequence_id is not None:
            invoice["sequence_id"] = self.sequence_id
        if self.exemption:
            invoice["tax_exemption"] = self.exemption
        return {"invoice": invoice}

    def _client(self) -> Mapping[str, object]:
        """Nothing but what the document needs: no address of any kind (portuguese-invoicing.md 1.9)."""
        client = {
            "name": self.client_name,
            "code": self.client_code,
            "country": self.draft.client_country,
            "fiscal_id": self.draft.client_tax_number,
        }
        return {field: value for field, value in client.items() if value}

    def _items(self) -> Iterator[Mapping[str, object]]:
        for line, tax_name in zip(self.draft.lines, (self.tax_name, *self.apart_tax_names), strict=True):
            yield _item(line, tax_name)


def _item(line: DraftLine, tax_name: str) -> Mapping[str, object]:
    # Numbers are texts with a dot: InvoiceXpress fails on some JSON numbers (section 2.2).
    return {
        "name": line.item_name,
        "description": line.description,
        "unit_price": f"{line.unit_price:.4f}",
        "quantity": "1.0",
        "unit": "service",
        "tax": {"name": tax_name},
    }


def _day(value: object) -> date | None:
    """A day as InvoiceXpress writes it, dd/mm/yyyy; None where it cannot be read."""
    if isinstance(value, date):
        return value
    try:
        return datetime.strptime(str(value), "%d/%m/%Y").date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


class Client(BaseModel):
    """A client stored in the account."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: Text = None
    code: Text = None
    country: Text = None
    fiscal_id: Text = None


class DocumentLine(BaseModel):
    """One line of a document. The tax's rate and name may be missing on read-back (section 4)."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: Text = None
    description: Text = None
    unit_price: Number = None
    quantity: Number = None
    rate: Number = Field(default=None, validation_alias=AliasPath("tax", "value"))
    tax_id: int | None = Field(default=None, validation_alias=AliasPath("tax", "id"))
    tax_name: Text = Field(default=None, validation_alias=AliasPath("tax", "name"))


def _lines(value: object) -> Any:
    return () if value is None else value


class Document(BaseModel):
    """A document as InvoiceXpress shows it. Only its id and state are sure to be there."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: int
    state: str = Field(validation_alias="status")
    type: Text = None
    reference: Text = None
    day: Annotated[date | None, BeforeValidator(_day)] = Field(default=None, validation_alias="date")
    client_id: int | None = Field(default=None, validation_alias=AliasPath("client", "id"))
    client_name: Text = Field(default=None, validation_alias=AliasPath("client", "name"))
    client_code: Text = Field(default=None, validation_alias=AliasPath("client", "code"))
    client_country: Text = Field(default=None, validation_alias=AliasPath("client", "country"))
    client_fiscal_id: Text = Field(default=None, validation_alias=AliasPath("client", "fiscal_id"))
    exemption: Text = Field(default=None, validation_alias="tax_exemption")
    observations: Text = None
    lines: Annotated[tuple[DocumentLine, ...], BeforeValidator(_lines)] = Field(default=(), validation_alias="items")
    before_taxes: Money = None
    total: Money = None
    permalink: Text = None
