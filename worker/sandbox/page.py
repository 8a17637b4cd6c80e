"""The page at /: what is in the sandbox, for people."""

from dataclasses import dataclass
from decimal import Decimal

from flask import render_template

from worker.sandbox.amounts import written
from worker.sandbox.fields import written_day
from worker.sandbox.records import KINDS, Document
from worker.sandbox.totals import totals_of
from worker.sandbox.world import World

_STATES = {
    "draft": "Draft",
    "final": "Final",
    "settled": "Settled",
    "canceled": "Cancelled",
    "deleted": "Deleted",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a document in the table; the document's own cells stand with its first line."""

    name: str
    description: str | None
    unit_price: str
    iva: str


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document in the table."""

    id: int
    type: str
    reference: str
    client: str
    date: str
    rows: list[Row]
    total: str
    state: str
    label: str


def render_page(world: World) -> str:
    """The page, newest documents first."""
    accounts = []
    for account in world.accounts.everyone():
        with account.lock:
            documents = sorted(account.documents.values(), key=lambda document: -document.id)
        accounts.append((account.name, [_paper(document) for document in documents]))
    return render_template(
        "page.html",
        accounts=accounts,
        requests=world.counters.requests(),
        statuses=world.counters.statuses(),
        faults=world.faults.left(),
        violations=list(world.violations),
    )


def _paper(document: Document) -> Paper:
    content = document.content
    return Paper(
        id=document.id,
        type=KINDS[document.kind].type,
        reference=content.reference or "",
        client=content.client.name,
        date=written_day(content.date),
        rows=[
            Row(
                name=line.name,
                description=line.description,
                unit_price=f"{_quantity(line.quantity)}{_euros(line.unit_price, 4)}",
                iva=f"{written(line.tax.value).removesuffix('.0')} %"
                + (f" ({content.tax_exemption})" if not line.tax.value else ""),
            )
            for line in content.lines
        ],
        total=_euros(totals_of(content.lines, content.global_discount).total),
        state=document.status,
        label=_STATES[document.status],
    )


def _quantity(quantity: Decimal) -> str:
    return "" if quantity == 1 else f"{written(quantity).removesuffix('.0')} × "


def _euros(amount: Decimal, decimals: int = 2) -> str:
    return f"€ {amount:,.{decimals}f}"
