"""Working days in Portugal, and the one by which a stay is to be invoiced.

An invoice is due by the fifth working day after the tax is (CIVA art. 36 no. 1 a), and that is when the stay is complete:
at check-out (portuguese-invoicing.md 1.7). Saturdays, Sundays and holidays do not count: the national ones and, where the
property lies on Madeira or the Azores, the region's own. A municipality's own holiday is not known here and is counted
as a working day, so that the day found is rather too early than too late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from holidays.countries.portugal import Portugal

from mapping.iva import Location
from mapping.settings import Language

INVOICE_WORKING_DAYS: Final = 5
SATURDAY: Final = 5
SUBDIVISIONS: Final[Mapping[Location, str | None]] = {
    Location.MAINLAND: None,
    Location.MADEIRA: "30",
    Location.AZORES: "20",
}
"""ISO 3166-2:PT, by which the `holidays` package knows the regions."""
LOCALES: Final = {Language.PT: "pt_PT", Language.EN: "en_US"}


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The day by which a stay is to be invoiced, and the working days that lead to it."""

    check_out: date
    working_days: tuple[date, ...]
    holidays: tuple[date, ...]  # those that would else have been working days

    @property
    def day(self) -> date:
        """The last of them."""
        return self.working_days[-1]


def holiday(day: date, location: Location | None, language: Language = Language.PT) -> str | None:
    """What is celebrated on `day` where the property lies; None where nothing is."""
    return _holidays(location or Location.MAINLAND, day.year, language).get(day)


def is_working_day(day: date, location: Location | None) -> bool:
    """Whether `day` counts."""
    return day.weekday() < SATURDAY and holiday(day, location) is None


def deadline(check_out: date, location: Location | None) -> Deadline:
    """By when a stay that ends on `check_out` is to be invoiced; with the national holidays where it is not known where."""
    day, counted, skipped = check_out, list[date](), list[date]()
    while len(counted) < INVOICE_WORKING_DAYS:
        day += timedelta(days=1)
        if is_working_day(day, location):
            counted.append(day)
        elif day.weekday() < SATURDAY:
            skipped.append(day)
    return Deadline(check_out=check_out, working_days=tuple(counted), holidays=tuple(skipped))


def last_check_out_due(today: date, location: Location | None) -> date:
    """The last check-out day whose stays are to be invoiced today at the latest."""
    check_out = today - timedelta(days=INVOICE_WORKING_DAYS)
    while deadline(check_out, location).day > today:
        check_out -= timedelta(days=1)
    return check_out


@lru_cache(maxsize=256)
def _holidays(location: Location, year: int, language: Language) -> Mapping[date, str]:
    return dict(Portugal(subdiv=SUBDIVISIONS[location], years=year, language=LOCALES[language]))
