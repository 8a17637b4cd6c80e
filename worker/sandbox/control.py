"""The sandbox's own endpoints under /_sandbox: JSON, no key, not counted."""

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from worker.sandbox.accounts import Account, BadAccount
from worker.sandbox.acts import BadAct, act
from worker.sandbox.answers import Refused, json_answer, refusal
from worker.sandbox.documents import show_document
from worker.sandbox.faults import FAULTS, BadFault
from worker.sandbox.switches import SWITCHES, UnknownSwitch
from worker.sandbox.world import World


class BadControl(ValueError):
    """A request to the sandbox itself that it cannot follow; the text says why."""


def control_blueprint(world: World) -> Blueprint:
    """The endpoints of one world."""
    desk = Desk(world)
    blueprint = Blueprint("sandbox", __name__, url_prefix="/_sandbox")
    for rule, view, *methods in (
        ("/healthz", desk.health, "GET"),
        ("/accounts", desk.accounts, "GET", "POST"),
        ("/documents", desk.documents, "GET"),
        ("/switches", desk.switches, "GET", "POST"),
        ("/faults", desk.faults, "GET", "POST", "DELETE"),
        ("/requests", desk.requests, "GET", "DELETE"),
        ("/violations", desk.violations, "GET", "DELETE"),
        ("/act", desk.act, "POST"),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=methods)
    for problem in (BadAccount, BadAct, BadControl, BadFault, UnknownSwitch):
        blueprint.register_error_handler(problem, _unprocessable)
    return blueprint


class Desk:
    """What the endpoints do. Every GET shows, POST sets, DELETE clears."""

    def __init__(self, world: World) -> None:
        self.world = world

    def health(self) -> Response:
        """200: the process is up."""
        return json_answer({"status": "ok"})

    def accounts(self) -> Response:
        """The accounts' names, never their keys. POST makes or replaces one."""
        if request.method == "POST":
            asked = _asked()
            taxes, clients = _objects(asked, "taxes"), _objects(asked, "clients") or []
            name, key = str(asked.get("name", "")), str(asked.get("key", ""))
            account = self.world.accounts.add(name, key, taxes, clients)
            return json_answer({"name": account.name}, 201)
        return json_answer({"accounts": [account.name for account in self.world.accounts.everyone()]})

    def documents(self) -> Response:
        """Every document of an account as the API shows it, with its proprietary_uid; deleted ones too."""
        account = self._account(request.args.get("account"))
        settings = self.world.switches.of(account.name)
        with account.lock:
            documents = list(account.documents.values())
        shown = [
            {**show_document(document, settings), "proprietary_uid": document.proprietary_uid} for document in documents
        ]
        return json_answer({"documents": shown})

    def switches(self) -> Response:
        """Every switch, where it stands and what it means. POST sets some, for all accounts or for one."""
        name = request.args.get("account")
        if request.method == "POST":
            asked = _asked()
            name, changes = asked.get("account"), asked.get("switches")
            if not isinstance(changes, dict):
                raise BadControl("switches is an object of names and values.")
            self.world.switches.put(changes, self._account(name).name if name is not None else None)
        settings = self.world.switches.of(name)
        shown = {
            switch.name: {
                "value": settings[switch.name],
                "default": switch.default,
                "values": switch.values,
                "meaning": switch.meaning,
            }
            for switch in SWITCHES
        }
        return json_answer({"switches": shown})

    def faults(self) -> Response:
        """The faults that are left, and those there are. POST sets one or a list, DELETE clears."""
        if request.method == "POST":
            body = _body()
            given = body if isinstance(body, list) else [body]
            if not all(isinstance(fault, dict) for fault in given):
                raise BadControl("A fault is an object with a fault's name and how many times.")
            self.world.faults.put(given)
        if request.method == "DELETE":
            self.world.faults.clear()
        left = [asdict(fault) for fault in self.world.faults.left()]
        return json_answer({"faults": left, "known": {name: kind.meaning for name, kind in FAULTS.items()}})

    def requests(self) -> Response:
        """Requests by method and path, answers by status; ?recent=N the latest whole. DELETE starts afresh."""
        counters = self.world.counters
        if request.method == "DELETE":
            counters.reset()
        account = request.args.get("account")
        counts = counters.requests(account)
        shown: dict[str, object] = {"requests": counts, "total": sum(counts.values())}
        shown["statuses"] = counters.statuses()
        recent = request.args.get("recent", type=int)
        if recent is not None:
            shown["recent"] = [asdict(one) for one in counters.recent(recent, account)]
        return json_answer(shown)

    def violations(self) -> Response:
        """Who finalised, settled, cancelled, paid or e-mailed. DELETE forgets."""
        if request.method == "DELETE":
            self.world.violations.clear()
        return json_answer({"violations": [asdict(violation) for violation in self.world.violations]})

    def act(self) -> Response:
        """Be the person in InvoiceXpress for once."""
        asked = _asked()
        account = self._account(asked.get("account"))
        try:
            document = act(self.world, account, asked)
        except Refused as refused:
            return refusal(refused, self.world.switches.of(account.name))
        return json_answer({"document": show_document(document, self.world.switches.of(account.name))})

    def _account(self, name: object) -> Account:
        account = self.world.accounts.find(str(name))
        if account is None:
            known = ", ".join(account.name for account in self.world.accounts.everyone())
            raise BadControl(f"There is no account {name!r}; the accounts are {known or 'none'}.")
        return account


def _body() -> Any:
    try:
        return json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise BadControl("The body is not JSON.") from None


def _asked() -> dict[str, Any]:
    body = _body()
    if not isinstance(body, dict):
        raise BadControl("The body is not a JSON object.")
    return body


def _objects(asked: dict[str, Any], field: str) -> list[dict[str, Any]] | None:
    value = asked.get(field)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadControl(f"{field} is a list of objects.")
    return value


def _unprocessable(problem: Exception) -> Response:
    return json_answer({"error": str(problem)}, 422)
