"""What Smily's API v3 calls things: the bodies' objects, their fields by its names."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from mapping.booking import Line, LineKind, is_tourist_tax
from mapping.fields import (
    Count,
    CountryOrNone,
    Currency,
    Flag,
    Id,
    Moment,
    Money,
    Part,
    Parts,
    Text,
    VendorBody,
)

# What `bookings_fees[].name` has where it is cleaning; hosts name their fees themselves.
CLEANING = ("clean", "limpeza", "limpieza", "ménage", "reinigung", "pulizi")


def _in_one_language(name: object) -> object:
    return name.get("en") or next(iter(name.values()), None) if isinstance(name, dict) else name


Name = Annotated[Text, BeforeValidator(_in_one_language)]
"""A name by language, {"en": "Cleaning"}: the English one, or any."""


class Envelope(VendorBody):
    """The body of every event."""

    event: Id
    resource: Any = None


class State(VendorBody):
    """What tells whether a booking is one at all."""

    status: Text


class Links(VendorBody):
    """The ids of what belongs to a booking."""

    rental: Text
    client: Text
    source: Text


class _Fee(VendorBody):
    name: Name
    price: Money
    included_in_price: Flag
    times_booked: Count

    def line(self) -> Line:
        kind = LineKind.CLEANING if any(word in (self.name or "").lower() for word in CLEANING) else LineKind.EXTRA
        amount = (self.price or Decimal(0)) * (1 if self.times_booked is None else self.times_booked)
        return Line(kind=kind, label=self.name, amount=amount, included_in_total=True)


class Tax(VendorBody):
    """A tax of the booking, inside the price or on top."""

    name: Name
    amount: Money
    tax_included_in_price: Flag

    @property
    def is_tourist_tax(self) -> bool:
        """Whether its name says so."""
        return is_tourist_tax(self.name)

    @property
    def is_on_top(self) -> bool:
        """Whether the price is without it; where nothing is said, it is inside."""
        return self.tax_included_in_price is False

    def line(self) -> Line:
        """As a part of the total, to which a tourist tax on top does not belong."""
        kind = LineKind.TOURIST_TAX if self.is_tourist_tax else LineKind.TAX
        included = not (self.is_tourist_tax and self.is_on_top)
        return Line(kind=kind, label=self.name, amount=self.amount, included_in_total=included)


class Booking(State):
    """Guest, channel and rental are ids in `links`."""

    id: Id
    links: Links
    start_at: Moment
    end_at: Moment
    created_at: Moment
    updated_at: Moment
    canceled_at: Moment
    reference: Text
    external_reference: Text
    currency: Currency = None
    final_price: Money
    final_rental_price: Money
    commission: Money
    damage_deposit: Money
    adults: Count
    children: Count
    notes: Text
    bookings_fees: Parts[_Fee]
    bookings_taxes: Parts[Tax]


class _Email(VendorBody):
    email: Text


class _Phone(VendorBody):
    number: Text


class _Address(VendorBody):
    address1: Text
    city: Text
    zip: Text
    country_code: CountryOrNone


class Client(VendorBody):
    """The guest."""

    id: Id
    fullname: Text
    company: Text
    vat_number: Text
    preferred_locale: Text
    emails: Parts[_Email]
    phones: Parts[_Phone]
    addresses: Parts[_Address]


class Source(VendorBody):
    """Where the guest booked, by the host's own name for it."""

    id: Id
    name: Text


class Beside(VendorBody):
    """What the API puts beside bookings when it is asked to include it."""

    clients: Parts[Client]
    sources: Parts[Source]


class Resource(VendorBody):
    """One booking, or a list of them."""

    booking: Part[dict[str, Any]]
    bookings: Parts[Any]
