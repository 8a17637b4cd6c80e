"""Uplisting: one flat booking in every body, one webhook for each event, unsigned; the event stands in the URL (`?e=`).

Sources: shared reference channel-managers.md section 2.6 (the vendor's own pages are by invitation only); public
integrators' code for the statuses. Not verified: all statuses, and what the body of `booking_removed` holds (read as a whole
booking). Without `?e=` the status alone tells what became of a booking.
"""

from decimal import Decimal

from mapping.booking import Channel, Line, LineKind, PriceIs, Status
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.fields import Currency, Day, Flag, Id, Moment, Money, Text, VendorBody
from mapping.signatures import TokenAlone

# `?e=`; None: `status` says what became of it.
EVENTS = {
    "": None,
    "booking_created": None,
    "booking_updated": None,
    "booking_removed": Status.CANCELLED,
}

# `status`. It follows the stay; all but the last are bookings that hold.
STATUSES = {
    "confirmed": Status.CONFIRMED,
    "needs_check_in": Status.CONFIRMED,
    "checked_in": Status.CONFIRMED,
    "needs_check_out": Status.CONFIRMED,
    "checked_out": Status.CONFIRMED,
    "cancelled": Status.CANCELLED,
}

# `channel`. Bookings that the host or his website made are Uplisting's own.
CHANNELS = {
    "airbnb_official": Channel.AIRBNB,
    "airbnb": Channel.AIRBNB,
    "booking_dot_com": Channel.BOOKING,
    "homeaway": Channel.VRBO,
    "home_away": Channel.VRBO,
    "vrbo": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
    "uplisting": Channel.DIRECT,
    "direct": Channel.DIRECT,
}


class _State(VendorBody):
    """What tells whether a booking is one at all."""

    status: Text


class _Booking(_State):
    id: Id
    property_id: Id
    property_name: Text
    channel: Text
    direct: Flag
    external_reservation_id: Text
    check_in: Day
    check_out: Day
    booked_at: Moment
    timestamp: Moment
    guest_name: Text
    guest_email: Text
    guest_phone: Text
    note: Text
    currency: Currency = None
    accomodation_total: Money  # the vendor's spelling
    cleaning_fee: Money
    other_charges: Money
    commission: Money
    total_payout: Money
    cancellation_fee: Money

    @property
    def meaning_of_channel(self) -> Channel:
        return Channel.DIRECT if self.direct else CHANNELS.get(self.channel or "", Channel.OTHER)

    @property
    def total(self) -> Decimal | None:
        """What the guest pays; there is no field for it."""
        if self.accomodation_total is None:
            return None
        return self.accomodation_total + (self.cleaning_fee or 0) + (self.other_charges or 0)

    def lines(self) -> list[Line]:
        parts = [
            (LineKind.ACCOMMODATION, "accommodation", self.accomodation_total),
            (LineKind.CLEANING, "cleaning fee", self.cleaning_fee),
            (LineKind.EXTRA, "other charges", self.other_charges),
        ]
        return [
            Line(kind=kind, label=label, amount=amount, included_in_total=True)
            for kind, label, amount in parts
            if amount
        ]


def _read(delivery: Delivery) -> Reading:
    event = delivery.query.get("e", "")
    if event not in EVENTS:
        return NotABooking(what=event[:60])
    body = json_body(delivery.body)
    status = EVENTS[event] or STATUSES.get(read_as(_State, body).status or "", Status.UNKNOWN)
    return _reading(read_as(_Booking, body, leniently=status is not Status.CONFIRMED), status)


def _reading(booking: _Booking, status: Status) -> Reading:
    fields = {
        "source_id": booking.id,
        "channel": booking.meaning_of_channel,
        "channel_raw": booking.channel,
        "channel_reference": booking.external_reservation_id,
        "status": status,
        "status_raw": booking.status,
        "modified_at": booking.timestamp,  # when it was sent; a body tells the state of that moment
        "booked_at": booking.booked_at,
        "cancellation_fee": booking.cancellation_fee if status is Status.CANCELLED else None,
        "property_ref": booking.property_id,
        "property_name": booking.property_name,
        "check_in": booking.check_in,
        "check_out": booking.check_out,
        "guest_name": booking.guest_name,
        "guest_email": booking.guest_email,
        "guest_phone": booking.guest_phone,
        "currency": booking.currency,
        "total_guest": booking.total,
        "price_is": PriceIs.GUEST_TOTAL,  # total_payout is what is left of it after commission and payment fees
        "commission": abs(booking.commission or 0) or None,  # zero is what bookings without a channel have
        "cleaning": booking.cleaning_fee,
        "payout": booking.total_payout,
        "lines": booking.lines(),
        "guest_note": booking.note,
    }
    return reading_from(fields, paths={})


CHANNEL_MANAGER = ChannelManager(
    title="Uplisting",
    scheme=TokenAlone(),
    read=_read,
    commission="`commission`",
    tourist_tax="none: it would stand in `other_charges`, without a name",
    gaps="the event: give each webhook the URL with `?e=EVENT`; the guest's address and country; which statuses there are"
    " is not verified",
)
