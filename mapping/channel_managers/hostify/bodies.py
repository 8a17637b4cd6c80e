"""What Hostify calls things: the bodies' objects, their fields by its names."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from mapping.booking import Line, LineKind, Status, is_tourist_tax
from mapping.fields import Count, CountryOrNone, Currency, Day, Id, Moment, Money, Part, Parts, Text, VendorBody

# `status`. Integrators count what was moved or extended among the stays. A request that came to nothing never was a
# booking. Blocks and owner's stays are not in the documentation; one integrator's code knows them.
STATUSES = {
    "accepted": Status.CONFIRMED,
    "moved": Status.CONFIRMED,
    "extended": Status.CONFIRMED,
    "cancelled": Status.CANCELLED,
    "cancelled_by_guest": Status.CANCELLED,
    "cancelled_by_host": Status.CANCELLED,
    "deleted": Status.CANCELLED,
    "voided": Status.CANCELLED,
    "no_show": Status.NO_SHOW,
    "pending": Status.PENDING,
    "new": Status.PENDING,
    "awaiting_payment": Status.PENDING,
    "inquiry": Status.INQUIRY,
    "preapproved": Status.INQUIRY,
    "offer": Status.INQUIRY,
    "denied": Status.INQUIRY,
    "declined": Status.INQUIRY,
    "declined_inq": Status.INQUIRY,
    "retracted": Status.INQUIRY,
    "withdrawn": Status.INQUIRY,
    "expired": Status.INQUIRY,
    "timedout": Status.INQUIRY,
    "not_possible": Status.INQUIRY,
    "owner_stay": Status.OWNER_STAY,
    "owner_block": Status.BLOCKED,
    "unavailable": Status.BLOCKED,
    "blocked": Status.BLOCKED,
}

# `type` of a fee; the names are the host's own.
LINE_KINDS = {"accommodation": LineKind.ACCOMMODATION, "fee": LineKind.EXTRA, "tax": LineKind.TAX}

CLEANING = ("clean", "limpeza", "limpieza")


def _unwrapped(fees: object) -> object:
    """Fees stand in a list, alone, or in a list in an object."""
    inner = fees.get("fees", fees) if isinstance(fees, dict) else fees
    return [inner] if isinstance(inner, dict) and inner else inner or ()


def _first(value: object) -> object:
    return next(iter(value), None) if isinstance(value, list) else value


def _none_if_zero(value: object) -> object:
    return value or None if value != "0" else None


ReservationId = Annotated[Id, Field(pattern=r"^[0-9]{1,20}$")]
"""Digits; they become part of an address."""

Parent = Annotated[Text, BeforeValidator(_none_if_zero)]


class Envelope(VendorBody):
    """Amazon's message; none where there is no `Type`."""

    model_config = ConfigDict(alias_generator=to_pascal)

    type: Text
    message_id: Text
    message: Any = None


class Event(VendorBody):
    """What Amazon's message holds."""

    action: Id
    data: Any = None


class Named(VendorBody):
    """What names a reservation."""

    reservation_id: ReservationId


class FeeName(VendorBody):
    """What a fee is for."""

    name: Text
    type: Text


class Fee(VendorBody):
    """A part of the price."""

    fee: Part[FeeName]
    amount_gross: Money
    amount_gross_total: Money

    def line(self) -> Line:
        """The same in our words."""
        name = self.fee.name if self.fee else None
        amount = self.amount_gross if self.amount_gross_total is None else self.amount_gross_total
        return Line(kind=self._kind(name or ""), label=name, amount=amount)

    def _kind(self, name: str) -> LineKind:
        kind = LINE_KINDS.get((self.fee and self.fee.type) or "", LineKind.OTHER)
        if kind is not LineKind.ACCOMMODATION and is_tourist_tax(name):
            return LineKind.TOURIST_TAX
        return LineKind.CLEANING if kind is LineKind.EXTRA and any(word in name.lower() for word in CLEANING) else kind


Fees = Annotated[Parts[Fee], BeforeValidator(_unwrapped)]


class State(VendorBody):
    """What tells whether a reservation is a stay."""

    status: Text

    @property
    def meaning(self) -> Status:
        """What it is to us."""
        return STATUSES.get((self.status or "").lower(), Status.UNKNOWN)


class Reservation(State):
    """A reservation, in an event or an answer."""

    id: ReservationId
    listing_id: Id
    parent_listing_id: Parent
    listing_nickname: Text
    channel_reservation_id: Text
    confirmation_code: Text
    source: Text
    checkIn: Day  # noqa: N815 the vendor's name
    checkOut: Day  # noqa: N815
    confirmed_at: Moment
    cancelled_at: Moment
    created_at: Moment
    updated_at: Moment
    adults: Count
    children: Count
    infants: Count
    guest_name: Text
    currency: Currency = None
    base_price: Money
    cleaning_fee: Money
    extras_price: Money
    subtotal: Money
    tax_amount: Money
    city_tax: Money
    channel_commission: Money
    security_price: Money
    payout_price: Money
    notes: Text
    fees: Fees

    @property
    def total(self) -> Decimal | None:
        """All that the guest pays, in the reservation's currency."""
        return None if self.subtotal is None else self.subtotal + (self.tax_amount or 0)

    def lines(self) -> list[Line]:
        """The parts of the price as far as the reservation itself has them."""
        tourist_tax, taxes = self.city_tax or Decimal(0), self.tax_amount or Decimal(0)
        others = taxes - tourist_tax if tourist_tax <= taxes else taxes
        parts = {
            "base_price": (LineKind.ACCOMMODATION, self.base_price),
            "cleaning_fee": (LineKind.CLEANING, self.cleaning_fee),
            "extras_price": (LineKind.EXTRA, self.extras_price),
            "tax_amount": (LineKind.TAX, others),
            "city_tax": (LineKind.TOURIST_TAX, tourist_tax),
        }
        return [Line(kind=kind, label=label, amount=amount) for label, (kind, amount) in parts.items() if amount]


class Guest(VendorBody):
    """Who booked."""

    name: Text
    email: Text
    phone: Text
    phones: Annotated[Text, BeforeValidator(_first)]
    address: Text
    city: Text
    zip_code: Text
    country: CountryOrNone


class Listing(VendorBody):
    """What is let."""

    name: Text
    nickname: Text


class TellsState(VendorBody):
    """The same, of which the status alone is read."""

    reservation: State


class Told(VendorBody):
    """An event's `data`, and what the API answers."""

    reservation: Reservation
    guest: Part[Guest]
    listing: Part[Listing]
    fees: Fees
