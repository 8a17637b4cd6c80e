"""IVA on accommodation, by where the property is and by day.

Accommodation, alojamento local included, is taxed at the reduced rate of the place where the property lies (CIVA Lista I,
verba 2.17, and art. 18 no. 1 a). The day that decides is the check-out: the service is complete then (CIVA art. 7).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Location(StrEnum):
    """Where in Portugal a property lies."""

    MAINLAND = "mainland"
    MADEIRA = "madeira"
    AZORES = "azores"


REGIONS = {Location.MAINLAND: "PT", Location.MADEIRA: "PT-MA", Location.AZORES: "PT-AC"}
"""SAF-T's TaxCountryRegion, which is also how InvoiceXpress names a tax's region."""

TIME_ZONES = {"PT": "Europe/Lisbon", "PT-MA": "Atlantic/Madeira", "PT-AC": "Atlantic/Azores"}
"""What "today" is in a region: the Azores are an hour behind."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A reduced rate in percent, in force from a day on; `source` is the law or who reports it."""

    location: Location
    percent: Decimal
    valid_from: date
    source: str


# Newest first within a location. Days before a location's oldest row have no rate: such bookings are parked.
REDUCED_RATES = (
    Rate(
        location=Location.MAINLAND,
        percent=Decimal(6),
        valid_from=date(2011, 1, 1),
        source="CIVA art. 18 no. 1 a)",
    ),
    Rate(
        location=Location.MADEIRA,
        percent=Decimal(4),
        valid_from=date(2024, 10, 1),
        source="AT Ofício Circulado 25045 of 2024-12-06",
    ),
    Rate(location=Location.MADEIRA, percent=Decimal(5), valid_from=date(2012, 4, 1), source="Lei 14-A/2012"),
    Rate(
        location=Location.AZORES,
        percent=Decimal(4),
        valid_from=date(2016, 1, 1),
        source="AT Ofício Circulado 25045 of 2024-12-06",
    ),
)


def reduced_rate(location: Location, day: date) -> Decimal | None:
    """The rate in percent for accommodation in `location` that ends on `day`; None where the table does not know."""
    for rate in REDUCED_RATES:
        if rate.location is location and rate.valid_from <= day:
            return rate.percent
    return None
