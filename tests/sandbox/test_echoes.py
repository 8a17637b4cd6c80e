"""How a document is shown and what it leaves behind: section 13, points 17 and 19-21, and 15.7."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]
Line = Callable[..., dict[str, object]]


def test_totals_are_rounded_once_per_document(draft: Draft, line: Line) -> None:
    """The figures of reference 2.4."""
    items = [
        line(name="a", unit_price="210.5691", tax={"name": "IVA23"}),
        line(name="b", unit_price="7.2300", tax={"name": "IVA23"}),
    ]
    document = draft(items=items)
    assert [document[field] for field in ("before_taxes", "taxes", "total")] == [217.8, 50.09, 267.89]
    assert [one["total"] for one in document["items"]] == [259.0, 8.8929]


def test_line_amounts_have_up_to_ten_decimals(draft: Draft, line: Line, switch: Switch) -> None:
    items = [line(unit_price="94.3396", quantity="4")]
    assert draft(items=items)["items"][0]["tax_amount"] == 22.641504
    switch(line_decimals="4")
    assert draft(items=items)["items"][0]["tax_amount"] == 22.6415


def test_prices_and_quantities_are_texts_with_a_decimal(draft: Draft, line: Line) -> None:
    shown = draft(items=[line(unit_price=10, quantity=100)])["items"][0]
    assert (shown["unit_price"], shown["quantity"]) == ("10.0", "100.0")


def test_totals_are_numbers_and_can_be_texts(draft: Draft, switch: Switch) -> None:
    assert draft()["total"] == 100.0
    switch(totals_as="texts")
    assert draft()["total"] == "100.00"


def test_tax_values_are_texts_and_can_be_numbers(send: Send, switch: Switch) -> None:
    assert send("GET", "/taxes.json").get_json()["taxes"][0]["value"] == "23.0"
    switch(tax_values_as="numbers")
    assert send("GET", "/taxes.json").get_json()["taxes"][0]["value"] == 23.0


def test_draft_shows_what_drafts_show(draft: Draft) -> None:
    document = draft(reference=None)
    assert (document["status"], document["sequence_number"], document["currency"]) == ("draft", "rascunho", "Euro")
    assert not {"inverted_sequence_number", "atcud", "saft_hash"} & document.keys()
    assert [document[field] for field in ("reference", "observations", "retention")] == [None, None, None]
    assert document["permalink"].startswith(f"https://www.app.invoicexpress.com/documents/{document['id']}")
    assert document["client"] == {"id": document["client"]["id"], "name": "Ana Exemplo", "code": "G-1"}


def test_draft_number_can_be_blank(draft: Draft, switch: Switch) -> None:
    switch(draft_number="blank")
    assert draft()["sequence_number"] == ""


@pytest.mark.parametrize(("echo", "shown"), [("code", "M10"), ("blank", ""), ("missing", None)])
def test_exemption_of_a_draft_reads_back_as_the_switch_says(
    draft: Draft, line: Line, switch: Switch, echo: str, shown: str | None
) -> None:
    switch(exemption_echo=echo)
    document = draft(items=[line(tax={"name": "Isento"})], tax_exemption="M10")
    assert document.get("tax_exemption") == shown
    assert ("tax_exemption" in document) == (echo != "missing")


def test_items_of_a_document_rewrite_the_catalogue_by_name(draft: Draft, send: Send, line: Line) -> None:
    draft(items=[line(unit_price="1")])
    draft(items=[line(unit_price="2")])
    items = send("GET", "/items.json").get_json()["items"]
    assert [(item["name"], item["unit_price"]) for item in items] == [("Accommodation", "2.0")]


def test_all_types_of_document_share_one_row_of_ids(draft: Draft) -> None:
    first = draft()["id"]
    assert [draft(kind="invoice_receipts")["id"], draft()["id"]] == [first + 1, first + 2]
