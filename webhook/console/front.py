"""The first page: open alarms, what a person should do soon, how many bookings there are of each status, pauses, and what came last."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, render_template

from webhook.console.alarming import said_alarm
from webhook.console.reminding import TITLES, Explained, Said, explained, said
from webhook.console.texts import STATUS_TEXTS
from worker.alarms import open_alarms
from worker.overview import AccountLine, accounts
from worker.reminders import Reminder, Slug, reminders
from worker.services import Services
from worker.views import as_json

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
        return render_template(
            "console/reminder.html",
            title=TITLES[Slug(slug)],
            reminders=[(said(each), _about(house, each)) for each in found],
        )

    return pages


def _about(house: Services, reminder: Reminder) -> Sequence[tuple[str, dict[str, Any], Explained | None]]:
    """The bookings that the reminder names: each one's key, what it is, and its day."""
    told = {record.key: as_json(record) for record in house.ledger.many(reminder.bookings)}
    days = {due.key: explained(due) for due in reminder.due}
    return [(key, told[key], days.get(key)) for key in reminder.bookings if key in told]


def _home(house: Services) -> str:
    told: Sequence[Said] = [said(reminder) for reminder in reminders(house)]
    paused: Sequence[AccountLine] = [line for line in accounts(house) if line.is_paused]
    deliveries = house.deliveries.latest(LAST_DELIVERIES)
    return render_template(
        "console/front.html",
        alarms=[said_alarm(alarm) for alarm in open_alarms(house)],
        reminders=told,
        counts=house.index.counts().get("status", {}),
        statuses=STATUS_TEXTS,
        paused=paused,
        deliveries=deliveries,
        guests=house.ledger.guest_names({key for each in deliveries for key in each.bookings}),
        unreadable=len(house.deliveries.unreadable()),
        is_whole=house.index.is_whole,
        now=house.clock(),
    )
