"""Lodgify: signed bodies, an array with one event or a bare event; no commission, no modified time.

Sources: https://docs.lodgify.com/reference/webhooks; shared reference channel-managers.md section 2.2 for what only
deliveries show. `completion` says what the API adds, and that the commission is not there either.
"""

from typing import Any

from mapping.booking import Channel, PriceIs, Status
from mapping.channel_managers import ChannelManager
from mapping.channel_managers.lodgify.bodies import Amounts, Event, Guest, Heading, Order
from mapping.channel_managers.lodgify.completion import NEVER_KEPT, completed, lacking
from mapping.delivery import Delivery, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fetch import Answers, Fetch, Question, one_word
from mapping.signatures import HmacHex

# Events about something else. Of all others `booking.status` tells the meaning: `action` has values that no page lists.
OTHER_ACTIONS = {"rate_change", "availability_change", "guest_message_received"}

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
    heading = read_as(Heading, given, under=under)
    action, state = heading.action or "", heading.booking
    if action in OTHER_ACTIONS or (state is None and action and not action.startswith("booking_")):
        return NotABooking(what=action[:60])
    if state is None:
        raise UnreadableDelivery.at(_path(under, "booking"), "is missing or empty")
    event = read_as(Event, given, under=under, leniently=state.meaning is not Status.CONFIRMED)
    return _reading(event, under=under)


def _reading(event: Event, *, under: str) -> Reading:
    booking = event.booking
    guest = event.guest or Guest.model_validate({})
    order = event.current_order or Order.model_validate({})
    gross = order.amount_gross or Amounts.model_validate({})
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


def _question(delivery: Delivery, _source_id: str, answers: Answers) -> Question | None:
    """Of several bookings in one body, which public deliveries never show, none is completed."""
    reading = _read(delivery)
    paths = lacking(reading[0]) if not isinstance(reading, NotABooking) and len(reading) == 1 else []
    return Question(path=paths[len(answers)]) if len(answers) < len(paths) else None


def _read_answers(delivery: Delivery, answers: Answers) -> Reading:
    reading = _read(delivery)
    return reading if isinstance(reading, NotABooking) or len(reading) > 1 else completed(reading[0], answers)


CHANNEL_MANAGER = ChannelManager(
    title="Lodgify",
    scheme=HmacHex(header="ms-signature", prefix="sha256="),
    read=_read,
    commission="none: give percentages with `--commission`",
    tourist_tax="`amount_gross.total_taxes_amount`",
    gaps="the commission, which its API does not tell either; the guest's country and what add-ons cost, unless it is given an"
    " API key; each subscription has a secret of its own: give them all",
    fetch=Fetch(
        host="https://api.lodgify.com",
        accept=one_word,
        headers=lambda api_key: {"X-ApiKey": api_key},
        question=_question,
        read=_read_answers,
        a_minute=60,
        requests=2,
        completes=True,
        never_kept=NEVER_KEPT,
    ),
)
