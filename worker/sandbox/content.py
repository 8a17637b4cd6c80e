"""What a document says, read from a body and checked (reference 2.2, 13.8-13.18)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from worker.sandbox.accounts import Account
from worker.sandbox.amounts import read_number
from worker.sandbox.answers import refuse
from worker.sandbox.clients import client_of_document
from worker.sandbox.fields import read_day, read_text
from worker.sandbox.lines import read_lines
from worker.sandbox.records import Content, Line
from worker.sandbox.switches import Settings
from worker.sandbox.texts import (
    DUE_BEFORE_DATE,
    EXEMPTION_MISSING,
    EXEMPTION_NEEDLESS,
    EXEMPTION_UNKNOWN,
    GLOBAL_DISCOUNT,
    MISSING_ELEMENT,
    NO_PAYMENT_PROVIDER,
    NOT_EURO,
    OWNER_INVOICE,
    RETENTION,
    SEQUENCE_NOT_FOUND,
    UNKNOWN_ATTRIBUTE,
    ZERO_TOTAL,
)
from worker.sandbox.totals import totals_of

# Reference 8.3.
EXEMPTIONS = tuple(
    f"M{number:02}"
    for number in (1, 2, *range(4, 8), *range(9, 17), 19, 20, 21, 25, *range(30, 34), *range(40, 47), 99)
)
STAMPED_EXEMPTION = "M99"
# `status` is tolerated (15.1); a proprietary_uid in here means nothing (13.7c).
_ATTRIBUTES = frozenset(
    {"date", "due_date", "reference", "observations", "retention", "tax_exemption", "tax_exemption_reason"}
    | {"sequence_id", "manual_sequence_number", "client", "items", "mb_reference", "owner_invoice_id"}
    | {"currency_code", "rate", "plugin_id", "global_discount", "status", "proprietary_uid"}
)


def read_content(
    given: Mapping[str, Any], account: Account, kind: str, settings: Settings, *, stamp_exemption: bool
) -> Content:
    """The content that a body describes; 422 where it is not valid.

    The client is looked up last, so that a refused document leaves no new client behind.
    """
    _check_attributes(given, settings)
    day = read_day(given.get("date"), "date")
    lines = read_lines(given.get("items"), account, settings)
    global_discount = _global_discount(given.get("global_discount"))
    client = given.get("client")
    if not isinstance(client, dict):
        raise refuse(MISSING_ELEMENT.about("client"))
    if totals_of(lines, global_discount).total <= 0:
        raise refuse(ZERO_TOTAL)
    return Content(
        date=day,
        due_date=_due_date(given, day),
        lines=lines,
        reference=read_text(given, "reference", settings),
        observations=read_text(given, "observations", settings, most=None),
        retention=_retention(given, settings),
        tax_exemption=_exemption(given, lines, settings, stamp=stamp_exemption),
        sequence_id=_sequence(given, account),
        global_discount=global_discount,
        owner_invoice_id=_owner(given, account, kind),
        client=client_of_document(account, client, settings),
    )


def _check_attributes(given: Mapping[str, Any], settings: Settings) -> None:
    unknown = [attribute for attribute in given if attribute not in _ATTRIBUTES]
    if unknown and settings["unknown_document_attribute"] == "refuse":
        raise refuse(UNKNOWN_ATTRIBUTE.about(unknown[0]))
    if given.get("mb_reference") in ("1", 1):
        raise refuse(NO_PAYMENT_PROVIDER)
    if given.get("currency_code") not in (None, "", "EUR"):
        raise refuse(NOT_EURO.about(given["currency_code"]))


def _due_date(given: Mapping[str, Any], day: date) -> date:
    if given.get("due_date") is None:  # counts as absent and is accepted (15.11)
        return day
    due = read_day(given["due_date"], "due_date")
    if due < day:
        raise refuse(DUE_BEFORE_DATE)
    return due


def _retention(given: Mapping[str, Any], settings: Settings) -> str | None:
    text = read_text(given, "retention", settings)
    number = read_number(text or "0")
    if number is None or not 0 <= number <= Decimal("99.99"):
        raise refuse(RETENTION)
    return text


def _exemption(given: Mapping[str, Any], lines: tuple[Line, ...], settings: Settings, *, stamp: bool) -> str | None:
    code = given.get("tax_exemption") or given.get("tax_exemption_reason")
    if code == "M00":
        code = None
    if code and code not in EXEMPTIONS:
        raise refuse(EXEMPTION_UNKNOWN.about(", ".join(EXEMPTIONS)))
    if all(line.tax.value for line in lines):
        if code and settings["needless_exemption"] == "refuse":
            raise refuse(EXEMPTION_NEEDLESS)
        return None
    if not code and not stamp:
        raise refuse(EXEMPTION_MISSING)
    return code or STAMPED_EXEMPTION


def _sequence(given: Mapping[str, Any], account: Account) -> int:
    asked = given.get("sequence_id")
    if asked in (None, ""):
        return account.default_sequence.id
    if not str(asked).isdecimal() or int(str(asked)) not in account.sequences:
        raise refuse(SEQUENCE_NOT_FOUND.about(asked))
    return int(str(asked))


def _global_discount(given: object) -> tuple[str, Decimal] | None:
    if given is None:
        return None
    kind = given.get("value_type") if isinstance(given, dict) else None
    value = read_number(given.get("value")) if isinstance(given, dict) else None
    if kind not in ("percentage", "absolute") or value is None or value < 0:
        raise refuse(GLOBAL_DISCOUNT)
    return str(kind), value


def _owner(given: Mapping[str, Any], account: Account, kind: str) -> int | None:
    """Credit and debit notes need a document that is final; a draft cannot have one (reference 10)."""
    if kind not in {"credit_notes", "debit_notes"}:
        return None
    asked = str(given.get("owner_invoice_id"))
    owner = account.documents.get(int(asked)) if asked.isdecimal() else None
    if owner is None or owner.status not in {"final", "settled"}:
        raise refuse(OWNER_INVOICE)
    return owner.id
