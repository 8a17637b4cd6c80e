"""How long a connection may be silent, from its own rhythm."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.worker.room import Room
from worker.connections import Connection
from worker.reminders import Reminder, Slug, silence_of
from worker.rhythm import KEPT_DAYS, LEAST, UNKNOWN, allowed_silence, heard_on, usual_pause

FIRST = date(2026, 6, 1)
MADE = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 8, 31, 12, 0, tzinfo=UTC)


def days(*pauses: int) -> list[date]:
    """The first day, and each next one after a pause of so many."""
    found = [FIRST]
    for pause in pauses:
        found.append(found[-1] + timedelta(days=pause))
    return found


@pytest.mark.parametrize(
    ("heard", "usual", "allowed"),
    [
        ([], None, 14),
        (days(1, 1), None, 14),
        (days(1, 1, 1), 1, 3),  # at least three days
        (days(*[1] * 29), 1, 3),
        (days(2, 5, 3), 5, 10),
        (days(*[1] * 18, 20), 1, 3),  # an outage changes nothing
        (days(*[1] * 18, 20, 20, 20), 20, 40),
        (days(*[7] * 10), 7, 14),
    ],
)
def test_twice_the_usual_pause_is_allowed_and_three_days_always(
    heard: list[date], usual: int | None, allowed: int
) -> None:
    assert usual_pause(heard) == (None if usual is None else timedelta(days=usual))
    assert allowed_silence(heard) == timedelta(days=allowed)


@given(st.lists(st.integers(1, 60), min_size=3, max_size=29))
def test_no_silence_is_reminded_of_that_was_usual(pauses: list[int]) -> None:
    allowed = allowed_silence(days(*pauses))
    assert allowed >= LEAST
    assert sum(timedelta(days=pause) >= allowed for pause in pauses) <= len(pauses) / 10


def silence(heard: Sequence[date], last: datetime | None, *, created: datetime = MADE) -> Reminder | None:
    connection = Connection(
        id="casa-smoobu", account="casa", channel_manager="smoobu", created_at=created, last_delivery_at=last
    )
    return silence_of(connection, heard, now=NOW)


def test_a_connection_is_silent_from_the_day_on_that_is_unusual() -> None:
    daily = days(*[1] * 20)
    assert silence(daily, NOW - timedelta(days=2, hours=23)) is None
    found = silence(daily, NOW - timedelta(days=3))
    assert found
    assert found.slug is Slug.SILENT
    assert found.sentence == (
        "The connection casa-smoobu has not been heard for 3 days; 3 days are unusual for it already."
    )
    assert found.todo.startswith("Look in Smoobu whether its webhook is still there")
    assert silence([], NOW - UNKNOWN + timedelta(hours=1)) is None
    assert silence([], NOW - UNKNOWN)


def test_one_that_was_never_heard_is_told_after_three_days() -> None:
    assert silence([], None, created=NOW - timedelta(days=2)) is None
    found = silence([], None, created=NOW - timedelta(days=3))
    assert found
    assert found.slug is Slug.UNHEARD
    assert found.todo.endswith("faturasync connection rotate casa-smoobu --url")


def test_the_last_days_on_which_it_was_heard_are_kept(room: Room) -> None:
    def heard() -> list[date]:
        return heard_on(room.house.store, [room.connection.id])[0]

    assert heard() == []
    room.deliver(1)
    room.deliver(1)
    room.clock.go_on(hours=13)
    room.deliver(2)
    assert heard() == [date(2026, 7, 1), date(2026, 7, 2)]
    for number in range(KEPT_DAYS + 5):
        room.clock.go_on(days=1)
        room.deliver(number, total_guest=f"{number + 1}.00")
    assert len(heard()) == KEPT_DAYS
    assert heard()[-1] == room.clock().date()
    room.house.connections.remove(room.connection.id)
    assert heard() == []
