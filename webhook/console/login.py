"""Who may see the console: a name for the record and one password, a session in a signed cookie and in the store."""

import hmac
import secrets
from functools import partial
from http import HTTPStatus

import structlog
from flask import Blueprint, Flask, abort, g, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from webhook.console.navigation import home
from worker.keyspace import FS
from worker.services import Services
from worker.store import Store

SESSION_SECONDS = 12 * 3600
ATTEMPTS_A_MINUTE = 10  # for each remote address
NAME_LENGTH = 60
WITHOUT_SESSION = frozenset({"static", "healthz", "metrics.metrics"})
WITHOUT_LOGIN = frozenset({"login.ask", "login.enter"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

EXPIRED = _l("This form is too old. Go back, reload the page and send it again.")
TOO_MANY = _l("Too many wrong passwords. Wait a minute, then try again.")
WRONG = _l("That is not the password.")
NO_NAME = _l("Say who you are: 1 to 60 characters.")

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
        return {"logged_in": g.get("logged_in", False), "who": session.get("who", "")}

    @pages.get("/login")
    def ask() -> Answer:
        return redirect(url_for(home())) if g.logged_in else _form()

    @pages.post("/login")
    def enter() -> Answer:
        if _attempts(house, 1) > ATTEMPTS_A_MINUTE:
            log.warning("console-login-limited", address=request.remote_addr)
            return _form(TOO_MANY), HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"}
        if not _equal(request.form.get("password", ""), password):
            log.warning("console-password-wrong", address=request.remote_addr)
            return _form(WRONG), HTTPStatus.FORBIDDEN
        _attempts(house, -1)
        name = _name(request.form.get("name", ""))
        if not name:
            return _form(NO_NAME, of="name"), HTTPStatus.BAD_REQUEST
        wish = session.get("wish")
        _open(house.store, name)
        log.info("console-login", address=request.remote_addr, who=name)
        return redirect(wish or url_for(home()), HTTPStatus.SEE_OTHER)

    @pages.post("/logout")
    def leave() -> Answer:
        house.store.delete(_session_key(session["id"]))
        log.info("console-logout", address=request.remote_addr, who=who())
        session.clear()
        return redirect(url_for("login.ask"), HTTPStatus.SEE_OTHER)

    return pages


def who() -> str:
    """The name that the person who is logged in gave: for the record, in each line about what was done."""
    return str(session["who"])


def csrf_token() -> str:
    """The session's token, which every form that changes something sends along."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(32)
    return str(session["csrf"])


def _guard(store: Store) -> Response | None:
    """Before every page: strangers are sent to the log-in, requests without the token that change something refused."""
    if request.endpoint in WITHOUT_SESSION:
        return None
    g.logged_in = _is_open(store)
    if request.endpoint not in WITHOUT_LOGIN and not g.logged_in:
        return _to_login()
    if request.method not in SAFE_METHODS and not _is_ours():
        abort(HTTPStatus.BAD_REQUEST, EXPIRED)
    return None


def _to_login() -> Response:
    if "HX-Request" in request.headers:  # a part of a page that is open: the browser is to leave the whole page
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("login.ask")})
    _remember_wish()
    return redirect(url_for("login.ask"), HTTPStatus.SEE_OTHER)


def _is_ours() -> bool:
    token = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token", "")
    return "csrf" in session and _equal(token, session["csrf"])


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _form(problem: str = "", *, of: str = "password") -> str:
    return render_template("console/login.html", problem=problem, of=of, name=request.form.get("name", ""))


def _name(given: str) -> str:
    """`given` on one line; "" where it is no name."""
    name = " ".join(given.split())
    return name if name.isprintable() and len(name) <= NAME_LENGTH else ""


def _remember_wish() -> None:
    """Keep the page that was asked for. It is built from our own routes, so that it never leads elsewhere."""
    if request.method == "GET" and request.endpoint:
        session["wish"] = url_for(request.endpoint, **(request.view_args or {}))


def _attempts(house: Services, by: int) -> int:
    """Count this address's attempts of this minute up or down. All console processes share them."""
    key = f"{FS}:console:attempts:{int(house.clock().timestamp()) // 60}"
    with house.store.pipeline(transaction=True) as pipe:
        pipe.hincrby(key, request.remote_addr or "?", by)
        pipe.expire(key, 120)
        return int(pipe.execute()[0])


def _open(store: Store, name: str) -> None:
    """Begin a session that owes nothing to the one before. The store knows it too, so that a log-out ends every copy."""
    session.clear()
    session["id"] = secrets.token_urlsafe(32)
    session["who"] = name
    store.set(_session_key(session["id"]), "open", ex=SESSION_SECONDS)


def _is_open(store: Store) -> bool:
    return {"id", "who"} <= session.keys() and bool(store.exists(_session_key(session["id"])))


def _session_key(session_id: str) -> str:
    return f"{FS}:console:session:{session_id}"
