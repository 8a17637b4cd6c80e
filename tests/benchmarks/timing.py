"""How long calls take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

Question = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long the calls of one kind took, in milliseconds."""

    each: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.each)

    @property
    def p95(self) -> float:
        """What 95 % of the calls did not exceed."""
        return sorted(self.each)[ceil(0.95 * len(self.each)) - 1]

    @property
    def p99(self) -> float:
        """What 99 % of the calls did not exceed."""
        return sorted(self.each)[ceil(0.99 * len(self.each)) - 1]

    @property
    def longest(self) -> float:
        return max(self.each)


def timed(questions: Sequence[Question], *, calls: int) -> Times:
    """Ask the questions, each at least once and all together `calls` times or more."""
    found: list[float] = []
    while len(found) < calls:
        for question in questions:
            begun = time.perf_counter()
            question()
            found.append((time.perf_counter() - begun) * 1000)
    return Times(each=found)
