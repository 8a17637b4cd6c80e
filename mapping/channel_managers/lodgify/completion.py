"""What Lodgify's API adds to a booking that a webhook told: the parts of its price, the guest's country and note.

Only what an invoice needs and the webhook lacks is asked for, and what the API says otherwise than the webhook does not
count. Sources: https://docs.lodgify.com/reference for v2; public integrators' code for `subtotals` and for v1.

No public material shows the channel's commission anywhere in it: not the reference of v2's booking with its quote and
transactions, not the columns of Lodgify's own report, not integrators' code for v1 and v2; Lodgify's help calls commissions
not available for its own bookings. What `external_booking` holds, the channel's words as text, no page says. So none is
asked for. Not verified: how many requests a minute the API takes.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from mapping.booking import Booking, Status
from mapping.channel_managers.lodgify.bodies import Answer, FullGuest, Priced, Reservation, Subtotals
from mapping.delivery import Reading, read_as, reading_from
from mapping.errors import UnreadableDelivery
from mapping.fetch import Answers
from mapping.fields import CENT

A = TypeVar("A", bound=Answer)

# Where the API has it, before the booking's number.
PRICE = "/v2/reservations/bookings/"
GUEST = "/v1/reservation/booking/"

NUMBER = r"[0-9]{1,20}"
"""A booking's id; it becomes part of an address."""

# Door codes, what was written, paid or booked elsewhere, and of a guest what no invoice needs.
NEVER_KEPT = frozenset(
    {
        "created_from_ip",
        "damage_protection",
        "email",
        "external_booking",
        "ip_created",
        "key_code",
        "messages",
        "phone",
        "phone_numbers",
        "quote",
        "transactions",
    }
)


def lacking(booking: Booking) -> Sequence[str]:
    """The paths of what a confirmed booking lacks, in the order in which they are asked."""
    if booking.status is not Status.CONFIRMED or not re.fullmatch(NUMBER, booking.source_id):
        return []
    has_no_price = booking.total_guest is None or booking.currency is None
    is_lacking = {
        PRICE: has_no_price or "total_mismatch" in booking.warnings,
        GUEST: booking.guest_country is None,
    }
    return [path + booking.source_id for path, lacks in is_lacking.items() if lacks]


def completed(booking: Booking, answers: Answers) -> Reading:
    """The booking with what the answers to `lacking` add to it."""
    added: dict[str, Any] = {}
    for number, (path, answer) in enumerate(zip(lacking(booking), answers, strict=False)):
        if path.startswith(PRICE):
            added |= _price(booking, _answer_as(Priced, answer, booking, under=f"answers.{number}"))
        else:
            added |= _guest(booking, _answer_as(Reservation, answer, booking, under=f"answers.{number}"))
    return reading_from({**dict(booking), "warnings": (), **added}, paths={})


def _answer_as(model: type[A], answer: Any, booking: Booking, *, under: str) -> A:
    found = read_as(model, answer, under=under, leniently=True)
    if found.id not in {None, booking.source_id}:
        raise UnreadableDelivery.at(f"{under}.id", "is another booking's")
    return found


def _price(booking: Booking, priced: Priced) -> dict[str, Any]:
    """The price where there was none, and its parts where they come to it. A price of zero says nothing."""
    currency = booking.currency or priced.currency_code
    if priced.currency_code != currency:
        return {}
    total = booking.total_guest if booking.total_guest is not None else priced.total_amount or None
    subtotals = priced.subtotals or Subtotals.model_validate({})
    lines = subtotals.lines()
    if total is None or abs(total - sum(line.amount or 0 for line in lines)) > CENT:
        return {"currency": currency, "total_guest": total}
    return {
        "currency": currency,
        "total_guest": total,
        "total_includes_tourist_tax": None if subtotals.taxes is None else True,
        "cleaning": subtotals.fees,
        "tourist_tax": subtotals.taxes,
        "lines": lines,
    }


def _guest(booking: Booking, reservation: Reservation) -> dict[str, Any]:
    guest = reservation.guest or FullGuest.model_validate({})
    return {
        "guest_name": booking.guest_name or guest.whole_name,
        "guest_country": guest.country_code,
        "guest_address": guest.street_address1,
        "guest_postcode": guest.postal_code,
        "guest_city": guest.city,
        "guest_note": booking.guest_note or reservation.note,
    }
