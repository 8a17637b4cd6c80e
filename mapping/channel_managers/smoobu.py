"""Smoobu: one unsigned webhook per account; every body holds the whole booking.

Sources: https://docs.smoobu.com (webhooks, reservation object, price elements); shared reference channel-managers.md
section 2.1 for what only deliveries show.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.fields import Count, Currency, Day, Flag, Id, Moment, Money, Part, Parts, Text, VendorBody
from mapping.signatures import TokenAlone

# Actions about bookings; None: `type` says what became of it. The last two are names that integrators guessed. All
# others (updateRates, newMessage, newTimelineEvent, ...) say nothing about a booking.
ACTIONS: Mapping[str, Status | None] = {
    "newReservation": None,
    "updateReservation": None,
    "cancelReservation": Status.CANCELLED,
    "deleteReservation": Status.CANCELLED,
    "modifiedReservation": None,
    "cancelledReservation": Status.CANCELLED,
}

# `type`, as documented. There is no word for enquiries or owner's stays: owners enter theirs as blocks.
TYPES = {
    "reservation": Status.CONFIRMED,
    "modification of booking": Status.CONFIRMED,
    "cancellation": Status.CANCELLED,
}

# `channel.name` is a display name; compared in lower case.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "booking.com": Channel.BOOKING,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
    "fewo-direkt": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
    "direct booking": Channel.DIRECT,
    "homepage": Channel.DIRECT,
}
CHANNEL_IDS = {"13": Channel.DIRECT}
BLOCKED_CHANNEL_ID = "11"
BLOCKED_CHANNELS = {"blocked channel", "blocked channel auto"}

# Price elements' `type`. Under channelCustom stands whatever the channel sent, in any language.
LINE_KINDS = {
    "basePrice": LineKind.ACCOMMODATION,
    "cleaningFee": LineKind.CLEANING,
    "addon": LineKind.EXTRA,
    "longStayDiscount": LineKind.DISCOUNT,
    "coupon": LineKind.DISCOUNT,
    "commission": LineKind.COMMISSION,
}


class _Kebab(VendorBody):
    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


class _Envelope(VendorBody):
    action: Id
    data: Any = None


class _Apartment(VendorBody):
    id: Id
    name: Text


class _Channel(VendorBody):
    id: Text
    name: Text

    @property
    def is_block(self) -> bool:
        return self.id == BLOCKED_CHANNEL_ID or (self.name or "").lower() in BLOCKED_CHANNELS

    @property
    def meaning(self) -> Channel:
        return CHANNELS.get((self.name or "").lower()) or CHANNEL_IDS.get(self.id or "", Channel.OTHER)


class _Address(VendorBody):
    street: Text
    postal_code: Text = Field(default=None, alias="postalCode")
    location: Text


class _PriceElement(VendorBody):
    type: Text
    name: Text
    amount: Money
    currency: Currency = Field(default=None, alias="currencyCode")


class _State(_Kebab):
    """What tells whether a reservation is one at all."""

    type: Text
    channel: Part[_Channel]
    is_blocked_booking: Flag


class _Reservation(_State):
    id: Id
    reference_id: Text
    arrival: Day
    departure: Day
    created_at: Moment
    modified_at: Moment = Field(default=None, alias="modifiedAt")
    apartment: _Apartment
    guest_name: Text
    firstname: Text
    lastname: Text
    email: Text
    phone: Text
    address: Part[_Address]
    language: Text
    adults: Count
    children: Count
    notice: Text
    price: Money
    city_tax: Money
    deposit: Money
    commission_included: Money
    price_elements: Parts[_PriceElement] = Field(default=(), alias="priceElements")


def _read(delivery: Delivery) -> Reading:
    envelope = read_as(_Envelope, json_body(delivery.body))
    if envelope.action not in ACTIONS:
        return NotABooking(what=envelope.action)
    status = _status(envelope.action, read_as(_State, envelope.data, under="data"))
    reservation = read_as(_Reservation, envelope.data, under="data", leniently=status is not Status.CONFIRMED)
    return _reading(reservation, status)


def _status(action: str, state: _State) -> Status:
    if state.is_blocked_booking or (state.channel and state.channel.is_block):
        return Status.BLOCKED
    return ACTIONS[action] or TYPES.get(state.type or "", Status.UNKNOWN)


def _reading(reservation: _Reservation, status: Status) -> Reading:
    channel, address = reservation.channel, reservation.address
    lines = [_line(element) for element in reservation.price_elements]
    fields = {
        "source_id": reservation.id,
        "channel": channel.meaning if channel else Channel.OTHER,
        "channel_raw": channel and channel.name,
        "channel_reference": reservation.reference_id,
        "status": status,
        "status_raw": reservation.type,
        "modified_at": reservation.modified_at,
        "created_at": reservation.created_at,
        "property_ref": reservation.apartment.id,
        "property_name": reservation.apartment.name,
        "check_in": reservation.arrival,
        "check_out": reservation.departure,
        "adults": reservation.adults,
        "children": reservation.children,
        "guest_name": reservation.guest_name or " ".join(filter(None, [reservation.firstname, reservation.lastname])),
        "guest_email": reservation.email,
        "guest_phone": reservation.phone,
        "guest_address": address and address.street,
        "guest_postcode": address and address.postal_code,
        "guest_city": address and address.location,
        "guest_language": reservation.language,
        "currency": _currency(reservation),
        "total_guest": reservation.price,
        "price_is": PriceIs.GUEST_TOTAL,  # commission-included is contained in it
        # Zero is what channels that report none leave behind.
        "commission": abs(reservation.commission_included or 0) or None,
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "tourist_tax": reservation.city_tax or sum_of(lines, LineKind.TOURIST_TAX),
        "deposit": reservation.deposit,
        "lines": lines,
        "guest_note": reservation.notice,
    }
    return reading_from(fields, paths={"check_in": "data.arrival", "check_out": "data.departure"})


def _line(element: _PriceElement) -> Line:
    is_tax = is_tourist_tax(element.type, element.name)
    kind = LineKind.TOURIST_TAX if is_tax else LINE_KINDS.get(element.type or "", LineKind.OTHER)
    return Line(kind=kind, label=element.name, amount=element.amount)


def _currency(reservation: _Reservation) -> str | None:
    """The only place where Smoobu says one. Of several, the one that keeps the booking from being invoiced as euros."""
    said = {element.currency for element in reservation.price_elements if element.currency}
    return next(iter(sorted(said - {"EUR"}) or said), None)


CHANNEL_MANAGER = ChannelManager(
    title="Smoobu",
    scheme=TokenAlone(),
    read=_read,
    says_currency=False,
    commission="`commission-included`",
    tourist_tax="`city-tax`, or a price element with its name in it",
    gaps="the currency: prices are taken as euros, or in the settings' currency",
)
