"""IVA by where the property is and by day, and which postal codes lie where.

Accommodation, alojamento local included, is taxed at the reduced rate of the place where the property lies (CIVA Lista I,
verba 2.17, and art. 18 no. 1 a), wherever the guest comes from. The day that decides is the check-out: the service is
complete then (CIVA art. 7). Rules and sources: shared reference portuguese-invoicing.md 1.1.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo


class Location(StrEnum):
    """Where in Portugal a property lies."""

    MAINLAND = "mainland"
    MADEIRA = "madeira"
    AZORES = "azores"


class Category(StrEnum):
    """Which of a location's three rates. Stays have the reduced one; extras may have another."""

    REDUCED = "reduced"
    INTERMEDIATE = "intermediate"
    NORMAL = "normal"


REGIONS = {Location.MAINLAND: "PT", Location.MADEIRA: "PT-MA", Location.AZORES: "PT-AC"}
"""SAF-T's TaxCountryRegion, which is also how InvoiceXpress names a tax's region."""

TIME_ZONES = {"PT": "Europe/Lisbon", "PT-MA": "Atlantic/Madeira", "PT-AC": "Atlantic/Azores"}
"""What "today" is in a region: the Azores are an hour behind."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """A location's rates in percent, in force from a day on, and the law that says so."""

    location: Location
    valid_from: date
    reduced: Decimal
    intermediate: Decimal
    normal: Decimal
    law: str
    link: str

    def of(self, category: Category) -> Decimal:
        """The rate of this category, in percent."""
        return {
            Category.REDUCED: self.reduced,
            Category.INTERMEDIATE: self.intermediate,
            Category.NORMAL: self.normal,
        }[category]


def _rates(location: Location, valid_from: str, percents: str, law: str, link: str) -> Rates:
    reduced, intermediate, normal = map(Decimal, percents.split())
    return Rates(
        location=location,
        valid_from=date.fromisoformat(valid_from),
        reduced=reduced,
        intermediate=intermediate,
        normal=normal,
        law=law,
        link=link,
    )


# Newest first within a location; a change of the law is one row more. Days before a location's oldest row have no rate.
# The tax authority's own list of the regional rates is its Ofício Circulado 25045 of 2024-12-06.
_OFFICIAL_LIST = "https://www.apcmc.pt/?p=34244"
RATES = (
    _rates(
        Location.MAINLAND,
        "2011-01-01",
        "6 13 23",
        "Lei 55-A/2010, CIVA art. 18",
        "https://data.dre.pt/eli/lei/55-a/2010/12/31/p/dre/pt/html",
    ),
    _rates(Location.MADEIRA, "2024-10-01", "4 12 22", "AT Ofício Circulado 25045/2024", _OFFICIAL_LIST),
    _rates(
        Location.MADEIRA,
        "2012-04-01",
        "5 12 22",
        "Lei 14-A/2012",
        "https://data.dre.pt/eli/lei/14-a/2012/03/30/p/dre/pt/html",
    ),
    _rates(Location.AZORES, "2021-07-01", "4 9 16", "Decreto Legislativo Regional 15-A/2021/A", _OFFICIAL_LIST),
    _rates(
        Location.AZORES,
        "2015-07-01",
        "4 9 18",
        "Lei 63-A/2015",
        "https://data.dre.pt/eli/lei/63-a/2015/06/30/p/dre/pt/html",
    ),
)


def rates_on(location: Location, day: date) -> Rates | None:
    """The rates of what is complete in `location` on `day`; None where the table does not know: nothing is guessed."""
    for rates in RATES:
        if rates.location is location and rates.valid_from <= day:
            return rates
    return None


def time_zone(location: Location | None) -> ZoneInfo:
    """The zone in which a day begins there; Lisbon's where the location is not known."""
    return ZoneInfo(TIME_ZONES[REGIONS[location or Location.MAINLAND]])


POSTAL_CODE = re.compile(r"([1-9][0-9]{3})(-[0-9]{3})?")


def location_of(postal_code: str) -> Location | None:
    """Where a Portuguese postal code lies, None for what is none. A check only: it never sets a rate."""
    written = POSTAL_CODE.fullmatch(postal_code)
    if written is None:
        return None
    area = int(written[1])
    if area < 9000:
        return Location.MAINLAND
    return Location.MADEIRA if area < 9500 else Location.AZORES
