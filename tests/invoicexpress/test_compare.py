from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import Document, DocumentRequest


def shown(request: DocumentRequest, line: dict[str, Any] | None = None, **other: object) -> Document:
    """The document that `request` makes, but for what is given."""
    item = {
        "name": request.draft.item_name,
        "description": request.draft.description,
        "unit_price": f"{request.draft.unit_price}",
        "quantity": "1.0",
        "tax": {"id": 501, "name": request.tax_name, "value": request.draft.rate},
    }
    body: dict[str, object] = {
        "id": 7,
        "status": "draft",
        "reference": request.reference,
        "client": {"id": 1, "name": request.client_name, "code": request.client_code},
        "items": [{**item, **(line or {})}],
        "total": request.draft.total,
    }
    return Document.model_validate({**body, **other})


def test_what_was_meant_has_no_differences(meant: DocumentRequest) -> None:
    assert differences(meant, shown(meant)) == ()


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ({"unit_price": "434.91"}, {}),  # two decimals of 434.9057
        ({"unit_price": "434.90"}, {}),
        ({"unit_price": Decimal("434.9057")}, {}),
        ({"tax": {"id": 501, "name": None, "value": None}}, {}),
        ({"tax": None}, {}),
        ({"tax": {"id": 501, "name": "a new name", "value": "6.0"}}, {}),
        ({"description": " Serviço  de alojamento de 10/03/2027 a 14/03/2027\n(4 noites). "}, {}),
        ({"description": "Serviço de alojamento de 10/03/2027 a 14/03/2027 (4 noites)."}, {}),
        ({"quantity": None}, {}),
        ({}, {"client": {"name": "Ana  Exemplo ", "fiscal_id": ""}}),
        ({}, {"client": {"name": "Ana Exemplo", "fiscal_id": "999999990"}}),
        ({}, {"tax_exemption": ""}),
        ({}, {"tax_exemption": "M02"}),  # the account's default: no line is exempt
        ({}, {"total": "461.0"}),
        ({}, {"status": "final"}),  # not what is asked here
    ],
)
def test_what_invoicexpress_does_by_itself_is_no_difference(
    meant: DocumentRequest, line: dict[str, Any], other: dict[str, Any]
) -> None:
    assert differences(meant, shown(meant, line, **other)) == ()


@pytest.mark.parametrize(
    ("line", "other", "told"),
    [
        ({}, {"total": "400.0"}, ("total 400.00 instead of 461.00",)),
        ({}, {"total": "461.01"}, ("total 461.01 instead of 461.00",)),
        ({}, {"total": None}, ("total missing instead of 461.00",)),
        (
            {"tax": {"id": 500, "name": "IVA23", "value": "23.0"}},
            {"total": "534.93"},
            ("total 534.93 instead of 461.00", "IVA 23 % instead of 6 %"),
        ),
        ({"tax": {"value": "6.5"}}, {}, ("IVA 6.5 % instead of 6 %",)),
        ({"tax": {"value": None}}, {"total": "534.93"}, ("total 534.93 instead of 461.00",)),
        ({}, {"reference": None}, ("reference",)),
        ({}, {"reference": "FS-B1042-1"}, ("reference",)),
        ({}, {"client": {"name": "Rui Outro"}}, ("client name",)),
        ({}, {"client": None}, ("client name",)),
        ({}, {"client": {"name": "Ana Exemplo", "fiscal_id": 123456789}}, ("a fiscal id that was not sent",)),
        ({"description": "Two nights"}, {}, ("description",)),
        ({"unit_price": "434.8957"}, {}, ("unit price 434.8957 instead of 434.9057",)),
        ({"unit_price": None}, {}, ("unit price missing instead of 434.9057",)),
        ({"unit_price": "217.4529", "quantity": "2.0"}, {}, ("unit price 217.4529 instead of 434.9057", "quantity")),
        ({}, {"items": []}, ("0 lines instead of 1",)),
        ({}, {"items": [{}, {}]}, ("2 lines instead of 1",)),
    ],
)
def test_what_matters_is_told_in_plain_words(
    meant: DocumentRequest, line: dict[str, Any], other: dict[str, Any], told: tuple[str, ...]
) -> None:
    found = differences(meant, shown(meant, line, **other))
    assert found == told
    assert not any(guest in " ".join(found) for guest in ("Ana", "Rui", "123456789", "FS-", "noites", "nights"))


@pytest.mark.parametrize(
    ("echo", "told"),
    [
        ("M10", ()),
        ("", ()),
        (None, ()),
        ("M00", ()),
        ("M99", ("exemption M99 instead of M10",)),
    ],
)
def test_a_stamped_exemption_is_told(
    make_request: Callable[..., DocumentRequest], echo: str | None, told: tuple[str, ...]
) -> None:
    meant = make_request("100.00", "0", exemption="M10", tax_name="Isento")
    assert differences(meant, shown(meant, tax_exemption=echo)) == told


def test_an_exemption_that_nobody_gave_is_told(make_request: Callable[..., DocumentRequest]) -> None:
    meant = make_request("100.00", "0", tax_name="Isento")
    assert differences(meant, shown(meant, tax_exemption="M99")) == ("exemption M99 instead of none",)


@pytest.mark.parametrize("amount", ["0.01", "0.05", "100.08", "99999.99"])
def test_a_total_is_compared_to_the_cent(make_request: Callable[..., DocumentRequest], amount: str) -> None:
    meant = make_request(amount)
    assert meant.draft.total == Decimal(amount)
    assert differences(meant, shown(meant, total=amount)) == ()
