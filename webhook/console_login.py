"""Who may see the console: one password, a session in a signed cookie and in the store, a token in every form."""

import hmac
import secrets
from functools import partial
from http import HTTPStatus

import structlog
from flask import Blueprint, Flask, abort, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

from worker.services import Services
from worker.store import Store

SESSION_SECONDS = 12 * 3600
ATTEMPTS_A_MINUTE = 10  # for each remote address
WITHOUT_SESSION = frozenset({"static", "healthz"})
WITHOUT_LOGIN = frozenset({"login.ask", "login.enter"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

EXPIRED = "This form is too old. Go back, reload the page and send it again."
TOO_MANY = "Too many wrong passwords. Wait a minute, then try again."
WRONG = "That is not the password."

log = structlog.get_logger()

Answer = str | Response | tuple[str, int] | tuple[str, int, dict[str, str]]


class ConsoleSessions(SecureCookieSessionInterface):
    """Flask's signed cookie. Over https it is never sent in the clear; on 127.0.0.1 it works without."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 Flask's signature
        """Whether the browser may return the cookie over https only."""
        return request.is_secure


def login_pages(house: Services, password: str) -> Blueprint:
    """Log-in and log-out, and the guard before every page of the application."""
    pages = Blueprint("login", __name__)

    pages.before_app_request(partial(_guard, house.store))

    @pages.app_context_processor
    def in_templates() -> dict[str, object]:
        return {"csrf_token": csrf_token, "logged_in": g.get("logged_in", False)}

    @pages.get("/login")
    def ask() -> Answer:
        return redirect(url_for("bookings.listing")) if g.logged_in else _form()

    @pages.post("/login")
    def enter() -> Answer:
        if _attempts(house, 1) > ATTEMPTS_A_MINUTE:
            log.warning("console-login-limited", address=request.remote_addr)
            return _form(TOO_MANY), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"}
        if not _equal(request.form.get("password", ""), password):
            log.warning("console-password-wrong", address=request.remote_addr)
            return _form(WRONG), HTTPStatus.FORBIDDEN
        _attempts(house, -1)
        wish = session.get("wish")
        _open(house.store)
        log.info("console-login", address=request.remote_addr)
        return redirect(wish or url_for("bookings.listing"), HTTPStatus.SEE_OTHER)

    @pages.post("/logout")
    def leave() -> Answer:
        house.store.delete(_session_key(session["id"]))
        session.clear()
        return redirect(url_for("login.ask"), HTTPStatus.SEE_OTHER)

    return pages


def csrf_token() -> str:
    """The session's token, which every form that changes something sends along."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(32)
    return str(session["csrf"])


def _guard(store: Store) -> Response | None:
    """Before every page: strangers are sent to the log-in, forms without their token are refused."""
    if request.endpoint in WITHOUT_SESSION:
        return None
    g.logged_in = _is_open(store)
    if request.endpoint not in WITHOUT_LOGIN and not g.logged_in:
        _remember_wish()
        return redirect(url_for("login.ask"), HTTPStatus.SEE_OTHER)
    if request.method not in SAFE_METHODS and not _is_ours(request.form.get("csrf_token", "")):
        abort(HTTPStatus.BAD_REQUEST, EXPIRED)
    return None


def _is_ours(token: str) -> bool:
    return "csrf" in session and _equal(token, session["csrf"])


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _form(problem: str = "") -> str:
    return render_template("console/login.html", problem=problem)


def _remember_wish() -> None:
    """Keep the page that was asked for. It is built from our own routes, so that it never leads elsewhere."""
    if request.method == "GET" and request.endpoint:
        session["wish"] = url_for(request.endpoint, **(request.view_args or {}))


def _attempts(house: Services, by: int) -> int:
    """Count this address's attempts of this minute up or down. All console processes share them."""
    key = f"fs:console:attempts:{int(house.clock().timestamp()) // 60}"
    with house.store.pipeline(transaction=True) as pipe:
        pipe.hincrby(key, request.remote_addr or "?", by)
        pipe.expire(key, 120)
        return int(pipe.execute()[0])


def _open(store: Store) -> None:
    """Begin a session that owes nothing to the one before. The store knows it too, so that a log-out ends every copy."""
    session.clear()
    session["id"] = secrets.token_urlsafe(32)
    store.set(_session_key(session["id"]), "open", ex=SESSION_SECONDS)


def _is_open(store: Store) -> bool:
    return "id" in session and bool(store.exists(_session_key(session["id"])))


def _session_key(session_id: str) -> str:
    return f"fs:console:session:{session_id}"
