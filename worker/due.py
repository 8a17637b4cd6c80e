"""Drafts that are to be finalised by now: on the fifth working day after check-out at the latest, where the property lies."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mapping.errors import UserError
from mapping.iva import Location, time_zone
from mapping.settings import Language
from mapping.working_days import Deadline, deadline, holiday, last_check_out_due
from worker.services import Services
from worker.stays import Ended, Lacks, ended, how_many_ended

DAY = timedelta(days=1)

EXPLAINED = "Check-out {check_out}; the five working days after it: {days}."
EXPLAINED_WITH_HOLIDAYS = "Check-out {check_out}; the five working days after it: {days}. Holidays: {holidays}."


@dataclass(frozen=True, kw_only=True)
class Due:
    """A draft that is to be finalised. `location` is None where it is not known: then the national holidays count."""

    key: str
    location: Location | None
    deadline: Deadline

    def explained(self, language: Language = Language.EN) -> tuple[str, Mapping[str, str]]:
        """How its day is found: a sentence with names in braces, and what stands for them in this language."""
        found = self.deadline
        holidays = [f"{day:%d/%m/%Y} {holiday(day, self.location, language)}" for day in found.holidays]
        facts = {
            "check_out": f"{found.check_out:%d/%m/%Y}",
            "days": ", ".join(f"{day:%d/%m/%Y}" for day in found.working_days),
            "holidays": ", ".join(holidays),
        }
        return EXPLAINED_WITH_HOLIDAYS if holidays else EXPLAINED, facts

    @property
    def sentence(self) -> str:
        """The same for people who read English."""
        text, facts = self.explained()
        return text.format_map(facts)


@dataclass(frozen=True, kw_only=True)
class DueDrafts:
    """How many are due, how many of those were due before today, and the first of them."""

    count: int
    late: int
    first: Sequence[Due]


def due_drafts(services: Services, *, now: datetime, limit: int) -> DueDrafts:
    """The drafts whose fifth working day after check-out is today or over."""
    today = {location: now.astimezone(time_zone(location)).date() for location in Location}
    due = {location: last_check_out_due(day, location) for location, day in today.items()}
    late = {location: last_check_out_due(day - DAY, location) for location, day in today.items()}
    where = _where(services)
    undecided = _between(services, due)
    first = ended(services.store, Lacks.FINALISING, last_day=min(due.values()), limit=limit)
    first += [stay for stay, location in where(undecided) if _is_in(stay, location, due)]
    return DueDrafts(
        count=_count(services, due, where),
        late=_count(services, late, where),
        first=[
            Due(key=stay.key, location=location, deadline=deadline(stay.check_out, location))
            for stay, location in where(first[:limit])
        ],
    )


def late_drafts(services: Services, *, now: datetime) -> Counter[str]:
    """How many drafts of each account were due before today."""
    yesterday = {location: now.astimezone(time_zone(location)).date() - DAY for location in Location}
    late = {location: last_check_out_due(day, location) for location, day in yesterday.items()}
    found = ended(services.store, Lacks.FINALISING, last_day=min(late.values()))
    found += [stay for stay, location in _where(services)(_between(services, late)) if _is_in(stay, location, late)]
    return Counter(stay.key.partition(":")[0] for stay in found)


LastDays = Mapping[Location, date]
Where = Callable[[Sequence[Ended]], Iterable[tuple[Ended, Location | None]]]


def _count(services: Services, last_days: LastDays, where: Where) -> int:
    """The drafts of stays that ended on the last day of their location or before; only the last few need be looked at."""
    sure = how_many_ended(services.store, Lacks.FINALISING, last_day=min(last_days.values()))
    return sure + sum(_is_in(stay, location, last_days) for stay, location in where(_between(services, last_days)))


def _between(services: Services, last_days: LastDays) -> list[Ended]:
    """The drafts of stays that ended where it depends on the location whether they are due."""
    first, last = min(last_days.values()) + DAY, max(last_days.values())
    return ended(services.store, Lacks.FINALISING, since=first, last_day=last) if first <= last else []


def _is_in(stay: Ended, location: Location | None, last_days: LastDays) -> bool:
    return stay.check_out <= last_days[location or Location.MAINLAND]


def _where(services: Services) -> Where:
    """What tells each stay's location."""
    known: dict[tuple[str, str], Location | None] = {}

    def located(stays: Sequence[Ended]) -> Iterable[tuple[Ended, Location | None]]:
        keys = [stay.key for stay in stays]
        for stay, name in zip(stays, services.ledger.property_names(keys), strict=True):
            place = (stay.key.partition(":")[0], name)
            if place not in known:
                known[place] = _location(services, *place)
            yield stay, known[place]

    return located


def _location(services: Services, account: str, name: str) -> Location | None:
    try:
        place = services.properties.get(account, name)
        return place.settings.over(services.accounts.get(account).settings).location
    except UserError:  # one of them was removed
        return None
