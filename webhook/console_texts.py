"""How the console says things: statuses, days, money, links and history in plain words. All of it pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from mapping.booking import Channel
from mapping.channel_managers import channel_managers
from mapping.iva import TIME_ZONES
from mapping.wording import CHANNEL_NAMES
from worker.records import BookingStatus

TIME_ZONE = ZoneInfo(TIME_ZONES["PT"])
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, kw_only=True)
class StatusText:
    """A status for people: its word, and what it means where no reason says more."""

    word: str
    meaning: str
    is_stuck: bool = False  # it waits for a person, and then for a retry


# In the order in which a person wants to see them.
STATUS_TEXTS: Mapping[BookingStatus, StatusText] = {
    BookingStatus.PARKED: StatusText(word="Parked", meaning="A person must decide.", is_stuck=True),
    BookingStatus.FAILED: StatusText(word="Failed", meaning="All attempts are spent.", is_stuck=True),
    BookingStatus.QUEUED: StatusText(word="Queued", meaning="FaturaSync is about to work on it."),
    BookingStatus.WAITING: StatusText(word="Waiting", meaning="It goes on by itself."),
    BookingStatus.DRAFTED: StatusText(
        word="Drafted", meaning="The draft says what the booking says. Review and finalise it in InvoiceXpress."
    ),
    BookingStatus.FINAL: StatusText(word="Final", meaning="The invoice is finalised in InvoiceXpress. Nothing to do."),
    BookingStatus.CANCELLED: StatusText(word="Cancelled", meaning="Cancelled, and there is no draft. Nothing to do."),
    BookingStatus.IGNORED: StatusText(word="Ignored", meaning="Not to be invoiced. Nothing to do."),
}

# The events of the ledger's history; {names} are the facts that came with them.
EVENT_TEXTS = {
    "creating": "Asked InvoiceXpress to make a draft with the reference {reference}.",
    "created": "InvoiceXpress made the draft {document}.",
    "updated": "Changed the draft {document} to what the booking says now.",
    "withdrawn": "Deleted the draft {document}: the booking needs none any more.",
    "adopting": "InvoiceXpress lists {found} with the reference {reference}: taken for this booking's.",
    "looked-up": "Looked in InvoiceXpress for the reference {reference}: {found} found.",
    "read": "Looked at the document {document} in InvoiceXpress: {state}.",
}

COMMISSION_SOURCES = {"payload": "as the channel manager says", "none": "none on direct bookings"}


def status_text(status: str) -> StatusText:
    """The status for people."""
    return STATUS_TEXTS[BookingStatus(status)]


def sentence(todo: str) -> tuple[str, str]:
    """The sentence for a person and the command that it ends with, "" where it ends with none."""
    text, _, command = todo.partition(": faturasync ")
    return (f"{text}:", f"faturasync {command}") if command else (todo, "")


def event(line: Mapping[str, Any]) -> str:
    """One line of the history, in plain words."""
    name = str(line["event"])
    if name in EVENT_TEXTS:
        return EVENT_TEXTS[name].format_map(_Facts(line))
    word = STATUS_TEXTS[BookingStatus(name)].word if name in set(BookingStatus) else name.replace("-", " ").capitalize()
    reason = str(line.get("reason") or "").replace("-", " ").replace("invoicexpress", "InvoiceXpress")
    return f"{word}: {reason}." if reason else f"{word}."


def money(amount: str | Decimal | None, currency: str | None = "EUR", *, places: int = 2) -> str:
    """An amount as people read it; a dash where there is none."""
    if amount is None or amount == "":
        return "–"
    text = f"{Decimal(amount) + 0:,.{places}f}".replace(",", NARROW_SPACE).replace("-", "−")
    return f"{text}{SPACE}{'€' if currency == 'EUR' else currency or ''}".rstrip(SPACE)


def stay(check_in: str | None, check_out: str | None) -> str:
    """Two days as people write them; what they share of month and year is said once. Not known until it is fetched."""
    if check_in is None or check_out is None:
        return "not fetched yet"
    first, last = date.fromisoformat(check_in), date.fromisoformat(check_out)
    end = f"{last.day}{SPACE}{last:%b}{SPACE}{last:%Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    year = "" if first.year == last.year else f"{SPACE}{first:%Y}"
    return f"{first.day}{SPACE}{first:%b}{year} – {end}"


def moment(at: str | datetime, *, seconds: bool = False) -> str:
    """A moment on Lisbon's clock."""
    local = (at if isinstance(at, datetime) else datetime.fromisoformat(at)).astimezone(TIME_ZONE)
    return f"{local.day}{SPACE}{local:%b}{SPACE}{local:%Y}, {local:{'%H:%M:%S' if seconds else '%H:%M'}}"


def channel(name: str | None) -> str:
    """The channel as it writes its own name; a dash where it is not known yet."""
    if name is None:
        return "–"
    return CHANNEL_NAMES.get(Channel(name), name.capitalize())


def channel_manager(name: str) -> str:
    """The channel manager as it writes its own name."""
    vendor = channel_managers().get(name)
    return vendor.title if vendor else name


def commission_source(source: str) -> str:
    """Where the commission came from."""
    return COMMISSION_SOURCES.get(source) or source.replace(" (setting)", " of the price, from the settings")


def web_link(url: str | None) -> str | None:
    """`url` if a browser may be sent there."""
    parts = urlsplit(url or "")
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


FILTERS: Mapping[str, Callable[..., Any]] = {
    "channel": channel,
    "channel_manager": channel_manager,
    "commission_source": commission_source,
    "event": event,
    "moment": moment,
    "money": money,
    "sentence": sentence,
    "status_text": status_text,
    "stay": stay,
    "web_link": web_link,
}
"""What templates may use."""


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"
