"""Lists: filters, pages, and an index that runs behind (reference 3.2, 13.23)."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from worker.sandbox.amounts import read_number
from worker.sandbox.calls import Call
from worker.sandbox.documents import show_document
from worker.sandbox.fields import read_day
from worker.sandbox.records import KINDS, Document
from worker.sandbox.switches import Settings
from worker.sandbox.totals import totals_of

Query = MultiDict[str, str]
Filter = Callable[[Document], bool]
T = TypeVar("T")


def list_documents(call: Call, query: Query, root: str = "invoices", client_id: int | None = None) -> dict[str, object]:
    """One page of the documents that a query asks for; deleted ones only where it asks for them."""
    settings = call.settings
    seen = call.world.clock() - int(settings["index_lag"])
    filters = _filters(query, settings)
    found = [
        document
        for document in call.account.documents.values()
        if document.created_at <= seen and all(fits(document) for fits in filters)
    ]
    if root != "invoices":  # /invoices.json lists documents of every type
        found = [document for document in found if document.kind == root]
    if client_id is not None:
        found = [document for document in found if document.content.client.id == client_id]
    if settings["list_order"] == "newest_first":
        found.reverse()
    page, pagination = paged(found, query, settings)
    shown = [show_document(document, settings, in_list=True) for document in page]
    return {root: shown, "pagination": pagination}


def paged(found: Sequence[T], query: Query, settings: Settings) -> tuple[Sequence[T], dict[str, int]]:
    """One page, and the block that tells which."""
    page = max(_whole(query.get("page"), 1), 1)
    asked = _whole(query.get("per_page"), 0) or int(settings["per_page"])
    per_page = max(min(asked, int(settings["per_page_cap"])), 1)
    pagination = {
        "total_entries": len(found),
        "per_page": per_page,
        "current_page": page,
        "total_pages": max(-(-len(found) // per_page), 1),
    }
    return found[(page - 1) * per_page : page * per_page], pagination


def _filters(query: Query, settings: Settings) -> list[Filter]:
    states = {"final" if state == "sent" else state for state in query.getlist("status[]")}
    types = set(query.getlist("type[]"))
    filters: list[Filter] = [
        lambda document: document.status in states if states else document.status != "deleted",
        lambda document: not types or KINDS[document.kind].type in types,
    ]
    if reference := query.get("reference"):
        filters.append(lambda document: _has_reference(document, reference, settings))
    if text := query.get("text"):
        filters.append(lambda document: _has_text(document, text))
    return filters + _ranges(query)


def _has_reference(document: Document, asked: str, settings: Settings) -> bool:
    reference = document.content.reference or ""
    if settings["reference_filter"] == "exact":
        return reference == asked
    return asked.lower() in reference.lower()


def _has_text(document: Document, text: str) -> bool:
    content = document.content
    return text.lower() in f"{content.client.name}\n{content.reference or ''}".lower()


def _ranges(query: Query) -> list[Filter]:
    measures: dict[str, Callable[[Document], date | Decimal]] = {
        "date": lambda document: document.content.date,
        "due_date": lambda document: document.content.due_date,
        "total_before_taxes": _before_taxes,
    }
    filters: list[Filter] = []
    for name, measure in measures.items():
        least, most = (_bound(name, query.get(f"{name}[{end}]")) for end in ("from", "to"))
        filters.append(partial(_is_within, measure, least, most))
    return filters


def _bound(name: str, text: str | None) -> date | Decimal | None:
    if not text:
        return None
    return read_number(text) if name == "total_before_taxes" else read_day(text, name)


def _is_within(
    measure: Callable[[Document], Any],
    least: date | Decimal | None,
    most: date | Decimal | None,
    document: Document,
) -> bool:
    value = measure(document)
    return (least is None or value >= least) and (most is None or value <= most)


def _before_taxes(document: Document) -> Decimal:
    return totals_of(document.content.lines, document.content.global_discount).before_taxes


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
