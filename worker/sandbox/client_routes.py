"""The endpoints of clients (reference 6, 13.26, 13.27)."""

from flask import Response, request
from werkzeug.datastructures import MultiDict

from worker.sandbox.answers import Refused, empty_answer, json_answer
from worker.sandbox.calls import Call, given_under, in_turn, json_body
from worker.sandbox.clients import find_client, read_client, show_client, store_client, updated_client
from worker.sandbox.listing import list_documents, paged
from worker.sandbox.records import Client
from worker.sandbox.texts import CLIENT_NOT_FOUND, INTERNAL_ERROR, NOT_FOUND

_MISSES = {
    "json": (404, CLIENT_NOT_FOUND, "list"),
    "empty": (404, CLIENT_NOT_FOUND, "empty"),
    "error500": (500, INTERNAL_ERROR, "html"),
}


@in_turn
def index(call: Call) -> Response:
    """GET /clients.json, by name; `text` and `fiscal_id` narrow it."""
    text, fiscal_id = request.args.get("text", "").lower(), request.args.get("fiscal_id")
    found = [
        client
        for client in sorted(call.account.clients.values(), key=lambda client: client.name)
        if text in f"{client.name}\n{client.code or ''}".lower() and fiscal_id in {None, client.fiscal_id}
    ]
    page, pagination = paged(found, request.args, call.settings)
    shown = [show_client(client, whole=False) for client in page]
    return json_answer({"clients": shown, "pagination": pagination})


@in_turn
def create(call: Call) -> Response:
    """POST /clients.json (13.11)."""
    client = read_client(given_under("client"), call.settings, next(call.account.numbers.clients))
    store_client(call.account, client, call.settings)
    return json_answer({"client": show_client(client, whole=False)}, 201)


@in_turn
def read(call: Call, client_id: int) -> Response:
    """GET /clients/{id}.json: 404 with nothing in it for nobody (13.26)."""
    return json_answer({"client": show_client(_known(call, client_id), whole=True)})


@in_turn
def update(call: Call, client_id: int) -> Response:
    """PUT /clients/{id}.json: 200 with nothing in it (13.27)."""
    client = updated_client(_known(call, client_id), given_under("client"), call.settings)
    store_client(call.account, client, call.settings)
    return empty_answer()


@in_turn
def find_by_code(call: Call) -> Response:
    """GET /clients/find-by-code.json?client_code= (13.26)."""
    return _found(call, find_client(call.account, code=request.args.get("client_code", "")))


@in_turn
def find_by_name(call: Call) -> Response:
    """GET /clients/find-by-name.json?client_name= (13.26)."""
    return _found(call, find_client(call.account, name=request.args.get("client_name", "")))


@in_turn
def documents(call: Call, client_id: int) -> Response:
    """POST /clients/{id}/invoices.json: the documents of a client; nobody's is an HTML page (13.26)."""
    if client_id not in call.account.clients:
        raise Refused(404, NOT_FOUND, shape="html")
    asked = json_body().get("filter")
    query = MultiDict(
        (key if key == "reference" else f"{key}[]", str(value))
        for key, values in (asked.items() if isinstance(asked, dict) else ())
        for value in (values if isinstance(values, list) else [values])
    )
    return json_answer(list_documents(call, query, client_id=client_id))


def _known(call: Call, client_id: int) -> Client:
    client = call.account.clients.get(client_id)
    if client is None:
        raise Refused(404, shape="empty")
    return client


def _found(call: Call, client: Client | None) -> Response:
    if client is None:
        status, text, shape = _MISSES[str(call.settings["find_miss"])]
        raise Refused(status, text, shape=shape)
    return json_answer({"client": show_client(client, whole=True)})


ROUTES = (
    ("GET", "/clients.json", index),
    ("POST", "/clients.json", create),
    ("GET", "/clients/<int:client_id>.json", read),
    ("PUT", "/clients/<int:client_id>.json", update),
    ("GET", "/clients/find-by-code.json", find_by_code),
    ("GET", "/clients/find-by-name.json", find_by_name),
    ("POST", "/clients/<int:client_id>/invoices.json", documents),
)
