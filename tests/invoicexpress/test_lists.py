"""The whole account's list, for adopting and for looking at open drafts."""

import random
from datetime import date
from decimal import Decimal

import httpx

from mapping.draft import InvoiceDraft
from worker.invoicexpress.client import InvoiceXpressPool
from worker.invoicexpress.documents import DocumentRequest
from worker.sandbox.app import create_sandbox


def test_listed_goes_through_every_page_and_keeps_to_the_states() -> None:
    now = {"seconds": 1_800_000_000.0}
    app = create_sandbox([("casa", "k-1")], clock=lambda: now["seconds"], chance=random.Random(1))
    account = InvoiceXpressPool("http://sandbox.invalid/{account}", transport=httpx.WSGITransport(app=app)).account(
        "casa", "k-1"
    )
    made = []
    for number in range(12):
        draft = InvoiceDraft(
            client_name=f"Guest {number}",
            item_name="Alojamento",
            description="Serviço de alojamento",
            unit_price=Decimal("94.3396"),
            rate=Decimal(6),
            region="PT",
            total=Decimal("100.00"),
        )
        request = DocumentRequest(
            draft=draft,
            uid=f"uid-{number}",
            reference=f"FS-smoobu-{number}-1",
            day=date(2027, 1, 1),
            client_code=f"FS-{number}",
            client_name=draft.client_name,
            tax_name="IVA6",
        )
        made.append(account.create(request).id)
    account.delete(made[0])
    app.test_client().post("/_sandbox/switches", json={"switches": {"per_page_cap": 5}})
    now["seconds"] += 60
    assert sorted(row.id for row in account.listed("draft")) == made[1:]
    assert {row.reference for row in account.listed("draft")} == {f"FS-smoobu-{number}-1" for number in range(1, 12)}
