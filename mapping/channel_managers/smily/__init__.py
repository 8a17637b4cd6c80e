"""Smily (BookingSync): signed bodies with the booking in API v3's form; guest, channel and rental are only ids in it.

Sources: https://github.com/BookingSync/bookingsync-api-docs (guide webhook-subscriptions; reference of bookings,
bookings_fees, bookings_taxes, clients, sources); shared reference channel-managers.md section 2.7.

The guide says that `resource` is what API v3 answers, and shows one resource under its singular name (`client`); the API
answers lists (`bookings`). Both are read, and so are `clients` and `sources` beside the booking, as the API puts them there
when it is asked to include them. No public page shows a webhook that has these: not verified.

Where the host's authorisation is given, both are asked of API v3: clients need the scope `clients_read`, sources
`bookings_read`. Client credentials give `public` alone, hence a refresh token, which is another one after each use
(https://developers.bookingsync.com/reference/authorization).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, sum_of
from mapping.channel_managers import ChannelManager
from mapping.channel_managers.smily.bodies import (
    Beside,
    Booking,
    Client,
    Envelope,
    Resource,
    Source,
    State,
    Tax,
)
from mapping.channel_managers.smily.completion import lacking, with_answers
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fetch import Answers, Fetch, Question, RefreshToken, authorisation, bearer
from mapping.signatures import HmacHex, ruby_base64

DESTROYED = "booking_destroyed"
EVENTS = {"booking_created", "booking_updated", DESTROYED}

# `status`. Unavailable is a closed period, the owner's own stays among them.
STATUSES = {
    "Booked": Status.CONFIRMED,
    "Tentative": Status.PENDING,
    "Unavailable": Status.BLOCKED,
    "Canceled": Status.CANCELLED,
    "Cancelled": Status.CANCELLED,
}

# `sources[].name` in small letters; hosts name their sources themselves.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "booking.com": Channel.BOOKING,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
    "abritel": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
}

# Times are UTC, and the stay's days are Portugal's: a check-in at local midnight is the day before in UTC's summer.
# The Azores are an hour behind, which matters only between 23 and 24 o'clock.
PORTUGAL = ZoneInfo("Europe/Lisbon")


def _read(delivery: Delivery) -> Reading:
    return _read_with(delivery, [])


def _read_with(delivery: Delivery, answers: Answers) -> Reading:
    """What the delivery says, with the clients and sources in the answers as if they stood beside its bookings."""
    envelope = read_as(Envelope, json_body(delivery.body))
    if envelope.event not in EVENTS:
        return NotABooking(what=envelope.event[:60])
    beside = with_answers(envelope.resource, answers)
    destroyed = envelope.event == DESTROYED
    given = _bookings_in(envelope)
    found = [_read_booking(each, beside, under=under, destroyed=destroyed) for under, each in given.items()]
    bookings = [booking for one in found if not isinstance(one, NotABooking) for booking in one]
    return bookings or found[0]


def _bookings_in(envelope: Envelope) -> Mapping[str, Any]:
    """Each booking by where it stands."""
    resource = read_as(Resource, envelope.resource, under="resource")
    if resource.booking is not None:
        return {"resource.booking": resource.booking}
    if not resource.bookings:
        raise UnreadableDelivery.at("resource.booking", "is missing or empty")
    return {f"resource.bookings.{number}": each for number, each in enumerate(resource.bookings)}


def _question(delivery: Delivery, source_id: str, answers: Answers) -> Question | None:
    reading = _read(delivery)
    if isinstance(reading, NotABooking):
        return None
    confirmed = {booking.source_id for booking in reading if booking.status is Status.CONFIRMED}
    envelope = read_as(Envelope, json_body(delivery.body))
    bookings = [read_as(Booking, each, leniently=True) for each in _bookings_in(envelope).values()]
    links = next((each.links for each in bookings if each.id == source_id and source_id in confirmed), None)
    paths = lacking(links, read_as(Beside, envelope.resource, leniently=True)) if links else []
    return Question(path=paths[len(answers)]) if len(answers) < len(paths) else None


def _read_booking(given: Any, resource: Any, *, under: str, destroyed: bool) -> Reading:
    state = read_as(State, given, under=under)
    status = STATUSES.get(state.status or "", Status.UNKNOWN)
    if destroyed and status is not Status.BLOCKED:
        status = Status.CANCELLED
    leniently = status is not Status.CONFIRMED
    booking = read_as(Booking, given, under=under, leniently=leniently)
    beside = read_as(Beside, resource, under="resource", leniently=leniently)
    return _reading(booking, beside, status, under=under)


def _reading(booking: Booking, beside: Beside, status: Status, *, under: str) -> Reading:
    lines = _lines(booking)
    fields = {
        "source_id": booking.id,
        "channel_reference": booking.external_reference,
        "status": status,
        "status_raw": booking.status,
        "modified_at": booking.updated_at,
        "created_at": booking.created_at,
        "cancelled_at": booking.canceled_at,
        "property_ref": booking.links.rental,
        "check_in": _day(booking.start_at),
        "check_out": _day(booking.end_at),
        "adults": booking.adults,
        "children": booking.children,
        "currency": booking.currency,
        "total_guest": _total(booking),
        "price_is": PriceIs.GUEST_TOTAL,  # final_payback_to_owner is what a manager owes the owner
        "commission": abs(booking.commission or Decimal(0)) or None,
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "deposit": booking.damage_deposit or None,
        "lines": lines,
        "guest_note": booking.notes,
        **_channel(booking.links.source, beside.sources),
        **_guest(booking.links.client, beside.clients),
        **_tourist_tax(booking.bookings_taxes),
    }
    paths = {"check_in": "start_at", "check_out": "end_at", "property_ref": "links.rental"}
    return reading_from(fields, paths={ours: f"{under}.{theirs}" for ours, theirs in paths.items()})


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(PORTUGAL).date() if moment else None


def _total(booking: Booking) -> Decimal | None:
    """`final_price`, and the fees and taxes that are said to come on top of it; a tourist tax on top stays apart."""
    if booking.final_price is None:
        return None
    fees = [fee.line() for fee in booking.bookings_fees if fee.included_in_price is False]
    taxes = [tax.line() for tax in booking.bookings_taxes if tax.is_on_top and not tax.is_tourist_tax]
    return booking.final_price + sum(line.amount or Decimal(0) for line in [*fees, *taxes])


def _lines(booking: Booking) -> list[Line]:
    """The parts of the total. Taxes "included in the price" of rental or fees are in theirs: only tourist tax is told apart."""
    if booking.final_rental_price is None:
        return []
    taxes = [tax for tax in booking.bookings_taxes if tax.amount and (tax.is_on_top or tax.is_tourist_tax)]
    inside = sum(tax.amount or Decimal(0) for tax in taxes if not tax.is_on_top)
    rental = Line(
        kind=LineKind.ACCOMMODATION,
        label="rental",
        amount=booking.final_rental_price - inside,
        included_in_total=True,
    )
    return [rental, *(fee.line() for fee in booking.bookings_fees if fee.price), *(tax.line() for tax in taxes)]


def _tourist_tax(taxes: Sequence[Tax]) -> dict[str, Any]:
    """The tourist tax, and whether the total contains it: where part of it does, only that part must come off."""
    found = [tax for tax in taxes if tax.is_tourist_tax and tax.amount is not None]
    inside = [tax for tax in found if not tax.is_on_top]
    counted = inside or found
    return {
        "tourist_tax": sum((tax.amount or Decimal(0) for tax in counted), Decimal(0)) if counted else None,
        "total_includes_tourist_tax": bool(inside) if counted else None,
    }


def _channel(source: str | None, sources: Sequence[Source]) -> dict[str, Any]:
    """Where the guest booked. A booking without a source is the host's own; of one with an id alone nobody can tell."""
    if source is None:
        return {"channel": Channel.DIRECT}
    name = next((each.name for each in sources if each.id == source), None)
    return {"channel": CHANNELS.get((name or "").lower(), Channel.OTHER), "channel_raw": name}


def _guest(client_id: str | None, clients: Sequence[Client]) -> dict[str, Any]:
    client = next((each for each in clients if each.id == client_id), None)
    if client is None:
        return {}
    address = next(iter(client.addresses), None)
    return {
        "guest_name": client.fullname,
        "guest_company": client.company,
        "guest_tax_id": client.vat_number,
        "guest_language": client.preferred_locale,
        "guest_email": next((each.email for each in client.emails), None),
        "guest_phone": next((each.number for each in client.phones), None),
        "guest_address": address.address1 if address else None,
        "guest_postcode": address.zip if address else None,
        "guest_city": address.city if address else None,
        "guest_country": address.country_code if address else None,
    }


CHANNEL_MANAGER = ChannelManager(
    title="Smily",
    scheme=HmacHex(header="x-content-signature", digest="sha1", message=ruby_base64),
    read=_read,
    commission="the booking's commission, often empty: then percentages with --commission",
    tourist_tax="a tax of the booking with such a name, inside the price or on top",
    gaps="the guest's name and the channel's name, of which it sends ids: they are fetched where the host's authorisation is"
    " given; untried: all that its public pages do not show",
    fetch=Fetch(
        host="https://www.bookingsync.com",
        accept=authorisation,
        headers=lambda token: {**bearer(token), "Accept": "application/vnd.api+json"},
        question=_question,
        read=_read_with,
        a_minute=16,  # 1000 an hour for the application
        requests=2,
        token=RefreshToken(path="/oauth/token", a_day=24),  # a token is good for two hours
        completes=True,
        never_kept=frozenset({"passport", "notes"}),
    ),
)
