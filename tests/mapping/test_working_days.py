"""The fifth working day after check-out, on the calendar that hangs where the property lies."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.iva import Location
from mapping.settings import Language
from mapping.working_days import deadline, holiday, is_working_day, last_check_out_due

MAINLAND, MADEIRA, AZORES = Location.MAINLAND, Location.MADEIRA, Location.AZORES

days = st.dates(date(2016, 1, 1), date(2035, 12, 31))
locations = st.sampled_from([None, *Location])


@pytest.mark.parametrize(
    ("check_out", "location", "day", "holidays"),
    [
        ("2026-07-10", MAINLAND, "2026-07-17", []),  # a Friday: the week after
        ("2026-07-11", MAINLAND, "2026-07-17", []),  # a Saturday
        ("2026-04-24", MAINLAND, "2026-05-04", ["2026-05-01"]),  # 25 April is a Saturday, 1 May a Friday
        ("2026-04-01", MAINLAND, "2026-04-09", ["2026-04-03"]),  # Good Friday
        ("2026-05-29", MAINLAND, "2026-06-08", ["2026-06-04"]),  # Corpus Christi
        ("2026-12-23", MAINLAND, "2026-12-31", ["2026-12-25"]),
        ("2026-12-30", MAINLAND, "2027-01-07", ["2027-01-01"]),
        ("2026-11-27", MAINLAND, "2026-12-07", ["2026-12-01"]),
        ("2026-06-29", MAINLAND, "2026-07-06", []),
        ("2026-06-29", MADEIRA, "2026-07-07", ["2026-07-01"]),  # Madeira's own day
        ("2026-06-29", AZORES, "2026-07-06", []),
        ("2026-05-22", AZORES, "2026-06-01", ["2026-05-25"]),  # the Azores', on Whit Monday
        ("2026-05-22", MAINLAND, "2026-05-29", []),
        ("2025-12-23", MADEIRA, "2026-01-02", ["2025-12-25", "2025-12-26", "2026-01-01"]),
        ("2026-06-12", MAINLAND, "2026-06-19", []),  # Lisbon's own holiday is not known
        ("2026-06-29", None, "2026-07-06", []),
    ],
)
def test_the_fifth_working_day_after_check_out(
    check_out: str, location: Location | None, day: str, holidays: list[str]
) -> None:
    found = deadline(date.fromisoformat(check_out), location)
    assert found.day.isoformat() == day
    assert [each.isoformat() for each in found.holidays] == holidays
    assert len(found.working_days) == 5


@pytest.mark.parametrize(
    ("day", "location", "portuguese", "english"),
    [
        ("2026-04-25", MAINLAND, "Dia da Liberdade", "Freedom Day"),
        ("2026-07-01", MADEIRA, "Dia da Região Autónoma da Madeira e das Comunidades Madeirenses", None),
        ("2026-02-17", MAINLAND, None, None),  # Carnival is a day off by custom only
    ],
)
def test_holidays_have_their_names(day: str, location: Location, portuguese: str | None, english: str | None) -> None:
    assert holiday(date.fromisoformat(day), location) == portuguese
    if english:
        assert holiday(date.fromisoformat(day), location, Language.EN) == english


@given(days, locations)
def test_the_days_that_count_are_working_days_and_all_between_are_told(
    check_out: date, location: Location | None
) -> None:
    found = deadline(check_out, location)
    between = [check_out + timedelta(days=number) for number in range(1, (found.day - check_out).days + 1)]
    weekend = [day for day in between if day.weekday() >= 5]
    assert sorted([*found.working_days, *found.holidays, *weekend]) == between
    assert all(is_working_day(day, location) for day in found.working_days)


@given(days, locations)
def test_a_later_check_out_is_never_due_earlier(check_out: date, location: Location | None) -> None:
    assert deadline(check_out, location).day <= deadline(check_out + timedelta(days=1), location).day


@given(days, locations)
def test_what_is_due_today_is_the_last_that_is(today: date, location: Location | None) -> None:
    last = last_check_out_due(today, location)
    assert deadline(last, location).day <= today < deadline(last + timedelta(days=1), location).day
