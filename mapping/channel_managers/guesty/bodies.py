"""What Guesty calls things: the bodies' objects, their fields by its names."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mapping.booking import Line, LineKind, Status, is_tourist_tax
from mapping.delivery import PRICED
from mapping.fields import Count, CountryOrNone, Currency, Day, Flag, Id, Moment, Money, Part, Parts, Text, VendorBody

# `status`. An enquiry that came to nothing never was a booking. Blocked days are no reservations.
STATUSES = {
    "confirmed": Status.CONFIRMED,
    "canceled": Status.CANCELLED,
    "cancelled": Status.CANCELLED,
    "reserved": Status.PENDING,
    "awaiting_payment": Status.PENDING,
    "awaitingPayment": Status.PENDING,
    "inquiry": Status.INQUIRY,
    "declined": Status.INQUIRY,
    "expired": Status.INQUIRY,
    "closed": Status.INQUIRY,
}

# `source` of the owner's own reservations, and of those for friends and family.
OWNERS = {"owner", "owner-guest"}

NO_SHOW = "no_show"

# `normalType` of an item. Of the taxes on a stay, IVA is the only one here that is not the municipality's.
LINE_KINDS = {
    "AF": LineKind.ACCOMMODATION,
    "CF": LineKind.CLEANING,
    "AFE": LineKind.EXTRA,
    "PRO": LineKind.DISCOUNT,
    "CM": LineKind.COMMISSION,
    "PCM": LineKind.COMMISSION,
    "VAT": LineKind.TAX,
    "TAX": LineKind.TAX,
    "CT": LineKind.TOURIST_TAX,
    "TT": LineKind.TOURIST_TAX,
    "LT": LineKind.TOURIST_TAX,
    "OCT": LineKind.TOURIST_TAX,
    "TOT": LineKind.TOURIST_TAX,
}

# `secondIdentifier` of an additional fee.
FEES = {"CLEANING": LineKind.CLEANING, "HOUSEKEEPING": LineKind.CLEANING, "DEPOSIT": LineKind.DEPOSIT}

ID = r"^[0-9A-Za-z_-]{1,64}$"


def _reference(value: object) -> object:
    """An id; its object where the reference is shown as one."""
    return (value.get("_id") if isinstance(value, dict) else value) or None


Reference = Annotated[Annotated[str, Field(pattern=ID)] | None, BeforeValidator(_reference), Field(default=None)]
"""Some other thing's id; it becomes part of an address."""


class Camel(VendorBody):
    """Guesty's objects: names in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Meta(Camel):
    """Of an event."""

    event_id: Text
    message_id: Text


class Envelope(Camel):
    """The body of every event."""

    event: Text
    event_type: Text
    meta: Part[Meta]


class GuestStay(Camel):
    """Whether the guest came."""

    status: Text


class State(Camel):
    """What tells what else is to be asked."""

    status: Text
    source: Text
    guest_stay: Part[GuestStay]
    stay: Parts[Any]
    booker_id: Reference
    guest_id: Reference

    @property
    def meaning(self) -> Status:
        """What it is to us."""
        status = STATUSES.get(self.status or "", Status.UNKNOWN)
        if status is Status.CONFIRMED and (self.source or "").lower() in OWNERS:
            return Status.OWNER_STAY
        is_no_show = status is Status.CONFIRMED and self.guest_stay and self.guest_stay.status == NO_SHOW
        return Status.NO_SHOW if is_no_show else status


class Guests(Camel):
    """How many there are."""

    number_of_adults: Count
    number_of_children: Count
    number_of_infants: Count


class Stay(Camel):
    """One stay in one unit."""

    unit_id: Reference
    unit_type_id: Reference
    check_in_date_localized: Day
    check_in_date: Day
    check_out_date_localized: Day
    check_out_date: Day
    number_of_guests: Part[Guests]


class ChannelMetadata(Camel):
    """What the channel calls the reservation."""

    external_reservation_id: Text


class Notes(Camel):
    """What the guest wrote."""

    special_requests: Text
    guest: Text


class Reservation(State):
    """A reservation as the API has it."""

    id: Id = Field(alias="_id")
    group_id: Reference
    platform: Text
    confirmation_code: Text
    channel_metadata: Part[ChannelMetadata]
    created_at: Moment
    confirmed_at: Moment
    canceled_at: Moment
    notes: Part[Notes]
    stay: Parts[Stay]


class Folio(Camel):
    """Each field is asked for by its name; Guesty refuses names that it does not know."""

    currency: Currency = None
    sub_total_price: Money
    total_taxes: Money
    channel_commission: Money
    channel_commission_tax: Money
    channel_commission_inc_tax: Money
    host_payout: Money

    @property
    def total(self) -> Decimal | None:
        """All that the guest pays, in the folio's currency."""
        return None if self.sub_total_price is None else self.sub_total_price + (self.total_taxes or 0)

    @property
    def commission(self) -> Decimal | None:
        """With its tax. Zero says as little as nothing: Guesty does not follow every channel's."""
        apart = (self.channel_commission or Decimal(0)) + (self.channel_commission_tax or Decimal(0))
        return self.channel_commission_inc_tax or apart or None


class Item(Camel):
    """Asked for by name likewise. A fee that was deducted from the fare to stand on its own has one of two flags."""

    normal_type: Text
    title: Text
    second_identifier: Text
    total_price: Money
    is_deducted: Flag
    is_deducted_v2: Flag

    @property
    def kind(self) -> LineKind:
        """What it is for."""
        kind = LINE_KINDS.get(self.normal_type or "", LineKind.OTHER)
        if kind is LineKind.EXTRA:
            kind = FEES.get(self.second_identifier or "", kind)
        could_be_one = kind in {LineKind.EXTRA, LineKind.TAX, LineKind.OTHER}
        return LineKind.TOURIST_TAX if could_be_one and is_tourist_tax(self.title) else kind

    def line(self, *, is_in_the_fare: bool) -> Line:
        """The same in our words; what is in the fare already does not count beside it."""
        # Whether a deposit is in the price is told by what the other parts come to.
        included = None if self.kind is LineKind.DEPOSIT else self.kind in PRICED and not is_in_the_fare
        return Line(kind=self.kind, label=self.title, amount=self.total_price, included_in_total=included)


class Items(Camel):
    """The parts of a folio."""

    invoice_items: Parts[Item]


class Address(Camel):
    """The guest's."""

    street: Text
    city: Text
    zip_code: Text
    zipcode: Text
    country_code: CountryOrNone
    country: CountryOrNone


class Guest(Camel):
    """Asked for by name likewise, so that no more of a guest than this comes here."""

    first_name: Text
    last_name: Text
    full_name: Text
    email: Text
    address: Part[Address]
    preferred_language: Text
