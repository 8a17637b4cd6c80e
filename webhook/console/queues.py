"""How the work stands: the queue, accounts and their pauses, what is stuck and the buttons that try it again, workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from mapping.reasons import Reason
from webhook.console.audit import audit
from webhook.console.charts import KINDS, Bar, Hour, Point, Tick, bars, hour_ticks, hours, path_of, wait_ticks, waits
from webhook.console.formats import TIME_ZONE
from webhook.console.login import who
from worker.activity import Bucket, together
from worker.causes import bookings_of, cause
from worker.index import Filters
from worker.overview import AccountLine, activity, overview
from worker.pausing import pause, resume
from worker.records import BookingStatus
from worker.retries import retry
from worker.services import Services
from worker.stuck import all_stuck, retry_all, retry_cause

NAMED = 20  # bookings of a group on the page that asks whether to try them


@dataclass(frozen=True, kw_only=True)
class Charts:
    """The last day as it is drawn."""

    bars: Sequence[Bar]
    bar_ticks: Sequence[Tick]
    half: Sequence[Point]  # within what time half of the deliveries were at rest
    most: Sequence[Point]  # and 95 % of them
    wait_ticks: Sequence[Tick]
    hour_ticks: Sequence[Tick]
    hours: Sequence[Hour]
    day: Bucket
    kinds: Sequence[str] = KINDS

    @property
    def half_path(self) -> str:
        """The line of `half`."""
        return path_of(self.half)

    @property
    def most_path(self) -> str:
        """The line of `most`."""
        return path_of(self.most)


def queues_pages(house: Services) -> Blueprint:
    """The pages under `/queues`."""
    pages = Blueprint("queues", __name__)

    @pages.get("/queues")
    def overview() -> str:
        return _overview(house)

    @pages.get("/queues/accounts/<account>")
    def ask_account(account: str) -> str:
        return _ask_account(house, account)

    @pages.post("/queues/accounts/<account>/pause")
    def pause_account(account: str) -> Response:
        _line(house, account)
        found = pause(house, account, who=who())
        audit("account-pause-asked", account=account)
        flash(_("%(account)s is paused by %(who)s.", account=account, who=found.who))
        return _back()

    @pages.post("/queues/accounts/<account>/resume")
    def resume_account(account: str) -> Response:
        if _line(house, account).pause:
            going = resume(house, account, who=who())
            audit("account-resume-asked", account=account, bookings=len(going))
            flash(_("%(account)s goes on.", account=account))
        return _back()

    @pages.get("/queues/stuck")
    def ask_stuck() -> str:
        return _ask_stuck(house, request.args.get("cause", ""))

    @pages.post("/queues/stuck")
    def try_again() -> Response:
        done = _tried(house, request.form.get("booking", ""), request.form.get("cause", ""))
        audit("retry-asked", bookings=len(done))
        flash(ngettext("%(num)d booking is tried again now.", "%(num)d bookings are tried again now.", len(done)))
        return _back()

    return pages


def _overview(house: Services) -> str:
    buckets = activity(house)
    bar_parts, bar_ticks = bars(buckets)
    charts = Charts(
        bars=bar_parts,
        bar_ticks=bar_ticks,
        half=waits(buckets, 0.5),
        most=waits(buckets, 0.95),
        wait_ticks=wait_ticks(),
        hour_ticks=hour_ticks(buckets, TIME_ZONE),
        hours=hours(buckets, TIME_ZONE),
        day=together(buckets),
    )
    return render_template("console/queues.html", found=overview(house), charts=charts)


def _ask_account(house: Services, account: str) -> str:
    """What follows if the account is paused, or goes on."""
    line = _line(house, account)
    waiting = Filters(account=account, status=BookingStatus.WAITING, reason=Reason.PAUSED)
    return render_template("console/pause.html", line=line, held=len(house.index.keys(waiting)))


def _ask_stuck(house: Services, cause_id: str) -> str:
    """What follows if the bookings of a cause, or all stuck ones, are tried again."""
    found = cause(house.store, cause_id) if cause_id else None
    if cause_id and found is None:
        abort(HTTPStatus.NOT_FOUND, _("No booking is stuck for that any more."))
    keys = bookings_of(house.store, cause_id) if found else all_stuck(house)
    unreadable = 0 if found else len(house.deliveries.unreadable())
    return render_template("console/stuck.html", cause=found, keys=keys, named=keys[:NAMED], unreadable=unreadable)


def _tried(house: Services, booking: str, cause_id: str) -> list[str]:
    if booking:
        return retry(house, [booking], who=who())
    if not cause_id:
        return retry_all(house, who=who())
    if cause(house.store, cause_id) is None:
        return []  # they have gone on since the page was asked for
    return retry_cause(house, cause_id, who=who())


def _line(house: Services, account: str) -> AccountLine:
    found = next((line for line in overview(house).accounts if line.account == account), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, _("There is no such account."))
    return found


def _back() -> Response:
    return redirect(url_for("queues.overview"), HTTPStatus.SEE_OTHER)
