from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import pytest

from mapping.draft import InvoiceDraft, document_total, unit_price
from tests.invoicexpress.sandbox import Sandbox
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.documents import DocumentRequest


@pytest.fixture
def key() -> str:
    """A key with what a URL would spell otherwise."""
    return "can/ary+key&x=1"


@pytest.fixture
def make_request() -> Callable[..., DocumentRequest]:
    """A request for a gross amount at a rate; other fields by name."""

    def make(amount: str = "461.00", rate: str = "6", **other: object) -> DocumentRequest:
        price = unit_price(Decimal(amount), Decimal(rate))
        name = str(other.get("client_name", "Ana Exemplo"))
        exemption = other.pop("exemption", None)
        of_client = ("client_country", "client_tax_number", "is_anonymous")
        draft = InvoiceDraft(
            client_name=name,
            **{field: other.pop(field) for field in of_client if field in other},  # type: ignore[arg-type]  # by name
            item_name="Alojamento",
            description="Serviço de alojamento de 10/03/2027 a 14/03/2027 (4 noites).",
            unit_price=price,
            rate=Decimal(rate),
            region="PT",
            total=document_total(price, Decimal(rate)),
            exemption=None if exemption is None else str(exemption),
        )
        fields: dict[str, object] = {
            "draft": draft,
            "uid": "0c2f7c0e-9b1d-5d6e-8a51-2f0a6f1f7a11",
            "reference": "FS-B1042",
            "day": date(2027, 3, 14),
            "client_code": "FS-C1042",
            "client_name": name,
            "tax_name": "IVA6",
        }
        return DocumentRequest(**{**fields, **other})  # type: ignore[arg-type]  # fields by name

    return make


@pytest.fixture
def meant(make_request: Callable[..., DocumentRequest]) -> DocumentRequest:
    return make_request()


@pytest.fixture
def answered_by(key: str) -> Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]:
    """The account `casa` of an InvoiceXpress that is one function."""
    noon = datetime(2027, 3, 14, 12, tzinfo=UTC)

    def account(answer: Callable[[httpx.Request], httpx.Response]) -> InvoiceXpress:
        transport = httpx.MockTransport(answer)
        pool = InvoiceXpressPool("https://{account}.app.invoicexpress.com", transport=transport, clock=lambda: noon)
        return pool.account("casa", key)

    return account


@pytest.fixture
def sandbox(key: str) -> Sandbox:
    return Sandbox(key)


@pytest.fixture
def account(sandbox: Sandbox) -> InvoiceXpress:
    return sandbox.account
