"""Lists of documents: section 13, point 23."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]


@pytest.fixture
def listed(send: Send) -> Callable[..., list[str]]:
    def references(query: str = "", path: str = "/invoices.json") -> list[str]:
        answer = send("GET", f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        (documents,) = (value for value in answer.get_json().values() if isinstance(value, list))
        return [document["reference"] for document in documents]

    return references


Listed = Callable[..., list[str]]


def test_new_document_is_seen_in_lists_only_after_the_lag(
    draft: Draft, send: Send, listed: Listed, wait: Callable[[float], None]
) -> None:
    document = draft()
    wait(4.9)
    assert listed("reference=STR-1") == []
    assert send("GET", f"/invoices/{document['id']}.json").status_code == 200
    wait(0.1)
    assert listed("reference=STR-1") == ["STR-1"]


@pytest.fixture
def three(draft: Draft, act: Send, switch: Switch) -> list[int]:
    switch(index_lag=0)
    ids = [
        draft(reference="STR-1")["id"],
        draft(reference="STR-12", date="20/03/2027", due_date="21/03/2027", client={"name": "Rui Rocha"})["id"],
        draft(reference="X-3", kind="invoice_receipts")["id"],
    ]
    act(ids[1], "finalize")
    return ids


@pytest.mark.parametrize(
    ("query", "references"),
    [
        ("", ["STR-1", "STR-12", "X-3"]),
        ("status[]=draft", ["STR-1", "X-3"]),
        ("status[]=sent", ["STR-12"]),
        ("status[]=final", ["STR-12"]),
        ("status%5B%5D=draft&status%5B%5D=sent", ["STR-1", "STR-12", "X-3"]),
        ("type[]=Invoice&non_archived=true", ["STR-1", "STR-12"]),
        ("type[]=InvoiceReceipt", ["X-3"]),
        ("text=rui", ["STR-12"]),
        ("text=str-1", ["STR-1", "STR-12"]),
        ("date[from]=15/03/2027", ["STR-12"]),
        ("date[to]=15/03/2027", ["STR-1", "X-3"]),
        ("due_date[from]=21/03/2027&due_date[to]=21/03/2027", ["STR-12"]),
        ("total_before_taxes[from]=94.34&total_before_taxes[to]=94.34", ["STR-1", "STR-12", "X-3"]),
        ("total_before_taxes[from]=100", []),
        ("order_by=date_desc", ["STR-1", "STR-12", "X-3"]),
        ("per_page=2", ["STR-1", "STR-12"]),
        ("per_page=2&page=2", ["X-3"]),
        ("per_page=2&page=3", []),
        ("page=x&per_page=-1", ["STR-1", "STR-12", "X-3"]),
    ],
)
def test_filters(three: list[int], listed: Listed, query: str, references: list[str]) -> None:
    assert three
    assert listed(query) == references


def test_reference_filter_finds_parts_and_can_be_exact(three: list[int], listed: Listed, switch: Switch) -> None:
    assert listed("reference=STR-1") == ["STR-1", "STR-12"]
    switch(reference_filter="exact")
    assert listed("reference=STR-1") == ["STR-1"]


def test_deleted_documents_are_listed_only_when_asked_for(three: list[int], listed: Listed, act: Send) -> None:
    act(three[0], "delete")
    assert listed() == ["STR-12", "X-3"]
    assert listed("status[]=deleted") == ["STR-1"]


def test_lists_of_one_type_have_its_name(three: list[int], send: Send, listed: Listed) -> None:
    assert listed(path="/invoice_receipts.json") == ["X-3"]
    assert set(send("GET", "/invoice_receipts.json").get_json()) == {"invoice_receipts", "pagination"}


def test_pages_are_of_ten_and_capped(draft: Draft, send: Send, switch: Switch) -> None:
    switch(index_lag=0, per_page_cap=11)
    for _ in range(12):
        draft()
    pagination = send("GET", "/invoices.json").get_json()["pagination"]
    assert pagination == {"total_entries": 12, "per_page": 10, "current_page": 1, "total_pages": 2}
    assert len(send("GET", "/invoices.json?per_page=500").get_json()["invoices"]) == 11


def test_order_can_be_turned_round(three: list[int], listed: Listed, switch: Switch) -> None:
    switch(list_order="newest_first")
    assert listed() == ["X-3", "STR-12", "STR-1"]


def test_total_in_lists_is_stale(three: list[int], act: Send, send: Send, switch: Switch) -> None:
    item = {"name": "Accommodation", "unit_price": "10", "quantity": "1", "tax": {"name": "IVA6"}}
    assert act(three[0], "edit", items=[item]).status_code == 200
    assert send("GET", f"/invoices/{three[0]}.json").get_json()["invoice"]["total"] == 10.6
    assert send("GET", "/invoices.json").get_json()["invoices"][0]["total"] == 100.0
    switch(stale_list_totals=False)
    assert send("GET", "/invoices.json").get_json()["invoices"][0]["total"] == 10.6
