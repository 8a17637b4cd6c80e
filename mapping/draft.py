"""What we mean to bill for one booking."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from mapping.fields import to_cents

UNIT_PRICE_STEP = Decimal("0.0001")


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One line of quantity 1: its unit price in euros without IVA, its rate in percent."""

    item_name: str
    description: str
    unit_price: Decimal
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class InvoiceDraft:
    """One Fatura in euros: the stay's line of quantity 1, and those that the owner wants apart from it."""

    client_name: str
    client_country: str | None = None  # as InvoiceXpress spells it
    client_tax_number: str | None = None
    is_anonymous: bool = False  # a final consumer: one client for all such drafts of an account
    item_name: str
    description: str
    unit_price: Decimal  # without IVA, four decimals: with two, a cent is lost on some amounts
    rate: Decimal  # IVA in percent
    region: str  # SAF-T TaxCountryRegion of the rates
    total: Decimal  # with IVA, to the cent: what the document must come to
    apart: tuple[DraftLine, ...] = ()
    observations: str | None = None  # the owner's words below the lines
    sequence: str | None = None  # the name of the series; the account's own default where none is said
    exemption: str | None = None  # Mxx of the lines of 0 %; InvoiceXpress takes one for a document

    @property
    def is_without_guest(self) -> bool:
        """Whether for whom it is is not kept any more; every draft that is made names somebody."""
        return not self.client_name

    def without_guest(self) -> "InvoiceDraft":
        """The same without for whom it is; who is nobody in particular stays."""
        return self if self.is_anonymous else replace(self, client_name="", client_country=None, client_tax_number=None)

    @property
    def lines(self) -> tuple[DraftLine, ...]:
        """All lines in the document's order."""
        stay = DraftLine(
            item_name=self.item_name, description=self.description, unit_price=self.unit_price, rate=self.rate
        )
        return (stay, *self.apart)


def unit_price(amount: Decimal, rate: Decimal) -> Decimal:
    """The price without IVA, to four decimals, of `amount` euros with `rate` percent inside.

    InvoiceXpress rounds a document once, at its total: with four decimals every cent amount is reached exactly.
    """
    return (amount / (1 + rate / 100)).quantize(UNIT_PRICE_STEP, ROUND_HALF_UP)


def document_total(price: Decimal, rate: Decimal) -> Decimal:
    """What InvoiceXpress makes of one line with this unit price and rate: rounded once, to the cent."""
    return to_cents(price * (1 + rate / 100))


def total_of(lines: Iterable[DraftLine]) -> Decimal:
    """What InvoiceXpress makes of these lines: added in full precision and rounded once (invoicexpress.md 2.4)."""
    return to_cents(sum((line.unit_price * (1 + line.rate / 100) for line in lines), Decimal(0)))
