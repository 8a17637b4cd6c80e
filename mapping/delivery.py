"""One HTTP request that tells us something, and what it was found to be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from mapping.booking import RELAY_DOMAINS, Booking, LineKind, Status
from mapping.errors import UnreadableDelivery
from mapping.fields import CENT

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the channel manager sent: the raw body, and the parts of the request that verify or name it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    query: Mapping[str, str] = field(default_factory=dict)
    certificate: bytes | None = None  # in PEM, from where its scheme says that it is


@dataclass(frozen=True, kw_only=True)
class NotABooking:
    """A delivery that says nothing about a booking: a test, a message, a rate change. `what` is for the log."""

    what: str


@dataclass(frozen=True, kw_only=True)
class Doorbell:
    """A delivery that says only that a booking changed: what it now is has to be asked of the channel manager."""

    source_id: str


@dataclass(frozen=True, kw_only=True)
class Cancellation:
    """A delivery that says only that a booking was cancelled: what it was stands in those before it."""

    source_id: str


# Lines that add up to what the guest pays; the others say who got it.
PRICED = frozenset(LineKind) - {LineKind.COMMISSION, LineKind.PAYMENT, LineKind.DEPOSIT}

Reading = Sequence[Booking] | NotABooking
"""What a delivery says: the newest state of one booking (or of several), or nothing about bookings."""

Named = Doorbell | Cancellation
"""A booking of which a delivery tells no more than its id."""


def json_body(body: bytes) -> Any:
    """The body's JSON, numbers with a point as `Decimal`.

    Raises `UnreadableDelivery` for anything that is not plain JSON in UTF-8: NaN, a key given twice, depth or digits
    beyond what Python reads.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableDelivery.at("body", "is not UTF-8") from None
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError, InvalidOperation):  # InvalidOperation: an exponent beyond what Decimal holds
        raise UnreadableDelivery.at("body", "is not JSON that can be read") from None


def read_as(model: type[M], body: Any, *, under: str = "", leniently: bool = False) -> M:
    """`body` read as a `model`. Raises `UnreadableDelivery` that names each wrong place below `under`.

    `leniently` takes what cannot be read as not said: right for bookings that are not invoiced, where an odd price or
    telephone number must not hide that a booking was cancelled.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        if leniently:
            wrong = [list(takewhile(lambda part: isinstance(part, str), found["loc"])) for found in error.errors()]
            try:
                return model.model_validate(_without(body, wrong))
            except ValidationError:
                pass
        raise UnreadableDelivery.of(error, under=under) from None


def _without(body: Any, paths: Sequence[Sequence[str | int]]) -> Any:
    """A copy of `body` in which nothing stands at any of `paths`."""
    if not isinstance(body, dict):
        return body
    below = {key: [path[1:] for path in paths if path and path[0] == key] for key in body}
    return {
        key: _without(value, below[key]) if below[key] else value for key, value in body.items() if [] not in below[key]
    }


def reading_from(fields: Mapping[str, Any], *, paths: Mapping[str, str]) -> Reading:
    """The `Booking` of these fields, with what is odd about it in its warnings.

    A block or an enquiry that names no days is none. `paths` says where in the body the fields stand that a `Booking`
    insists on, for `UnreadableDelivery`.
    """
    without_days = not (fields["check_in"] and fields["check_out"])
    if without_days and fields["status"] not in {Status.CONFIRMED, Status.CANCELLED}:
        return NotABooking(what=f"{fields['status']} without days")
    try:
        booking = Booking.model_validate(dict(fields))
    except ValidationError as error:
        problems = UnreadableDelivery.of(error).problems
        raise UnreadableDelivery(
            [replace(found, path=paths.get(found.path, found.path)) for found in problems]
        ) from None
    return [booking.model_copy(update={"warnings": (*booking.warnings, *_oddities(booking))})]


def _oddities(booking: Booking) -> list[str]:
    email, name, total = (booking.guest_email or "").lower(), (booking.guest_name or "").split(), booking.total_guest
    included = [line.amount or Decimal(0) for line in booking.lines if line.included_in_total and line.kind in PRICED]
    found = {
        "relay_email": email.endswith(tuple("@" + domain for domain in RELAY_DOMAINS)),
        "partial_name": len(name) == 1,
        "unknown_status": booking.status is Status.UNKNOWN,
        "total_mismatch": total is not None and bool(included) and abs(total - sum(included)) > CENT,
    }
    return [slug for slug, is_so in found.items() if is_so]


def _no_constant(name: str) -> NoReturn:
    raise UnreadableDelivery.at("body", f"has {name}, which is not a number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableDelivery.at("body", "has the same key twice in one object")
    return found
