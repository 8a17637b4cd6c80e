"""Making, finding, changing and showing documents (reference 2, 4, 5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.sandbox.amounts import rounded, written
from worker.sandbox.answers import Refused, refuse
from worker.sandbox.calls import Call
from worker.sandbox.content import read_content
from worker.sandbox.fields import written_day
from worker.sandbox.lines import catalogue
from worker.sandbox.records import KINDS, Client, Content, Document, Line
from worker.sandbox.switches import Settings
from worker.sandbox.texts import DOCUMENT_NOT_FOUND, MISSING_ELEMENT, NOT_EDITABLE
from worker.sandbox.totals import sums_of, totals_of

_PERMALINK = "https://www.app.invoicexpress.com/documents/"


def content_given(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What stands under `invoice`, or under the type's own root (13.6)."""
    given = body.get("invoice", body.get(KINDS[kind].root))
    if not isinstance(given, dict):
        raise refuse(MISSING_ELEMENT.about("invoice"))
    return given


def add_document(call: Call, kind: str, given: Mapping[str, Any], uid: str | None) -> Document:
    """Make a draft; whoever calls has the account alone."""
    account, settings = call.account, call.settings
    stamp = settings["missing_exemption"] == "stamp"
    content = read_content(given, account, kind, settings, stamp_exemption=stamp)
    catalogue(account, content.lines)
    document = Document(
        id=next(account.numbers.documents),
        kind=kind,
        status="draft",
        content=content,
        first_total=totals_of(content.lines, content.global_discount).total,
        created_at=call.world.clock(),
        permalink_hash=f"{call.world.chance.getrandbits(160):040x}",
        proprietary_uid=uid,
    )
    account.documents[document.id] = document
    return document


def change_document(call: Call, document: Document, given: Mapping[str, Any]) -> Document:
    """Replace a draft's whole content (13.24); without its exemption code it becomes M99 (13.16)."""
    if document.status != "draft":
        raise refuse(NOT_EDITABLE.about(document.status))
    if given.get("client") is None:
        raise refuse(MISSING_ELEMENT.about("client"))
    given = {"sequence_id": document.content.sequence_id, **given}
    content = read_content(given, call.account, document.kind, call.settings, stamp_exemption=True)
    catalogue(call.account, content.lines)
    changed = replace(document, content=content)
    call.account.documents[document.id] = changed
    return changed


def find_document(call: Call, document_id: int, kind: str | None = None) -> Document:
    """The document, whatever became of it; 404 for an unknown one, or one of another type (13.22)."""
    document = call.account.documents.get(document_id)
    hidden = call.settings["deleted_document"] == "missing"
    if document is None or (kind and document.kind != kind) or (document.status == "deleted" and hidden):
        shape = "object" if call.settings["document_miss"] == "json" else "empty"
        raise Refused(404, DOCUMENT_NOT_FOUND, shape=shape)
    return document


def show_document(document: Document, settings: Settings, *, in_list: bool = False) -> dict[str, object]:
    """A document as the API writes it (reference 4, 13.17, 13.19)."""
    content = document.content
    shown: dict[str, object] = {
        "id": document.id,
        "status": document.status,
        "archived": False,
        "type": KINDS[document.kind].type,
        **_numbering(document, settings),
        **_exemption(document, settings),
        "date": written_day(content.date),
        "due_date": written_day(content.due_date),
        "reference": content.reference,
        "observations": content.observations,
        "retention": content.retention,
        "permalink": f"{_PERMALINK}{document.id}{document.permalink_hash}",
        **_amounts(document, settings, in_list=in_list),
        "currency": "Euro",
        "client": _client(content.client, settings),
        "items": [_line(line, settings) for line in content.lines],
    }
    if content.global_discount:
        shown["global_discount"] = _global_discount(content)
    if settings["uid_echo"] and document.proprietary_uid:
        shown["proprietary_uid"] = document.proprietary_uid
    return shown


def sequence_number(document: Document, settings: Settings) -> str:
    """6/G of a final document; a draft has none."""
    if document.number is None:
        return "rascunho" if settings["draft_number"] == "rascunho" else ""
    return f"{document.number}/{document.series}"


def _numbering(document: Document, settings: Settings) -> dict[str, object]:
    shown: dict[str, object] = {"sequence_number": sequence_number(document, settings)}
    if document.number is not None:
        shown["inverted_sequence_number"] = f"{document.series}/{document.number}"
        shown["atcud"] = f"{document.validation_code}-{document.number}"
        shown["sequence_id"] = document.content.sequence_id
        shown["saft_hash"] = document.saft_hash
    return shown


def _exemption(document: Document, settings: Settings) -> dict[str, object]:
    code = document.content.tax_exemption
    if document.status != "draft" or settings["exemption_echo"] == "code":
        return {"tax_exemption": code} if code else {}
    return {"tax_exemption": ""} if settings["exemption_echo"] == "blank" else {}


def _amounts(document: Document, settings: Settings, *, in_list: bool) -> dict[str, object]:
    totals = totals_of(document.content.lines, document.content.global_discount)
    stale = in_list and settings["stale_list_totals"]
    amounts = {
        "sum": totals.sum,
        "discount": totals.discount,
        "before_taxes": totals.before_taxes,
        "taxes": totals.taxes,
        "total": document.first_total if stale else totals.total,
    }
    if settings["totals_as"] == "texts":
        return {name: str(amount) for name, amount in amounts.items()}
    return dict(amounts)


def _client(client: Client, settings: Settings) -> dict[str, object]:
    """Only what is set (13.19)."""
    shown = {"id": client.id, "name": client.name, "code": client.code}
    shown |= {key: str(client.details.get(key) or "") for key in ("email", "address", "postal_code", "phone")}
    shown |= {"country": client.country}
    if settings["fiscal_id_echo"] == "shown":
        shown |= {"fiscal_id": client.fiscal_id}
    return {key: value for key, value in shown.items() if value}


def _line(line: Line, settings: Settings) -> dict[str, object]:
    sums = sums_of(line)
    decimals = int(settings["line_decimals"])
    return {
        "name": line.name,
        "description": line.description,
        "unit_price": written(line.unit_price),
        "unit": line.unit,
        "quantity": written(line.quantity),
        "tax": {"id": line.tax.id, "name": line.tax.name, "value": line.tax.value},
        "discount": line.discount,
        "subtotal": rounded(sums.subtotal, decimals),
        "tax_amount": rounded(sums.tax, decimals),
        "discount_amount": rounded(sums.discount, decimals),
        "total": rounded(sums.total, 4),
    }


def _global_discount(content: Content) -> dict[str, object] | None:
    if content.global_discount is None:
        return None
    return dict(zip(("value_type", "value"), content.global_discount, strict=True))


def as_given(content: Content) -> dict[str, Any]:
    """A content as a body would give it, for a person who changes a few fields of a draft."""
    return {
        "date": written_day(content.date),
        "due_date": written_day(content.due_date),
        "client": {"id": content.client.id},
        "reference": content.reference,
        "observations": content.observations,
        "retention": content.retention,
        "tax_exemption": content.tax_exemption,
        "global_discount": _global_discount(content),
        "items": [
            {
                "name": line.name,
                "description": line.description,
                "unit_price": line.unit_price,
                "quantity": line.quantity,
                "unit": line.unit,
                "discount": line.discount,
                "tax": {"name": line.tax.name},
            }
            for line in content.lines
        ],
    }
