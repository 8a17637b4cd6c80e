"""One HTTP request that tells us something, and what it was found to be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from mapping.booking import Booking
from mapping.errors import UnreadableDelivery


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the channel manager sent: the raw body, and the parts of the request that verify or name it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NotABooking:
    """A delivery that says nothing about a booking: a test, a message, a rate change. `what` is for the log."""

    what: str


Reading = Sequence[Booking] | NotABooking
"""What a delivery says: the newest state of one booking (or of several), or nothing about bookings."""


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
    except (ValueError, RecursionError):
        raise UnreadableDelivery.at("body", "is not JSON that can be read") from None


def _no_constant(name: str) -> NoReturn:
    raise UnreadableDelivery.at("body", f"has {name}, which is not a number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableDelivery.at("body", "has the same key twice in one object")
    return found
