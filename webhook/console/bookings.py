"""Bookings: the list with its filters, one booking whole, and the button that tries it again."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mapping.errors import UserError
from webhook.console.audit import audit
from webhook.console.login import who
from webhook.console.texts import STATUS_TEXTS
from worker.records import BookingStatus
from worker.retries import matching, retry
from worker.services import Services
from worker.views import as_json

PAGE_LENGTH = 100
LATEST_DELIVERIES = 50
SEARCHED = ("guest", "reference", "channel_reference", "booking")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the address asks for."""

    status: BookingStatus | None
    account: str | None
    search: str | None
    page: int

    def but(self, **changes: Any) -> dict[str, Any]:
        """The address's parameters with `changes`; another filter begins at its first page."""
        return {"status": self.status, "account": self.account, "q": self.search, **changes}


def bookings_pages(house: Services) -> Blueprint:
    """The pages under `/bookings`."""
    pages = Blueprint("bookings", __name__)

    @pages.get("/bookings")
    def listing() -> str:
        return _listing(house, _filters())

    @pages.get("/bookings/<path:key>")
    def booking(key: str) -> str:
        record = house.ledger.get(key)
        if record is None:
            abort(HTTPStatus.NOT_FOUND, _("There is no such booking."))
        return render_template(
            "console/booking.html",
            booking=as_json(record),
            record=record,
            deliveries=_deliveries(house, key),
            history=house.ledger.history(key)[::-1],
        )

    @pages.post("/retry")
    def try_again() -> Response:
        key = request.form.get("booking", "")
        if not retry(house, [key], who=who()):
            abort(HTTPStatus.NOT_FOUND, _("There is no such booking."))
        audit("retry-asked", booking=key)
        flash(_("The booking is tried again now."))
        return redirect(url_for("bookings.booking", key=key), HTTPStatus.SEE_OTHER)

    return pages


def _filters() -> Filters:
    asked = request.args
    status, page = asked.get("status"), asked.get("page", "")
    return Filters(
        status=BookingStatus(status) if status in set(BookingStatus) else None,
        account=asked.get("account") or None,
        search=asked.get("q") or None,
        page=max(1, int(page)) if page.isdecimal() and len(page) < 7 else 1,
    )


def _listing(house: Services, filters: Filters) -> str:
    every = {record.key: record for record in matching(house)}.values()
    of_account = [record for record in every if filters.account in {None, record.account}]
    found = [(record, as_json(record)) for record in of_account if filters.status in {None, record.status}]
    found = [(record, told) for record, told in found if _is_found(told, filters.search or "")]
    pages = max(1, -(-len(found) // PAGE_LENGTH))
    page = min(filters.page, pages)
    return render_template(
        "console/bookings.html",
        filters=filters,
        statuses=STATUS_TEXTS,
        counts=Counter(record.status for record in of_account),
        accounts=sorted({record.account for record in every}),
        bookings=found[(page - 1) * PAGE_LENGTH : page * PAGE_LENGTH],
        found=len(found),
        page=page,
        pages=pages,
        unreadable=len(house.deliveries.unreadable()),
        now=house.clock(),
        first_steps=None if every else _first_steps(house),
    )


def _is_found(told: Mapping[str, Any], search: str) -> bool:
    text = _plain(" ".join(told[name] or "" for name in SEARCHED))
    return all(word in text for word in _plain(search).split())


def _plain(text: str) -> str:
    """`text` without accents and capitals: "joao" finds João."""
    return "".join(
        character for character in unicodedata.normalize("NFD", text).casefold() if not unicodedata.combining(character)
    )


def _deliveries(house: Services, key: str) -> list[tuple[str, datetime | None]]:
    """The id and time of the deliveries that told a state, the last first; None for one that is not kept any more."""
    found: list[tuple[str, datetime | None]] = []
    for delivery_id in reversed(house.ledger.deliveries(key)[-LATEST_DELIVERIES:]):
        try:
            found.append((delivery_id, house.deliveries.get(delivery_id).received_at))
        except UserError:
            found.append((delivery_id, None))
    return found


def _first_steps(house: Services) -> list[tuple[str, str, bool]]:
    """What to do before the first booking can come: the step, where it is done, and whether it is."""
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
