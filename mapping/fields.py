"""Field types for vendors' bodies: tolerant of how a value is written, strict about what it is.

Vendors send strings for numbers, numbers for strings, and "" or null for what they do not know. Each type here reads
all of these and is None where nothing was said.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")

CENT = Decimal("0.01")
LARGEST_AMOUNT = Decimal(10000000)

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T ].*)?")
_COUNTRY = re.compile(r"[A-Z]{2}")


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
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError('must be a number such as "612.50"')
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a number below ten million") from None
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
    written = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return date.fromisoformat(written[1] if written else "")
    except ValueError:
        raise ValueError("must be a day such as 2026-08-03") from None


def _moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value) or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a moment such as 2026-05-19T18:42:31Z") from None


def _upper(value: object) -> str | None:
    text = _text(value)
    return text.upper() if text else None


def _country_or_none(value: object) -> str | None:
    code = _upper(value)
    return code if code and _COUNTRY.fullmatch(code) else None


def _nothing_if_empty(value: object) -> object:
    return None if isinstance(value, str | list | dict) and not value else value


def _empty_if_absent(value: object) -> object:
    return () if value is None or value == "" else value


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


Text = Annotated[Annotated[str, Field(max_length=10_000)] | None, BeforeValidator(_text), Field(default=None)]
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
Currency = Annotated[Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None, BeforeValidator(_upper)]
"""ISO 4217, in capitals."""
Country = Annotated[Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None, BeforeValidator(_upper)]
"""ISO 3166, two capitals."""
CountryOrNone = Annotated[str | None, BeforeValidator(_country_or_none), Field(default=None)]
"""A country where the vendor writes its code; its name in some language is taken as nothing said."""
Flag = Annotated[bool | None, BeforeValidator(_flag), Field(default=None)]

Id = Annotated[str, BeforeValidator(_given(_text)), Field(max_length=255)]
"""A vendor's id, always text; must be there."""
RequiredDay = Annotated[date, BeforeValidator(_given(_day))]
Slug = Annotated[str, BeforeValidator(_given(_text)), Field(max_length=100)]

Part = Annotated[T | None, BeforeValidator(_nothing_if_empty), Field(default=None)]
"""An object inside the body; "", [] and {} are how some vendors write that there is none."""
Parts = Annotated[tuple[T, ...], BeforeValidator(_empty_if_absent), Field(default=())]
"""A list inside the body, empty where it is null or missing."""


class VendorBody(BaseModel):
    """A vendor's object: its fields by the vendor's names, those that we do not read left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore")
