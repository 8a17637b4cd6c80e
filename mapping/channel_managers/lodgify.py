"""Lodgify: signed bodies, an array with one event or a bare event; no commission, no modified time.

Sources: https://docs.lodgify.com/reference/webhooks; shared reference channel-managers.md section 2.2 for what only
deliveries show.
"""

from typing import Any

from mapping.booking import Channel, Line, LineKind, PriceIs, Status
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fields import CountryOrNone, Currency, Day, Id, Moment, Money, Part, Text, VendorBody
from mapping.signatures import HmacHex

# Events about something else. Of all others `booking.status` tells the meaning: `action` has values that no page lists.
OTHER_ACTIONS = {"rate_change", "availability_change", "guest_message_received"}

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

# `booking.source`. Manual is what the host typed in, OH the host's own website.
CHANNELS = {
    "AirbnbIntegration": Channel.AIRBNB,
    "BookingCom": Channel.BOOKING,
    "Expedia": Channel.EXPEDIA,
    "Vrbo": Channel.VRBO,
    "HomeAway": Channel.VRBO,
    "Manual": Channel.DIRECT,
    "OH": Channel.DIRECT,
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


class _Heading(VendorBody):
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


class _Guest(VendorBody):
    name: Text
    email: Text
    phone_number: Text
    country: CountryOrNone
    country_code: CountryOrNone


class _Amounts(VendorBody):
    amount: Money
    total_room_rate_amount: Money
    total_fees_amount: Money
    total_taxes_amount: Money
    total_promotions_amount: Money

    def lines(self) -> list[Line]:
        # Promotions lower the price, whichever sign they are written with.
        promotions = -abs(self.total_promotions_amount) if self.total_promotions_amount else None
        parts = [
            (LineKind.ACCOMMODATION, "room rate", self.total_room_rate_amount),
            (LineKind.CLEANING, "fees", self.total_fees_amount),
            (LineKind.TOURIST_TAX, "taxes", self.total_taxes_amount),
            (LineKind.DISCOUNT, "promotions", promotions),
        ]
        return [
            Line(kind=kind, label=label, amount=amount, included_in_total=True)
            for kind, label, amount in parts
            if amount
        ]


class _Order(VendorBody):
    currency_code: Currency = None
    date_agreed: Moment
    amount_gross: Part[_Amounts]
    owner_payout: Money


class _Event(VendorBody):
    booking: _Booking
    guest: Part[_Guest]
    current_order: Part[_Order]
    booking_currency_code: Currency = None


def _read(delivery: Delivery) -> Reading:
    body = json_body(delivery.body)
    events = body if isinstance(body, list) else [body]
    several = len(events) > 1
    found = [_read_event(event, under=str(number) if several else "") for number, event in enumerate(events)]
    bookings = [booking for one in found if not isinstance(one, NotABooking) for booking in one]
    return bookings or NotABooking(
        what=", ".join(one.what for one in found if isinstance(one, NotABooking)) or "nothing"
    )


def _read_event(given: Any, *, under: str) -> Reading:
    heading = read_as(_Heading, given, under=under)
    action, state = heading.action or "", heading.booking
    if action in OTHER_ACTIONS or (state is None and action and not action.startswith("booking_")):
        return NotABooking(what=action[:60])
    if state is None:
        raise UnreadableDelivery.at(_path(under, "booking"), "is missing or empty")
    event = read_as(_Event, given, under=under, leniently=state.meaning is not Status.CONFIRMED)
    return _reading(event, under=under)


def _reading(event: _Event, *, under: str) -> Reading:
    booking = event.booking
    guest = event.guest or _Guest.model_validate({})
    order = event.current_order or _Order.model_validate({})
    gross = order.amount_gross or _Amounts.model_validate({})
    fields = {
        "source_id": booking.id,
        "channel": CHANNELS.get(booking.source or "", Channel.OTHER),
        "channel_raw": booking.source,
        # Booking.com's is the reservation's and the room's number: 4455667788|5544332211.
        "channel_reference": (booking.source_text or "").partition("|")[0],
        "status": booking.meaning,
        "status_raw": booking.status,
        "created_at": booking.date_created,
        "booked_at": order.date_agreed,
        "property_ref": booking.property_id,
        "property_name": booking.property_name,
        "check_in": booking.date_arrival,
        "check_out": booking.date_departure,
        "guest_name": guest.name,
        "guest_email": guest.email,
        "guest_phone": guest.phone_number,
        "guest_country": guest.country_code or guest.country,
        "guest_language": booking.language,
        "currency": order.currency_code or booking.currency_code or event.booking_currency_code,
        # Not booking_total_amount: that follows amount_net in some bodies.
        "total_guest": gross.amount,
        "price_is": PriceIs.GUEST_TOTAL,  # owner_payout is what a manager owes the owner, and mostly 0
        "total_includes_tourist_tax": None if gross.total_taxes_amount is None else True,
        "cleaning": gross.total_fees_amount,
        "tourist_tax": gross.total_taxes_amount,
        "payout": order.owner_payout or None,
        "lines": gross.lines(),
        "guest_note": booking.notes,
    }
    paths = {"check_in": _path(under, "booking.date_arrival"), "check_out": _path(under, "booking.date_departure")}
    return reading_from(fields, paths=paths)


def _path(under: str, path: str) -> str:
    return f"{under}.{path}" if under else path


CHANNEL_MANAGER = ChannelManager(
    title="Lodgify",
    scheme=HmacHex(header="ms-signature", prefix="sha256="),
    read=_read,
    commission="none: give percentages with `--commission`",
    tourist_tax="`amount_gross.total_taxes_amount`",
    gaps="the commission; each subscription has a secret of its own: give them all",
)
