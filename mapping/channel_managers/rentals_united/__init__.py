"""Rentals United: reservations pushed as XML (RLNM), the root element being the event, with login and password inside.

Sources: https://docs.rentalsunited.com (currency, reservation statuses, leads); the API's classes as they stand in
https://github.com/axeh/RentalsUnitedAPI; bodies in public receivers; shared reference channel-managers.md section 2.9.

A reservation may have several properties, each with a price of its own. It is one booking all the same: a cancellation
names the reservation alone, and a stay may be moved to another property. What is let are then all of them together, so
"412005+412006" is a listing like any other.

Not verified: that `AlreadyIncluded` means inside `Rent`, where Airbnb's guest fee is counted, and the numbers of statuses
beyond the four below. `CountryID` is a number of the vendor's own, whose table was not found; it is not read.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import Any

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, sum_of
from mapping.channel_managers import ChannelManager
from mapping.channel_managers.rentals_united.bodies import (
    GUEST_FEE,
    LISTS,
    Customer,
    Guests,
    Named,
    Push,
    Reservation,
    State,
    Stay,
)
from mapping.delivery import Cancellation, Delivery, NotABooking, Reading, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.signatures import InBody
from mapping.xml_body import xml_body

# Root elements, and what their reservation is where it has no status of its own. The first is sent for changes too.
EVENTS = {
    "LNM_PutConfirmedReservation_RQ": Status.CONFIRMED,
    "LNM_PutUnconfirmedReservation_RQ": Status.PENDING,
}
CANCELLED = "LNM_CancelReservation_RQ"
"""Has no more than the reservation's id."""
LEAD = "LNM_PutLeadReservation_RQ"
"""A guest's question; the vendor says itself that it is no booking."""

# `ReservationStatusID`: confirmed, cancelled, modified ("confirmed reservation that has been changed"), request.
STATUSES = {"1": Status.CONFIRMED, "2": Status.CANCELLED, "3": Status.CONFIRMED, "4": Status.PENDING}

# `Creator` is who made the reservation: a channel's address in the vendor's own domain, or that of the account itself.
CHANNELS_DOMAIN = "rentalsunited.com"
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "bookingcom": Channel.BOOKING,
    "expedia": Channel.EXPEDIA,
    "homeaway": Channel.VRBO,
    "vrbo": Channel.VRBO,
}

UNNAMED = "not provided"
"""What stands for a name that a channel did not tell."""

AUTHENTICATION = re.compile(rb"<Authentication>.*?</Authentication>|<Authentication\s*/>", re.DOTALL)
CARD = re.compile(rb"<CreditCard\b.*?</CreditCard\s*>", re.DOTALL)
"""A payment card, with its security code, that some channels' reservations come with."""
START_OF_ROOT = re.compile(rb"<[A-Za-z_][^>]*>")


def _read(delivery: Delivery) -> Reading | Cancellation:
    event, content = xml_body(delivery.body, lists=LISTS)
    if event == CANCELLED:
        return Cancellation(source_id=read_as(Named, content, under=event).reservation_id)
    if event in EVENTS:
        return _read_push(event, read_as(Push, content, under=event, leniently=True))
    if "Reservation" in event and event != LEAD:  # what became of a reservation must not pass unnoticed
        raise UnreadableDelivery.at(event[:60], "is not an event that is known here")
    return NotABooking(what=event[:60])


def _read_push(event: str, push: Push) -> Reading | Cancellation:
    under = f"{event}.Reservation"
    state = read_as(State, push.reservation, under=under)
    status = _status(event, state.reservation_status_id)
    reservation = read_as(Reservation, push.reservation, under=under, leniently=status is not Status.CONFIRMED)
    stays = reservation.stay_infos.stay_info if reservation.stay_infos else ()
    if stays:
        login = push.authentication.user_name if push.authentication else None
        return _reading(reservation, stays, status, login=login, under=under)
    if status is Status.CANCELLED:
        return Cancellation(source_id=state.reservation_id)
    if status is Status.PENDING:
        return NotABooking(what="pending without stays")  # as some channels' requests come
    raise UnreadableDelivery.at(f"{under}.StayInfos.StayInfo", "is missing or empty")


def _status(event: str, said: str | None) -> Status:
    status = STATUSES.get(said, Status.UNKNOWN) if said else EVENTS[event]
    return status if EVENTS[event] is Status.CONFIRMED or status is Status.CANCELLED else Status.PENDING


def _reading(
    reservation: Reservation, stays: Sequence[Stay], status: Status, *, login: str | None, under: str
) -> Reading:
    by_day = sorted(stays, key=lambda stay: stay.date_from)
    has_gap = any(later.date_from > earlier.date_to for earlier, later in pairwise(by_day))
    lines = [line for stay in stays for line in stay.lines()]
    currencies = set(filter(None, [reservation.currency, *(code for stay in stays for code in stay.currencies)]))
    fields = {
        "source_id": reservation.reservation_id,
        "channel": _channel(reservation.creator or "", login),
        "channel_raw": reservation.creator,
        "channel_reference": reservation.reference_id,
        "status": status,
        "status_raw": reservation.reservation_status_id,
        "modified_at": reservation.last_mod,
        "created_at": reservation.created_date,
        "booked_at": reservation.created_date,
        "property_ref": "+".join(sorted({stay.property_id for stay in stays})),
        "check_in": by_day[0].date_from,
        "check_out": max(stay.date_to for stay in stays),
        # Of a stay with nights away in the middle no draft could say which nights it is for: a person must.
        "stays": len(stays) if has_gap else None,
        # Of several, the one that keeps the booking from being invoiced as euros.
        "currency": next(iter(sorted(currencies - {"EUR"}) or currencies), None),
        "total_guest": _sum([stay.total for stay in stays]),
        "price_is": PriceIs.GUEST_TOTAL,
        # Zero is what channels that tell none leave behind.
        "commission": abs(_sum([stay.commission for stay in stays]) or Decimal(0)) or None,
        "cleaning": sum_of([line for line in lines if line.included_in_total], LineKind.CLEANING),
        "lines": lines,
        "guest_note": reservation.comments,
        "warnings": _warnings(lines),
        **_tourist_tax(lines),
        **_guest(reservation),
    }
    stay = f"{under}.StayInfos.StayInfo.0"
    paths = {"check_in": f"{stay}.DateFrom", "check_out": f"{stay}.DateTo", "property_ref": f"{stay}.PropertyID"}
    return reading_from(fields, paths=paths)


def _channel(creator: str, login: str | None) -> Channel:
    """Where the guest booked; what the account itself made is the host's own booking."""
    name, _, domain = creator.lower().partition("@")
    if domain == CHANNELS_DOMAIN:
        return CHANNELS.get(name, Channel.OTHER)
    return Channel.DIRECT if creator and login and creator.lower() == login.lower() else Channel.OTHER


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """All of them together; None where one is not said."""
    said = [amount for amount in amounts if amount is not None]
    return sum(said, Decimal(0)) if len(said) == len(amounts) else None


def _warnings(lines: Sequence[Line]) -> list[str]:
    """A fee on top, other than a tourist tax or Airbnb's own: nobody says whether the host gets it, so it is not billed."""
    on_top = [line for line in lines if not line.included_in_total and line.kind is not LineKind.TOURIST_TAX]
    return ["total_mismatch"] if any((line.label or "").lower() != GUEST_FEE for line in on_top) else []


def _tourist_tax(lines: Sequence[Line]) -> dict[str, Any]:
    """The tourist tax, and whether the price contains it; where some of it is on top, only the part inside counts."""
    taxes = [line for line in lines if line.kind is LineKind.TOURIST_TAX]
    inside = [line for line in taxes if line.included_in_total]
    return {
        "tourist_tax": sum_of(inside or taxes, LineKind.TOURIST_TAX),
        "total_includes_tourist_tax": bool(inside) if taxes else None,
    }


def _guest(reservation: Reservation) -> dict[str, Any]:
    guests, customer = reservation.guest_details_info or Guests(), reservation.customer_info or Customer()
    names = [customer.name, customer.sur_name]
    return {
        "adults": guests.number_of_adults,
        "children": guests.number_of_children,
        "infants": guests.number_of_infants,
        "guest_name": " ".join(name for name in names if name and name.lower() != UNNAMED),
        "guest_email": customer.email,
        "guest_phone": customer.phone,
        "guest_address": customer.address,
        "guest_postcode": customer.zip_code,
    }


def _login(body: bytes) -> str | None:
    """What stands in a body as login and password."""
    try:
        event, content = xml_body(body, lists=LISTS)
        found = read_as(Push, content, under=event).authentication
    except UnreadableDelivery:
        return None
    return f"{found.user_name}:{found.password}" if found else None


def _with_login(body: bytes, secret: str) -> bytes:
    login, _, password = (escape(part, quote=False) for part in secret.partition(":"))
    told = f"<Authentication><UserName>{login}</UserName><Password>{password}</Password></Authentication>".encode()
    if AUTHENTICATION.search(body):
        return AUTHENTICATION.sub(lambda _: told, body, count=1)
    return START_OF_ROOT.sub(lambda root: root[0] + told, body, count=1)


def _without_card(body: bytes) -> bytes:
    return CARD.sub(b"", body)


CHANNEL_MANAGER = ChannelManager(
    title="Rentals United",
    scheme=InBody(found=_login, put=_with_login, content_type="text/xml; charset=utf-8"),
    read=_read,
    kept=_without_card,
    says_currency=False,
    commission="`ChannelCommission`, where the channel tells it",
    tourist_tax="a tax or fee with its name, inside the price or on top as it says",
    gaps="the guest's country; the currency, where no fee names it: prices are then taken as euros, or in the settings' currency",
)
