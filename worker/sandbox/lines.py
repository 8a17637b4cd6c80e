"""Lines of a document: what is valid, which tax is meant, and the item catalogue behind them (13.13-13.15, 13.20)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from worker.sandbox.accounts import Account
from worker.sandbox.amounts import read_number, rounded
from worker.sandbox.answers import refuse
from worker.sandbox.fields import read_text
from worker.sandbox.records import Item, Line, Tax
from worker.sandbox.switches import Settings
from worker.sandbox.texts import (
    DISCOUNT,
    DUPLICATE_ITEM,
    ITEMS_INVALID,
    ITEMS_NOT_AN_ARRAY,
    NAME_BLANK,
    QUANTITY,
    UNIT,
    UNIT_PRICE,
    UNKNOWN_ATTRIBUTE,
)

_UNITS = frozenset({"hour", "day", "month", "unit", "service", "other"})
# discount_amount is known and means nothing (13.14).
_ATTRIBUTES = frozenset({"name", "description", "unit_price", "quantity", "unit", "discount", "discount_amount", "tax"})


def read_lines(given: object, account: Account, settings: Settings) -> tuple[Line, ...]:
    """The lines of a body; at least one (13.9)."""
    if given is None or given == []:
        raise refuse(ITEMS_INVALID)
    if not isinstance(given, list):
        raise refuse(ITEMS_NOT_AN_ARRAY)
    if not all(isinstance(line, dict) for line in given):
        raise refuse(ITEMS_INVALID)
    return tuple(_read_line(line, account, settings) for line in given)


def _read_line(given: Mapping[str, Any], account: Account, settings: Settings) -> Line:
    if "id" in given:
        raise refuse(DUPLICATE_ITEM)
    unknown = [attribute for attribute in given if attribute not in _ATTRIBUTES]
    if unknown and settings["unknown_line_attribute"] == "refuse":
        raise refuse(UNKNOWN_ATTRIBUTE.about(unknown[0]))
    name = read_text(given, "name", settings)
    if name is None:
        raise refuse(NAME_BLANK, ITEMS_INVALID)
    return Line(
        name=name,
        description=read_text(given, "description", settings) or given.get("description"),
        unit_price=_unit_price(given, settings),
        quantity=_quantity(given),
        unit=read_unit(given.get("unit")),
        discount=_discount(given),
        tax=find_tax(account, given.get("tax"), settings),
    )


def _unit_price(given: Mapping[str, Any], settings: Settings) -> Decimal:
    price = read_number(given.get("unit_price"))
    if price is None or price < 0:
        raise refuse(UNIT_PRICE)
    return rounded(price, 4, settings["unit_price_rounding"])


def _quantity(given: Mapping[str, Any]) -> Decimal:
    quantity = read_number(given.get("quantity"))
    if quantity is None or rounded(quantity) <= 0:
        raise refuse(QUANTITY)
    return rounded(quantity)


def _discount(given: Mapping[str, Any]) -> Decimal:
    value = given.get("discount")
    discount = Decimal() if value is None or value == "" else read_number(value)
    if discount is None or not 0 <= discount <= 100:
        raise refuse(DISCOUNT)
    return discount


def read_unit(unit: object) -> str | None:
    """One of the six units, or none (13.13)."""
    if unit is None or unit == "":
        return None
    if not isinstance(unit, str) or unit not in _UNITS:
        raise refuse(UNIT.about(unit))
    return unit


def find_tax(account: Account, given: object, settings: Settings) -> Tax:
    """The tax of that name; without one, or with an unknown one, the account's default and no word (13.15)."""
    name = given.get("name") if isinstance(given, dict) else None
    for tax in account.taxes.values():
        if tax.name == name:
            return tax
        if settings["tax_name_case"] == "insensitive" and str(name).lower() == tax.name.lower():
            return tax
    return account.default_tax


def catalogue(account: Account, lines: tuple[Line, ...]) -> None:
    """Make or rewrite a catalogue item for every line (reference 7, 13.20)."""
    ids = {item.name: item.id for item in account.items.values()}
    for line in lines:
        item_id = ids.setdefault(line.name, 0) or next(account.numbers.items)
        ids[line.name] = item_id
        account.items[item_id] = Item(
            id=item_id,
            name=line.name,
            description=line.description,
            unit_price=line.unit_price,
            unit=line.unit,
            tax=line.tax,
        )
