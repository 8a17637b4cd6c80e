"""Beds24: the booking webhook of version 2, one for each property; the state at the time of sending, without an event.

Sources: https://wiki.beds24.com (Category:Webhooks, Setting/propertiesnotifyurl); shared reference channel-managers.md
section 2.4 for what only deliveries show. Not verified: where `invoiceItems` stand (beside or inside `booking`: both are
read), and all values of `subStatus`.
"""

from decimal import Decimal
from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fields import CENT, Count, CountryOrNone, Day, Id, Moment, Money, Number, Parts, Text, VendorBody
from mapping.signatures import StaticHeader

# `status`. `new` and `confirmed` both hold the room; `black` is how a host or owner blocks days.
STATUSES = {
    "new": Status.CONFIRMED,
    "confirmed": Status.CONFIRMED,
    "request": Status.PENDING,
    "cancelled": Status.CANCELLED,
    "black": Status.BLOCKED,
    "inquiry": Status.INQUIRY,
}
# `subStatus` of a booking that holds the room.
SUB_STATUSES = {"noShow": Status.NO_SHOW, "waitlist": Status.PENDING, "allotment": Status.PENDING}

# `channel`, else `referer`, compared in lower case. Without either the host typed the booking in.
CHANNELS = {
    "": Channel.DIRECT,
    "direct": Channel.DIRECT,
    "airbnb": Channel.AIRBNB,
    "booking": Channel.BOOKING,
    "booking.com": Channel.BOOKING,
    "expedia": Channel.EXPEDIA,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
}
# `apiSourceId`: where the booking was fetched from.
API_SOURCES = {"19": Channel.BOOKING, "46": Channel.AIRBNB}

CHARGE = "charge"
"""`type` of an invoice item that is part of the price; a `payment` has a negative total and is none."""


class _Camel(VendorBody):
    model_config = ConfigDict(alias_generator=to_camel)


class _InvoiceItem(_Camel):
    type: Text
    description: Text
    line_total: Money
    vat_rate: Number

    @property
    def kind(self) -> LineKind:
        if self.type != CHARGE:
            return LineKind.PAYMENT
        if is_tourist_tax(self.description):
            return LineKind.TOURIST_TAX
        return LineKind.CLEANING if "cleaning" in (self.description or "").lower() else LineKind.OTHER

    def line(self) -> Line:
        return Line(kind=self.kind, label=self.description, amount=self.line_total, vat_rate=self.vat_rate)


class _Envelope(_Camel):
    booking: Any = None
    invoice_items: Parts[_InvoiceItem]
    messages: Any = None


class _State(_Camel):
    """What tells whether a booking is one at all."""

    status: Text
    sub_status: Text

    @property
    def meaning(self) -> Status:
        status = STATUSES.get(self.status or "", Status.UNKNOWN)
        return SUB_STATUSES.get(self.sub_status or "", status) if status is Status.CONFIRMED else status


class _Booking(_State):
    id: Id
    master_id: Text
    property_id: Id
    room_id: Text
    arrival: Day
    departure: Day
    num_adult: Count
    num_child: Count
    first_name: Text
    last_name: Text
    email: Text
    phone: Text
    mobile: Text
    company: Text
    address: Text
    city: Text
    postcode: Text
    country: CountryOrNone
    country2: CountryOrNone
    lang: Text
    comments: Text
    referer: Text
    channel: Text
    api_source_id: Text
    api_reference: Text
    reference: Text
    booking_time: Moment
    modified_time: Moment
    cancel_time: Moment
    price: Money
    commission: Money
    invoice_items: Parts[_InvoiceItem]

    @property
    def meaning_of_channel(self) -> Channel:
        said = (self.channel or self.referer or "").lower()
        return CHANNELS.get(said) or API_SOURCES.get(self.api_source_id or "", Channel.OTHER)


def _read(delivery: Delivery) -> Reading:
    body = json_body(delivery.body)
    envelope = read_as(_Envelope, body, leniently=True)  # a cancellation with an odd invoice item is one all the same
    if not envelope.booking:
        if envelope.messages:
            return NotABooking(what="messages")
        raise UnreadableDelivery.at("booking", "is missing or empty")
    status = read_as(_State, envelope.booking, under="booking").meaning
    leniently = status is not Status.CONFIRMED
    if not leniently:
        read_as(_Envelope, body)
    booking = read_as(_Booking, envelope.booking, under="booking", leniently=leniently)
    return _reading(booking, [each.line() for each in booking.invoice_items or envelope.invoice_items])


def _reading(booking: _Booking, lines: list[Line]) -> Reading:
    fields = {
        "source_id": booking.id,
        "group_id": booking.master_id,
        "channel": booking.meaning_of_channel,
        "channel_raw": booking.channel or booking.referer,
        "channel_reference": booking.api_reference or booking.reference,
        "status": booking.meaning,
        "status_raw": booking.status,
        "modified_at": booking.modified_time,
        "booked_at": booking.booking_time,
        "cancelled_at": booking.cancel_time,
        "property_ref": booking.property_id,
        "unit_ref": booking.room_id,
        "check_in": booking.arrival,
        "check_out": booking.departure,
        "adults": booking.num_adult,
        "children": booking.num_child,
        "guest_name": " ".join(filter(None, [booking.first_name, booking.last_name])),
        "guest_email": booking.email,
        "guest_phone": booking.phone or booking.mobile,
        "guest_address": booking.address,
        "guest_postcode": booking.postcode,
        "guest_city": booking.city,
        "guest_country": booking.country2 or booking.country,
        "guest_language": booking.lang,
        "guest_company": booking.company,
        "price_is": PriceIs.GUEST_TOTAL,  # `commission` is contained in it
        "total_guest": booking.price,
        # Zero is what bookings without a channel have.
        "commission": abs(booking.commission or 0) or None,
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "tourist_tax": sum_of(lines, LineKind.TOURIST_TAX),
        "guest_note": booking.comments,
        **_parts(booking.price, lines),
    }
    return reading_from(fields, paths={"check_in": "booking.arrival", "check_out": "booking.departure"})


def _parts(price: Decimal | None, lines: list[Line]) -> dict[str, Any]:
    """The lines, and whether the price contains the tourist tax among them: as the sum of the charges tells."""
    charges = sum((line.amount or Decimal(0) for line in lines if line.kind is not LineKind.PAYMENT), Decimal(0))
    tax = sum_of(lines, LineKind.TOURIST_TAX) or Decimal(0)
    is_on_top = bool(tax) and price is not None and abs(charges - tax - price) <= CENT
    return {
        "total_includes_tourist_tax": not is_on_top if tax else None,
        "lines": [
            line.model_copy(
                update={
                    "included_in_total": line.kind is not LineKind.PAYMENT
                    and not (is_on_top and line.kind is LineKind.TOURIST_TAX)
                }
            )
            for line in lines
        ],
    }


CHANNEL_MANAGER = ChannelManager(
    title="Beds24",
    scheme=StaticHeader(),
    read=_read,
    says_currency=False,
    commission="`commission`",
    tourist_tax="an invoice item with its name in it",
    gaps="the currency: prices are taken as euros, or in the settings' currency; guests' data, unless the webhook is"
    " “with personal data”; where invoice items stand is not verified",
)
