"""RQ's own jobs, for who looks for a fault: its lists, one job whole, and what can be done to it without losing anything."""

from http import HTTPStatus

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from werkzeug.wrappers import Response

from mapping.errors import UserError
from webhook.console.audit import audit
from webhook.console.login import who
from worker.raw_jobs import LISTS, QUEUED, delete, enqueue_again, find, lengths, page
from worker.services import Services

PAGE_LENGTH = 25

LIST_WORDS = {
    "queued": _lp("job", "Queued"),
    "running": _lp("job", "Running"),
    "scheduled": _lp("job", "Scheduled"),
    "failed": _lp("job", "Failed"),
    "finished": _lp("job", "Finished"),
    "deferred": _lp("job", "Deferred"),
    "canceled": _lp("job", "Cancelled"),
}
FUNCTION_WORDS = {
    "worker.jobs.converge_booking": _l("Bring a booking’s draft to its state"),
    "worker.jobs.look_at_drafts": _l("Look at an account’s drafts"),
}


def jobs_pages(house: Services) -> Blueprint:
    """The pages under `/queues/jobs`."""
    pages = Blueprint("jobs", __name__)

    @pages.get("/queues/jobs")
    def listing() -> str:
        asked, number = request.args.get("list", QUEUED), request.args.get("page", "")
        name = asked if asked in LISTS else QUEUED
        counts = lengths(house.queue)
        last = max(1, -(-counts[name] // PAGE_LENGTH))
        here = min(last, max(1, int(number))) if number.isdecimal() and len(number) < 7 else 1
        return render_template(
            "console/jobs.html",
            name=name,
            words=LIST_WORDS,
            functions=FUNCTION_WORDS,
            counts=counts,
            jobs=page(house.queue, name, skip=(here - 1) * PAGE_LENGTH, limit=PAGE_LENGTH),
            page=here,
            pages=last,
            now=house.clock(),
        )

    @pages.get("/queues/job")
    def job() -> str:
        found = find(house.queue, request.args.get("id", ""))
        if found is None:
            abort(HTTPStatus.NOT_FOUND, _("There is no such job any more, or RQ cannot read it."))
        return render_template("console/job.html", job=found, functions=FUNCTION_WORDS, words=LIST_WORDS)

    @pages.post("/queues/job/enqueue")
    def enqueue() -> Response:
        job_id = request.form.get("id", "")
        try:
            enqueue_again(house, job_id, who=who())
        except UserError:
            flash(_("The job is not among the failed ones any more."), "warning")
        else:
            audit("job-enqueued", job=job_id)
            flash(_("The job is in the queue again."))
        return _back()

    @pages.post("/queues/job/delete")
    def remove() -> Response:
        job_id = request.form.get("id", "")
        try:
            delete(house, job_id, who=who())
        except UserError:
            flash(_("A worker is at work on the job. Wait until it has ended."), "warning")
        else:
            audit("job-deleted", job=job_id)
            flash(_("The job is deleted."))
        return _back()

    return pages


def _back() -> Response:
    asked = request.form.get("list", "")
    return redirect(url_for("jobs.listing", list=asked if asked in LISTS else None), HTTPStatus.SEE_OTHER)
