"""The sample deliveries under tests/deliveries, for the tests and for the demo.

`<channel manager>/setup.json` holds the account's settings, `<channel manager>/<case>/` the bodies in the order of their
delivery (`body.json`, or `1.json`, `2.json`, ...; `.xml` likewise) and `expected.json`: what each body says, and what becomes of the
booking when all are delivered. Where bodies only name the booking, `answers/1.json` is what the channel manager answers
after the first delivery, one element for each question, and so on; `events` in `expected.json` are the `?e=` of each URL,
where the vendor's body does not say its event. All guests are invented.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapping.channel_managers import channel_managers
from mapping.delivery import Cancellation, Delivery, Doorbell, Reading
from mapping.fetch import answers_in

DELIVERIES = Path(__file__).parent / "deliveries"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One folder of deliveries."""

    channel_manager: str
    name: str
    about: str
    bodies: Sequence[bytes]
    events: Sequence[str]  # one for each body; "" where the URL names none
    answers: Sequence[bytes | None]  # one for each body, as they are kept; None where nothing is asked
    # One for each body: {"bookings": [fields that matter]}, {"not_a_booking": what}, {"cancelled": source id} or
    # {"unreadable": [paths]}.
    readings: Sequence[Mapping[str, Any]]
    # booking, status, reason, draft (client_name, total, rate, commission, tourist_tax); None: no booking is recorded.
    result: Mapping[str, Any] | None

    @property
    def is_fetched(self) -> bool:
        """Whether its deliveries only name the booking, so that it is asked for."""
        how = channel_managers()[self.channel_manager].fetch
        return any(self.answers) and how is not None and not how.completes

    @property
    def id(self) -> str:
        """How a test names it."""
        return f"{self.channel_manager}/{self.name}"


def load_cases() -> list[Case]:
    """Every case, by channel manager and name."""
    return [_load_case(found.parent) for found in sorted(DELIVERIES.glob("*/*/expected.json"))]


def load_setup(channel_manager: str) -> Mapping[str, Any]:
    """The settings under which the results hold: properties (name, location, listings) and commission by channel.

    `never_sent`, where it is there, has the kinds of cases that the vendor cannot send, each with the reason.
    """
    setup: Mapping[str, Any] = json.loads((DELIVERIES / channel_manager / "setup.json").read_text("utf-8"))
    return setup


def secret_for(channel_manager: str, *, nth: int = 0) -> str:
    """A secret as the vendor's page shows it to the host; "" where there is none, or where it is ours to choose."""
    scheme = channel_managers()[channel_manager].scheme
    seed = f"{channel_manager} {nth}".encode()
    return "" if scheme.secret_is_ours else scheme.fresh_secret(lambda count: hashlib.shake_256(seed).digest(count))


def read(channel_manager: str, delivery: Delivery, answers: bytes | None) -> Reading | Cancellation:
    """What a delivery says, with what is answered where it does not say all."""
    vendor = channel_managers()[channel_manager]
    found = vendor.read(delivery)
    if answers is not None:
        assert vendor.fetch
        return vendor.fetch.read(delivery, answers_in(answers))
    assert not isinstance(found, Doorbell)
    return found


def _bytes_in(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _load_case(folder: Path) -> Case:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    bodies = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and path.stem != "expected"]
    return Case(
        channel_manager=folder.parent.name,
        name=folder.name,
        about=expected["about"],
        bodies=bodies,
        events=expected.get("events") or [""] * len(bodies),
        answers=[_bytes_in(folder / "answers" / f"{number}.json") for number in range(1, len(bodies) + 1)],
        readings=expected["readings"],
        result=expected["result"],
    )
