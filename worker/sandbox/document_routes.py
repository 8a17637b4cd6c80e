"""The endpoints of documents (reference 2, 3, 5, 10)."""

from collections.abc import Callable

from flask import Response, request

from worker.sandbox.answers import Refused, empty_answer, json_answer, refuse
from worker.sandbox.calls import Call, in_turn, json_body
from worker.sandbox.documents import add_document, change_document, content_given, find_document, show_document
from worker.sandbox.listing import list_documents
from worker.sandbox.records import KINDS, Document
from worker.sandbox.states import move
from worker.sandbox.texts import CANNOT_HANDLE, EMAIL_BLANK, PDF_PENDING, TRIAL

_PDF = "https://www.app.invoicexpress.com/documents/{}.pdf"


def _answer(call: Call, document: Document, status: int = 200) -> Response:
    root = KINDS[document.kind].root
    return json_answer({root: show_document(document, call.settings)}, status)


def create(call: Call, kind: str) -> Response:
    """POST /{type}.json: one document for each proprietary_uid (13.6, 13.7, 13.30)."""
    body = json_body()
    uid = str(body.get("proprietary_uid") or "")
    if not uid:
        with call.turn():
            return _answer(call, add_document(call, kind, content_given(body, kind), None), 201)
    account, settings, clock = call.account, call.settings, call.world.clock
    with account.uids.claim(uid, settings, clock(), _is_deleted(call)) as earlier:
        if earlier is not None:
            status = 200 if settings["uid_replay"] == "same_200" else 201
            return _answer(call, account.documents[earlier], status)
        try:
            with call.turn():
                document = add_document(call, kind, content_given(body, kind), uid)
        except Refused:
            if settings["uid_spent_by_422"]:
                account.uids.spend(uid, None, clock())
            raise
        account.uids.spend(uid, document.id, clock())
        return _answer(call, document, 201)


def _is_deleted(call: Call) -> Callable[[int], bool]:
    return lambda document_id: call.account.documents[document_id].status == "deleted"


@in_turn
def index(call: Call, kind: str) -> Response:
    """GET /{type}.json (13.23)."""
    return json_answer(list_documents(call, request.args, kind))


@in_turn
def read(call: Call, kind: str, document_id: int) -> Response:
    """GET /{type}/{id}.json (13.22)."""
    return _answer(call, find_document(call, document_id, kind))


@in_turn
def update(call: Call, kind: str, document_id: int) -> Response:
    """PUT /{type}/{id}.json (13.24)."""
    given = content_given(json_body(), kind)
    document = change_document(call, find_document(call, document_id, kind), given)
    return empty_answer() if call.settings["update_answer"] == "empty" else _answer(call, document)


@in_turn
def change_state(call: Call, kind: str, document_id: int) -> Response:
    """PUT /{type}/{id}/change-state.json (13.25)."""
    asked = content_given(json_body(), kind)
    if asked.get("state") != "deleted":
        call.violated(f"change-state {asked.get('state')}")
    return _answer(call, move(call, find_document(call, document_id, kind), asked))


@in_turn
def email(call: Call, kind: str, document_id: int) -> Response:
    """PUT /{type}/{id}/email-document.json (reference 10, 13.3)."""
    call.violated("email-document")
    if call.settings["trial"]:
        raise Refused(401, TRIAL)
    find_document(call, document_id, kind)
    message = json_body().get("message")
    client = message.get("client") if isinstance(message, dict) else None
    if not isinstance(client, dict) or not client.get("email"):
        raise refuse(EMAIL_BLANK)
    return empty_answer()


@in_turn
def pdf(call: Call, document_id: int) -> Response:
    """GET /api/pdf/{id}.json: 202 twice, then 200 (13.31)."""
    document = find_document(call, document_id)
    asked = call.account.pdf_asked[document.id] = call.account.pdf_asked.get(document.id, 0) + 1
    if asked <= 2:
        pending = {"code": "202", "message": PDF_PENDING.say(call.settings["language"])}
        return json_answer({"accepted": pending}, 202)
    return json_answer({"output": {"pdfUrl": _PDF.format(document.permalink_hash)}})


@in_turn
def qr_code(call: Call, document_id: int) -> Response:
    """GET /api/qr_codes/{id}.json: a draft has none (reference 10)."""
    document = find_document(call, document_id)
    if document.number is None:
        return json_answer({"error": "Document is a draft"}, 422)
    url = _PDF.format(document.permalink_hash).replace(".pdf", ".png")
    return json_answer({"qr_code": {"url": url}})


@in_turn
def related(call: Call, document_id: int) -> Response:
    """GET /document/{id}/related_documents.json: the notes on a document (reference 10)."""
    document = find_document(call, document_id)
    notes = [
        show_document(other, call.settings)
        for other in call.account.documents.values()
        if other.content.owner_invoice_id == document.id
    ]
    return json_answer({"documents": notes})


@in_turn
def pay(call: Call, document_id: int) -> Response:
    """POST /documents/{id}/partial_payments.json: only a final document can be paid, and here only whole."""
    call.violated("partial_payments")
    document = find_document(call, document_id)
    if document.status != "final":
        raise refuse(CANNOT_HANDLE.about(f"pay for {KINDS[document.kind].type}"))
    paid = move(call, document, {"state": "settled"})
    total = show_document(paid, call.settings)["total"]
    receipt = {"id": next(call.account.numbers.documents), "type": "Receipt", "status": "settled", "total": total}
    return json_answer({"receipt": receipt}, 201)


_KIND = f"/<any({', '.join(KINDS)}):kind>"
ROUTES = (
    ("POST", f"{_KIND}.json", create),
    ("GET", f"{_KIND}.json", index),
    ("GET", f"{_KIND}/<int:document_id>.json", read),
    ("PUT", f"{_KIND}/<int:document_id>.json", update),
    ("PUT", f"{_KIND}/<int:document_id>/change-state.json", change_state),
    ("PUT", f"{_KIND}/<int:document_id>/email-document.json", email),
    ("GET", "/api/pdf/<int:document_id>.json", pdf),
    ("GET", "/api/qr_codes/<int:document_id>.json", qr_code),
    ("GET", "/document/<int:document_id>/related_documents.json", related),
    ("POST", "/documents/<int:document_id>/partial_payments.json", pay),
)
