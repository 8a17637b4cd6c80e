"""Corrections: what a person says of one booking instead of its channel manager.

A correction counts for as long as the channel manager says of that very field what it said when it was corrected.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mapping.booking import Booking
from mapping.fields import Country, Money, Number, Text

RATE = "rate"
FIELDS = ("total_guest", "commission", "guest_name", "guest_country", "guest_tax_id", RATE)
"""What can be corrected: fields of a `Booking`, and the stay's rate of IVA in percent, which no channel manager decides."""
OF_THE_GUEST = frozenset({"guest_name", "guest_country", "guest_tax_id"})
"""Of these no value is ever told outside of what is sealed."""


class Given(BaseModel):
    """Values as a person gives them, read as a booking's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    total_guest: Money
    commission: Money
    guest_name: Text
    guest_country: Country = Field(default=None)
    guest_tax_id: Text
    rate: Number


@dataclass(frozen=True, kw_only=True)
class Correction:
    """One field's value as text, None where a person says that there is none."""

    field: str
    value: str | None
    told: str | None  # what the channel manager said of it when it was corrected
    who: str
    at: datetime


Corrections = Mapping[str, Correction]


def told_of(booking: Booking, field: str) -> str | None:
    """What a booking says of the field, as text."""
    return None if field == RATE else as_text(field, getattr(booking, field))


def as_text(field: str, value: Any) -> str | None:
    """A field's value as a correction has it: money to the cent, a rate in no more digits than it needs."""
    if isinstance(value, Decimal):
        return f"{value.normalize() if field == RATE else value:f}"
    return None if value is None else str(value)


def outdated(booking: Booking, corrections: Corrections) -> list[str]:
    """The fields of which the channel manager by now says something else than when they were corrected."""
    return [field for field, correction in corrections.items() if told_of(booking, field) != correction.told]


def corrected(booking: Booking, corrections: Corrections) -> Booking:
    """`booking` with what its corrections say instead."""
    values = Given.model_validate({field: each.value for field, each in corrections.items()})
    update = {field: getattr(values, field) for field in corrections if field != RATE}
    if "guest_tax_id" in update and values.guest_tax_id is None:
        update["guest_note"] = None  # there may be a number in it
    return booking.model_copy(update=update)


def corrected_rate(corrections: Corrections) -> Decimal | None:
    """The stay's rate in percent, if a person said one."""
    return Decimal(corrections[RATE].value or 0) if RATE in corrections else None
