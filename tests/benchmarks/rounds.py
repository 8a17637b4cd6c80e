"""Both sides in turn, round after round, so that what else the machine does meets both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One side's figures against the other's of the same rounds."""

    each: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.each)

    def __str__(self) -> str:
        return f"{self.median:.2f} ({min(self.each):.2f} to {max(self.each):.2f})"


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """What each side's rounds measured, in the order in which they were run."""

    sides: Mapping[str, Sequence[float]]

    def median(self, side: str) -> float:
        """The middle of one side's rounds."""
        return median(self.sides[side])

    def ratio(self, side: str, other: str) -> Ratio:
        """`side` divided by `other`, round by round."""
        return Ratio(each=[one / two for one, two in zip(self.sides[side], self.sides[other], strict=True)])


def alternate(sides: Mapping[str, Callable[[], float]], *, rounds: int) -> Rounds:
    """Run each side once a round, and begin each round with another one."""
    found: dict[str, list[float]] = {side: [] for side in sides}
    names = list(sides)
    for number in range(rounds):
        first = number % len(names)
        for side in names[first:] + names[:first]:
            found[side].append(sides[side]())
    return Rounds(sides=found)
