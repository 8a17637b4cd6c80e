"""Field types for vendors' bodies: tolerant of how a value is written, strict about what it is.

Vendors send strings for numbers, numbers for strings, and "" or null for what they do not know. Each type here reads
all of these and is None where nothing was said.
"""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

T = TypeVar("T")

CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal(10000000)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be text")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("has half a character (a lone surrogate)")
    return text or None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError("must be a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError('must be a number such as "612.50"') from None
    if not number.is_finite() or abs(number) > LARGEST_AMOUNT:
        raise ValueError("must be a number below ten million")
    return number


def to_cents(amount: Decimal) -> Decimal:
    """`amount` in euros, rounded half up to whole cents (vendors' floats carry noise behind them)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def _money(value: object) -> Decimal | None:
    number = _decimal(value)
    return None if number is None else to_cents(number)


def _count(value: object) -> int | None:
    number = _decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise ValueError("must be a whole number")
    return int(number)


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise ValueError("must be a day such as 2026-08-03") from None


def _moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a moment such as 2026-05-19T18:42:31Z") from None


def _flag(value: object) -> bool | None:
    known = {
        "true": True,
        "yes": True,
        "1": True,
        "false": False,
        "no": False,
        "0": False,
        "": None,
        "none": None,
    }
    word = str(value).strip().lower()
    if word not in known:
        raise ValueError("must be true or false")
    return known[word]


def _given(read: Callable[[object], T | None]) -> Callable[[object], T]:
    """`read` for a field that must say something."""

    def required(value: object) -> T:
        found = read(value)
        if found is None:
            raise ValueError("is missing or empty")
        return found

    return required


Text = Annotated[str | None, BeforeValidator(_text), Field(default=None, max_length=10_000)]
"""Trimmed text; a number is taken as its digits."""
Money = Annotated[Decimal | None, BeforeValidator(_money), Field(default=None)]
"""An amount in major units (euros), to the cent."""
Number = Annotated[Decimal | None, BeforeValidator(_decimal), Field(default=None)]
"""A number that is no amount: a rate, a percentage."""
Count = Annotated[int | None, BeforeValidator(_count), Field(default=None)]
Day = Annotated[date | None, BeforeValidator(_day), Field(default=None)]
"""A calendar day; of a date and time, the day as written."""
Moment = Annotated[datetime | None, BeforeValidator(_moment), Field(default=None)]
"""A moment in UTC; one written without a zone is taken as UTC (it serves to order states, not to tell the day)."""
Flag = Annotated[bool | None, BeforeValidator(_flag), Field(default=None)]

Id = Annotated[str, BeforeValidator(_given(_text)), Field(max_length=255)]
"""A vendor's id, always text; must be there."""
RequiredDay = Annotated[date, BeforeValidator(_given(_day))]
