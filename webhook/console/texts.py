"""How the console says things: statuses, reasons, warnings and names, in the reader's language."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp

from mapping.booking import Channel
from mapping.channel_managers import channel_managers
from mapping.draft_warnings import SENTENCES
from mapping.reasons import TODO, Reason
from mapping.wording import CHANNEL_NAMES
from webhook.console.formats import day
from worker.records import BookingStatus, Record

COMMAND = ": faturasync "
"""Before the command that a sentence for a person may end with."""
DAYS = ("day", "start_date")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, kw_only=True)
class StatusText:
    """A status for people: its word, and what it means where no reason says more."""

    word: str
    meaning: str
    is_stuck: bool = False  # it waits for a person, and then for a retry


# In the order in which a person wants to see them.
STATUS_TEXTS: Mapping[BookingStatus, StatusText] = {
    BookingStatus.PARKED: StatusText(word=_l("Parked"), meaning=_l("A person must decide."), is_stuck=True),
    BookingStatus.FAILED: StatusText(word=_l("Failed"), meaning=_l("All attempts are spent."), is_stuck=True),
    BookingStatus.QUEUED: StatusText(word=_l("Queued"), meaning=_l("FaturaSync is about to work on it.")),
    BookingStatus.WAITING: StatusText(word=_l("Waiting"), meaning=_l("It goes on by itself.")),
    BookingStatus.DRAFTED: StatusText(
        word=_l("Drafted"),
        meaning=_l("The draft says what the booking says. Review and finalise it in InvoiceXpress."),
    ),
    BookingStatus.FINAL: StatusText(
        word=_l("Final"), meaning=_l("The invoice is finalised in InvoiceXpress. Nothing to do.")
    ),
    BookingStatus.CANCELLED: StatusText(
        word=_l("Cancelled"), meaning=_l("Cancelled, and there is no draft. Nothing to do.")
    ),
    BookingStatus.IGNORED: StatusText(word=_l("Ignored"), meaning=_l("Not to be invoiced. Nothing to do.")),
}

# What a reason is called where it stands alone; what to do about it is `mapping.reasons.TODO`.
REASON_TEXTS: Mapping[Reason, str] = {
    Reason.UNKNOWN_LISTING: _l("unknown listing"),
    Reason.NO_LOCATION: _l("no location"),
    Reason.NO_PRICE: _l("no price"),
    Reason.NO_CURRENCY: _l("no currency"),
    Reason.FOREIGN_CURRENCY: _l("foreign currency"),
    Reason.NO_RATE: _l("no IVA rate"),
    Reason.NO_GUEST_NAME: _l("no guest’s name"),
    Reason.NO_TAX_COUNTRY: _l("no country for the tax number"),
    Reason.NO_COMMISSION: _l("no commission"),
    Reason.COMMISSION_TOO_HIGH: _l("commission too high"),
    Reason.NO_BOOKING_DATE: _l("no booking date"),
    Reason.SEVERAL_STAYS: _l("several stays"),
    Reason.NO_SHOW: _l("no-show"),
    Reason.CANCELLED_WITH_MONEY_KEPT: _l("cancelled with money kept"),
    Reason.OWNER_STAY: _l("owner’s stay"),
    Reason.BLOCKED: _l("blocked days"),
    Reason.NOT_CONFIRMED: _l("not confirmed"),
    Reason.UNKNOWN_STATUS: _l("unknown status"),
    Reason.BEFORE_START_DATE: _l("before the start date"),
    Reason.TEST_BOOKING: _l("test booking"),
    Reason.UNREADABLE: _l("unreadable"),
    Reason.NO_TAX_IN_ACCOUNT: _l("no such tax in InvoiceXpress"),
    Reason.NO_SEQUENCE: _l("no such series in InvoiceXpress"),
    Reason.API_KEY_REFUSED: _l("API key refused"),
    Reason.QUOTA_SPENT: _l("document quota spent"),
    Reason.REFUSED: _l("refused by InvoiceXpress"),
    Reason.DOCUMENT_DIFFERS: _l("document differs"),
    Reason.OUTDATED: _l("perhaps an older state"),
    Reason.SEVERAL_DOCUMENTS: _l("several documents"),
    Reason.EDITED: _l("edited in InvoiceXpress"),
    Reason.FINAL: _l("final, needs a credit note"),
    Reason.DELETED: _l("draft deleted in InvoiceXpress"),
    Reason.CANCELLED_THERE: _l("cancelled in InvoiceXpress"),
    Reason.CANCELLED_BUT_EDITED: _l("cancelled, but edited"),
    Reason.CANCELLED_BUT_FINAL: _l("cancelled, needs a credit note"),
    Reason.NO_CREDENTIALS: _l("no credentials"),
    Reason.CREDENTIALS_REFUSED: _l("credentials refused"),
    Reason.BOOKING_NOT_FOUND: _l("booking not found"),
    Reason.CHANNEL_MANAGER_UNAVAILABLE: _l("channel manager does not answer"),
    Reason.GUEST_DROPPED: _l("guest’s data erased"),
    Reason.UNAVAILABLE: _l("InvoiceXpress does not answer"),
    Reason.NOT_YET: _l("not yet"),
    Reason.IN_LINE: _l("in line"),
    Reason.IGNORED_BY_A_PERSON: _l("ignored by a person"),
    Reason.PAUSED: _l("paused by a person"),
    Reason.STORE_WAS_AWAY: _l("store was away"),
    Reason.UNEXPECTED: _l("unexpected error"),
}

DOCUMENT_STATES: Mapping[str, str] = {
    "draft": _lp("document", "Draft"),
    "final": _lp("document", "Final"),
    "settled": _lp("document", "Settled"),
    "canceled": _lp("document", "Cancelled"),
    "deleted": _lp("document", "Deleted"),
    "second_copy": _lp("document", "Second copy"),
}


def status_text(status: str) -> StatusText:
    """The status for people."""
    return STATUS_TEXTS[BookingStatus(status)]


def reason_text(reason: str) -> str:
    """The reason for people; one that is not known any more as its slug says."""
    return str(REASON_TEXTS[Reason(reason)]) if reason in set(Reason) else reason.replace("-", " ")


def todo(record: Record) -> tuple[str, str]:
    """The sentence for a person, and the command that does what it says: "" where there is none, or nothing to do."""
    return reason_todo(record.reason, record.todo_facts) if record.reason else ("", "")


def reason_todo(reason: Reason, facts: Mapping[str, str]) -> tuple[str, str]:
    """The same of a reason and what goes with it."""
    text, command = parted(TODO[reason])
    return str(_(text)).format_map(Facts(_for_people(facts))), command.format_map(Facts(facts))


def _for_people(facts: Mapping[str, str]) -> dict[str, str]:
    """Facts that a command takes as they are, and a sentence in its reader's words."""
    words = {name: day(facts[name]) for name in DAYS if DAY.fullmatch(facts.get(name, ""))}
    if facts.get("channel") in set(Channel):
        words["channel"] = channel(facts["channel"])
    return {**facts, **words}


def parted(sentence: str) -> tuple[str, str]:
    """A sentence for a person without the command that it ends with, and that command."""
    text, _, command = sentence.partition(COMMAND)
    return (f"{text}:", f"faturasync {command}") if command else (sentence, "")


def warning(slug: str, sentence: str) -> str:
    """A draft's warning, which is kept in English, in the reader's language."""
    template = SENTENCES.get(slug)  # type: ignore[call-overload]  # a slug is its text
    found = template and re.fullmatch(_pattern(template), sentence)
    return str(_(template)).format_map(Facts(found.groupdict())) if found else sentence


def channel(name: str | None) -> str:
    """The channel as it writes its own name; a dash where it is not known yet."""
    if name is None:
        return "–"
    others = {Channel.DIRECT: _("Direct"), Channel.OTHER: _("Other")}
    return str(CHANNEL_NAMES.get(Channel(name)) or others.get(Channel(name)) or name.capitalize())


def channel_manager(name: str) -> str:
    """The channel manager as it writes its own name."""
    vendor = channel_managers().get(name)
    return vendor.title if vendor else name


def document_state(state: str) -> str:
    """A document's state in InvoiceXpress's own words."""
    return str(DOCUMENT_STATES.get(state, state.replace("_", " ").capitalize()))


def sentence(text: str) -> str:
    """A sentence for a person where the command that it would end with is not shown."""
    return f"{text[:-1]}." if text.endswith(":") else text


FILTERS: dict[str, Callable[..., Any]] = {
    "channel": channel,
    "channel_manager": channel_manager,
    "document_state": document_state,
    "parted": parted,
    "reason_text": reason_text,
    "sentence": sentence,
    "status_text": status_text,
    "todo": todo,
    "warning": warning,
}
"""What templates may use."""


class Facts(dict[str, Any]):
    """What a sentence may name; what is not known reads as "?"."""

    def __missing__(self, name: str) -> str:
        return "?"


def _pattern(template: str) -> str:
    """What a sentence looks like that was made of `template`."""
    parts = [(re.escape(text), name) for text, name, _form, _how in Formatter().parse(template)]
    return "".join(text + (f"(?P<{name}>.*?)" if name else "") for text, name in parts)
