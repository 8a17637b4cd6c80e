"""Channex: webhooks that only name a booking, which is then read from its API and never acknowledged.

To acknowledge a revision would take it from the host's own system, which is who has to. Sources:
https://docs.channex.io/api-v.1-documentation/webhook-collection and bookings-collection; shared reference
channel-managers.md section 2.8. Not verified: whether `amount` contains services, what it means for Airbnb, and how a
test delivery looks (any event that is not listed is none of ours).
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, is_tourist_tax, sum_of
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, Doorbell, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fetch import Answers, Fetch, Question, one_word
from mapping.fields import Count, CountryOrNone, Currency, Day, Flag, Id, Moment, Money, Part, Parts, Text, VendorBody
from mapping.signatures import StaticHeader

# A booking of a room that is mapped to nothing is one all the same. The last is sent for a revision that the host's system
# did not acknowledge within half an hour.
EVENTS = {
    "booking",
    "booking_new",
    "booking_modification",
    "booking_cancellation",
    "booking_unmapped_room",
    "booking_unmapped_rate",
    "non_acked_booking",
}

# `status`. There are no blocks, owner's stays or enquiries among Channex's bookings.
STATUSES = {"new": Status.CONFIRMED, "modified": Status.CONFIRMED, "cancelled": Status.CANCELLED}

# `ota_name`, its letters in lower case. `Offline` is what the host typed in.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "bookingcom": Channel.BOOKING,
    "expedia": Channel.EXPEDIA,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
    "offline": Channel.DIRECT,
}

# `type` of a tax.
LINE_KINDS = {"fee": LineKind.EXTRA, "tax": LineKind.TAX, "city_tax": LineKind.TOURIST_TAX}

UNDER = "answers.0.data.attributes"

BookingId = Annotated[Id, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID; it becomes part of an address."""


class _Named(VendorBody):
    booking_id: BookingId


class _Envelope(VendorBody):
    event: Id
    payload: Any = None


class _Tax(VendorBody):
    type: Text
    name: Text
    total_price: Money
    is_inclusive: Flag

    def line(self) -> Line:
        kind = LINE_KINDS.get(self.type or "", LineKind.OTHER)
        kind = LineKind.TOURIST_TAX if is_tourist_tax(self.name) else kind
        return Line(kind=kind, label=self.name, amount=self.total_price, included_in_total=self.is_inclusive)


class _Service(VendorBody):
    name: Text
    total_price: Money


class _Room(VendorBody):
    amount: Money
    taxes: Parts[_Tax]
    services: Parts[_Service]


class _Customer(VendorBody):
    name: Text
    surname: Text
    mail: Text
    phone: Text
    address: Text
    city: Text
    zip: Text
    country: CountryOrNone
    language: Text


class _Occupancy(VendorBody):
    adults: Count
    children: Count
    infants: Count


class _State(VendorBody):
    status: Text

    @property
    def meaning(self) -> Status:
        return STATUSES.get(self.status or "", Status.UNKNOWN)


class _Booking(_State):
    id: Text
    booking_id: Text
    property_id: Id
    unique_id: Text
    ota_reservation_code: Text
    ota_name: Text
    arrival_date: Day
    departure_date: Day
    inserted_at: Moment
    amount: Money
    currency: Currency = None
    ota_commission: Money
    notes: Text
    occupancy: Part[_Occupancy]
    customer: Part[_Customer]
    rooms: Parts[_Room]
    services: Parts[_Service]


def _read(delivery: Delivery) -> Doorbell | NotABooking:
    envelope = read_as(_Envelope, json_body(delivery.body))
    if envelope.event not in EVENTS:
        return NotABooking(what=envelope.event[:60])
    return Doorbell(source_id=read_as(_Named, envelope.payload or {}, under="payload").booking_id)


def _question(_delivery: Delivery, source_id: str, answers: Answers) -> Question | None:
    return None if answers else Question(path=f"/api/v1/bookings/{source_id}")


def _read_answers(_delivery: Delivery, answers: Answers) -> Reading:
    found = answers[0] if answers else None
    data = found.get("data") if isinstance(found, dict) else None
    attributes = data.get("attributes") if isinstance(data, dict) else None
    if not isinstance(attributes, dict):
        raise UnreadableDelivery.at(UNDER, "is missing, or no object")
    status = read_as(_State, attributes, under=UNDER).meaning
    return _reading(read_as(_Booking, attributes, under=UNDER, leniently=status is not Status.CONFIRMED))


def _reading(booking: _Booking) -> Reading:
    customer, occupancy, lines = booking.customer, booking.occupancy, _lines(booking)
    names = [customer.name, customer.surname] if customer else []
    fields = {
        "source_id": booking.booking_id or booking.id,
        "channel": CHANNELS.get("".join(filter(str.isalpha, booking.ota_name or "")).lower(), Channel.OTHER),
        "channel_raw": booking.ota_name,
        "channel_reference": booking.ota_reservation_code or booking.unique_id,
        "status": booking.meaning,
        "status_raw": booking.status,
        "created_at": booking.inserted_at,
        "booked_at": booking.inserted_at,
        "property_ref": booking.property_id,
        "check_in": booking.arrival_date,
        "check_out": booking.departure_date,
        "adults": occupancy.adults if occupancy else None,
        "children": occupancy.children if occupancy else None,
        "infants": occupancy.infants if occupancy else None,
        "guest_name": " ".join(filter(None, names)),
        "guest_email": customer.mail if customer else None,
        "guest_phone": customer.phone if customer else None,
        "guest_address": customer.address if customer else None,
        "guest_postcode": customer.zip if customer else None,
        "guest_city": customer.city if customer else None,
        "guest_country": customer.country if customer else None,
        "guest_language": customer.language if customer else None,
        "currency": booking.currency,
        "total_guest": booking.amount,
        "price_is": PriceIs.GUEST_TOTAL,
        "commission": booking.ota_commission,
        "lines": lines,
        "guest_note": booking.notes,
        **_tourist_tax(lines),
    }
    paths = {"source_id": "id", "check_in": "arrival_date", "check_out": "departure_date"}
    return reading_from(fields, paths={ours: f"{UNDER}.{theirs}" for ours, theirs in paths.items()})


def _lines(booking: _Booking) -> list[Line]:
    """Each room without the taxes inside its amount, the taxes, and the services.

    Services count where the rooms alone do not make the amount; what is still missing or too much then is warned of.
    """
    lines: list[Line] = []
    for room in booking.rooms:
        taxes = [tax.line() for tax in room.taxes if tax.total_price is not None]
        inside = sum(line.amount or 0 for line in taxes if line.included_in_total)
        amount = None if room.amount is None else room.amount - inside
        lines += [Line(kind=LineKind.ACCOMMODATION, label=None, amount=amount, included_in_total=True), *taxes]
    rooms = sum(room.amount or 0 for room in booking.rooms)
    return [*lines, *_services(booking, inside=booking.amount is not None and booking.amount != rooms)]


def _services(booking: _Booking, *, inside: bool) -> Sequence[Line]:
    services = [*booking.services, *(service for room in booking.rooms for service in room.services)]
    return [
        Line(kind=LineKind.EXTRA, label=each.name, amount=each.total_price, included_in_total=inside)
        for each in services
        if each.total_price is not None
    ]


def _tourist_tax(lines: Sequence[Line]) -> dict[str, Any]:
    """The tourist tax, and whether the amount contains it; where some of it is on top, only the part inside counts."""
    taxes = [line for line in lines if line.kind is LineKind.TOURIST_TAX]
    inside = [line for line in taxes if line.included_in_total is not False]
    return {
        "tourist_tax": sum_of(inside or taxes, LineKind.TOURIST_TAX),
        "total_includes_tourist_tax": bool(inside) if taxes else None,
    }


CHANNEL_MANAGER = ChannelManager(
    title="Channex",
    scheme=StaticHeader(),
    read=_read,
    commission="`ota_commission`, where the channel tells it",
    tourist_tax="a tax of type `city_tax`, inside the amount or on top as it says",
    gaps="everything but the booking's id: it is fetched with an API key, and never acknowledged",
    fetch=Fetch(
        host="https://secure.channex.io",
        accept=one_word,
        headers=lambda api_key: {"user-api-key": api_key},
        question=_question,
        read=_read_answers,
        a_minute=60,
        never_kept=frozenset({"guarantee"}),  # a payment card
    ),
)
