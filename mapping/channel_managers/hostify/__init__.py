"""Hostify: events through Amazon SNS, of which most only name a reservation; it is then read from its API.

Sources: https://app.hostify.com/docs ("Reservation object", "Guest object", "Push Notifications using Amazon SNS"), which does
not show what an event holds. That is known from integrators' public code only: a new reservation comes with `data`
(reservation, listing, guest), an update with days and a status code, a move with the listing. Who gave an API key has every
reservation fetched; without one, an event counts that tells all of WHOLE. Two integrators read their events without Amazon's
message around them ("raw message delivery"): nobody has signed such a one, so it only ever names a reservation.

Not verified, for want of a public sample: whether events tell prices at all; whether `subtotal` contains cleaning and
extras, and `tax_amount` the tourist tax (parts that do not come to `subtotal` + `tax_amount` warn); what the status `edited`
means (so it is not invoiced); whether a cancelled reservation's `payout_price` is always what was kept. `transaction_fee`,
what a payment cost the host, is taken for no part of the commission.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, sum_of
from mapping.channel_managers import ChannelManager
from mapping.channel_managers.hostify.bodies import (
    Envelope,
    Event,
    Listing,
    Named,
    Reservation,
    TellsState,
    Told,
)
from mapping.delivery import Delivery, Doorbell, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import BookingNotFound, UnreadableDelivery
from mapping.fetch import Answers, Fetch, Question, one_word
from mapping.fields import CENT
from mapping.signatures import Sns

# `Type` of what Amazon itself has to say.
SUBSCRIPTIONS = {"SubscriptionConfirmation", "UnsubscribeConfirmation"}

# `action`. Others (message_new, create_listing, ...) tell of no reservation.
ACTIONS = {"new_reservation", "update_reservation", "move_reservation"}

# What a reservation must say in an event to count without being fetched.
WHOLE = ("id", "listing_id", "status", "checkIn", "checkOut", "currency", "subtotal", "updated_at")

# `source` in small letters.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "booking.com": Channel.BOOKING,
    "vrbo": Channel.VRBO,
    "homeaway": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
    "direct": Channel.DIRECT,
    "website": Channel.DIRECT,
}


def _read(delivery: Delivery) -> Reading | Doorbell:
    given = json_body(delivery.body)
    envelope = read_as(Envelope, given)
    if envelope.type in SUBSCRIPTIONS:
        return NotABooking(what=envelope.type)
    is_bare = envelope.type is None
    told, under = (given, "") if is_bare else (_message(envelope.message), "Message")
    event = read_as(Event, told, under=under)
    if event.action not in ACTIONS:
        return NotABooking(what=event.action[:60])
    if _is_whole(event.data) and not is_bare:
        return _read_told(event.data, under="Message.data")
    return Doorbell(source_id=read_as(Named, told, under=under).reservation_id)


def _message(given: Any) -> Any:
    """The event, which is JSON in a text."""
    if not isinstance(given, str):
        return given
    try:
        return json_body(given.encode("utf-8", "surrogatepass"))
    except UnreadableDelivery:
        raise UnreadableDelivery.at("Message", "is not JSON that can be read") from None


def _is_whole(data: Any) -> bool:
    """Whether an event tells all that is invoiced, and the moment that puts it in order."""
    if not isinstance(data, dict) or not isinstance(data.get("reservation"), dict):
        return False
    reservation, guest = data["reservation"], data.get("guest")
    is_named = reservation.get("guest_name") or (isinstance(guest, dict) and guest.get("name"))
    return bool(is_named) and not any(reservation.get(name) is None or reservation[name] == "" for name in WHOLE)


def _question(_delivery: Delivery, source_id: str, answers: Answers) -> Question | None:
    related = {"include_related_objects": "1", "fees": "1"}
    return None if answers else Question(path=f"/reservations/{source_id}", query=related)


def _read_answers(_delivery: Delivery, answers: Answers) -> Reading:
    found = answers[0] if answers else None
    if isinstance(found, dict) and found.get("success") is False:
        raise BookingNotFound("an answer without success")
    return _read_told(found, under="answers.0")


def _read_told(given: Any, *, under: str) -> Reading:
    status = read_as(TellsState, given, under=under).reservation.meaning
    told = read_as(Told, given, under=under, leniently=status is not Status.CONFIRMED)
    fees = [fee.line() for fee in told.fees or told.reservation.fees]
    lines = [line for line in fees if line.amount] or told.reservation.lines()
    return _reading(told.reservation, lines, _guest(told), told.listing, under=f"{under}.reservation")


def _reading(
    reservation: Reservation, lines: Sequence[Line], guest: Mapping[str, Any], listing: Listing | None, *, under: str
) -> Reading:
    status, parent = reservation.meaning, reservation.parent_listing_id
    fields = {
        "source_id": reservation.id,
        "channel": CHANNELS.get((reservation.source or "").lower(), Channel.OTHER),
        "channel_raw": reservation.source,
        "channel_reference": reservation.channel_reservation_id or reservation.confirmation_code,
        "status": status,
        "status_raw": reservation.status,
        "modified_at": reservation.updated_at,
        "created_at": reservation.created_at,
        "booked_at": reservation.confirmed_at or reservation.created_at,
        "cancelled_at": reservation.cancelled_at,
        "cancellation_fee": (reservation.payout_price or None) if status is Status.CANCELLED else None,
        # Each channel has a listing of its own below the one that the host made.
        "property_ref": parent or reservation.listing_id,
        "unit_ref": reservation.listing_id if parent and parent != reservation.listing_id else None,
        "property_name": (listing.nickname or listing.name if listing else None) or reservation.listing_nickname,
        "check_in": reservation.checkIn,
        "check_out": reservation.checkOut,
        "adults": reservation.adults,
        "children": reservation.children,
        "infants": reservation.infants,
        "currency": reservation.currency,
        "total_guest": reservation.total,
        "price_is": PriceIs.GUEST_TOTAL,  # the payout is a field of its own, payout_price
        "commission": abs(reservation.channel_commission or 0) or None,
        "deposit": reservation.security_price or None,
        "payout": reservation.payout_price,
        "guest_note": reservation.notes,
        **guest,
        **_parts(reservation.total, lines),
    }
    paths = {"check_in": "checkIn", "check_out": "checkOut"}
    return reading_from(fields, paths={ours: f"{under}.{theirs}" for ours, theirs in paths.items()})


def _guest(told: Told) -> dict[str, Any]:
    guest = told.guest
    if guest is None:
        return {"guest_name": told.reservation.guest_name}
    return {
        "guest_name": guest.name or told.reservation.guest_name,
        "guest_email": guest.email,
        "guest_phone": guest.phone or guest.phones,
        "guest_address": guest.address,
        "guest_postcode": guest.zip_code,
        "guest_city": guest.city,
        "guest_country": guest.country,
    }


def _parts(total: Decimal | None, lines: Sequence[Line]) -> dict[str, Any]:
    """The lines, and whether the price contains the tourist tax among them: as their sum tells."""
    tax = sum_of(lines, LineKind.TOURIST_TAX)
    others = sum((line.amount or Decimal(0) for line in lines), Decimal(0)) - (tax or 0)
    is_on_top = bool(tax) and total is not None and abs(others - total) <= CENT
    return {
        "cleaning": sum_of(lines, LineKind.CLEANING),
        "tourist_tax": tax,
        "total_includes_tourist_tax": not is_on_top if tax else None,
        "lines": [
            line.model_copy(update={"included_in_total": not (is_on_top and line.kind is LineKind.TOURIST_TAX)})
            for line in lines
        ],
    }


def _event_id(delivery: Delivery) -> str | None:
    """Amazon's id of the message, the same for every attempt to deliver it."""
    return read_as(Envelope, json_body(delivery.body)).message_id or delivery.headers.get("x-amz-sns-message-id")


CHANNEL_MANAGER = ChannelManager(
    title="Hostify",
    scheme=Sns(takes_raw=True),
    read=_read,
    event_id=_event_id,
    commission="`channel_commission`",
    tourist_tax="`city_tax`, or a fee with its name in it",
    gaps="most events only name a reservation: it is fetched with an API key; untried: all that its public pages do not show",
    fetch=Fetch(
        host="https://api-rms.hostify.com",
        accept=one_word,
        headers=lambda api_key: {"x-api-key": api_key},
        question=_question,
        read=_read_answers,
        a_minute=60,
        completes=True,
        never_kept=frozenset({"lock_pin", "lock_link", "access_codes", "custom_fields", "hostify_checkin_form_link"}),
    ),
)
