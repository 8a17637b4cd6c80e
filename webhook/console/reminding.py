"""Reminders in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from mapping.settings import Language
from webhook.console.formats import day, money
from webhook.console.languages import language
from webhook.console.texts import parted
from worker.due import Due
from worker.reminders import SENTENCES, TODO, Reminder, Slug

TITLES: Mapping[Slug, str] = {
    Slug.FORGOTTEN: _l("Drafts of bookings that are not known"),
    Slug.DRAFTS: _l("Drafts to be finalised"),
    Slug.STAYS: _l("Stays without a document"),
    Slug.SILENT: _l("Silent connections"),
    Slug.UNHEARD: _l("Connections that were never heard"),
    Slug.TURNOVER_NEAR: _l("Turnover near the limit of art. 53"),
    Slug.TURNOVER_NEXT_YEAR: _l("Turnover over the limit of art. 53"),
    Slug.TURNOVER_AT_ONCE: _l("The exemption of art. 53 is over"),
}
URGENT = frozenset({Slug.FORGOTTEN, Slug.TURNOVER_AT_ONCE, Slug.DRAFTS, Slug.STAYS})
AMOUNTS = frozenset({"turnover", "limit"})
"""The facts that are amounts; the sentence has the euro sign."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reminder as it is shown. `command` does what `todo` says, "" where there is none."""

    slug: Slug
    title: str
    sentence: str
    todo: str
    command: str
    is_urgent: bool
    count: int
    bookings: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The day by which a draft is to be finalised, and how it is found."""

    day: str
    sentence: str


def said(reminder: Reminder) -> Said:
    """The reminder for people."""
    facts = {name: money(fact, None) if name in AMOUNTS else fact for name, fact in reminder.facts.items()}
    todo, command = parted(TODO[reminder.slug])
    return Said(
        slug=reminder.slug,
        title=str(TITLES[reminder.slug]),
        sentence=str(_(SENTENCES[reminder.slug])).format_map(facts),
        todo=str(_(todo)).format_map(facts),
        command=command.format_map(facts),
        is_urgent=reminder.slug in URGENT,
        count=reminder.count,
        bookings=reminder.bookings,
    )


def explained(due: Due) -> Explained:
    """Its day for people, with holidays as they are called in their language."""
    text, facts = due.explained(Language(language()))
    return Explained(day=day(due.deadline.day), sentence=str(_(text)).format_map(facts))
