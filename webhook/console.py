"""The console: what people see of their bookings, behind one password. Its pages are blueprints; this puts them together."""

import os
from datetime import timedelta
from http import HTTPStatus

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Response, jsonify, make_response, render_template
from redis import RedisError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mapping.errors import UserError
from webhook.console_bookings import bookings_pages
from webhook.console_login import SESSION_SECONDS, ConsoleSessions, login_pages
from webhook.console_texts import FILTERS
from worker.environment import read_environment
from worker.logs import configure_logging
from worker.services import Services, services
from worker.store import connect

LARGEST_FORM = 64 * 1024

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Of every answer."""

log = structlog.get_logger()


def from_environment() -> Flask:
    """The application for a WSGI server, wired from the environment's variables. Raises `UserError`."""
    environment = read_environment(os.environ, terminal=False)
    configure_logging(environment.log_format)
    if not environment.console_password:
        raise UserError("CONSOLE_PASSWORD must be set: it opens the console.")
    house = services(environment, connect(environment.redis_url or ""))
    password = environment.console_password
    return create_console(house, password=password, secret_key=session_key(environment.secret_keys[0], password))


def session_key(secret_key: str, password: str) -> bytes:
    """What signs the sessions: the same in every process and after a restart, another one for another password."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=password.encode(), info=b"console session")
    return derivation.derive(secret_key.encode())


def create_console(house: Services, *, password: str, secret_key: bytes) -> Flask:
    """The application on `house`; `password` lets a person in, `secret_key` signs the sessions."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SESSION_COOKIE_NAME="faturasync",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=SESSION_SECONDS),
    )
    app.session_interface = ConsoleSessions()
    app.url_map.merge_slashes = False  # a booking's key may hold any character
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(login_pages(house, password))
    app.register_blueprint(bookings_pages(house))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="up")

    app.after_request(_with_headers)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(UserError, _user_error)
    app.register_error_handler(RedisError, _store_is_away)
    return app


def _with_headers(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer


def _http_problem(error: HTTPException) -> AnyResponse:
    """A page of ours with the status and the headers (Allow, Retry-After) that Werkzeug would give."""
    answer = error.get_response()
    if error.code is not None and error.code >= HTTPStatus.BAD_REQUEST:
        answer.set_data(_problem(HTTPStatus(error.code), error.description or "").get_data())
    return answer


def _user_error(error: UserError) -> Response:
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))


def _store_is_away(error: RedisError) -> Response:
    log.error("store-away", why=type(error).__name__)
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "The store does not answer. Try again in a moment.")


def _problem(status: HTTPStatus, detail: str) -> Response:
    return make_response(render_template("console/problem.html", title=status.phrase, detail=detail), status)
