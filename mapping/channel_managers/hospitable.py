"""Hospitable: the whole reservation in every body, money in cents, what the guest pays and what the host gets apart.

Sources: https://developer.hospitable.com/reference/webhooks-1; shared reference channel-managers.md section 2.5 for what
only deliveries show. Not verified: whether webhooks that a host makes are signed (so a secret is optional), and whether
`financials` is in every body (without it, a booking is parked until somebody says the price).
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.fields import Count, Currency, Day, Id, Moment, Number, Part, Parts, Text, VendorBody, to_cents
from mapping.signatures import HmacHex

# reservation.created, .changed, .updated, .status_changed: all tell the newest state. Others (property.*, message.*,
# review.*, inquiry.*, integration.*) tell of no reservation.
ACTIONS = "reservation."

# `reservation_status.current.category`; `status` beside it is deprecated. A request that came to nothing never was a
# booking.
STATUSES = {
    "accepted": Status.CONFIRMED,
    "cancelled": Status.CANCELLED,
    "request": Status.PENDING,
    "checkpoint": Status.PENDING,
    "not accepted": Status.INQUIRY,
    "not_accepted": Status.INQUIRY,
}
OWNER_STAY = "owner_stay"

# `platform`. Agoda, calendars (ical) and all others are `other`.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "booking": Channel.BOOKING,
    "homeaway": Channel.VRBO,
    "vrbo": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
    "direct": Channel.DIRECT,
    "manual": Channel.DIRECT,
}

# Events are numbered so that sorting puts them in order; an id of another form orders nothing.
_ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


class _Envelope(VendorBody):
    id: Text
    action: Id
    created: Moment
    data: Any = None

    @property
    def sequence(self) -> str | None:
        return self.id if self.id and _ULID.fullmatch(self.id) else None


class _Current(VendorBody):
    category: Text


class _ReservationStatus(VendorBody):
    current: Part[_Current]


class _State(VendorBody):
    """What tells whether a reservation is a booking at all."""

    reservation_status: Part[_ReservationStatus]
    stay_type: Text

    @property
    def status_raw(self) -> str | None:
        current = self.reservation_status and self.reservation_status.current
        return current.category if current else None

    @property
    def meaning(self) -> Status:
        status = STATUSES.get(self.status_raw or "", Status.UNKNOWN)
        return Status.OWNER_STAY if status is Status.CONFIRMED and self.stay_type == OWNER_STAY else status


class _Guest(VendorBody):
    first_name: Text
    last_name: Text
    email: Text


class _Guests(VendorBody):
    adult_count: Count
    child_count: Count
    infant_count: Count


class _Property(VendorBody):
    id: Id
    name: Text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, dict) and value else value


Properties = Annotated[Parts[_Property], BeforeValidator(_as_list)]


class _Sum(VendorBody):
    amount: Number
    label: Text

    @property
    def euros(self) -> Decimal:
        """Amounts are cents."""
        return to_cents((self.amount or Decimal(0)) / 100)


class _GuestSide(VendorBody):
    taxes: Parts[_Sum]
    total_price: Part[_Sum]


class _HostSide(VendorBody):
    accommodation: Part[_Sum]
    guest_fees: Parts[_Sum]
    host_fees: Parts[_Sum]
    discounts: Parts[_Sum]
    adjustments: Parts[_Sum]
    taxes: Parts[_Sum]
    revenue: Part[_Sum]

    def lines(self) -> list[Line]:
        # Discounts lower the price, whichever sign they are written with.
        parts = [
            *((LineKind.ACCOMMODATION, each.label, each.euros) for each in filter(None, [self.accommodation])),
            *((_fee_kind(each), each.label, each.euros) for each in self.guest_fees),
            *((LineKind.DISCOUNT, each.label, -abs(each.euros)) for each in self.discounts),
            *((LineKind.OTHER, each.label, each.euros) for each in self.adjustments),
            *((_tax_kind(each), each.label, each.euros) for each in self.taxes),
        ]
        return [Line(kind=kind, label=label, amount=amount, included_in_total=True) for kind, label, amount in parts]


class _Financials(VendorBody):
    currency: Currency = None
    guest: Part[_GuestSide]
    host: Part[_HostSide]


class _Reservation(_State):
    id: Id
    platform: Text
    platform_id: Text
    code: Text
    booking_date: Moment
    arrival_date: Day
    departure_date: Day
    guest: Part[_Guest]
    guests: Part[_Guests]
    properties: Properties
    property: Properties
    financials: Part[_Financials]


def _read(delivery: Delivery) -> Reading:
    envelope = read_as(_Envelope, json_body(delivery.body))
    if not envelope.action.startswith(ACTIONS):
        return NotABooking(what=envelope.action[:60])
    if not isinstance(envelope.data, list):
        return _read_reservation(envelope, envelope.data, under="data")
    found = [_read_reservation(envelope, one, under=f"data.{number}") for number, one in enumerate(envelope.data)]
    bookings = [booking for one in found if not isinstance(one, NotABooking) for booking in one]
    return bookings or NotABooking(
        what=", ".join(one.what for one in found if isinstance(one, NotABooking)) or "nothing"
    )


def _read_reservation(envelope: _Envelope, given: Any, *, under: str) -> Reading:
    status = read_as(_State, given, under=under).meaning
    reservation = read_as(_Reservation, given, under=under, leniently=status is not Status.CONFIRMED)
    guest = reservation.guest or _Guest.model_validate({})
    guests = reservation.guests or _Guests.model_validate({})
    let = next(iter(reservation.properties or reservation.property), None)
    fields = {
        "source_id": reservation.id,
        "channel": CHANNELS.get(reservation.platform or "", Channel.OTHER),
        "channel_raw": reservation.platform,
        "channel_reference": reservation.code or reservation.platform_id,
        "status": status,
        "status_raw": reservation.status_raw,
        "sequence": envelope.sequence,
        "modified_at": envelope.created,
        "booked_at": reservation.booking_date,
        "property_ref": let and let.id,
        "property_name": let and let.name,
        "check_in": reservation.arrival_date,
        "check_out": reservation.departure_date,
        "adults": guests.adult_count,
        "children": guests.child_count,
        "infants": guests.infant_count,
        "guest_name": " ".join(filter(None, [guest.first_name, guest.last_name])),
        "guest_email": guest.email,
        "price_is": PriceIs.GUEST_TOTAL,  # made of the payout and of what the channel keeps of it
        **_money(reservation.financials or _Financials.model_validate({})),
    }
    paths = {"property_ref": "properties", "check_in": "arrival_date", "check_out": "departure_date"}
    return reading_from(fields, paths={ours: f"{under}.{theirs}" for ours, theirs in paths.items()})


def _money(financials: _Financials) -> dict[str, Any]:
    """The price as the host sells it: what he gets and what the channel keeps of it.

    The guest's own total has more in it that is not the host's: the channel's fee for the guest, and taxes that the
    channel pays to the municipality itself. Without the host's side it is all that is known.
    """
    guest = financials.guest or _GuestSide.model_validate({})
    host = financials.host
    if not (host and host.revenue):
        taxes = _tourist_taxes(guest.taxes)
        total = guest.total_price.euros if guest.total_price else None
        return {"currency": financials.currency, "total_guest": total, **_tourist_tax(taxes)}
    commission = sum((abs(fee.euros) for fee in host.host_fees), Decimal(0))  # written with either sign
    taxes, lines = _tourist_taxes(host.taxes), host.lines()
    return {
        "currency": financials.currency,
        "total_guest": host.revenue.euros + commission,
        "commission": commission or None,
        "payout": host.revenue.euros,
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "lines": lines,
        "warnings": ["tax_remitted_by_channel"] if _tourist_taxes(guest.taxes) and not taxes else [],
        **_tourist_tax(taxes),
    }


def _tourist_taxes(taxes: Sequence[_Sum]) -> list[Decimal]:
    return [tax.euros for tax in taxes if tax.euros and _tax_kind(tax) is LineKind.TOURIST_TAX]


def _tourist_tax(taxes: list[Decimal]) -> dict[str, Any]:
    return {"tourist_tax": sum(taxes), "total_includes_tourist_tax": True} if taxes else {}


def _tax_kind(tax: _Sum) -> LineKind:
    return LineKind.TOURIST_TAX if is_tourist_tax(tax.label) else LineKind.TAX


def _fee_kind(fee: _Sum) -> LineKind:
    return LineKind.CLEANING if "cleaning" in (fee.label or "").lower() else LineKind.EXTRA


def _event_id(delivery: Delivery) -> str | None:
    """The envelope's `id`, the same for every attempt to deliver one event."""
    return read_as(_Envelope, json_body(delivery.body)).id


CHANNEL_MANAGER = ChannelManager(
    title="Hospitable",
    scheme=HmacHex(header="signature", signs=False),
    read=_read,
    event_id=_event_id,
    commission="`financials.host.host_fees`",
    tourist_tax="`financials.host.taxes`; what the channel remits itself is left off the price",
    gaps="the guest's address and country; no price without the financials scope; whether hosts' own webhooks are signed"
    " is not verified",
)
