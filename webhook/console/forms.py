"""What pages with forms share: problems in the reader's language, and where a browser goes after a form was taken."""

import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from mapping.errors import UserError
from worker.keyspace import FS
from worker.services import Services

ONCE_SECONDS = 24 * 3600
"""For so long a form that came is known."""

LEADS_TO_A_COMMAND = re.compile(r"\s*[^.]*: faturasync .*$", re.DOTALL)
"""The end of a sentence that is for people with a terminal."""


def said(error: UserError) -> str:
    """The error's sentence in the reader's language, without a command."""
    return str(_(without_command(error.template))).format_map(error.facts)


def without_command(sentence: str) -> str:
    """A sentence without the part that leads to a command."""
    return LEADS_TO_A_COMMAND.sub("", sentence)


def go_to(url: str) -> AnyResponse:
    """Send the browser to `url`, also where htmx sent the form."""
    if "HX-Request" in request.headers:
        return Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": url})
    return redirect(url, HTTPStatus.SEE_OTHER)


def told_going(going: Sequence[str], text: str) -> str:
    """`text`, and how many bookings go on by what was put right."""
    if not going:
        return text
    more = ngettext("%(num)d booking that was stuck goes on.", "%(num)d bookings that were stuck go on.", len(going))
    return f"{text} {more}"


def once() -> str:
    """What a form carries that is to do its work once, however often its answer is loaded again."""
    return secrets.token_urlsafe(16)


def came_before(house: Services) -> bool:
    """Whether the form that came is one that came already; from now on it did."""
    given = request.form.get("once") or once()
    return not house.store.set(f"{FS}:console:once:{given}", "", nx=True, ex=ONCE_SECONDS)
