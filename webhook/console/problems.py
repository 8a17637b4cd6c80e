"""What goes wrong, told on a page of ours in one sentence."""

from http import HTTPStatus

import structlog
from flask import Flask, Response, make_response, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from redis import RedisError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mapping.errors import UserError
from worker.store_version import NewerStore

TITLES = {
    HTTPStatus.NOT_FOUND: _l("Not found"),
    HTTPStatus.TOO_MANY_REQUESTS: _l("Too often"),
    HTTPStatus.SERVICE_UNAVAILABLE: _l("Not to be had just now"),
    HTTPStatus.INTERNAL_SERVER_ERROR: _l("Something is wrong here"),
}
SENTENCES = {
    HTTPStatus.NOT_FOUND: _l("There is no such page."),
    HTTPStatus.METHOD_NOT_ALLOWED: _l("This address is not made for that."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _l("That is more than the console takes."),
    HTTPStatus.INTERNAL_SERVER_ERROR: _l("FaturaSync met an error of its own. The log says more; please report it."),
}
"""Where whoever aborted said nothing: Werkzeug's own sentences are for programmers."""

log = structlog.get_logger()


def handle_problems(app: Flask) -> None:
    """Answer errors of `app` with a page."""
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(RedisError, _store_is_away)


def _http_problem(error: HTTPException) -> AnyResponse:
    """A page of ours with the status and the headers (Allow, Retry-After) that Werkzeug would give."""
    answer = error.get_response()
    if error.code is not None and error.code >= HTTPStatus.BAD_REQUEST:
        status = HTTPStatus(error.code)
        is_ours = error.description != type(error).description
        detail = error.description if is_ours else SENTENCES.get(status, _l("The browser asked for something odd."))
        answer.set_data(_problem(status, str(detail)).get_data())
    return answer


def _user_error(error: UserError) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, NewerStore) else HTTPStatus.INTERNAL_SERVER_ERROR
    return _problem(status, str(error))


def _store_is_away(error: RedisError) -> Response:
    log.error("store-away", why=type(error).__name__)
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, str(_("The store does not answer. Try again in a moment.")))


def _problem(status: HTTPStatus, detail: str) -> Response:
    title = TITLES.get(status, _l("That did not work"))
    return make_response(render_template("console/problem.html", title=title, detail=detail), status)
