"""What a look can find."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"  # something is not as it should be; bookings go on
    FAULT = "fault"  # bookings are lost or stuck until it is mended


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One of them. `place` is what was looked at, such as `store` or `account casa`."""

    place: str
    level: Level
    said: str
    todo: str = ""
    is_deadly: bool = False  # nothing else can be looked at

    @classmethod
    def good(cls, place: str, said: str) -> Self:
        """All is well there."""
        return cls(place=place, level=Level.GOOD, said=said)

    @classmethod
    def warning(cls, place: str, said: str, todo: str) -> Self:
        """It should be mended."""
        return cls(place=place, level=Level.WARNING, said=said, todo=todo)

    @classmethod
    def fault(cls, place: str, said: str, todo: str) -> Self:
        """It has to be mended."""
        return cls(place=place, level=Level.FAULT, said=said, todo=todo)
