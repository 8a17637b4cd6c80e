"""What the environment says about alarms: where they go, and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Final

from mapping.errors import UserError

SPLIT: Final = re.compile(r"\s+|,\s*(?=[A-Za-z][A-Za-z0-9]*://)|,\s*$")
"""Between addresses: whitespace, or a comma before the next one; others are part of an address."""
ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)://.+")
CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, kw_only=True)
class AlarmVariables:
    """The variables' values. Addresses hold passwords and tokens: nothing prints them."""

    addresses: tuple[str, ...] = field(default=(), repr=False)
    backlog_after: timedelta = timedelta(minutes=30)
    digest_at: time | None = time(8)  # in Lisbon; None: there is no digest
    look_seconds: float = 60.0  # between looks; tests have less time


def read_alarm_variables(environ: Mapping[str, str]) -> AlarmVariables:
    """The values. Raises `UserError`, which never repeats an address."""
    return AlarmVariables(
        addresses=_addresses(environ.get("ALARM_URLS") or ""),
        backlog_after=_backlog_after(environ.get("ALARM_BACKLOG_MINUTES") or "30"),
        digest_at=_digest_at(environ.get("ALARM_DIGEST_AT") or "08:00"),
        look_seconds=_look_seconds(environ.get("ALARM_LOOK_SECONDS") or "60"),
    )


def not_understood(number: int) -> UserError:
    """What is said of the address that is the `number`th."""
    return UserError(
        "ALARM_URLS: the address number {number} is none that messages can be sent to, such as "
        "mailto://USER:PASSWORD@example.pt; docs/alarms.md shows what they look like.",
        number=number,
    )


def _addresses(given: str) -> tuple[str, ...]:
    found = tuple(address for address in SPLIT.split(given.strip()) if address)
    for number, address in enumerate(found, 1):
        if not ADDRESS.fullmatch(address):
            raise not_understood(number)
    return found


def _backlog_after(given: str) -> timedelta:
    if not given.isdecimal() or not 0 < int(given) <= 10_000:
        raise UserError("ALARM_BACKLOG_MINUTES must be a number of minutes, such as 30.")
    return timedelta(minutes=int(given))


def _digest_at(given: str) -> time | None:
    if given == "off":
        return None
    told = CLOCK.fullmatch(given)
    if told is None:
        raise UserError("ALARM_DIGEST_AT must be a time of the day in Lisbon, such as 08:00, or off.")
    return time(int(told[1]), int(told[2]))


def _look_seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 3600:
        raise UserError("ALARM_LOOK_SECONDS must be a number of seconds, such as 60.")
    return seconds
