"""Taxes, items and series: reference 7, 8, 10, and 15.3, 15.9."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]


def test_new_account_has_the_taxes_of_mainland_madeira_and_azores(send: Send) -> None:
    taxes = send("GET", "/taxes.json").get_json()["taxes"]
    assert [(tax["name"], tax["value"], tax["region"], tax["code"], tax["default_tax"]) for tax in taxes] == [
        ("IVA23", "23.0", "PT", None, 1),
        ("IVA13", "13.0", "PT", None, 0),
        ("IVA6", "6.0", "PT", None, 0),
        ("Isento", "0.0", None, None, 0),
        ("IVA4-MA", "4.0", "PT-MA", None, 0),
        ("IVA5-MA", "5.0", "PT-MA", None, 0),
        ("IVA4-AC", "4.0", "PT-AC", None, 0),
    ]


def test_tax_is_made_read_changed_and_deleted(send: Send) -> None:
    made = send("POST", "/taxes.json", {"tax": {"name": "PT9", "value": "9.0", "region": "PT-AC", "default_tax": "1"}})
    path = f"/taxes/{made.get_json()['tax']['id']}.json"
    assert send("PUT", path, {"tax": {"name": "PT16", "value": "16", "default_tax": "0"}}).data == b""
    assert send("GET", path).get_json()["tax"]["value"] == "16.0"
    assert send("DELETE", path).data == b" "
    assert send("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("tax", "status"),
    [
        ({"name": "IVA23", "value": "23", "region": "PT"}, 422),
        ({"name": "New", "value": "23"}, 422),
        ({"name": "New", "value": "100", "region": "PT"}, 422),
        ({"name": "New", "value": 23, "region": "PT"}, 500),
    ],
)
def test_wrong_tax_is_refused_and_a_number_crashes(send: Send, tax: object, status: int) -> None:
    assert send("POST", "/taxes.json", {"tax": tax}).status_code == status


def test_item_is_made_read_changed_and_deleted(send: Send) -> None:
    made = send("POST", "/items.json", {"item": {"name": "Cleaning", "unit_price": "30"}})
    path = f"/items/{made.get_json()['item']['id']}.json"
    assert send("PUT", path, {"item": {"unit_price": "35"}}).status_code == 200
    assert send("GET", path).get_json()["item"]["unit_price"] == "35.0"
    assert send("DELETE", path).data == b" "
    assert send("GET", path).status_code == 404


@pytest.mark.parametrize("item", [{"unit_price": "1"}, {"name": "a", "unit_price": 1}, {"name": "a"}])
def test_item_needs_a_name_and_a_price_that_is_a_text(send: Send, item: object) -> None:
    assert send("POST", "/items.json", {"item": item}).status_code == 422


def test_series_needs_tax_authority_credentials(send: Send, switch: Switch) -> None:
    answer = send("POST", "/sequences.json", {"sequence": {"serie": "H"}})
    assert (answer.status_code, answer.get_json()["errors"]["code"]) == (422, "004")
    switch(tax_authority_credentials=True)
    assert send("POST", "/sequences.json", {"sequence": {"serie": "H"}}).status_code == 201


@pytest.mark.parametrize(("asked", "default"), [("1", 1), (1, 0), (True, 0)])
def test_only_the_text_1_makes_a_series_default(send: Send, switch: Switch, asked: object, default: int) -> None:
    switch(tax_authority_credentials=True)
    answer = send("POST", "/sequences.json", {"sequence": {"serie": "H", "default_sequence": asked}})
    assert answer.get_json()["sequence"]["default_sequence"] == default
    series = send("GET", "/sequences.json").get_json()["sequences"]
    assert [one["default_sequence"] for one in series] == [1 - default, default]
