import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.draft import InvoiceDraft, document_total, unit_price
from mapping.errors import InvoiceXpressUnavailable
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.documents import Document, DocumentRequest

Answered = Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]


def test_a_draft_is_sent_as_documented(make_request: Callable[..., DocumentRequest]) -> None:
    sent = make_request("400.00", tax_name="Reduzida 6 %").creation()
    assert sent == {
        "invoice": {
            "date": "14/03/2027",
            "due_date": "14/03/2027",
            "reference": "FS-B1042",
            "client": {"name": "Ana Exemplo", "code": "FS-C1042"},
            "items": [
                {
                    "name": "Alojamento",
                    "description": "Serviço de alojamento de 10/03/2027 a 14/03/2027 (4 noites).",
                    "unit_price": "377.3585",
                    "quantity": "1.0",
                    "unit": "service",
                    "tax": {"name": "Reduzida 6 %"},
                }
            ],
        },
        "proprietary_uid": "0c2f7c0e-9b1d-5d6e-8a51-2f0a6f1f7a11",
    }


def test_an_update_is_the_same_without_the_uid(meant: DocumentRequest) -> None:
    assert meant.replacement() == {"invoice": meant.creation()["invoice"]}


def test_a_series_and_an_exemption_are_sent_where_they_are_given(make_request: Callable[..., DocumentRequest]) -> None:
    invoice = make_request(rate="0", sequence_id="70001", exemption="M10").creation()["invoice"]
    assert isinstance(invoice, dict)
    assert (invoice["sequence_id"], invoice["tax_exemption"]) == ("70001", "M10")


def test_an_exemption_is_not_sent_for_a_taxed_stay(make_request: Callable[..., DocumentRequest]) -> None:
    assert "tax_exemption" not in str(make_request(exemption="M10").creation())


@given(st.decimals("0.01", "99999.99", places=2), st.sampled_from(["4", "5", "6", "23"]))
def test_numbers_are_texts_with_a_dot_and_make_the_total(amount: Decimal, rate: str) -> None:
    price = unit_price(amount, Decimal(rate))
    draft = InvoiceDraft(
        client_name="Ana",
        item_name="Alojamento",
        description="",
        unit_price=price,
        rate=Decimal(rate),
        region="PT",
        total=document_total(price, Decimal(rate)),
    )
    request = DocumentRequest(
        draft=draft, uid="u", reference="r", day=date(2027, 1, 2), client_code="c", client_name="Ana", tax_name="IVA"
    )
    item = request.replacement()["invoice"]["items"][0]  # type: ignore[index]  # our own body
    assert isinstance(item["unit_price"], str)
    assert len(item["unit_price"].partition(".")[2]) == 4
    assert document_total(Decimal(item["unit_price"]), Decimal(rate)) == amount


SHOWN = {
    "id": 90000001,
    "status": "draft",
    "archived": False,
    "type": "Invoice",
    "sequence_number": "rascunho",
    "date": "14/03/2027",
    "reference": "STR-B1042-1",
    "permalink": "https://www.app.invoicexpress.com/documents/90000001abc",
    "before_taxes": 409.88,
    "total": 440.0,
    "tax_exemption": "",
    "client": {"id": 8000001, "name": "Ana Exemplo", "code": "STR-G-553"},
    "items": [
        {
            "name": "Accommodation",
            "description": "4 nights",
            "unit_price": "94.3396",
            "quantity": "4.0",
            "tax": {"id": 501, "name": "IVA6", "value": 6.0},
            "total": 399.9999,
        }
    ],
}


@pytest.mark.parametrize("root", ["invoice", "invoice_receipt", "anything"])
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html"])
def test_a_document_is_read_below_any_root(answered_by: Answered, root: str, content_type: str) -> None:
    body = json.dumps({root: SHOWN, "note": "text"})
    account = answered_by(lambda _: httpx.Response(200, text=body, headers={"Content-Type": content_type}))
    document = account.document(90000001)
    assert document is not None
    assert (document.id, document.state, document.type, document.day) == (
        90000001,
        "draft",
        "Invoice",
        date(2027, 3, 14),
    )
    assert (document.client_id, document.client_name, document.client_code) == (8000001, "Ana Exemplo", "STR-G-553")
    assert (document.before_taxes, document.total) == (Decimal("409.88"), Decimal("440.00"))
    assert (document.client_fiscal_id, document.exemption) == (None, None)
    [line] = document.lines
    assert (line.unit_price, line.quantity, line.rate, line.tax_id, line.tax_name) == (
        Decimal("94.3396"),
        Decimal(4),
        Decimal(6),
        501,
        "IVA6",
    )


@pytest.mark.parametrize("total", ['"440.00"', "440.0", "440", "440.00000000001", '"440"', "4.4e2"])
def test_totals_may_be_numbers_or_texts(answered_by: Answered, total: str) -> None:
    body = '{"invoice":{"id":"7","status":"draft","total":' + total + "}}"
    document = answered_by(lambda _: httpx.Response(200, text=body)).document(7)
    assert document is not None
    assert document.total == Decimal("440.00")


@pytest.mark.parametrize(
    "gaps",
    [
        {"client": None, "items": None, "date": None, "reference": None, "total": None},
        {"client": {}, "items": [{}], "date": "2027-03-14", "reference": 5, "total": ""},
        {"items": [{"tax": None}], "date": 20270314},
        {"items": [{"tax": {"id": 501, "name": None, "value": None}}]},
    ],
)
def test_what_is_missing_is_none(gaps: dict[str, object]) -> None:
    document = Document.model_validate({"id": 7, "status": "draft", **gaps})
    assert (document.client_name, document.day, document.total) == (None, None, None)
    assert all(line.rate is None and line.tax_name is None for line in document.lines)


UNREADABLE = [
    "",
    " ",
    "<html></html>",
    '{"invoice":{"id":1,"status":',
    "[]",
    "null",
    "{}",
    '{"invoice":[]}',
    '{"invoice":{}}',
    '{"invoice":{"id":1}}',
    '{"id":1,"status":"draft"}',
    '{"id":1,"status":"draft","client":{"id":5,"name":"x"}}',
    '{"errors":{"error":"text"}}',
    '{"invoice":{"id":1,"status":"draft"},"other":{"id":2,"status":"draft"}}',
    '{"invoice":{"id":1,"status":"draft","total":"many"}}',
    '{"invoice":{"id":1,"status":"draft","total":NaN}}',
    '{"invoice":{"id":1,"status":"draft","total":1e99999999999999999999}}',
    '{"invoice":{"id":1,"status":"draft","items":[5]}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_unreadable_answer_is_an_unknown_outcome(
    answered_by: Answered, meant: DocumentRequest, body: str, status: int
) -> None:
    account = answered_by(lambda _: httpx.Response(status, text=body))
    with pytest.raises(InvoiceXpressUnavailable, match=r"^InvoiceXpress answered POST /invoices\.json unread") as fault:
        account.create(meant)
    assert fault.value.sent
