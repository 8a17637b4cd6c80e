"""change-state: the moves a document can make (reference 5.3, 13.25)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.sandbox.answers import refuse
from worker.sandbox.calls import Call
from worker.sandbox.records import KINDS, Document
from worker.sandbox.texts import CANCEL_MESSAGE, CANNOT_HANDLE, CHRONOLOGY

_NOTES = frozenset({"credit_notes", "debit_notes"})
# (state, verb): (new state, types that can)
_MOVES = {
    ("draft", "finalized"): ("final", frozenset(KINDS)),
    ("draft", "deleted"): ("deleted", frozenset(KINDS)),
    ("final", "canceled"): ("canceled", frozenset(KINDS)),
    ("settled", "canceled"): ("canceled", frozenset({"invoice_receipts"})),
    ("final", "settled"): ("settled", frozenset(KINDS)),
    ("settled", "unsettled"): ("final", _NOTES),
}


def move(call: Call, document: Document, asked: Mapping[str, Any]) -> Document:
    """The document in its new state; 422 for a move that there is not."""
    verb = asked.get("state")
    state, kinds = _MOVES.get((document.status, str(verb)), ("", frozenset()))
    if document.kind not in kinds:
        raise refuse(CANNOT_HANDLE.about(f"{verb} for {KINDS[document.kind].type}"))
    if verb == "canceled" and not str(asked.get("message") or "").strip():
        raise refuse(CANCEL_MESSAGE)
    moved = _finalized(call, document) if verb == "finalized" else replace(document, status=state)
    call.account.documents[document.id] = moved
    return moved


def _finalized(call: Call, document: Document) -> Document:
    """With number, ATCUD and hash, and not earlier than the last of its series."""
    sequence_id = document.content.sequence_id
    issued = [
        other
        for other in call.account.documents.values()
        if other.number is not None and other.kind == document.kind and other.content.sequence_id == sequence_id
    ]
    if any(document.content.date < other.content.date for other in issued):
        raise refuse(CHRONOLOGY.about(KINDS[document.kind].root.replace("_", "-")))
    return replace(
        document,
        status="settled" if document.kind == "invoice_receipts" else "final",
        number=len(issued) + 1,
        series=call.account.sequences[sequence_id].serie,
        validation_code=f"SBX{sequence_id}",
        saft_hash=f"{call.world.chance.getrandbits(16):04X}",
    )
