"""The console: what people see of their bookings and put right, behind one password.

Each page group is a blueprint in a module of its own; this puts them together. What a page does, the command line does as
well: both call the same use case in `worker/`.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, Response, jsonify, request
from redis import RedisError

from mapping.errors import UserError
from webhook.console.account import account_pages
from webhook.console.acts import acts_pages
from webhook.console.bookings import bookings_pages
from webhook.console.connections import connections_pages
from webhook.console.figures import FIGURE_FILTERS
from webhook.console.formats import FORMATS
from webhook.console.front import front_pages
from webhook.console.guest import guest_pages
from webhook.console.jobs import jobs_pages
from webhook.console.languages import speak_the_browsers_language
from webhook.console.login import SESSION_SECONDS, ConsoleSessions, csrf_token, login_pages
from webhook.console.metrics import metrics_page
from webhook.console.navigation import home, navigation
from webhook.console.problems import handle_problems
from webhook.console.properties import properties_pages
from webhook.console.queues import queues_pages
from webhook.console.settings import settings_pages
from webhook.console.strict import answer_strictly
from webhook.console.texts import FILTERS
from worker.environment import read_environment
from worker.logs import configure_logging
from worker.services import Services, services
from worker.store import connect
from worker.store_version import refuse_newer

WITHOUT_STORE = {"healthz", "static"}
LARGEST_FORM = 64 * 1024

PAGES = (
    front_pages,
    bookings_pages,
    guest_pages,
    queues_pages,
    jobs_pages,
    settings_pages,
    account_pages,
    properties_pages,
    connections_pages,
    acts_pages,
)
"""What makes each page group's blueprint, in the order of the navigation."""


def from_environment() -> Flask:
    """The application for a WSGI server, wired from the environment's variables. Raises `UserError`."""
    environment = read_environment(os.environ, terminal=False)
    configure_logging(environment.log_format)
    if not environment.console_password:
        raise UserError("CONSOLE_PASSWORD must be set: it opens the console.")
    house = services(environment, connect(environment.redis_url or ""))
    password = environment.console_password
    newest, *older = (session_key(key, password) for key in environment.secret_keys)
    return create_console(house, password=password, secret_key=newest, older_keys=older)


def session_key(secret_key: str, password: str) -> bytes:
    """What signs the sessions: the same in every process and after a restart, another one for another password."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=password.encode(), info=b"console session")
    return derivation.derive(secret_key.encode())


def create_console(house: Services, *, password: str, secret_key: bytes, older_keys: Sequence[bytes] = ()) -> Flask:
    """The application on `house`; `password` lets a person in, `secret_key` signs the sessions.

    Sessions that one of `older_keys` has signed go on: whoever is at work is not logged out by a new key.
    """
    app = Flask("webhook")  # whose templates, static files and translations these are
    app.config.update(
        SECRET_KEY=secret_key,
        SECRET_KEY_FALLBACKS=list(older_keys),
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        SESSION_COOKIE_NAME="faturasync",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(seconds=SESSION_SECONDS),
    )
    app.session_interface = ConsoleSessions()
    app.url_map.merge_slashes = False  # a booking's key may hold any character
    speak_the_browsers_language(app)
    app.jinja_env.filters.update(FORMATS | FILTERS | FIGURE_FILTERS)
    app.jinja_env.globals.update(csrf_token=csrf_token, home=home, navigation=navigation)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(partial(_refuse_newer, house))
    app.register_blueprint(login_pages(house, password))
    for pages in PAGES:
        app.register_blueprint(pages(house))
    app.register_blueprint(metrics_page(house))

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="up")

    answer_strictly(app)
    handle_problems(app)
    return app


def _refuse_newer(house: Services) -> None:
    """Show and change nothing of a store that a newer program has taken over. Raises `NewerStore`."""
    if request.endpoint not in WITHOUT_STORE:
        with suppress(RedisError):  # the page will tell of it, if it needs the store
            refuse_newer(house.store)
