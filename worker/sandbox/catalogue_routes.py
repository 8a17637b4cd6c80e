"""The endpoints of items and series (reference 7, 10)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, request

from worker.sandbox.amounts import read_number, rounded, written
from worker.sandbox.answers import Refused, empty_answer, json_answer, refuse
from worker.sandbox.calls import Call, given_under, in_turn
from worker.sandbox.fields import read_text
from worker.sandbox.lines import find_tax, read_unit
from worker.sandbox.listing import paged
from worker.sandbox.records import Item, Sequence
from worker.sandbox.tax_routes import show_tax
from worker.sandbox.texts import (
    ITEM_PRICE,
    NAME_BLANK,
    NAME_TAKEN,
    NO_CREDENTIALS,
)


def _show_item(call: Call, item: Item) -> dict[str, object]:
    shown = {"id": item.id, "name": item.name, "description": item.description, "unit": item.unit}
    return {**shown, "unit_price": written(item.unit_price), "tax": show_tax(call, item.tax)}


def _read_item(call: Call, given: Mapping[str, Any], item_id: int) -> Item:
    name = read_text(given, "name", call.settings)
    if name is None:
        raise refuse(NAME_BLANK)
    if any(other.name == name for other in call.account.items.values() if other.id != item_id):
        raise refuse(NAME_TAKEN)
    price = given.get("unit_price")
    number = read_number(price) if isinstance(price, str) else None  # a number is refused here (reference 2.2)
    if number is None or number < 0:
        raise refuse(ITEM_PRICE)
    return Item(
        id=item_id,
        name=name,
        description=read_text(given, "description", call.settings),
        unit_price=rounded(number, 4),
        unit=read_unit(given.get("unit")),
        tax=find_tax(call.account, given.get("tax"), call.settings),
    )


@in_turn
def items(call: Call) -> Response:
    """GET /items.json."""
    page, pagination = paged(list(call.account.items.values()), request.args, call.settings)
    return json_answer({"items": [_show_item(call, item) for item in page], "pagination": pagination})


@in_turn
def create_item(call: Call) -> Response:
    """POST /items.json."""
    item = _read_item(call, given_under("item"), next(call.account.numbers.items))
    call.account.items[item.id] = item
    return json_answer({"item": _show_item(call, item)}, 201)


@in_turn
def item(call: Call, item_id: int) -> Response:
    """GET, PUT and DELETE /items/{id}.json."""
    known = call.account.items.get(item_id)
    if known is None:
        raise Refused(404, shape="empty")
    if request.method == "DELETE":
        del call.account.items[item_id]
        return empty_answer(body=" ")
    if request.method == "PUT":
        old = {"name": known.name, "unit_price": written(known.unit_price), "tax": {"name": known.tax.name}}
        call.account.items[item_id] = _read_item(call, {**old, **given_under("item")}, item_id)
        return empty_answer()
    return json_answer({"item": _show_item(call, known)})


def _show_sequence(sequence: Sequence) -> dict[str, object]:
    shown = {"id": sequence.id, "serie": sequence.serie, "default_sequence": int(sequence.default)}
    return {**shown, "current_invoice_number": None, "current_invoice_sequence_id": sequence.id}


@in_turn
def sequences(call: Call) -> Response:
    """GET /sequences.json."""
    return json_answer({"sequences": [_show_sequence(one) for one in call.account.sequences.values()]})


@in_turn
def create_sequence(call: Call) -> Response:
    """POST /sequences.json: 422 code 004 without tax-authority credentials; only "1" makes it default (15.9)."""
    if not call.settings["tax_authority_credentials"]:
        raise Refused(422, NO_CREDENTIALS, shape="code")
    given = given_under("sequence")
    serie = read_text(given, "serie", call.settings)
    known = call.account.sequences
    if serie is None or any(other.serie == serie for other in known.values()):
        raise refuse(NAME_TAKEN)
    default = given.get("default_sequence") == "1"
    if default:
        known.update({other.id: replace(other, default=False) for other in known.values()})
    sequence = Sequence(id=next(call.account.numbers.sequences), serie=serie, default=default)
    known[sequence.id] = sequence
    return json_answer({"sequence": _show_sequence(sequence)}, 201)


ROUTES = (
    ("GET", "/items.json", items),
    ("POST", "/items.json", create_item),
    ("GET|PUT|DELETE", "/items/<int:item_id>.json", item),
    ("GET", "/sequences.json", sequences),
    ("POST", "/sequences.json", create_sequence),
)
