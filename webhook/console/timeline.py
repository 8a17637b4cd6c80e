"""A booking's timeline: deliveries, what persons did, what was asked of InvoiceXpress and answered, and what was decided."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from mapping.booking import Booking
from mapping.errors import UserError
from webhook.console.figures import FIELDS, correction_value
from webhook.console.formats import day, money
from webhook.console.texts import STATUS_TEXTS, Facts, reason_text
from worker.audit import CHANGED
from worker.meaning import state_told
from worker.records import BookingStatus, Record
from worker.services import Services

LATEST_DELIVERIES = 20  # are read again, to say what each told anew; how many there were stands above them

# {names} are the facts that came with an event.
EVENTS: Mapping[str, str] = {
    "creating": _l("A draft is to be made with the reference {reference}."),
    "created": _l("InvoiceXpress made the draft {document}."),
    "updated": _l("Changed the draft {document} to what the booking says now."),
    "withdrawn": _l("Deleted the draft {document}: the booking needs none any more."),
    "adopting": _l("InvoiceXpress lists {found} with the reference {reference}: taken for this booking’s."),
    "looked-up": _l("Looked in InvoiceXpress for the reference {reference}: {found} found."),
    "read": _l("Looked at the document {document} in InvoiceXpress: {state}."),
    "retried": _l("Asked for another attempt."),
    "set-going": _l("It goes on: what it waited for was put right."),
    "corrected": _l("Corrected {field}: {to} instead of {from}."),
    "corrected-guest": _l("Corrected {field}."),
    "dropped": _l("Took the correction of {field} back: what the channel manager says counts again."),
    "dropped-by-itself": _l("The channel manager changed {field}: its word counts again, not the correction."),
    "ignored-by-a-person": _l("Decided to ignore the booking."),
    "draft-asked": _l("Asked for the draft before its day."),
    "guest-data-dropped": _l("What was kept about the guest was dropped: its time was over."),
    "guest-data-erased": _l("Erased what was kept about the guest."),
}
DONE_AT_INVOICEXPRESS = frozenset({"creating", "created", "updated", "withdrawn", "adopting", "looked-up", "read"})

# What a request asks InvoiceXpress for, by method and path.
REQUESTS: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"POST /invoices\.json"), _l("Asked for a new draft")),
    (re.compile(r"PUT /invoices/\d+\.json"), _l("Asked for the draft to be changed")),
    (re.compile(r"PUT /invoices/\d+/change-state\.json"), _l("Asked for the draft to be deleted")),
    (re.compile(r"GET /invoices/\d+\.json"), _l("Asked for the document")),
    (re.compile(r"GET /invoices\.json"), _l("Asked for documents with the reference")),
    (re.compile(r"GET /taxes\.json"), _l("Asked for the account’s taxes")),
    (re.compile(r"GET /sequences\.json"), _l("Asked for the account’s series")),
    (re.compile(r".*/clients.*"), _l("Asked for the client")),
)

# What a delivery may tell anew, in the order in which it is said.
TOLD: Mapping[str, str] = {
    "status": _l("Status"),
    "check_in": _l("Check-in"),
    "check_out": _l("Check-out"),
    "property_ref": _l("Listing"),
    "total_guest": _l("Price"),
    "commission": _l("Commission"),
    "cleaning": _l("Cleaning"),
    "tourist_tax": _l("Tourist tax"),
    "deposit": _l("Deposit"),
    "currency": _l("Currency"),
    "guest_name": _l("Guest"),
    "guest_country": _l("Country"),
    "guest_tax_id": _l("Tax number"),
    "cancellation_fee": _l("Cancellation fee"),
}
AMOUNTS = frozenset({"total_guest", "commission", "cleaning", "tourist_tax", "deposit", "cancellation_fee"})
BOOKING_STATES: Mapping[str, str] = {
    "confirmed": _l("confirmed"),
    "cancelled": _l("cancelled"),
    "pending": _l("pending"),
    "inquiry": _l("inquiry"),
    "blocked": _l("blocked days"),
    "owner_stay": _l("owner’s stay"),
    "no_show": _l("no-show"),
    "unknown": _l("unknown"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a delivery says of a field, and what was said before it (None: the booking is new)."""

    label: str
    was: str | None
    became: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened: when, who did it, what it was, and why or with what answer."""

    at: datetime | None
    kind: str  # delivery, person, request or decision
    who: str
    text: str
    code: str = ""  # for whoever wants it exactly: a delivery's id; method, path, status and time of a request
    words: str = ""  # InvoiceXpress's, where it refused
    status: str = ""  # what the booking became
    changes: Sequence[Change] = ()
    is_bad: bool = False


def timeline(house: Services, record: Record, channel_manager: str) -> list[Entry]:
    """All of it, the last first."""
    told = list(_deliveries(house, record, channel_manager))
    lines = [_line(line) for line in house.ledger.history(record.key)]
    # A second is the finest that a history tells; in one second a delivery comes before what follows from it.
    dated = sorted(
        ((entry.at.replace(microsecond=0), entry) for entry in (*told, *lines) if entry.at), key=lambda pair: pair[0]
    )
    return [*(entry for _at, entry in reversed(dated)), *(entry for entry in told if not entry.at)]


def _deliveries(house: Services, record: Record, who: str) -> Iterator[Entry]:
    """The deliveries that told a state, oldest first, each with what it changed."""
    ids, let_go = house.ledger.deliveries(record.key), house.ledger.let_go(record.key)
    before: Booking | None = None
    for place, delivery in list(enumerate(ids))[-LATEST_DELIVERIES:]:
        try:
            gone_at = let_go[delivery].received_at if delivery in let_go else None
            at = gone_at or house.deliveries.get(delivery).received_at
        except UserError:
            gone = str(_("A delivery that is not kept any more."))
            yield Entry(at=None, kind="delivery", who=who, text=gone, code=delivery)
            continue
        now = state_told(house, record, delivery)
        changes = list(_changes(before, now)) if now and (before or place == 0) else []
        text = _delivery_text(is_first=place == 0, is_compared=bool(before and now), changes=changes)
        yield Entry(at=at, kind="delivery", who=who, text=text, code=delivery, changes=changes)
        before = now or before


def _delivery_text(*, is_first: bool, is_compared: bool, changes: Sequence[Change]) -> str:
    if is_first:
        return str(_("Told of the booking."))
    if not is_compared:
        return str(_("Told something new of the booking."))
    return str(_("Changed the booking.") if changes else _("Told nothing new that a draft depends on."))


def _changes(before: Booking | None, now: Booking) -> Iterator[Change]:
    for name, label in TOLD.items():
        old, new = (getattr(booking, name) if booking else None for booking in (before, now))
        if old != new:
            currencies = [booking.currency if booking else None for booking in (before, now)]
            was = _told(name, old, currencies[0]) if before else None
            yield Change(label=str(label), was=was, became=_told(name, new, currencies[1]))


def _told(name: str, value: Any, currency: str | None) -> str:
    if value is None:
        return str(_("nothing"))
    if name in AMOUNTS:
        return money(value, currency or "EUR")
    if name == "status":
        return str(BOOKING_STATES.get(value, value))
    return day(value) if name in {"check_in", "check_out"} else str(value)


def _line(line: Mapping[str, Any]) -> Entry:
    """A line of the ledger's history."""
    at, who = datetime.fromisoformat(line["at"]), str(line.get("who") or "")
    if line["event"] == "request":
        return _request(line, at)
    status = line["event"] if line["event"] in set(BookingStatus) and not who else ""
    return Entry(
        at=at,
        kind="person" if who else "decision",
        who=who or "FaturaSync",
        text=event(line),
        status=status,
        is_bad=status in {BookingStatus.FAILED, BookingStatus.PARKED},
    )


def event(line: Mapping[str, Any]) -> str:
    """What a line of the history says, in plain words."""
    name, facts = _event(line), dict(line)
    if "field" in facts:
        field = str(facts["field"])
        values = {end: correction_value(facts.get(end), field) for end in ("from", "to")}
        facts |= {**values, "field": FIELDS.get(field, field)}
    if name in EVENTS:
        return str(EVENTS[name]).format_map(Facts(facts))
    word = STATUS_TEXTS[BookingStatus(name)].word if name in set(BookingStatus) else name.replace("-", " ").capitalize()
    reason = str(line.get("reason") or "")
    return f"{word}: {reason_text(reason)}." if reason else f"{word}."


def _event(line: Mapping[str, Any]) -> str:
    """Which of `EVENTS` it is."""
    name = str(line["event"])
    if name == "corrected":
        return "corrected-guest" if line.get("to") == CHANGED else name
    if name == "correction-dropped":
        return "dropped" if line.get("who") else "dropped-by-itself"
    return "ignored-by-a-person" if name == "ignored" and line.get("who") else name


def _request(line: Mapping[str, Any], at: datetime) -> Entry:
    call, status = f"{line['method']} {line['path']}", line.get("status")
    asked = next((text for pattern, text in REQUESTS if pattern.fullmatch(call)), _("Asked InvoiceXpress"))
    answer = str(status) if status else _("no answer")
    is_bad = not status or status >= 400
    said = _("%(asked)s: refused.", asked=asked) if is_bad and status else _("%(asked)s: answered.", asked=asked)
    return Entry(
        at=at,
        kind="request",
        who="InvoiceXpress",
        text=str(said if status else _("%(asked)s: no answer came.", asked=asked)),
        code=f"{call} · {answer} · {line.get('ms', '?')} ms",
        words=str(line.get("words") or ""),
        is_bad=is_bad,
    )
