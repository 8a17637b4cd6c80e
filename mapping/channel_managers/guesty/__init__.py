"""Guesty: webhooks that name a reservation, which is then asked of its Open API: reservation, folio, its items, guest.

Sources: https://open-api-docs.guesty.com (docs: webhooks, reservation-webhooks-migration-guide, financial-webhooks,
reservation-migration, rate-limits, valid-enumerations; reference: reservationsopenapicontroller_getreservationsbyids,
guestfoliocontroller_getfoliooverview, getguestfolioinvoiceitems, guestsopenapicontroller_getguest,
reservationsopenapicontroller_createownerconfirmed), https://help.guesty.com/hc/en-gb/articles/15686196791581 (deducted
fees); shared reference channel-managers.md section 2.10 for what only public receivers show.

`subTotalPrice` is accommodation less discounts, cleaning and fees; `totalTaxes` (IVA, tourist tax) comes on top, and both
together are what the guest pays and what the items come to (as in public quotes that show all of it). What a channel takes
from the guest for itself is in neither. Not verified: where `guest-folio.*` names the reservation, the `normalType` of a
commission, whether a deducted fee is still in the fare's item, and how the guest's `fields` are told apart (by a space here).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from mapping.booking import Channel, Line, LineKind, PriceIs, Status, sum_of
from mapping.channel_managers import ChannelManager
from mapping.channel_managers.guesty.bodies import (
    ID,
    Address,
    Envelope,
    Folio,
    Guest,
    Item,
    Items,
    Reservation,
    State,
    Stay,
)
from mapping.delivery import PRICED, Delivery, Doorbell, NotABooking, Reading, json_body, read_as, reading_from
from mapping.errors import BookingNotFound, UnreadableDelivery
from mapping.fetch import Answers, ClientCredentials, Fetch, Question, bearer, client_id_and_secret
from mapping.signatures import StandardWebhooks

M = TypeVar("M", bound=BaseModel)

# Where a body names the reservation: the first place that says something. Public receivers disagree on the v2 events'
# nesting; a folio's own `_id` is not the reservation's.
OF_FOLIO = (
    "data.reservationId",
    "data.reservation._id",
    "data.reservation.id",
    "reservationId",
    "reservation._id",
    "reservation.id",
)
OF_RESERVATION = (*OF_FOLIO, "data._id", "data.id")

# All ring for the newest state. The last three are sent until the end of 2026, to those who subscribed to them long ago.
EVENTS = {
    "reservation.created.v2": OF_RESERVATION,
    "reservation.updated.v2": OF_RESERVATION,
    "guest-folio.created": OF_FOLIO,
    "guest-folio.updated": OF_FOLIO,
    "reservation.new": OF_RESERVATION,
    "reservation.updated": OF_RESERVATION,
    "reservation_update_shortlist": OF_RESERVATION,
}

# `platform` and `source`, their letters in lower case. Either may name a channel; others are campaigns and portals.
CHANNELS = {
    "airbnb": Channel.AIRBNB,
    "bookingcom": Channel.BOOKING,
    "homeaway": Channel.VRBO,
    "vrbo": Channel.VRBO,
    "expedia": Channel.EXPEDIA,
    "direct": Channel.DIRECT,
    "manual": Channel.DIRECT,
    "website": Channel.DIRECT,
}


def _read(delivery: Delivery) -> Doorbell | NotABooking:
    body = json_body(delivery.body)
    envelope = read_as(Envelope, body)
    event = envelope.event or envelope.event_type
    if event is None:
        raise UnreadableDelivery.at("event", "is missing or empty")
    if event not in EVENTS:
        return NotABooking(what=event[:60])
    places = EVENTS[event]
    path = next((place for place in places if _at(body, place) not in (None, "")), places[0])
    source_id = _at(body, path)
    if not (isinstance(source_id, str) and re.fullmatch(ID, source_id)):
        raise UnreadableDelivery.at(path, "must be the id of a reservation")
    return Doorbell(source_id=source_id)


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def _event_id(delivery: Delivery) -> str | None:
    """The body's own id of the event; Svix's, which is a header, is not kept with it."""
    meta = read_as(Envelope, json_body(delivery.body)).meta
    return (meta.event_id or meta.message_id) if meta else None


def _question(_delivery: Delivery, source_id: str, answers: Answers) -> Question | None:
    """The folio of what is not to be billed may be withheld, and nobody needs it."""
    if not answers:
        query = {"reservationIds[]": source_id, "mergeAccommodationFarePriceComponents": "false"}
        return Question(path="/v1/reservations-v3", query=query)
    path, found = _row(answers, 0, source_id)
    state = read_as(State, found, under=path)
    if state.meaning is not Status.CONFIRMED or len(state.stay) > 1:
        return None
    guest = state.booker_id or state.guest_id
    asked = [
        Question(path=f"/v1/guest-folio/{part}", query={"reservationIds": source_id, "fields": ",".join(names)})
        for part, names in (("overview", _names(Folio)), ("invoice-items", _names(Item)))
    ]
    if guest:
        asked.append(Question(path=f"/v1/guests-crud/{guest}", query={"fields": " ".join(_names(Guest))}))
    return next(iter(asked[len(answers) - 1 :]), None)


def _names(model: type[BaseModel]) -> Sequence[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _row(answers: Answers, number: int, source_id: str) -> tuple[str, Any]:
    """Where the reservation stands in an answer, and what stands there.

    Raises `BookingNotFound` where it is not among what was found.
    """
    path, rows = f"answers.{number}", answers[number] if len(answers) > number else None
    if isinstance(rows, dict):
        path, rows = f"{path}.results", rows.get("results")
    if not isinstance(rows, list):
        raise UnreadableDelivery.at(path, "must be a list")
    for place, row in enumerate(rows):
        if isinstance(row, dict) and source_id in (row.get("_id"), row.get("reservationId")):
            return f"{path}.{place}", row
    raise BookingNotFound(f"{path} is without it")


def _row_as(model: type[M], answers: Answers, number: int, source_id: str) -> M:
    path, found = _row(answers, number, source_id)
    return read_as(model, found, under=path)


def _read_answers(delivery: Delivery, answers: Answers) -> Reading:
    named = _read(delivery)
    if isinstance(named, NotABooking):
        return named
    path, found = _row(answers, 0, named.source_id)
    state = read_as(State, found, under=path)
    if state.meaning is not Status.CONFIRMED:
        return _reading(read_as(Reservation, found, under=path, leniently=True), path, {})
    if len(state.stay) > 1:  # moved to another unit, or split: whose IVA rate and whose price is whose, nobody says
        return _reading(read_as(Reservation, found, under=path, leniently=True), path, {"stays": len(state.stay)})
    folio = _row_as(Folio, answers, 1, named.source_id)
    items = _row_as(Items, answers, 2, named.source_id).invoice_items
    guest = read_as(Guest, answers[3], under="answers.3") if len(answers) > 3 else Guest.model_validate({})
    return _reading(read_as(Reservation, found, under=path), path, {**_money(folio, items), **_guest(guest)})


def _reading(reservation: Reservation, path: str, more: Mapping[str, Any]) -> Reading:
    stay = reservation.stay[0] if reservation.stay else Stay.model_validate({})
    last = reservation.stay[-1] if reservation.stay else stay
    guests, notes = stay.number_of_guests, reservation.notes
    metadata = reservation.channel_metadata
    fields = {
        "source_id": reservation.id,
        "group_id": reservation.group_id,
        "channel": _channel(reservation),
        "channel_raw": reservation.source or reservation.platform,
        "channel_reference": (metadata and metadata.external_reservation_id) or reservation.confirmation_code,
        "status": reservation.meaning,
        "status_raw": reservation.status,
        "created_at": reservation.created_at,
        "booked_at": reservation.confirmed_at,
        "cancelled_at": reservation.canceled_at,
        "property_ref": stay.unit_id or stay.unit_type_id,
        "check_in": stay.check_in_date_localized or stay.check_in_date,
        "check_out": last.check_out_date_localized or last.check_out_date,
        "adults": guests and guests.number_of_adults,
        "children": guests and guests.number_of_children,
        "infants": guests and guests.number_of_infants,
        "price_is": PriceIs.GUEST_TOTAL,
        "guest_note": "\n".join(filter(None, [notes.special_requests, notes.guest])) if notes else None,
        **more,
    }
    paths = {
        "property_ref": "stay.0.unitId",
        "check_in": "stay.0.checkInDateLocalized",
        "check_out": "stay.0.checkOutDateLocalized",
    }
    return reading_from(fields, paths={ours: f"{path}.{theirs}" for ours, theirs in paths.items()})


def _channel(reservation: Reservation) -> Channel:
    """What either names; a host who types in what was booked at Airbnb makes a manual reservation with that source."""
    words = ["".join(filter(str.isalpha, each or "")).lower() for each in (reservation.platform, reservation.source)]
    known = {CHANNELS[word] for word in words if word in CHANNELS}
    return next(iter(sorted(known - {Channel.DIRECT})), Channel.DIRECT if known else Channel.OTHER)


def _guest(guest: Guest) -> dict[str, Any]:
    address = guest.address or Address.model_validate({})
    return {
        "guest_name": guest.full_name or " ".join(filter(None, [guest.first_name, guest.last_name])),
        "guest_email": guest.email,
        "guest_address": address.street,
        "guest_postcode": address.zip_code or address.zipcode,
        "guest_city": address.city,
        "guest_country": address.country_code or address.country,
        "guest_language": guest.preferred_language,
    }


def _money(folio: Folio, items: Sequence[Item]) -> dict[str, Any]:
    lines = _lines(folio, [item for item in items if item.total_price is not None])
    taxes = sum_of(lines, LineKind.TOURIST_TAX)
    return {
        "currency": folio.currency,
        "total_guest": folio.total,
        "commission": folio.commission,
        # Where a commission is settled later, the payout is the whole price: it must not be taken for what is left of it.
        "payout": None if folio.host_payout == folio.total else folio.host_payout,
        "cleaning": sum_of((line for line in lines if line.included_in_total), LineKind.CLEANING),
        "deposit": sum_of(lines, LineKind.DEPOSIT),
        "tourist_tax": taxes or None,
        "total_includes_tourist_tax": True if taxes else None,
        "lines": lines,
    }


def _lines(folio: Folio, items: Sequence[Item]) -> list[Line]:
    """The items; a fee that was deducted from the fare counts beside it unless the others make the price without it."""
    deducted = [item for item in items if item.is_deducted or item.is_deducted_v2]
    others = [item.total_price or 0 for item in items if item not in deducted and item.kind in PRICED]
    is_in_the_fare = sum(others) == folio.total
    lines = [item.line(is_in_the_fare=is_in_the_fare and item in deducted) for item in items]
    # Guesty gives them in any order, and what is read twice has to be alike.
    return sorted(lines, key=lambda line: (line.kind, line.label or "", line.amount or 0))


CHANNEL_MANAGER = ChannelManager(
    title="Guesty",
    scheme=StandardWebhooks(prefix="svix-"),
    read=_read,
    event_id=_event_id,
    commission="`channelCommissionIncTax` of the folio, where the channel tells it or the host put one in",
    tourist_tax="a tax of the folio that is not IVA (`CT`, `TT`, `LT`, `OCT`, `TOT`), or an item with such a name",
    gaps="everything but the booking's id: it is fetched with a client id and secret; stays that were moved or split are"
    " left to a person; where folio events name the booking is not verified",
    fetch=Fetch(
        host="https://open-api.guesty.com",
        accept=client_id_and_secret,
        headers=bearer,
        question=_question,
        read=_read_answers,
        a_minute=120,
        requests=8,
        token=ClientCredentials(path="/oauth2/token", scope="open-api", a_day=5),
        reads_twice=True,  # reservation, folio and items are not changed in one piece
        never_kept=frozenset(
            {"keyCode", "creationInfo", "customFields", "birthday", "passportNumber", "identityNumber"}
        ),
    ),
)
