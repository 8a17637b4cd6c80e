"""Each fault of invoicexpress.md 13.29 at each request that converging makes: in the end one draft, and the right one."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from tests.worker.room import Room
from worker.records import BookingStatus, Record

FAULTS: list[dict[str, object]] = [
    {"name": "drop_after_commit"},
    {"name": "error_after_commit", "status": 500},
    {"name": "error_after_commit", "status": 502},
    {"name": "late_commit", "seconds": 30},
    {"name": "delay_without_commit", "seconds": 30},
    {"name": "too_many_requests", "times": 5},
    {"name": "truncated_json"},
    {"name": "html_content_type"},
]
"""All but the quota, which pauses the account (tests of their own)."""

DOCUMENT = r"^/invoices/\d+\.json"


def lose_the_creation(room: Room) -> None:
    """A document exists and is not known of, so that it is looked up."""
    room.fault("drop_after_commit", method="POST")
    room.deliver()
    room.turn()


def draft(room: Room) -> None:
    assert room.drafted().status is BookingStatus.DRAFTED


def create(room: Room) -> Record:
    return room.drafted()


def look_up(room: Room) -> Record:
    return room.to_rest()


def change(room: Room) -> Record:
    return room.drafted(total_guest="212.00")


def rename(room: Room) -> Record:
    return room.drafted(guest_name="Berta Outra")


def change_and_rename(room: Room) -> Record:
    return room.drafted(guest_name="Berta Outra", total_guest="212.00")


def cancel(room: Room) -> Record:
    return room.drafted(status="cancelled")


def withdrawn(room: Room) -> None:
    """A booking that was cancelled: its client is in the account, with the guest's name of then."""
    draft(room)
    assert room.drafted(status="cancelled").status is BookingStatus.CANCELLED


def nothing(room: Room) -> None:
    """Before a creation."""


REQUESTS: dict[str, tuple[Callable[[Room], None], Mapping[str, object], Callable[[Room], Record]]] = {
    "POST create": (nothing, {"method": "POST", "path": r"^/invoices\.json"}, create),
    "POST create again, of another guest": (withdrawn, {"method": "POST", "path": r"^/invoices\.json"}, rename),
    "GET taxes": (nothing, {"method": "GET", "path": r"^/taxes\.json"}, create),
    "GET list": (lose_the_creation, {"method": "GET", "path": r"^/invoices\.json"}, look_up),
    "GET document found": (lose_the_creation, {"method": "GET", "path": DOCUMENT}, look_up),
    "GET document before an update": (draft, {"method": "GET", "path": DOCUMENT}, change),
    "PUT update": (draft, {"method": "PUT", "path": DOCUMENT}, change),
    "PUT update of guest and price": (draft, {"method": "PUT", "path": DOCUMENT}, change_and_rename),
    "PUT client": (draft, {"method": "PUT", "path": r"^/clients/\d+\.json"}, rename),
    "PUT client and price": (draft, {"method": "PUT", "path": r"^/clients/\d+\.json"}, change_and_rename),
    "GET document before a withdrawal": (draft, {"method": "GET", "path": DOCUMENT}, cancel),
    "PUT change-state": (draft, {"method": "PUT", "path": "change-state"}, cancel),
}
"""What stands before it, the request, and what makes it."""

MEANT: Mapping[Callable[[Room], Record], tuple[str, str]] = {
    create: ("106.00", "Ágata Canária"),
    look_up: ("106.00", "Ágata Canária"),
    change: ("212.00", "Ágata Canária"),
    rename: ("106.00", "Berta Outra"),
    change_and_rename: ("212.00", "Berta Outra"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(map(str, fault.values())))
@pytest.mark.parametrize("request_", REQUESTS)
def test_it_ends_in_what_was_meant(room: Room, request_: str, fault: dict[str, object]) -> None:
    before, where, act = REQUESTS[request_]
    before(room)
    room.fault(**{**fault, **where})  # type: ignore[arg-type]  # a fault's fields by name
    record = act(room)
    assert not room.desk.get("/_sandbox/faults").get_json()["faults"], "the fault was met"
    assert record.reason is None
    if act is cancel:
        assert (record.status, room.documents()) == (BookingStatus.CANCELLED, [])
        return
    document = room.document()
    assert record.status is BookingStatus.DRAFTED
    assert record.trail.document
    assert record.trail.document.id == document["id"]
    assert (Decimal(str(document["total"])), document["client"]["name"]) == (Decimal(MEANT[act][0]), MEANT[act][1])
    assert len(room.documents(deleted=True)) == (2 if before is withdrawn else 1)
