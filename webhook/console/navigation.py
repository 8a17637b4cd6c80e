"""What the head of every page leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext as _l

PLACES = (
    ("front.home", _l("Overview")),
    ("bookings.listing", _l("Bookings")),
    ("queues.overview", _l("Queues")),
    ("settings.accounts", _l("Settings")),
)
"""The first page of each group; what is not built yet is not shown."""

GROUPS = {
    "account": "settings", "properties": "settings", "connections": "settings", "acts": "settings", "booking": "bookings",
    "guest": "bookings",
    "jobs": "queues",
}  # fmt: skip
"""Page groups that stand under another one's word."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One of them. `is_here`: the page that is shown belongs to it."""

    endpoint: str
    word: str
    is_here: bool


def navigation() -> Sequence[Place]:
    """Every place that there is."""
    here = (request.endpoint or "").partition(".")[0]
    return [
        Place(endpoint=endpoint, word=word, is_here=_group(endpoint) == GROUPS.get(here, here))
        for endpoint, word in PLACES
        if endpoint in current_app.view_functions
    ]


def home() -> str:
    """The endpoint that a person comes to who asked for nothing: the first of them."""
    return next(endpoint for endpoint, _ in PLACES if endpoint in current_app.view_functions)


def _group(endpoint: str) -> str:
    return endpoint.partition(".")[0]
