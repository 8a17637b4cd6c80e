"""The console speaks English or Portuguese, as the browser asks for.

Texts in templates and modules are English and marked; `translations/` has them in Portuguese. `scripts/translations` brings
new ones into the catalog and compiles it.
"""

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

LOCALES = {"en": "en_GB", "pt": "pt_PT"}
"""The languages, and where their days and amounts are written as here."""


def speak_the_browsers_language(app: Flask) -> None:
    """Let each page of `app` be in the language that its reader prefers."""
    Babel(app, default_locale=LOCALES["en"], default_timezone="Europe/Lisbon", locale_selector=_chosen)
    app.jinja_env.globals["language"] = language


def language() -> str:
    """What this page is written in: the `lang` of its markup."""
    return str(get_locale() or "en").partition("_")[0]


def _chosen() -> str:
    known = request.accept_languages.best_match(LOCALES) if has_request_context() else None
    return LOCALES[known or "en"]
