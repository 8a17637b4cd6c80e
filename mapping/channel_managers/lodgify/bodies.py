"""What Lodgify calls things in its webhooks and in its API: their objects, their fields by its names."""

from collections.abc import Sequence
from decimal import Decimal

from mapping.booking import Line, LineKind, Status
from mapping.fields import CountryOrNone, Currency, Day, Id, Moment, Money, Part, Text, VendorBody

# `booking.status`; a cancelled booking is a declined one.
STATUSES = {
    "Booked": Status.CONFIRMED,
    "Tentative": Status.PENDING,
    "Open": Status.INQUIRY,
    "Declined": Status.CANCELLED,
}

# `booking.type`; of a `Booking` the status tells.
TYPES = {
    "ClosedPeriod": Status.BLOCKED,
    "Enquiry": Status.INQUIRY,
}


class _State(VendorBody):
    """What tells whether a booking is one at all."""

    type: Text
    status: Text

    @property
    def meaning(self) -> Status:
        if self.type == "Booking":
            return STATUSES.get(self.status or "", Status.UNKNOWN)
        return TYPES.get(self.type or "", Status.UNKNOWN)


class Heading(VendorBody):
    """What a webhook is about."""

    action: Text
    booking: Part[_State]


class _Booking(_State):
    id: Id
    property_id: Id
    property_name: Text
    date_arrival: Day
    date_departure: Day
    date_created: Moment
    currency_code: Currency = None
    source: Text
    source_text: Text
    notes: Text
    language: Text


class Guest(VendorBody):
    """As far as webhooks tell of a guest."""

    name: Text
    email: Text
    phone_number: Text
    country: CountryOrNone
    country_code: CountryOrNone


class Amounts(VendorBody):
    """A price and its parts in a webhook."""

    amount: Money
    total_room_rate_amount: Money
    total_fees_amount: Money
    total_taxes_amount: Money
    total_promotions_amount: Money

    def lines(self) -> Sequence[Line]:
        """The parts of the price; what add-ons cost is not among them."""
        return _lines(
            stay=self.total_room_rate_amount,
            fees=self.total_fees_amount,
            taxes=self.total_taxes_amount,
            promotions=self.total_promotions_amount,
        )


class Order(VendorBody):
    """What was agreed."""

    currency_code: Currency = None
    date_agreed: Moment
    amount_gross: Part[Amounts]
    owner_payout: Money


class Event(VendorBody):
    """A webhook that tells of a booking."""

    booking: _Booking
    guest: Part[Guest]
    current_order: Part[Order]
    booking_currency_code: Currency = None


class Answer(VendorBody):
    """What the API answers about a booking."""

    id: Text


class Subtotals(VendorBody):
    """The parts of a price in v2. What of them is VAT stands beside them and is not read."""

    stay: Money
    promotions: Money
    fees: Money
    taxes: Money
    addons: Money

    def lines(self) -> Sequence[Line]:
        """The parts of the price."""
        return _lines(stay=self.stay, fees=self.fees, taxes=self.taxes, promotions=self.promotions, addons=self.addons)


class Priced(Answer):
    """A booking in v2."""

    currency_code: Currency = None
    total_amount: Money
    subtotals: Part[Subtotals]


class _GuestName(VendorBody):
    first_name: Text
    last_name: Text
    full_name: Text


class FullGuest(VendorBody):
    """A guest in v1."""

    name: Text
    guest_name: Part[_GuestName]
    street_address1: Text
    postal_code: Text
    city: Text
    country_code: CountryOrNone

    @property
    def whole_name(self) -> str | None:
        """In one piece, however it is told."""
        told = self.guest_name or _GuestName.model_validate({})
        return told.full_name or " ".join(filter(None, [told.first_name, told.last_name])) or self.name


class Reservation(Answer):
    """A booking in v1. Its note is what the guest wrote."""

    guest: Part[FullGuest]
    note: Text


def _lines(
    *,
    stay: Decimal | None,
    fees: Decimal | None,
    taxes: Decimal | None,
    promotions: Decimal | None,
    addons: Decimal | None = None,
) -> Sequence[Line]:
    parts = [
        (LineKind.ACCOMMODATION, "room rate", stay),
        (LineKind.CLEANING, "fees", fees),
        (LineKind.TOURIST_TAX, "taxes", taxes),
        # Promotions lower the price, whichever sign they are written with.
        (LineKind.DISCOUNT, "promotions", -abs(promotions) if promotions else None),
        (LineKind.EXTRA, "add-ons", addons),
    ]
    return [
        Line(kind=kind, label=label, amount=amount, included_in_total=True) for kind, label, amount in parts if amount
    ]
