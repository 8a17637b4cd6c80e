import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from worker.invoicexpress.client import MOST_PAGES, InvoiceXpress
from worker.invoicexpress.documents import Client

Answered = Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]


def row(number: int, reference: object = "FS-1", kind: str = "Invoice", state: str = "draft") -> dict[str, Any]:
    return {"id": number, "type": kind, "reference": reference, "status": state, "total": 1.0}


class Lists:
    """An InvoiceXpress that has pages of rows, and documents by id."""

    def __init__(self, pages: list[list[dict[str, Any]]], *, pagination: bool = True) -> None:
        self.pages = pages
        self.pagination = pagination
        self.documents = {each["id"]: {**each, "total": 2.0} for page in pages for each in page}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path != "/invoices.json":
            number = int(request.url.path.removeprefix("/invoices/").removesuffix(".json"))
            found = self.documents.get(number)
            return httpx.Response(200, json={"invoice": found}) if found else httpx.Response(404)
        page = int(request.url.params["page"])
        body: dict[str, Any] = {"invoices": self.pages[page - 1] if page <= len(self.pages) else []}
        if self.pagination:
            body["pagination"] = {"total_entries": 9, "current_page": page, "total_pages": len(self.pages)}
        return httpx.Response(200, json=body)


def test_only_the_exact_reference_is_found_and_read_by_id(answered_by: Answered) -> None:
    lists = Lists([[row(3, "FS-10"), row(2), row(4, "fs-1"), row(5, None), row(6, "XFS-1"), row(1, " FS-1 ")]])
    found = answered_by(lists).find("FS-1")
    assert [(document.id, str(document.total)) for document in found] == [(1, "2.00"), (2, "2.00")]
    assert lists.asked[0].url.params["reference"] == "FS-1"
    assert len(lists.asked) == 3


@pytest.mark.parametrize("pagination", [True, False])
def test_all_pages_are_read(answered_by: Answered, pagination: bool) -> None:
    lists = Lists([[row(1, "other")], [row(2, "other")], [row(3)]], pagination=pagination)
    assert [document.id for document in answered_by(lists).find("FS-1")] == [3]


@pytest.mark.parametrize("pagination", [True, False])
def test_nothing_found_is_nothing(answered_by: Answered, pagination: bool) -> None:
    assert answered_by(Lists([], pagination=pagination)).find("FS-1") == ()


def test_a_deleted_one_and_one_that_vanished_are_left_out_whatever_the_list_says(answered_by: Answered) -> None:
    lists = Lists([[row(1), row(2), row(3, state="canceled"), row(4, kind="CreditNote")]])
    lists.documents[1]["status"] = "deleted"
    del lists.documents[2]
    assert [(document.id, document.state) for document in answered_by(lists).find("FS-1")] == [(3, "canceled")]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(429),
        httpx.Response(200, text=""),
        httpx.Response(200, text="<html></html>"),
        httpx.Response(200, json={"invoices": {}}),
        httpx.Response(200, json={"pagination": {"total_pages": 0}}),
        httpx.Response(200, json={"invoices": [5]}),
        httpx.Response(200, json={"invoices": [{"reference": "FS-1"}]}),
    ],
)
def test_a_look_up_that_fails_is_never_absent(answered_by: Answered, answer: httpx.Response) -> None:
    with pytest.raises(InvoiceXpressUnavailable):
        answered_by(lambda _: answer).find("FS-1")


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_look_up_that_is_refused_is_never_absent(answered_by: Answered, status: int) -> None:
    with pytest.raises(InvoiceXpressRejected):
        answered_by(lambda _: httpx.Response(status)).find("FS-1")


def test_a_failed_second_page_or_document_is_never_absent(answered_by: Answered) -> None:
    lists = Lists([[row(1)], [row(2)]])

    def failing_on(part: str) -> Callable[[httpx.Request], httpx.Response]:
        return lambda request: httpx.Response(502) if part in str(request.url) else lists(request)

    for part in ("page=2", "/invoices/2.json"):
        with pytest.raises(InvoiceXpressUnavailable):
            answered_by(failing_on(part)).find("FS-1")


def test_a_list_without_end_is_no_answer(answered_by: Answered) -> None:
    lists = Lists([[row(number, "other")] for number in range(1, MOST_PAGES + 5)])
    with pytest.raises(InvoiceXpressUnavailable, match="did not come to an end"):
        answered_by(lists).find("FS-1")
    assert len(lists.asked) == MOST_PAGES


@pytest.mark.parametrize("body", ["", " ", "<html></html>", json.dumps({"errors": {"error": "Document not found"}})])
def test_404_with_any_body_is_no_document_and_no_client(answered_by: Answered, body: str) -> None:
    account = answered_by(lambda _: httpx.Response(404, text=body))
    assert account.document(7) is None
    assert account.find_client_by_code("FS-C1") is None


def test_anything_but_a_404_is_not_absence(answered_by: Answered) -> None:
    for status in (401, 403, 410, 422):
        with pytest.raises(InvoiceXpressRejected):
            answered_by(lambda _, status=status: httpx.Response(status)).document(7)  # type: ignore[misc]
    for status in (200, 429, 500):
        with pytest.raises(InvoiceXpressUnavailable):
            answered_by(lambda _, status=status: httpx.Response(status)).find_client_by_code("c")  # type: ignore[misc]


def test_only_the_client_with_the_very_code_is_found(answered_by: Answered) -> None:
    account = answered_by(lambda _: httpx.Response(200, json={"client": {"id": 5, "name": "Ana", "code": "FS-C1"}}))
    assert account.find_client_by_code("FS-C1") == Client(id=5, name="Ana", code="FS-C1")
    assert account.find_client_by_code("FS-C") is None


@pytest.mark.parametrize(
    ("answers", "gone"),
    [
        ([httpx.Response(200, json={"invoice": {"id": 7, "status": "deleted"}})], True),
        ([httpx.Response(404)], True),
        ([httpx.Response(422), httpx.Response(404)], True),
        ([httpx.Response(422), httpx.Response(200, json={"invoice": {"id": 7, "status": "deleted"}})], True),
        ([httpx.Response(422), httpx.Response(200, json={"invoice": {"id": 7, "status": "final"}})], False),
        ([httpx.Response(401)], False),
    ],
)
def test_deleting_what_is_gone_is_fine(answered_by: Answered, answers: list[httpx.Response], gone: bool) -> None:
    coming = iter(answers)
    account = answered_by(lambda _: next(coming))
    if gone:
        account.delete(7)
    else:
        with pytest.raises(InvoiceXpressRejected):
            account.delete(7)
