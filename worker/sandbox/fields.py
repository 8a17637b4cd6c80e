"""Reading one field of a body: texts and dates."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from worker.sandbox.answers import refuse
from worker.sandbox.switches import Settings
from worker.sandbox.texts import BAD_DATE, FOUR_BYTES, NOT_A_TEXT, TOO_LONG

_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def read_text(given: Mapping[str, Any], field: str, settings: Settings, most: int | None = 255) -> str | None:
    """A text; None where it is unset. Numbers crash as the vendor's sample shows (reference 2.2), 255 by 2.5."""
    value = given.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise refuse(NOT_A_TEXT.about(value))
    if most is not None and len(value) > most:
        raise refuse(TOO_LONG.about(field.capitalize()))
    if settings["emoji"] == "refuse" and any(ord(character) > 0xFFFF for character in value):
        raise refuse(FOUR_BYTES.about(field.capitalize()))  # 15.8
    return value


def read_day(value: object, field: str) -> date:
    """A day as dd/mm/yyyy, or ISO (13.8)."""
    text = value if isinstance(value, str) else ""
    if found := _DAY.fullmatch(text):
        parts = found.group(3), found.group(2), found.group(1)
    elif found := _ISO_DAY.fullmatch(text):
        parts = found.group(1), found.group(2), found.group(3)
    else:
        raise refuse(BAD_DATE.about(field))
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        raise refuse(BAD_DATE.about(field)) from None


def written_day(day: date) -> str:
    """A day as InvoiceXpress writes it."""
    return day.strftime("%d/%m/%Y")
