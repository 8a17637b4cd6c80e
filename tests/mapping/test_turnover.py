"""How near an exempt host comes to the end of the exemption."""

from datetime import date
from decimal import Decimal

import pytest

from mapping.draft_warnings import SENTENCES, WarningSlug
from mapping.turnover import LIMITS, limits_on, turnover_warning


def warned(amount: str, day: str = "2026-08-07") -> WarningSlug | None:
    limits = limits_on(date.fromisoformat(day))
    assert limits
    warning = turnover_warning("casa", Decimal(amount), limits)
    return warning.slug if warning else None


@pytest.mark.parametrize(
    ("amount", "slug"),
    [
        ("0", None),
        ("11999.99", None),
        ("12000.00", WarningSlug.TURNOVER_NEAR),
        ("15000.00", WarningSlug.TURNOVER_NEAR),
        ("15000.01", WarningSlug.TURNOVER_NEXT_YEAR),
        ("18750.00", WarningSlug.TURNOVER_NEXT_YEAR),
        ("18750.01", WarningSlug.TURNOVER_AT_ONCE),
    ],
)
def test_the_most_urgent_limit_is_told(amount: str, slug: WarningSlug | None) -> None:
    assert warned(amount) is slug


@pytest.mark.parametrize(
    ("amount", "day", "slug"),
    [
        ("19000", "2025-06-30", WarningSlug.TURNOVER_NEXT_YEAR),
        ("19000", "2025-07-01", WarningSlug.TURNOVER_AT_ONCE),
        ("14800", "2024-12-31", WarningSlug.TURNOVER_NEXT_YEAR),
        ("14800", "2025-01-01", WarningSlug.TURNOVER_NEAR),
    ],
)
def test_limits_are_those_of_the_day(amount: str, day: str, slug: WarningSlug) -> None:
    assert warned(amount, day) is slug


def test_limits_are_rows_with_the_newest_first() -> None:
    assert [limits.valid_from for limits in LIMITS] == sorted((row.valid_from for row in LIMITS), reverse=True)
    assert limits_on(date(2020, 1, 1)) is None
    assert all(limits.law and limits.link.startswith("https://") for limits in LIMITS)


def test_every_warning_has_its_sentence() -> None:
    assert set(SENTENCES) == set(WarningSlug)
