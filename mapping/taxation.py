"""Which IVA a stay has: its owner's exemption, else the rate of its place on the day of check-out."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mapping.iva import REGIONS, Category, Location, Rates, rates_on
from mapping.settings import Regime, Settings

EXEMPT_SMALL_BUSINESS = "M10"
"""InvoiceXpress's code for CIVA art. 53 (invoicexpress.md 8.3)."""
NOT_SUBJECT = "M99"
"""Its code for what IVA is not about, such as tourist tax."""


@dataclass(frozen=True, kw_only=True)
class Taxation:
    """The rates in percent of the stay's line and of cleaning and extras, and who says so."""

    region: str  # SAF-T TaxCountryRegion
    stay: Decimal
    apart: Decimal
    exemption: str | None  # the reason, where both are 0 %
    source: str


def taxation(
    settings: Settings, location: Location, check_out: date, *, rate: Decimal | None = None
) -> Taxation | None:
    """The taxation of a stay; None where the table has no such rate there on that day: it is never 0 % for that.

    `rate` is what a person says instead of the reduced one, in percent. An exemption goes over it.
    """
    region = REGIONS[location]
    if settings.regime is Regime.ART53:
        nothing = Decimal(0)
        return Taxation(
            region=region,
            stay=nothing,
            apart=nothing,
            exemption=EXEMPT_SMALL_BUSINESS,
            source=f"{EXEMPT_SMALL_BUSINESS}, CIVA art. 53 (setting)",
        )
    rates = rates_on(location, check_out)
    apart = _apart(rates, settings.own_line_rate) if rates else None
    category = category_of(rates, rate) if rates and rate is not None else Category.REDUCED
    if rates is None or apart is None or category is None:
        return None
    said = "" if rate is None else " (corrected)"
    return Taxation(
        region=region,
        stay=rates.of(category),
        apart=apart,
        exemption=None,
        source=f"{category.value} rate{said}, {location.value}, since {rates.valid_from}: {rates.law}, {rates.link}",
    )


def category_of(rates: Rates, rate: Decimal) -> Category | None:
    """Which of the rates `rate` is; None if it is none of them."""
    return next((category for category in Category if rates.of(category) == rate), None)


def _apart(rates: Rates, asked: str | None) -> Decimal | None:
    """The rate that the owner asked for by category or by percent, where it is one of the location's."""
    by_name = {category.value: rates.of(category) for category in Category}
    by_percent = {f"{rate:f}": rate for rate in by_name.values()}
    return (by_name | by_percent).get(asked or Category.REDUCED)
