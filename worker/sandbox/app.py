"""The sandbox as a Flask application: a simulator of InvoiceXpress's REST API (reference 13).

On the real service an account is a subdomain; here it is the first segment of the path.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterable
from functools import cache, partial

from flask import Flask, Response, g, redirect, request
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response as BaseResponse

from worker.sandbox import catalogue_routes, client_routes, document_routes, tax_routes
from worker.sandbox.answers import html_answer
from worker.sandbox.calls import handle
from worker.sandbox.connection import guard_logs, hide_key, is_dropped, with_drops
from worker.sandbox.control import control_blueprint
from worker.sandbox.counters import Request, template_of
from worker.sandbox.journal import JOURNAL, Journal
from worker.sandbox.page import render_page
from worker.sandbox.world import World

DEFAULT_ACCOUNTS = "demo:sandbox-demo-key"
_LARGEST_BODY = 1024 * 1024
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_sandbox(
    accounts: Iterable[tuple[str, str]] = (),
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    chance: random.Random | None = None,
) -> Flask:
    """A sandbox with these accounts (name, api_key) to begin with.

    `clock` tells epoch seconds, `sleep` is how delays are waited out, `chance` makes permalinks and hashes.
    """
    world = World(clock=clock, sleep=sleep, chance=chance or random.Random())  # noqa: S311 - no secret is made of it
    for name, key in accounts:
        world.accounts.add(name, key)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["sandbox"] = world
    app.register_blueprint(control_blueprint(world))
    app.add_url_rule("/", view_func=partial(render_page, world), endpoint="page")
    app.add_url_rule("/<account>/invoices/<int:number>", view_func=_on_the_page, endpoint="seen_by_a_person")
    app.add_url_rule("/<account>/<path:path>", "api", partial(_answer, world), methods=_METHODS)
    _count_requests(app, world, Journal(os.environ.get(JOURNAL)))
    app.register_error_handler(HTTPException, _error_page)
    app.wsgi_app = with_drops(app.wsgi_app)  # type: ignore[assignment,method-assign]  # as Flask's documentation does
    guard_logs()
    return app


def from_environment() -> Flask:
    """The sandbox with the accounts of SANDBOX_ACCOUNTS, `name:key,name2:key2`."""
    named = os.environ.get("SANDBOX_ACCOUNTS", DEFAULT_ACCOUNTS)
    pairs = [entry.strip().partition(":") for entry in named.split(",") if entry.strip()]
    return create_sandbox([(name, key) for name, _, key in pairs])


@cache
def _routing() -> Map:
    """InvoiceXpress's own paths; made once, as compiling them takes longer than the rest of a sandbox."""
    routes = (*document_routes.ROUTES, *client_routes.ROUTES, *catalogue_routes.ROUTES, *tax_routes.ROUTES)
    rules = [Rule(path, methods=methods.split("|"), endpoint=view) for methods, path, view in routes]
    return Map(rules, merge_slashes=False)


def _answer(world: World, account: str, path: str) -> Response:
    view, ids = _routing().bind("").match(f"/{path}", request.method)
    return handle(world, account, partial(view, **ids))


def _on_the_page(account: str, number: int) -> BaseResponse:
    """Where a person would open a document in InvoiceXpress: here, its place on the page."""
    del account
    return redirect(f"/#document-{number}", Response=Response)


def _count_requests(app: Flask, world: World, journal: Journal) -> None:
    @app.before_request
    def arrived() -> None:
        if request.endpoint == "api":
            account, _, path = request.path.removeprefix("/").partition("/")
            query = "&".join(
                part
                for part in request.query_string.decode(errors="replace").split("&")
                if not part.lower().startswith("api_key=")
            )
            asked = Request(
                account=account,
                method=request.method,
                path=hide_key(f"/{path}?{query}" if query else f"/{path}"),
                template=template_of(f"/{path}"),
                body=_body_as_sent(),
            )
            g.ticket = world.counters.arrived(asked)
            journal.note(asked, user_agent=request.headers.get("User-Agent", ""))

    @app.after_request
    def answered(answer: Response) -> Response:
        if "ticket" in g:
            world.counters.answered(g.ticket, "dropped" if is_dropped(request.environ) else answer.status_code)
        return answer


def _body_as_sent() -> object:
    data = request.get_data()
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.decode(errors="replace")


def _error_page(error: HTTPException) -> Response:
    """A path or method that InvoiceXpress does not have is a 404 as HTML (13.1)."""
    if isinstance(error, MethodNotAllowed):
        error = NotFound()
    if isinstance(error, InternalServerError):
        error = InternalServerError()  # says nothing of what went wrong
    return html_answer(error.code or 500, f"{error.code} {error.name}")
