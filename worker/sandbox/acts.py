"""What a person does in InvoiceXpress's own pages: the same rules, past the door and the counters."""

from collections.abc import Mapping
from typing import Any

from worker.sandbox.accounts import Account
from worker.sandbox.calls import Call
from worker.sandbox.documents import as_given, change_document, find_document
from worker.sandbox.records import Document
from worker.sandbox.states import move
from worker.sandbox.world import World

_VERBS = {"finalize": "finalized", "settle": "settled", "cancel": "canceled", "delete": "deleted"}


class BadAct(ValueError):
    """An act that there is not; the text names those there are."""


def act(world: World, account: Account, asked: Mapping[str, Any]) -> Document:
    """Edit some fields of a draft, finalise, settle, cancel or delete a document.

    Raises Refused where InvoiceXpress would not let a person do it either.
    """
    action, document_id, fields = asked.get("action"), asked.get("id"), asked.get("fields", {})
    if action != "edit" and action not in _VERBS:
        raise BadAct(f"There is no act {action!r}; the acts are edit, {', '.join(_VERBS)}.")
    if not isinstance(document_id, int) or not isinstance(fields, dict):
        raise BadAct("An act needs the id of a document; its fields are an object.")
    call = Call(world=world, account=account, settings=world.switches.of(account.name))
    with account.lock:
        document = find_document(call, document_id)
        if action == "edit":
            return change_document(call, document, {**as_given(document.content), **fields})
        return move(call, document, {"state": _VERBS[action], "message": fields.get("message", "Cancelled")})
