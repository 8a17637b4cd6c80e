"""Bookings as a file for a spreadsheet: a line each, with what `faturasync bookings --json` says of it."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from worker.ledger import Ledger
from worker.records import Record
from worker.views import as_json

COLUMNS = (
    "booking", "account", "property", "channel_manager", "source_id", "channel", "channel_reference", "status", "reason",
    "todo", "guest", "check_in", "check_out", "amount", "rate", "currency", "basis", "commission", "reference", "document_id",
    "document_state", "document_url", "deliveries", "updated_at", "warnings", "guest_data_dropped_at",
)  # fmt: skip
NUMBERS = frozenset({"amount", "rate", "commission", "document_id", "deliveries"})
AT_ONCE = 500
BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would run instead of showing, if a guest was called so."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How numbers and cells are parted where the reader's spreadsheet opens it with a double click."""

    cells: str
    decimals: str


DIALECTS = {"en": Dialect(cells=",", decimals="."), "pt": Dialect(cells=";", decimals=",")}


def csv_lines(ledger: Ledger, keys: Sequence[str], dialect: Dialect) -> Iterator[str]:
    """The file, in parts; a booking that is not there any more is left out."""
    yield BYTE_ORDER_MARK + _line(COLUMNS, dialect)
    for start in range(0, len(keys), AT_ONCE):
        records = ledger.many(keys[start : start + AT_ONCE])
        yield "".join(_line(_cells(record, dialect), dialect) for record in records)


def _cells(record: Record, dialect: Dialect) -> list[str]:
    told = as_json(record)
    document = told.pop("document") or {}
    told |= {f"document_{name}": document.get(name) for name in ("id", "state", "url")}
    told["warnings"] = " ".join(each["warning"] for each in told["warnings"])
    return [_number(told[name], dialect) if name in NUMBERS else _text(told[name]) for name in COLUMNS]


def _number(value: Any, dialect: Dialect) -> str:
    return "" if value is None else str(value).replace(".", dialect.decimals)


def _text(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def _line(cells: Sequence[str], dialect: Dialect) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=dialect.cells, lineterminator="\r\n").writerow(cells)
    return file.getvalue()
