"""The endpoints of taxes (reference 8)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import Response, request

from worker.sandbox.amounts import read_number, written
from worker.sandbox.answers import Refused, empty_answer, json_answer, refuse
from worker.sandbox.calls import Call, given_under, in_turn
from worker.sandbox.fields import read_text
from worker.sandbox.records import Tax
from worker.sandbox.texts import (
    CANNOT_HANDLE,
    INTERNAL_ERROR,
    NAME_BLANK,
    NOT_AVAILABLE,
    TAX_REGION,
    TAX_VALUE,
)


def show_tax(call: Call, tax: Tax) -> dict[str, object]:
    """A tax in an answer; its value is a text since 2026 (reference 8.1)."""
    value = written(tax.value) if call.settings["tax_values_as"] == "texts" else tax.value
    shown = {"id": tax.id, "name": tax.name, "value": value, "region": tax.region, "code": tax.code}
    return {**shown, "default_tax": int(tax.default)}


def _read_tax(call: Call, given: Mapping[str, Any], tax_id: int) -> Tax:
    value = given.get("value")
    if not isinstance(value, str | None):  # a number crashes (reference 8.2)
        raise Refused(500, INTERNAL_ERROR, shape="html")
    rate = read_number(value)
    if rate is None or not 0 <= rate < Decimal(100):
        raise refuse(TAX_VALUE)
    name, region = read_text(given, "name", call.settings), read_text(given, "region", call.settings)
    if name is None:
        raise refuse(NAME_BLANK)
    if any(other.name == name for other in call.account.taxes.values() if other.id != tax_id):
        raise Refused(422, NOT_AVAILABLE, shape="names")
    if region is None:
        raise refuse(TAX_REGION)
    default = str(given.get("default_tax")) == "1"
    code = read_text(given, "code", call.settings)
    return Tax(id=tax_id, name=name, value=rate, region=region, code=code, default=default)


def _keep_tax(call: Call, tax: Tax) -> None:
    taxes = call.account.taxes
    if tax.default:
        taxes.update({other.id: replace(other, default=False) for other in taxes.values()})
    taxes[tax.id] = tax


@in_turn
def taxes(call: Call) -> Response:
    """GET /taxes.json."""
    return json_answer({"taxes": [show_tax(call, tax) for tax in call.account.taxes.values()]})


@in_turn
def create_tax(call: Call) -> Response:
    """POST /taxes.json."""
    tax = _read_tax(call, given_under("tax"), next(call.account.numbers.taxes))
    _keep_tax(call, tax)
    return json_answer({"tax": show_tax(call, tax)}, 201)


@in_turn
def tax(call: Call, tax_id: int) -> Response:
    """GET, PUT and DELETE /taxes/{id}.json."""
    known = call.account.taxes.get(tax_id)
    if known is None:
        raise Refused(404, shape="empty")
    if request.method == "DELETE":
        if known == call.account.default_tax:
            raise refuse(CANNOT_HANDLE.about("delete for default tax"))
        del call.account.taxes[tax_id]
        return empty_answer(body=" ")
    if request.method == "PUT":
        old = {"name": known.name, "value": written(known.value), "region": known.region, "code": known.code}
        _keep_tax(call, _read_tax(call, {**old, "default_tax": int(known.default), **given_under("tax")}, tax_id))
        return empty_answer()
    return json_answer({"tax": show_tax(call, known)})


ROUTES = (
    ("GET", "/taxes.json", taxes),
    ("POST", "/taxes.json", create_tax),
    ("GET|PUT|DELETE", "/taxes/<int:tax_id>.json", tax),
)
