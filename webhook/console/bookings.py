"""The list of bookings: filters, search, what is tried again together, and a file of it."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from webhook.console.audit import audit
from webhook.console.booking import add_booking
from webhook.console.export import DIALECTS, csv_lines
from webhook.console.filters import Asked, asked, menus
from webhook.console.formats import TIME_ZONE
from webhook.console.languages import language
from webhook.console.login import who
from webhook.console.preview import add_preview
from webhook.console.texts import STATUS_TEXTS
from worker.index import PAGE_LENGTH, Page
from worker.records import BookingStatus
from worker.retries import chosen, read_again, retried_together, retry_filtered, to_retry
from worker.services import Services
from worker.views import as_json

NAMED = 20  # bookings on the page that asks whether to try them


def bookings_pages(house: Services) -> Blueprint:
    """The list under `/bookings`, and what belongs to one booking."""
    pages = Blueprint("bookings", __name__)
    add_booking(pages, house)
    add_preview(pages, house)

    @pages.get("/bookings")
    def listing() -> str:
        return _listing(house, asked(request.args))

    @pages.get("/bookings.csv")
    def export() -> Response:
        now = asked(request.args)
        keys = chosen(house, now.filters, now.search)
        audit("bookings-exported", bookings=len(keys))
        name = f"bookings-{house.clock().astimezone(TIME_ZONE):%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f"attachment; filename={name}"}
        lines = csv_lines(house.ledger, keys, DIALECTS[language()])
        return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)

    @pages.get("/retry/all")
    def ask_all() -> str:
        return _ask(house, asked(request.args))

    @pages.post("/retry/all")
    def retry_all() -> AnyResponse:
        now = asked(request.form)
        done = retry_filtered(house, now.filters, now.search, who=who())
        audit("retry-asked", bookings=len(done))
        flash(ngettext("%(num)d booking is tried again now.", "%(num)d bookings are tried again now.", len(done)))
        return redirect(url_for(".listing", **now.but(status=None, reason=None)), HTTPStatus.SEE_OTHER)

    @pages.post("/deliveries/read-again")
    def read_deliveries() -> AnyResponse:
        found, left = read_again(house, who=who())
        audit("read-again-asked", bookings=len(found), unreadable=len(left))
        told = ngettext("%(num)d booking was found.", "%(num)d bookings were found.", len(found))
        if left:
            words = ngettext(
                "%(num)d delivery is still unreadable.", "%(num)d deliveries are still unreadable.", len(left)
            )
            flash(f"{told} {words}", "warning")
        else:
            flash(told)
        return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)

    return pages


def _listing(house: Services, now: Asked) -> str:
    page, is_all = _page(house, now)
    counts = None if now.search else house.index.statuses(now.filters)
    return render_template(
        "console/bookings.html",
        asked=now,
        menus=menus(house.index, now),
        statuses=STATUS_TEXTS,
        counts=counts,
        to_retry=_number_to_retry(now, counts) if counts else _number_found_to_retry(now, page, is_all=is_all),
        bookings=[(record, as_json(record)) for record in page.records],
        after=page.after,
        is_all=is_all,
        is_whole=house.index.is_whole,
        several_accounts=len(house.index.counts().get("account", {})) > 1,
        unreadable=len(house.deliveries.unreadable()),
        now=house.clock(),
        first_steps=None if page.records else _first_steps(house),
    )


def _page(house: Services, now: Asked) -> tuple[Page, bool]:
    """What is shown, and whether a search found no more than that."""
    if not now.search:
        return house.index.page(now.filters, after=now.after), True
    found = house.search.find(now.search, now.filters, limit=PAGE_LENGTH)
    return Page(records=found.records, after=""), found.is_all


def _number_to_retry(now: Asked, counts: Mapping[BookingStatus, int]) -> int:
    """How many a retry of what is listed would try."""
    return sum(counts[status] for status in retried_together(now.filters))


def _number_found_to_retry(now: Asked, page: Page, *, is_all: bool) -> int | None:
    """The same of what was found; None where there is more than is shown."""
    number = sum(record.status in retried_together(now.filters) for record in page.records)
    return number if is_all else None


def _ask(house: Services, now: Asked) -> str:
    """What follows if what is filtered is tried again."""
    keys = to_retry(house, now.filters, now.search)
    records = house.ledger.many(keys[:NAMED])
    return render_template("console/retry.html", asked=now, number=len(keys), records=records, back=now.address)


def _first_steps(house: Services) -> list[tuple[str, str, bool]] | None:
    """What to do before the first booking can come: the step, where it is done, and whether it is."""
    if house.index.page(limit=1).records:
        return None
    accounts = house.accounts.all()
    name = accounts[0].name if accounts else ""
    connect = url_for("settings.connect")
    return [
        (_("Connect your InvoiceXpress account"), connect, bool(accounts)),
        (
            _("Make a webhook URL and paste it into the channel manager"),
            url_for("connections.choose", account=name) if name else connect,
            bool(house.connections.all()),
        ),
        (
            _("Say what you let and where it is"),
            url_for("properties.new", account=name) if name else connect,
            any(house.properties.of(account.name) for account in accounts),
        ),
    ]
