"""What a person should do soon although no booking asks for it: each reminder with the bookings that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from mapping.draft_warnings import WarningSlug
from mapping.iva import Location, time_zone
from mapping.settings import Regime
from mapping.turnover import limits_on, turnover_warning
from worker.accounts import Account
from worker.connections import Connection, vendor_of
from worker.due import Due, DueDrafts, due_drafts
from worker.rhythm import LEAST, allowed_silence, heard_on
from worker.services import Services
from worker.stays import Ended, Lacks, ended, how_many_ended
from worker.turnover import turnover
from worker.unexplained import noted

MOST_BOOKINGS = 50
"""As many are named; how many there are is always told."""

DAY = timedelta(days=1)


class Slug(StrEnum):
    """The slugs that scripts and the console rely on, the most urgent first."""

    FORGOTTEN = "documents-without-booking"
    TURNOVER_AT_ONCE = WarningSlug.TURNOVER_AT_ONCE.value
    DRAFTS = "drafts-not-finalised"
    STAYS = "stays-without-document"
    SILENT = "connection-silent"
    UNHEARD = "connection-never-heard"
    TURNOVER_NEXT_YEAR = WarningSlug.TURNOVER_NEXT_YEAR.value
    TURNOVER_NEAR = WarningSlug.TURNOVER_NEAR.value


# {names} are facts that go with the reminder.
SENTENCES: Final[Mapping[Slug, str]] = {
    Slug.FORGOTTEN: (
        "{count} drafts of the account {account} carry references of bookings that are not known here; was an older copy of the "
        "store put back?"
    ),
    Slug.DRAFTS: (
        "Drafts to be finalised: {count}. The fifth working day after check-out is over for {late} of them and today for "
        "{today}."
    ),
    Slug.STAYS: "Stays that ended without a document: {count}.",
    Slug.SILENT: (
        "The connection {connection} has not been heard for {days} days; {allowed} days are unusual for it already."
    ),
    Slug.UNHEARD: "The connection {connection} has not been heard since it was made on {day}.",
    Slug.TURNOVER_NEAR: (
        "The drafts of the account {account} for stays that end in {year} come to {turnover} €, over 80 % of the {limit} € "
        "up to which art. 53 exempts ({law})."
    ),
    Slug.TURNOVER_NEXT_YEAR: (
        "The drafts of the account {account} for stays that end in {year} come to {turnover} €, over the {limit} € of art. "
        "53 ({law}): the normal regime begins with the next year."
    ),
    Slug.TURNOVER_AT_ONCE: (
        "The drafts of the account {account} for stays that end in {year} come to {turnover} €, over {limit} € ({law}): the "
        "exemption is over, and the invoice that crosses has to carry IVA."
    ),
}

TODO: Final[Mapping[Slug, str]] = {
    Slug.FORGOTTEN: "See which, and what each channel manager has to send again: faturasync missing",
    Slug.DRAFTS: (
        "Review and finalise them in InvoiceXpress: the law gives five working days after the stay (CIVA art. 36)."
    ),
    Slug.STAYS: "Each booking says why; put that right, or invoice the stay by hand in InvoiceXpress.",
    Slug.SILENT: (
        "Look in {channel_manager} whether its webhook is still there and switched on, and whether a booking of these days "
        "is missing here."
    ),
    Slug.UNHEARD: (
        "Paste its webhook URL into {channel_manager}. If it is lost, make another: "
        "faturasync connection rotate {connection} --url"
    ),
    Slug.TURNOVER_NEAR: "Talk to your accountant before it is crossed; what was invoiced elsewhere comes on top.",
    Slug.TURNOVER_NEXT_YEAR: (
        "Tell the tax authority, and from January: faturasync account set {account} --regime normal"
    ),
    Slug.TURNOVER_AT_ONCE: ("Ask your accountant at once, and then: faturasync account set {account} --regime normal"),
}


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One thing to do. `bookings` names the first of those that it is about, `count` tells how many there are."""

    slug: Slug
    facts: Mapping[str, str]
    count: int = 0
    bookings: Sequence[str] = ()
    due: Sequence[Due] = field(default=(), repr=False)  # for drafts: how each one's day is found

    @property
    def sentence(self) -> str:
        """What is the matter."""
        return SENTENCES[self.slug].format_map(self.facts)

    @property
    def todo(self) -> str:
        """What to do about it."""
        return TODO[self.slug].format_map(self.facts)


def reminders(services: Services) -> list[Reminder]:
    """All there are now, the most urgent first."""
    now = services.clock()
    found = [
        *_forgotten(services),
        *_drafts(due_drafts(services, now=now, limit=MOST_BOOKINGS)),
        *_stays(services, now),
        *_silences(services, now),
        *_turnovers(services, now),
    ]
    urgency = list(Slug)
    return sorted(found, key=lambda reminder: urgency.index(reminder.slug))


def as_json(reminder: Reminder) -> dict[str, Any]:
    """One reminder, for scripts. Days are ISO's."""
    return {
        "reminder": reminder.slug.value,
        "sentence": reminder.sentence,
        "todo": reminder.todo,
        "count": reminder.count,
        "bookings": list(reminder.bookings),
        "account": reminder.facts.get("account"),
        "connection": reminder.facts.get("connection"),
        "due": [
            {
                "booking": due.key,
                "check_out": due.deadline.check_out.isoformat(),
                "day": due.deadline.day.isoformat(),
                "explained": due.sentence,
            }
            for due in reminder.due
        ],
    }


def silence_of(connection: Connection, days: Sequence[date], *, now: datetime) -> Reminder | None:
    """The reminder that a connection, which was heard on these days, is silent for longer than is usual; None if not."""
    facts = {
        "account": connection.account,
        "connection": connection.id,
        "channel_manager": vendor_of(connection.channel_manager).title,
    }
    if connection.last_delivery_at is None:
        if now - connection.created_at < LEAST:
            return None
        return Reminder(slug=Slug.UNHEARD, facts={**facts, "day": f"{connection.created_at:%d/%m/%Y}"})
    silent, allowed = now - connection.last_delivery_at, allowed_silence(days)
    if silent < allowed:
        return None
    return Reminder(slug=Slug.SILENT, facts={**facts, "days": str(silent.days), "allowed": str(allowed.days)})


def turnover_of(account: Account, amount: Decimal, day: date) -> Reminder | None:
    """The reminder that an exempt host's turnover in the year of `day` nears or crosses a limit; None if not."""
    limits = limits_on(day) if account.settings.regime is Regime.ART53 else None
    warning = turnover_warning(account.name, amount, limits) if limits else None
    return Reminder(slug=Slug(warning.slug.value), facts={**warning.facts, "year": str(day.year)}) if warning else None


def _forgotten(services: Services) -> Iterator[Reminder]:
    for account, count in noted(services).items():
        yield Reminder(slug=Slug.FORGOTTEN, facts={"account": account, "count": str(count)}, count=count)


def _drafts(found: DueDrafts) -> Iterator[Reminder]:
    if found.count:
        facts = {"count": str(found.count), "late": str(found.late), "today": str(found.count - found.late)}
        keys = [due.key for due in found.first]
        yield Reminder(slug=Slug.DRAFTS, facts=facts, count=found.count, bookings=keys, due=found.first)


def day_over(now: datetime) -> date:
    """The last day that is over in all of Portugal: on the Azores, which are an hour behind."""
    return now.astimezone(time_zone(Location.AZORES)).date() - DAY


def _stays(services: Services, now: datetime) -> Iterator[Reminder]:
    last_day = day_over(now)
    count = how_many_ended(services.store, Lacks.DOCUMENT, last_day=last_day)
    if count:
        first: list[Ended] = ended(services.store, Lacks.DOCUMENT, last_day=last_day, limit=MOST_BOOKINGS)
        yield Reminder(slug=Slug.STAYS, facts={"count": str(count)}, count=count, bookings=[stay.key for stay in first])


def _silences(services: Services, now: datetime) -> Iterator[Reminder]:
    connections = services.connections.all()
    heard = heard_on(services.store, [connection.id for connection in connections])
    for connection, days in zip(connections, heard, strict=True):
        silence = silence_of(connection, days, now=now)
        if silence:
            yield silence


def _turnovers(services: Services, now: datetime) -> Iterator[Reminder]:
    today = now.astimezone(time_zone(None)).date()
    for account in services.accounts.all():
        if account.settings.regime is Regime.ART53:
            found = turnover_of(account, turnover(services, account.name, today.year), today)
            if found:
                yield found
