"""Hostaway: unified webhooks with optional HTTP Basic; the whole reservation with its finance lines in every body.

Sources: https://github.com/Hostaway/api source/includes (reservation object, unified webhooks); shared reference
channel-managers.md section 2.3 for what only deliveries show.
"""

from decimal import Decimal
from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.fields import (
    Count,
    CountryOrNone,
    Currency,
    Day,
    Flag,
    Id,
    Moment,
    Money,
    Part,
    Parts,
    Text,
    VendorBody,
)
from mapping.signatures import Basic

# There is no event for a cancellation: it is an update with the status `cancelled`.
EVENTS = {"reservation.created", "reservation.updated"}

# `status`. A request that came to nothing never was a booking.
STATUSES = {
    "new": Status.CONFIRMED,
    "modified": Status.CONFIRMED,
    "confirmed": Status.CONFIRMED,
    "cancelled": Status.CANCELLED,
    "ownerStay": Status.OWNER_STAY,
    "pending": Status.PENDING,
    "awaitingPayment": Status.PENDING,
    "awaitingGuestVerification": Status.PENDING,
    "unconfirmed": Status.PENDING,
    "declined": Status.INQUIRY,
    "expired": Status.INQUIRY,
    "inquiry": Status.INQUIRY,
    "inquiryPreapproved": Status.INQUIRY,
    "inquiryDenied": Status.INQUIRY,
    "inquiryTimedout": Status.INQUIRY,
    "inquiryNotPossible": Status.INQUIRY,
}

# `channelId`. Calendars (iCal), partners and all others are `other`.
CHANNELS = {
    "2000": Channel.DIRECT,
    "2001": Channel.AIRBNB,
    "2002": Channel.VRBO,
    "2005": Channel.BOOKING,
    "2007": Channel.EXPEDIA,
    "2013": Channel.DIRECT,
    "2018": Channel.AIRBNB,
}

# financeField `name`, then `type` (`accomodation` in one line of the changelog; `price` in rows from before 2024).
LINE_KINDS_BY_NAME = {
    "baseRate": LineKind.ACCOMMODATION,
    "cleaningFee": LineKind.CLEANING,
    "damageDeposit": LineKind.DEPOSIT,
}
LINE_KINDS_BY_TYPE = {
    "accommodation": LineKind.ACCOMMODATION,
    "accomodation": LineKind.ACCOMMODATION,
    "fee": LineKind.EXTRA,
    "tax": LineKind.TAX,
    "discount": LineKind.DISCOUNT,
    "commissions": LineKind.COMMISSION,
    "totals": LineKind.PAYMENT,
}
# Airbnb collects this one and pays it to the municipality itself.
AIRBNB_REMITS = "airbnbTransientOccupancyTax"


class _Camel(VendorBody):
    model_config = ConfigDict(alias_generator=to_camel)


class _Payload(VendorBody):
    data: Any = None


class _Envelope(VendorBody):
    event: Id
    data: Any = None
    payload: Part[_Payload]


class _FinanceField(_Camel):
    type: Text
    name: Text
    title: Text
    alias: Text
    total: Money
    is_included_in_total_price: Flag
    is_deleted: Flag

    @property
    def kind(self) -> LineKind:
        if self.name != AIRBNB_REMITS and is_tourist_tax(self.name, self.title, self.alias):
            return LineKind.TOURIST_TAX
        return LINE_KINDS_BY_NAME.get(self.name or "") or LINE_KINDS_BY_TYPE.get(self.type or "", LineKind.OTHER)

    @property
    def is_remitted(self) -> bool:
        return self.name == AIRBNB_REMITS and bool(self.is_included_in_total_price) and not self.is_deleted

    def line(self) -> Line:
        label = self.alias or self.title or self.name
        included = False if self.is_remitted else self.is_included_in_total_price
        return Line(kind=self.kind, label=label, amount=self.total, included_in_total=included)


class _State(_Camel):
    """What tells whether a reservation is a booking at all."""

    status: Text
    is_dates_unspecified: Flag

    @property
    def meaning(self) -> Status:
        status = STATUSES.get(self.status or "", Status.UNKNOWN)
        # Both days are then yesterday's: what is confirmed is not known yet.
        return Status.PENDING if status is Status.CONFIRMED and self.is_dates_unspecified else status


class _Reservation(_State):
    id: Text
    hostaway_reservation_id: Text
    listing_map_id: Id
    listing_name: Text
    channel_id: Text
    channel_name: Text
    channel_reservation_id: Text
    confirmation_code: Text
    reservation_date: Moment
    inserted_on: Moment
    updated_on: Moment
    latest_activity_on: Moment
    cancellation_date: Moment
    arrival_date: Day
    departure_date: Day
    adults: Count
    children: Count
    infants: Count
    guest_name: Text
    guest_first_name: Text
    guest_last_name: Text
    guest_email: Text
    phone: Text
    guest_address: Text
    guest_zip_code: Text
    guest_city: Text
    guest_country: CountryOrNone
    guest_locale: Text
    bookingcom_booker_company: Text
    guest_note: Text
    comment: Text
    currency: Currency = None
    total_price: Money
    channel_commission_amount: Money
    cleaning_fee: Money
    security_deposit_fee: Money
    airbnb_expected_payout_amount: Money
    airbnb_listing_host_fee: Money
    airbnb_listing_cancellation_payout: Money
    finance_field: Parts[_FinanceField]


def _read(delivery: Delivery) -> Reading:
    envelope = read_as(_Envelope, json_body(delivery.body))
    if envelope.event not in EVENTS:
        return NotABooking(what=envelope.event)
    if envelope.data is None and envelope.payload:
        return _read_reservation(envelope.payload.data, under="payload.data")
    return _read_reservation(envelope.data, under="data")


def _read_reservation(given: Any, *, under: str) -> Reading:
    status = read_as(_State, given, under=under).meaning
    reservation = read_as(_Reservation, given, under=under, leniently=status is not Status.CONFIRMED)
    return _reading(reservation, under=under)


def _reading(reservation: _Reservation, *, under: str) -> Reading:
    status, channel = reservation.meaning, CHANNELS.get(reservation.channel_id or "", Channel.OTHER)
    lines = [field.line() for field in reservation.finance_field if not field.is_deleted and field.total is not None]
    names = [reservation.guest_first_name, reservation.guest_last_name]
    fields = {
        "source_id": reservation.id or reservation.hostaway_reservation_id,
        "channel": channel,
        "channel_raw": reservation.channel_name,
        "channel_reference": reservation.confirmation_code or reservation.channel_reservation_id,
        "status": status,
        "status_raw": reservation.status,
        "modified_at": reservation.updated_on or reservation.latest_activity_on,
        "created_at": reservation.inserted_on,
        "booked_at": reservation.reservation_date,
        "cancelled_at": reservation.cancellation_date,
        "cancellation_fee": reservation.airbnb_listing_cancellation_payout if status is Status.CANCELLED else None,
        "property_ref": reservation.listing_map_id,
        "property_name": reservation.listing_name,
        "check_in": reservation.arrival_date,
        "check_out": reservation.departure_date,
        "adults": reservation.adults,
        "children": reservation.children,
        "infants": reservation.infants,
        "guest_name": reservation.guest_name or " ".join(filter(None, names)),
        "guest_email": reservation.guest_email,
        "guest_phone": reservation.phone,
        "guest_address": reservation.guest_address,
        "guest_postcode": reservation.guest_zip_code,
        "guest_city": reservation.guest_city,
        "guest_country": reservation.guest_country,
        "guest_language": reservation.guest_locale,
        "guest_company": reservation.bookingcom_booker_company,
        "currency": reservation.currency,
        "price_is": PriceIs.GUEST_TOTAL,  # the payout is a field of its own, airbnbExpectedPayoutAmount
        "commission": _commission(reservation, channel),
        "cleaning": reservation.cleaning_fee or sum_of(lines, LineKind.CLEANING),
        "deposit": reservation.security_deposit_fee,
        "payout": reservation.airbnb_expected_payout_amount,
        "lines": lines,
        "guest_note": reservation.guest_note or reservation.comment,
        **_total(reservation),
        **_tourist_tax(lines),
    }
    paths = {"source_id": "id", "check_in": "arrivalDate", "check_out": "departureDate"}
    return reading_from(fields, paths={ours: f"{under}.{theirs}" for ours, theirs in paths.items()})


def _total(reservation: _Reservation) -> dict[str, Any]:
    """What the guest pays, without a tax that Airbnb keeps from the host and that the total is said to contain."""
    remitted = [field.total for field in reservation.finance_field if field.is_remitted and field.total]
    if reservation.total_price is None or not remitted:
        return {"total_guest": reservation.total_price}
    return {"total_guest": reservation.total_price - sum(remitted), "warnings": ["tax_remitted_by_channel"]}


def _tourist_tax(lines: list[Line]) -> dict[str, Any]:
    """The tourist tax, and whether the total contains it.

    Where some of it is contained and some is not, only the first part counts: it must come off the total.
    """
    taxes = [line for line in lines if line.kind is LineKind.TOURIST_TAX]
    contained = [line for line in taxes if line.included_in_total is not False]
    said = {line.included_in_total for line in contained or taxes}
    return {
        "tourist_tax": sum_of(contained or taxes, LineKind.TOURIST_TAX),
        "total_includes_tourist_tax": said.pop() if len(said) == 1 else None,
    }


def _commission(reservation: _Reservation, channel: Channel) -> Decimal | None:
    """What the channel keeps. Airbnb's host fee stands in for it, never beside it; zero is taken as not said."""
    host_fee = reservation.airbnb_listing_host_fee if channel is Channel.AIRBNB else None
    return abs(reservation.channel_commission_amount or host_fee or Decimal(0)) or None


CHANNEL_MANAGER = ChannelManager(
    title="Hostaway",
    scheme=Basic(),
    read=_read,
    commission="`channelCommissionAmount`, else Airbnb's host fee",
    tourist_tax="`financeField`; Airbnb's own occupancy tax is left off the price",
    gaps="none known",
)
