"""The sample deliveries under tests/deliveries, for the tests and for the demo.

`<channel manager>/setup.json` holds the account's settings, `<channel manager>/<case>/` the bodies in the order of their
delivery (`body.json`, or `1.json`, `2.json`, ...) and `expected.json`: what each body says, and what becomes of the
booking when all are delivered. All guests are invented.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DELIVERIES = Path(__file__).parent / "deliveries"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One folder of deliveries."""

    channel_manager: str
    name: str
    about: str
    bodies: Sequence[bytes]
    # One for each body: {"bookings": [fields that matter]}, {"not_a_booking": what} or {"unreadable": [paths]}.
    readings: Sequence[Mapping[str, Any]]
    # booking, status, reason, draft (client_name, total, rate, commission, tourist_tax); None: no booking is recorded.
    result: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """How a test names it."""
        return f"{self.channel_manager}/{self.name}"


def load_cases() -> list[Case]:
    """Every case, by channel manager and name."""
    return [_load_case(found.parent) for found in sorted(DELIVERIES.glob("*/*/expected.json"))]


def load_setup(channel_manager: str) -> Mapping[str, Any]:
    """The settings under which the results hold: properties (name, location, listings) and commission by channel."""
    setup: Mapping[str, Any] = json.loads((DELIVERIES / channel_manager / "setup.json").read_text("utf-8"))
    return setup


def _load_case(folder: Path) -> Case:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return Case(
        channel_manager=folder.parent.name,
        name=folder.name,
        about=expected["about"],
        bodies=[path.read_bytes() for path in sorted(folder.glob("[!e]*.json"))],
        readings=expected["readings"],
        result=expected["result"],
    )
