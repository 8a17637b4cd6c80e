"""The last day in two charts: what they are drawn from, in the units of their own drawing. All of it pure.

The templates put the numbers into SVG. Who cannot see it reads the same hour by hour in a table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from math import ceil, log, log10

from worker.activity import BOUNDS, Bucket, together
from worker.spans import span

WIDTH, HEIGHT = 720, 150  # of what is drawn, axes' words apart
STEP = WIDTH / 144
GAP = 1  # between bars
KINDS = ("drafted", "updated", "withdrawn", "parked", "failed")
"""What is stacked, from the bottom up."""
TICK_HOURS = 4
WAITS = (1, 10, 60, 600, 3600, 86400)
LONGEST = BOUNDS[-1]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A part of a bar: `y` is its upper edge, from the top."""

    kind: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Point:
    """A place in a line, from the top left."""

    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A word at an axis."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What was done within an hour of the reader's clock."""

    start: datetime
    done: Bucket


def bars(buckets: Sequence[Bucket]) -> tuple[list[Bar], list[Tick]]:
    """What was done in each ten minutes, one upon another, and the axis on the left."""
    top = _round_up(max((sum(_counts(bucket)) for bucket in buckets), default=0))
    found = []
    for place, bucket in enumerate(buckets):
        below = 0
        for kind, count in zip(KINDS, _counts(bucket), strict=True):
            below += count
            if count:
                y, height = HEIGHT * (1 - below / top), HEIGHT * count / top
                found.append(Bar(kind=kind, x=_place(place), y=round(y, 2), height=round(height, 2)))
    return found, [Tick(at=0, text=str(top)), Tick(at=HEIGHT, text="0")]


def waits(buckets: Sequence[Bucket], part: float) -> list[Point]:
    """Within what time this part of the deliveries was at rest, where there were any; a tenfold time is a step up."""
    found = []
    for place, bucket in enumerate(buckets):
        seconds = bucket.waits.quantile(part)
        if seconds is not None:
            found.append(Point(x=_place(place) + STEP / 2, y=_wait_height(seconds)))
    return found


def wait_ticks() -> list[Tick]:
    """The axis on the left of waiting times."""
    return [Tick(at=_wait_height(seconds), text=span(seconds)) for seconds in WAITS]


def hour_ticks(buckets: Sequence[Bucket], zone: tzinfo) -> list[Tick]:
    """The axis below: some whole hours of the reader's clock."""
    starts = [(place, bucket.start.astimezone(zone)) for place, bucket in enumerate(buckets)]
    return [
        Tick(at=_place(place), text=f"{start:%H:%M}")
        for place, start in starts
        if start.minute == 0 and start.hour % TICK_HOURS == 0
    ]


def hours(buckets: Iterable[Bucket], zone: tzinfo) -> list[Hour]:
    """The hours in which something was done, the last first."""

    def hour_of(bucket: Bucket) -> datetime:
        return bucket.start.astimezone(zone).replace(minute=0)

    told = [Hour(start=start, done=together(part)) for start, part in groupby(buckets, hour_of)]
    return [hour for hour in reversed(told) if any(_counts(hour.done)) or hour.done.waits.count]


def path_of(points: Sequence[Point]) -> str:
    """The points as an SVG polyline has them."""
    return " ".join(f"{point.x:g},{point.y:g}" for point in points)


def _counts(bucket: Bucket) -> list[int]:
    return [getattr(bucket, kind) for kind in KINDS]


def _place(place: int) -> float:
    return place * STEP


def _wait_height(seconds: float) -> float:
    return round(HEIGHT * (1 - log(max(1.0, min(seconds, LONGEST))) / log(LONGEST)), 2)


def _round_up(number: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 ... from `number` on."""
    if number <= 1:
        return 1
    power = 10 ** ceil(log10(number) - 1)
    return int(next(power * each for each in (1, 2, 5, 10) if power * each >= number))
