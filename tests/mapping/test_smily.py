"""What is Smily's alone: guest and source stand beside a booking, or are asked for by their ids."""

import json
from typing import Any

import pytest

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from tests.samples import load_cases

SMILY = channel_managers()["smily"]
CASES = {case.name: case for case in load_cases() if case.channel_manager == "smily"}
BODY = json.loads(CASES["created-booking"].bodies[0])
[BOOKING] = BODY["resource"]["bookings"]
CLIENT, SOURCE = "/api/v3/clients/3712", "/api/v3/sources/6"


def asked(*, event: str = "booking_created", beside: dict[str, Any] | None = None, **changed: Any) -> list[str]:
    """The paths of all questions about the booking, changed."""
    assert SMILY.fetch
    resource = {**BODY["resource"], **(beside or {}), "bookings": [{**BOOKING, **changed}]}
    delivery = Delivery(body=json.dumps({**BODY, "event": event, "resource": resource}).encode())
    paths = list[str]()
    while question := SMILY.fetch.question(delivery, str(BOOKING["id"]), paths):  # answers count, whatever they say
        paths.append(question.path)
    return paths


def test_only_what_does_not_stand_beside_a_confirmed_booking_is_asked_for() -> None:
    assert asked() == [CLIENT, SOURCE]
    assert asked(beside={"clients": [{"id": 3712}]}) == [SOURCE]
    assert asked(links={**BOOKING["links"], "source": None}) == [CLIENT]
    assert asked(status="Tentative") == asked(status="Canceled") == asked(event="booking_destroyed") == []


@pytest.mark.parametrize("odd", ["3712/../../rentals", "３７１２", "7?x=1", ""])
def test_what_is_no_number_never_becomes_part_of_an_address(odd: str) -> None:
    assert asked(links={**BOOKING["links"], "client": odd}) == [SOURCE]
