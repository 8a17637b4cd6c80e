"""One booking whole: what was computed and from what, what happened and why, and what a person can do about it."""

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from mapping.errors import UserError
from webhook.console.audit import audit
from webhook.console.figures import rows
from webhook.console.login import who
from webhook.console.putting_right import steps
from webhook.console.texts import channel_manager
from webhook.console.timeline import timeline
from worker.decisions import ignore, waits_for_its_day
from worker.records import BookingStatus, Decision, Record
from worker.retries import retry
from worker.services import Services
from worker.turnover import with_turnover
from worker.views import as_json

DROPPED = _l(
    "The guest’s data are not kept any more. Until the channel manager sends the booking anew, there is nothing to try "
    "again."
)


def add_booking(pages: Blueprint, house: Services) -> None:
    """A booking's page, and its buttons."""

    @pages.get("/bookings/<path:key>")
    def booking(key: str) -> str:
        return _booking(house, known(house, key))

    @pages.post("/retry")
    def try_again() -> Response:
        key = request.form.get("booking", "")
        if known(house, key).dropped:
            flash(DROPPED, "warning")
            return _to(key)
        if not retry(house, [key], who=who()):
            abort(HTTPStatus.NOT_FOUND, _("There is no such booking."))
        audit("retry-asked", booking=key)
        flash(_("The booking is tried again now."))
        return _to(key)

    @pages.post("/ignore")
    def ignore_it() -> Response:
        record = known(house, request.form.get("booking", ""))
        document = ignore(house, record.key, who=who())
        audit("ignore-asked", booking=record.key)
        if document:
            flash(_("The booking is ignored. Its document %(id)s in InvoiceXpress is left as it is.", id=document.id))
        else:
            flash(_("The booking is ignored."))
        return _to(record.key)


def known(house: Services, key: str) -> Record:
    """The booking's record, or the page that says that there is none."""
    try:
        return house.ledger.known(key)
    except UserError:
        abort(HTTPStatus.NOT_FOUND, _("There is no such booking."))


def may_be_corrected(record: Record) -> bool:
    """Whether a person may still correct it: a document that is final stays what it is, and nothing is made for nobody."""
    return record.booking is not None and record.status is not BookingStatus.FINAL and not record.dropped


def _to(key: str) -> Response:
    return redirect(url_for("bookings.booking", key=key), HTTPStatus.SEE_OTHER)


def _booking(house: Services, record: Record) -> str:
    record = with_turnover(house, record)
    return render_template(
        "console/booking.html",
        booking=as_json(record),
        record=record,
        rows=list(rows(record.figures, record.corrections)) if record.figures else [],
        steps=steps(house, record),
        without_guest=DROPPED,
        may_be_corrected=may_be_corrected(record),
        is_ignored=record.decision is Decision.IGNORE,
        waits=waits_for_its_day(record),
        timeline=timeline(house, record, channel_manager(record.channel_manager)),
        states=len(house.ledger.deliveries(record.key)),
    )
