"""Who did what: the audit, the newest first."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from worker.audit import CHANGED, Act, changes
from worker.services import Services

PAGE_LENGTH = 50
MOST_PAGES = 10_000

WORDS: Mapping[str, LazyString] = {
    "account-added": _l("account added"),
    "account-set": _l("account changed"),
    "account-removed": _l("account removed"),
    "account-paused": _l("account paused"),
    "account-resumed": _l("account resumed"),
    "property-added": _l("property added"),
    "property-set": _l("property changed"),
    "property-removed": _l("property removed"),
    "connection-added": _l("connection added"),
    "connection-set": _l("connection changed"),
    "connection-rotated": _l("connection renewed"),
    "connection-removed": _l("connection removed"),
    "correct": _l("booking corrected"),
    "retry": _l("booking retried"),
    "ignore": _l("booking ignored"),
    "guest-export": _l("guest’s data exported"),
    "guest-erase": _l("guest’s data erased"),
    "draft": _l("draft wanted now"),
    "deliveries-read-again": _l("deliveries read again"),
    "keys-rotated": _l("secret keys rotated"),
    "job-enqueued": _l("raw job enqueued"),
    "job-deleted": _l("raw job deleted"),
}
"""What each kind of act is called; one without a word is shown by its own name."""


def acts_pages(house: Services) -> Blueprint:
    """The page `/settings/audit`."""
    pages = Blueprint("acts", __name__, url_prefix="/settings")

    @pages.get("/audit")
    def listing() -> str:
        about = request.args.get("about", "").strip()
        page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
        found = house.audit.acts(about=about, skip=(page - 1) * PAGE_LENGTH, limit=PAGE_LENGTH + 1)
        return render_template(
            "console/acts.html",
            acts=[(act, WORDS.get(act.what, act.what), _changed(act)) for act in found[:PAGE_LENGTH]],
            about=about,
            page=page,
            has_more=len(found) > PAGE_LENGTH,
        )

    return pages


def _changed(act: Act) -> list[tuple[str, str, str]]:
    """Each field with what it was and what it became; that a secret changed in the reader's language."""
    return [(name, was, _("changed") if became == CHANGED else became) for name, was, became in changes(act)]
