"""The first page: what a person should do soon, how many bookings there are of each status, pauses, and what came last."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, abort, render_template

from webhook.console.reminding import TITLES, Explained, Said, explained, said
from webhook.console.texts import STATUS_TEXTS
from worker.overview import AccountLine, accounts
from worker.reminders import Slug, reminders
from worker.services import Services

LAST_DELIVERIES = 10


def front_pages(house: Services) -> Blueprint:
    """`/`, and a reminder whole."""
    pages = Blueprint("front", __name__)

    @pages.get("/")
    def home() -> str:
        return _home(house)

    @pages.get("/reminders/<slug>")
    def reminder(slug: str) -> str:
        found = [each for each in reminders(house) if each.slug == slug] if slug in set(Slug) else None
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        why: dict[str, Explained] = {due.key: explained(due) for each in found for due in each.due}
        return render_template(
            "console/reminder.html", title=TITLES[Slug(slug)], reminders=[said(each) for each in found], why=why
        )

    return pages


def _home(house: Services) -> str:
    told: Sequence[Said] = [said(reminder) for reminder in reminders(house)]
    paused: Sequence[AccountLine] = [line for line in accounts(house) if line.is_paused]
    return render_template(
        "console/front.html",
        reminders=told,
        counts=house.index.counts().get("status", {}),
        statuses=STATUS_TEXTS,
        paused=paused,
        deliveries=house.deliveries.latest(LAST_DELIVERIES),
        unreadable=len(house.deliveries.unreadable()),
        is_whole=house.index.is_whole,
        now=house.clock(),
    )
