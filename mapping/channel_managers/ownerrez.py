"""OwnerRez: a webhook of an OAuth app with HTTP Basic; the whole booking where it is made or changed, its id where deleted.

Sources: https://www.ownerrez.com/support/articles/api-webhooks; shared reference channel-managers.md section 2.11; public
integrators' recorded deliveries and models for the booking. Not verified: which `charges` there are and whether they come
with a webhook (`total_amount` is the price; charges only tell its parts), all values of `status`.
"""

from typing import Any

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Cancellation, Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fields import Count, Currency, Day, Flag, Id, Moment, Money, Part, Parts, Text, VendorBody
from mapping.signatures import Basic

# `action`; None: the booking's status says what became of it. Others (webhook_test, application_authorization_revoked)
# tell of no booking.
ACTIONS = {
    "entity_create": None,
    "entity_update": None,
    "entity_delete": Status.CANCELLED,
}
BOOKING = "booking"
"""The one `entity_type` that we read. Blocked days are bookings with `is_block`."""

# `status`. A pending one waits for the host, the guest or the channel.
STATUSES = {
    "active": Status.CONFIRMED,
    "pending": Status.PENDING,
    "canceled": Status.CANCELLED,
    "cancelled": Status.CANCELLED,
}

# `listing_site`, compared in lower case. Without one the host or his website made the booking.
CHANNELS = {
    "": Channel.DIRECT,
    "direct": Channel.DIRECT,
    "ownerrez": Channel.DIRECT,
    "airbnb": Channel.AIRBNB,
    "booking.com": Channel.BOOKING,
    "bookingcom": Channel.BOOKING,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
}

# charge `type`
LINE_KINDS = {
    "rent": LineKind.ACCOMMODATION,
    "surcharge": LineKind.EXTRA,
    "discount": LineKind.DISCOUNT,
    "tax": LineKind.TAX,
}


class _Envelope(VendorBody):
    id: Text
    action: Id
    entity_type: Text
    entity: Any = None


class _Deleted(VendorBody):
    """All that is told of a booking that is no more."""

    entity_id: Id


class _State(VendorBody):
    """What tells whether a booking is one at all."""

    status: Text
    type: Text
    is_block: Flag

    @property
    def meaning(self) -> Status:
        if self.is_block or (self.type and self.type != BOOKING):
            return Status.BLOCKED
        return STATUSES.get(self.status or "", Status.UNKNOWN)


class _Address(VendorBody):
    address: Text


class _Guest(VendorBody):
    first_name: Text
    last_name: Text
    email_addresses: Parts[_Address]


class _Property(VendorBody):
    id: Text
    name: Text


class _Charge(VendorBody):
    type: Text
    description: Text
    amount: Money

    def line(self) -> Line:
        is_cleaning = "cleaning" in (self.description or "").lower()
        kind = LineKind.CLEANING if is_cleaning else LINE_KINDS.get((self.type or "").lower(), LineKind.OTHER)
        kind = LineKind.TOURIST_TAX if is_tourist_tax(self.description) else kind
        return Line(kind=kind, label=self.description, amount=self.amount, included_in_total=True)


class _Booking(_State):
    id: Id
    property_id: Text
    property: Part[_Property]
    arrival: Day
    departure: Day
    adults: Count
    children: Count
    infants: Count
    guest: Part[_Guest]
    platform_email_address: Text
    listing_site: Text
    platform_reservation_number: Text
    booked_utc: Moment
    created_utc: Moment
    updated_utc: Moment
    canceled_utc: Moment
    currency_code: Currency = None
    total_amount: Money
    total_host_fees: Money
    charges: Parts[_Charge]
    notes: Text


def _read(delivery: Delivery) -> Reading | Cancellation:
    body = json_body(delivery.body)
    envelope = read_as(_Envelope, body)
    if envelope.action not in ACTIONS or envelope.entity_type != BOOKING:
        return NotABooking(what=envelope.action[:60])
    if not envelope.entity and ACTIONS[envelope.action] is Status.CANCELLED:
        return Cancellation(source_id=read_as(_Deleted, body).entity_id)
    if not envelope.entity:
        raise UnreadableDelivery.at("entity", f"is missing or empty, and the action is {envelope.action}")
    status = ACTIONS[envelope.action] or read_as(_State, envelope.entity, under="entity").meaning
    booking = read_as(_Booking, envelope.entity, under="entity", leniently=status is not Status.CONFIRMED)
    return _reading(booking, status)


def _reading(booking: _Booking, status: Status) -> Reading:
    guest = booking.guest or _Guest.model_validate({})
    let = booking.property or _Property.model_validate({})
    lines = [charge.line() for charge in booking.charges]
    address = next((each.address for each in guest.email_addresses if each.address), None)
    fields = {
        "source_id": booking.id,
        "channel": CHANNELS.get((booking.listing_site or "").lower(), Channel.OTHER),
        "channel_raw": booking.listing_site,
        "channel_reference": booking.platform_reservation_number,
        "status": status,
        "status_raw": booking.status,
        "modified_at": booking.updated_utc or booking.created_utc,
        "created_at": booking.created_utc,
        "booked_at": booking.booked_utc,
        "cancelled_at": booking.canceled_utc,
        "property_ref": booking.property_id or let.id,
        "property_name": let.name,
        "check_in": booking.arrival,  # `check_in` and `check_out` are times of the day
        "check_out": booking.departure,
        "adults": booking.adults,
        "children": booking.children,
        "infants": booking.infants,
        "guest_name": " ".join(filter(None, [guest.first_name, guest.last_name])),
        "guest_email": address or booking.platform_email_address,
        "currency": booking.currency_code,
        "total_guest": booking.total_amount,
        "price_is": PriceIs.GUEST_TOTAL,  # total_host_fees are contained in it
        "commission": abs(booking.total_host_fees or 0) or None,  # zero is what bookings without a channel have
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "tourist_tax": sum_of(lines, LineKind.TOURIST_TAX),
        "lines": lines,
        "guest_note": booking.notes,
    }
    paths = {"property_ref": "property_id", "check_in": "arrival", "check_out": "departure"}
    return reading_from(fields, paths={ours: f"entity.{theirs}" for ours, theirs in paths.items()})


def _event_id(delivery: Delivery) -> str | None:
    """The envelope's `id`."""
    return read_as(_Envelope, json_body(delivery.body)).id


CHANNEL_MANAGER = ChannelManager(
    title="OwnerRez",
    scheme=Basic(),
    read=_read,
    event_id=_event_id,
    commission="`total_host_fees`",
    tourist_tax="a charge with its name in it",
    gaps="the booking, where one is deleted instead of cancelled: what was told before is withdrawn; the guest's address and"
    " country; which charges come is not verified",
)
