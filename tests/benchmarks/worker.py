"""Drafts a second and what each costs, beside RQ's default worker and beside a loop that does nothing but the requests.

One worker process on each side. The other side's code stands in `plain_job`, the loop's in `posting_loop`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from tests.benchmarks.drafting import Drafting, Took, drafting
from tests.benchmarks.report import Row
from tests.benchmarks.rounds import Rounds, alternate

OURS, PLAIN, PRELOADED, LOOP, EMPTY = "FaturaSync", "RQ's default worker", "the same, preloaded", "loop", "empty jobs"
TIMES_FASTER = 5.0
OF_THE_LOOP = 0.5  # of what we use is what the loop uses


@dataclass(frozen=True, kw_only=True)
class Size:
    """Drafts for each side, and how often each side makes them, at so many milliseconds of InvoiceXpress's own."""

    milliseconds: int
    drafts: Mapping[str, int]
    rounds: int


SHORT = (
    Size(milliseconds=0, drafts={OURS: 250, PLAIN: 30, PRELOADED: 50, LOOP: 250, EMPTY: 250}, rounds=3),
    Size(milliseconds=200, drafts={OURS: 40, PLAIN: 20, LOOP: 30}, rounds=1),
)
LONG = (
    Size(milliseconds=0, drafts={OURS: 900, PLAIN: 200, PRELOADED: 300, LOOP: 900, EMPTY: 900}, rounds=5),
    Size(milliseconds=200, drafts={OURS: 200, PLAIN: 100, LOOP: 200}, rounds=3),
)


@dataclass(kw_only=True)
class Measured:
    """All that was measured, by side."""

    took: dict[str, list[Took]] = field(default_factory=dict)

    def add(self, side: str, make: Callable[[int], Took], drafts: int) -> float:
        """Have one side make so many; how many it made a second."""
        self.took.setdefault(side, []).append(make(drafts))
        return self.took[side][-1].per_second

    def of(self, told: Callable[[Took], float]) -> Rounds:
        """What `told` says of each round."""
        return Rounds(sides={side: [told(took) for took in rounds] for side, rounds in self.took.items()})


def measure(*, is_long: bool) -> Iterator[Row]:
    """At InvoiceXpress's 0 ms and 200 ms."""
    with drafting() as place:
        place.ours(250)  # so that all is warm, and that there are bodies
        for size in LONG if is_long else SHORT:
            place.wait(size.milliseconds)
            yield from _rows(_measured(place, size), size)


def _measured(place: Drafting, size: Size) -> Measured:
    make = {
        OURS: place.ours, PLAIN: place.plain, PRELOADED: place.preloaded, LOOP: place.loop, EMPTY: place.rq_alone,
    }  # fmt: skip
    measured = Measured()
    sides = {side: partial(measured.add, side, make[side], drafts) for side, drafts in size.drafts.items()}
    alternate(sides, rounds=size.rounds)
    return measured


def _rows(measured: Measured, size: Size) -> Iterator[Row]:
    at = f"InvoiceXpress at {size.milliseconds} ms"
    rates, cpu = measured.of(lambda took: took.per_second), measured.of(lambda took: took.cpu_each)
    store = measured.of(lambda took: took.store_each)
    faster = rates.ratio(OURS, PLAIN)
    yield Row(
        what=f"{at}: drafts a second beside {PLAIN}", ours=f"{rates.median(OURS):.1f}",
        other=f"{rates.median(PLAIN):.1f}", ratio=str(faster),
        goal=f"{TIMES_FASTER:g} or more", is_met=faster.median >= TIMES_FASTER,
    )  # fmt: skip
    for other in (PLAIN, PRELOADED, LOOP):
        if other in size.drafts:
            goal, is_met = "", None
            if other == LOOP:
                used = cpu.ratio(LOOP, OURS)
                goal, is_met = f"{OF_THE_LOOP:g} or more", used.median >= OF_THE_LOOP
            yield Row(
                what=f"{at}: CPU for each draft beside {other}", ours=f"{cpu.median(OURS):.1f} ms",
                other=f"{cpu.median(other):.1f} ms", ratio=str(cpu.ratio(other, OURS)), goal=goal, is_met=is_met,
            )  # fmt: skip
    if EMPTY in size.drafts:
        yield Row(what="RQ's own part of it: jobs that do nothing", ours=f"{cpu.median(EMPTY):.1f} ms")
        own = cpu.median(OURS) - cpu.median(EMPTY)
        yield Row(
            what=f"{at}: CPU without RQ's own part beside {LOOP}", ours=f"{own:.1f} ms",
            other=f"{cpu.median(LOOP):.1f} ms", ratio=f"{cpu.median(LOOP) / own:.2f}",
        )  # fmt: skip
    yield Row(
        what=f"{at}: CPU of the store for each draft", ours=f"{store.median(OURS):.1f} ms",
        other=f"{store.median(PLAIN):.1f} ms",
    )  # fmt: skip
