from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.taxes import Tax, tax_for

Answered = Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]


def tax(name: str, percent: str, region: str | None, number: int = 1, *, default: bool = False) -> Tax:
    return Tax(id=number, name=name, percent=Decimal(percent), region=region, is_default=default)


NEW_ACCOUNT = (tax("IVA23", "23.0", "PT", default=True), tax("IVA13", "13.0", "PT"), tax("IVA6", "6.0", "PT"))
ISLANDS = (*NEW_ACCOUNT, tax("IVA4 Açores", "4.0", "PT-AC"), tax("IVA4 Madeira", "4.00", "PT-MA"))


@pytest.mark.parametrize(
    ("taxes", "rate", "region", "name"),
    [
        (NEW_ACCOUNT, "6", "PT", "IVA6"),
        (ISLANDS, "4", "PT-MA", "IVA4 Madeira"),
        (ISLANDS, "4", "PT-AC", "IVA4 Açores"),
        (NEW_ACCOUNT, "4", "PT-MA", None),
        (NEW_ACCOUNT, "6", "PT-AC", None),  # the rate of another place
        ((tax("IVA6", "6.0", "ES"),), "6", "PT", None),
        ((tax("Reduzida", "6", "PT"),), "6", "PT", "Reduzida"),  # renamed
        ((tax("IVA6", "23", "PT"), tax("IVA23", "6", "PT")), "6", "PT", "IVA23"),  # a name proves nothing
        ((tax("IVA6", "6.0", None),), "6", "PT", "IVA6"),
        ((tax("IVA6", "6.0", "Desconhecido"),), "6", "PT", "IVA6"),
        ((tax("old", "6.0", None), tax("IVA6", "6.0", "pt ")), "6", "PT", "IVA6"),
        ((tax("Madeira", "4", "PT-MA"), tax("IVA4", "4", None)), "4", "PT-AC", "IVA4"),
        ((tax("Madeira", "4", None), tax("Açores", "4", None)), "4", "PT-AC", None),  # either place's
        ((tax("Isento", "0.0", None),), "0", "PT", "Isento"),
        ((tax("b", "6", "PT", 2), tax("a", "6", "PT", 1)), "6", "PT", "a"),
        ((tax("a", "6", "PT", 1), tax("b", "6", "PT", 2, default=True)), "6", "PT", "b"),
        ((), "6", "PT", None),
    ],
)
def test_the_tax_is_chosen_by_value_and_region(
    taxes: tuple[Tax, ...], rate: str, region: str, name: str | None
) -> None:
    found = tax_for(taxes, Decimal(rate), region)
    assert (found and found.name) == name


def test_every_recorded_spelling_of_a_tax_is_read(answered_by: Answered) -> None:
    body = b"""{"taxes":[
        {"id":500,"name":"IVA23","value":"23.0","region":"PT","code":"NOR","default_tax":1},
        {"id":501,"name":"IVA6","value":6.0,"region":null,"code":null,"default_tax":0},
        {"id":"502","name":" Isento","value":0,"region":"Desconhecido","default_tax":null},
        {"id":503,"name":"odd","value":null}]}"""
    found = answered_by(lambda _: httpx.Response(200, content=body)).taxes()
    assert [(each.id, each.name, each.percent, each.region, bool(each.is_default)) for each in found] == [
        (500, "IVA23", Decimal(23), "PT", True),
        (501, "IVA6", Decimal(6), None, False),
        (502, "Isento", Decimal(0), "Desconhecido", False),
        (503, "odd", None, None, False),
    ]
