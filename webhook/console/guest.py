"""What is kept about a booking's guest: what that is and for how long, a file of it, and erasing it at once."""

import json
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from mapping.errors import UserError
from webhook.console.audit import audit
from webhook.console.booking import known
from webhook.console.login import who
from worker.guests import erase, export
from worker.records import Record
from worker.resting import is_at_rest, resting_since
from worker.services import Services


def guest_pages(house: Services) -> Blueprint:
    """The pages under `/guest`."""
    pages = Blueprint("guest", __name__)

    @pages.get("/guest/data/<path:key>")
    def page(key: str) -> str:
        record = known(house, key)
        is_kept_for_ever = house.environment.retention is None
        return render_template(
            "console/guest.html", record=record, until=_until(house, record), is_kept_for_ever=is_kept_for_ever
        )

    @pages.get("/guest/export/<path:key>")
    def download(key: str) -> Response:
        record = known(house, key)
        found = export(house, [record.key], who=who())
        audit("guest-exported", booking=record.key)
        headers = {"Content-Disposition": "attachment; filename=guest.json"}
        return Response(json.dumps(found, ensure_ascii=False, indent=2), mimetype="application/json", headers=headers)

    @pages.get("/guest/erase/<path:key>")
    def ask(key: str) -> str:
        record = known(house, key)
        is_open = not is_at_rest(record, now=house.clock())
        return render_template("console/guest_erase.html", record=record, is_open=is_open)

    @pages.post("/guest/erase/<path:key>")
    def erase_it(key: str) -> AnyResponse:
        record = known(house, key)
        even_if_open = request.form.get("even-if-open") == "yes"
        if not even_if_open and not is_at_rest(record, now=house.clock()):
            flash(
                _("The booking is not at rest any more, so nothing was erased. Read what follows, and decide again."),
                "warning",
            )
            return redirect(url_for(".ask", key=record.key), HTTPStatus.SEE_OTHER)
        try:
            erase(house, [record.key], who=who(), even_if_open=even_if_open)
        except UserError:
            flash(_("A worker is at work on the booking just now. Try again in a moment."), "warning")
            return redirect(url_for(".ask", key=record.key), HTTPStatus.SEE_OTHER)
        audit("guest-erased", booking=record.key)
        flash(_("What was kept about the guest is erased. The document in InvoiceXpress is left as it is."))
        return redirect(url_for("bookings.booking", key=record.key), HTTPStatus.SEE_OTHER)

    return pages


def _until(house: Services, record: Record) -> datetime | None:
    """When the guest's data go by themselves; None where that is not known yet, or never."""
    since, retention = resting_since(record), house.environment.retention
    return since + retention if since and retention and not record.dropped else None
