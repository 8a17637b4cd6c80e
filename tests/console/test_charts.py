"""What the charts are drawn from: nothing outside the drawing, nothing left out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhook.console.charts import HEIGHT, KINDS, STEP, WIDTH, bars, hour_ticks, hours, path_of, wait_ticks, waits
from worker.activity import BOUNDS, Bucket, Waits

LISBON = ZoneInfo("Europe/Lisbon")
START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
counts = st.integers(0, 5000)


def day(*told: dict[str, object]) -> list[Bucket]:
    """144 buckets, of which the last ones are these."""
    empty: list[dict[str, object]] = [{}] * (144 - len(told))
    return [
        Bucket(start=START + timedelta(minutes=10 * place), **fields)  # type: ignore[arg-type]
        for place, fields in enumerate([*empty, *told])
    ]


def waited(*places: int) -> Waits:
    found = [0] * (len(BOUNDS) + 1)
    for place in places:
        found[place] += 1
    return Waits(count=len(places), places=tuple(found))


def test_parts_of_a_bar_stand_one_upon_another() -> None:
    found, ticks = bars(day({"drafted": 3, "failed": 1}, {"parked": 2}))
    assert [(bar.kind, bar.x, bar.y, bar.height) for bar in found] == [
        ("drafted", 142 * STEP, 60.0, 90.0),
        ("failed", 142 * STEP, 30.0, 30.0),
        ("parked", 143 * STEP, 90.0, 60.0),
    ]
    assert [(tick.at, tick.text) for tick in ticks] == [(0, "5"), (HEIGHT, "0")]


def test_a_day_without_work_is_an_empty_drawing() -> None:
    assert bars(day())[0] == []
    assert waits(day(), 0.5) == []
    assert hours(day(), LISBON) == []
    assert path_of([]) == ""


@settings(max_examples=50)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(KINDS, counts)), min_size=1, max_size=4))
def test_no_bar_leaves_the_drawing(told: list[dict[str, object]]) -> None:
    found, (top, _) = bars(day(*told))
    assert all(0 <= bar.x < WIDTH for bar in found)
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.02 for bar in found)
    assert int(top.text) >= max(sum(each.values()) for each in told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (10, 10), (11, 20), (480, 500), (1001, 2000)]
)
def test_the_axis_ends_at_a_round_number(most: int, top: int) -> None:
    assert bars(day({"drafted": most}))[1][0].text == str(top)


def test_waits_are_drawn_where_there_were_any_and_ten_times_longer_is_a_step_up() -> None:
    points = waits(day({"waits": waited(0)}, {}, {"waits": waited(len(BOUNDS))}), 0.5)
    assert [point.x for point in points] == [141 * STEP + STEP / 2, 143 * STEP + STEP / 2]
    assert (points[0].y, points[1].y) == (HEIGHT, 0.0)
    ticks = [tick.at for tick in wait_ticks()]
    assert ticks == sorted(ticks, reverse=True)
    assert [tick.text for tick in wait_ticks()] == ["1 s", "10 s", "1 min", "10 min", "1 h", "1 d"]
    assert path_of(points) == "707.5,150 717.5,0"


def test_hours_are_those_of_the_readers_clock() -> None:
    ticks = hour_ticks(day(), LISBON)
    assert [tick.text for tick in ticks] == ["16:00", "20:00", "00:00", "04:00", "08:00", "12:00"]
    assert ticks[0].at == 18 * STEP  # 13:00 in Lisbon is where it begins
    told = hours(day({"drafted": 1}, {"drafted": 2, "waits": waited(2)}), LISBON)
    assert [(f"{hour.start:%H:%M}", hour.done.drafted) for hour in told] == [("12:00", 3)]
    assert told[0].done.waits.quantile(0.5) is not None
