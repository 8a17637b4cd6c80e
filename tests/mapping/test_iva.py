"""Which rate a stay has: the law's rows, and nothing where there is none."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from mapping.iva import RATES, REGIONS, TIME_ZONES, Category, Location, location_of, rates_on
from mapping.settings import Regime, Settings
from mapping.taxation import taxation


@pytest.mark.parametrize(
    ("location", "day", "percents"),
    [
        ("mainland", "2011-01-01", "6 13 23"),
        ("mainland", "2026-08-07", "6 13 23"),
        ("madeira", "2012-04-01", "5 12 22"),
        ("madeira", "2024-09-30", "5 12 22"),
        ("madeira", "2024-10-01", "4 12 22"),
        ("azores", "2015-07-01", "4 9 18"),
        ("azores", "2021-06-30", "4 9 18"),
        ("azores", "2021-07-01", "4 9 16"),
    ],
)
def test_rates_are_the_locations_on_the_day(location: str, day: str, percents: str) -> None:
    rates = rates_on(Location(location), date.fromisoformat(day))
    assert rates
    assert " ".join(f"{rates.of(category)}" for category in Category) == percents


@pytest.mark.parametrize("location", list(Location))
def test_day_before_the_table_begins_has_no_rate(location: Location) -> None:
    oldest = min(rates.valid_from for rates in RATES if rates.location is location)
    before = oldest - timedelta(days=1)
    assert rates_on(location, before) is None
    assert taxation(Settings(), location, before) is None


def test_newest_rates_come_first_and_every_row_names_its_law() -> None:
    for location in Location:
        days = [rates.valid_from for rates in RATES if rates.location is location]
        assert days == sorted(set(days), reverse=True)
        assert days
        assert REGIONS[location] in TIME_ZONES
    for rates in RATES:
        assert rates.law
        assert rates.link.startswith("https://")
        assert Decimal(0) < rates.reduced < rates.intermediate < rates.normal


@pytest.mark.parametrize(
    ("postal_code", "location"),
    [
        ("1000-001", Location.MAINLAND),
        ("8999", Location.MAINLAND),
        ("9000-100", Location.MADEIRA),
        ("9400-171", Location.MADEIRA),
        ("9499-999", Location.MADEIRA),
        ("9500-150", Location.AZORES),
        ("9999-999", Location.AZORES),
        ("0999-123", None),
        ("28013", None),
        ("", None),
    ],
)
def test_postal_codes_lie_where_they_lie(postal_code: str, location: Location | None) -> None:
    assert location_of(postal_code) is location


@pytest.mark.parametrize("location", list(Location))
@pytest.mark.parametrize("day", ["2009-01-01", "2026-08-07"])
def test_only_the_owners_regime_makes_a_stay_exempt(location: Location, day: str) -> None:
    exempt = taxation(Settings(regime=Regime.ART53), location, date.fromisoformat(day))
    assert exempt
    assert exempt.stay == exempt.apart == 0
    assert exempt.exemption == "M10"
    for regime in (None, Regime.NORMAL):
        taxed = taxation(Settings(regime=regime), location, date.fromisoformat(day))
        assert taxed is None or (taxed.stay > 0 and taxed.exemption is None)


@pytest.mark.parametrize("location", list(Location))
def test_a_person_may_say_any_rate_of_the_place_and_no_other(location: Location) -> None:
    day = date(2026, 8, 7)
    rates = rates_on(location, day)
    assert rates
    for category in Category:
        taxed = taxation(Settings(), location, day, rate=rates.of(category))
        assert taxed
        assert (taxed.stay, taxed.apart, taxed.exemption) == (rates.of(category), rates.reduced, None)
        assert taxed.source.startswith(f"{category.value} rate (corrected), {location.value}")
    elsewhere = {Decimal(0), Decimal("6.5"), Decimal(7), -rates.reduced}
    for rate in elsewhere:
        assert taxation(Settings(), location, day, rate=rate) is None
    exempt = taxation(Settings(regime=Regime.ART53), location, day, rate=rates.normal)
    assert exempt
    assert (exempt.stay, exempt.exemption) == (Decimal(0), "M10")
