"""What we mean to bill for one booking."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mapping.booking import Booking, Channel
from mapping.fields import to_cents
from mapping.settings import Language

UNIT_PRICE_STEP = Decimal("0.0001")
NAME_LENGTH = 100  # InvoiceXpress refuses a document with a longer client name
TEXT_LENGTH = 255

ITEM_NAMES = {Language.PT: "Alojamento", Language.EN: "Accommodation"}
"""Few and fixed: InvoiceXpress keeps a catalogue item for each name that it sees, and rewrites it with every draft."""

DESCRIPTIONS = {
    Language.PT: "Serviço de alojamento de {check_in} a {check_out} ({nights} {noites}). {place}{reference}",
    Language.EN: "Accommodation service from {check_in} to {check_out} ({nights} {noites}). {place}{reference}",
}
NIGHTS = {Language.PT: ("noite", "noites"), Language.EN: ("night", "nights")}

CHANNEL_NAMES = {
    Channel.AIRBNB: "Airbnb",
    Channel.BOOKING: "Booking.com",
    Channel.VRBO: "Vrbo",
    Channel.EXPEDIA: "Expedia",
}


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
    exemption: str | None = None  # Mxx of the lines of 0 %; InvoiceXpress takes one for a document

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


def printable(text: str) -> str:
    """`text` without emoji and other characters that InvoiceXpress's three-byte tables cannot hold, on one line."""
    return " ".join("".join(character for character in text if ord(character) <= 0xFFFF).split())


def shortened(text: str, length: int) -> str:
    """`text`, cut at a word to `length` characters at most."""
    if len(text) <= length:
        return text
    head = text[: length + 1].rsplit(" ", 1)[0]
    return head[:length].rstrip()


def client_name(booking: Booking) -> str:
    """The guest's name as the draft's client; "" where the booking has none that is fit to print."""
    return shortened(printable(booking.guest_name or ""), NAME_LENGTH)


def description(booking: Booking, language: Language) -> str:
    """The line's text: accommodation from check-in to check-out, the property, and the channel's reference.

    The stay's days have to be on the document where they differ from its own day (CIVA art. 36 no. 5 f).
    """
    one, many = NIGHTS[language]
    channel = CHANNEL_NAMES.get(booking.channel, "")
    reference = " ".join(part for part in (channel, booking.channel_reference) if part)
    text = DESCRIPTIONS[language].format(
        check_in=f"{booking.check_in:%d/%m/%Y}",
        check_out=f"{booking.check_out:%d/%m/%Y}",
        nights=booking.nights,
        noites=one if booking.nights == 1 else many,
        place=f"{booking.property_name}. " if booking.property_name else "",
        reference=f"{reference}." if reference else "",
    )
    return shortened(printable(text), TEXT_LENGTH)
