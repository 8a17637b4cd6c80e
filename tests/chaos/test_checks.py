from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.checks import Difference, Found, Standing, Wrong, differences, meant, said
from tests.chaos.plan import Plan, PlannedBooking, make_plan
from tests.chaos.senders import Tally
from worker.records import BookingStatus

SEED = 1
PLAN = make_plan(SEED, bookings=40, seconds=5)
LIVE = next(booking for booking in PLAN.bookings if not booking.newest.cancelled)
DEAD = next(booking for booking in PLAN.bookings if booking.newest.cancelled)


def document_of(booking: PlannedBooking, **fields: object) -> dict[str, Any]:
    """What the sandbox would show, in what matters."""
    newest = booking.newest
    return {
        "id": booking.number + 1,
        "status": "draft",
        "reference": f"FS-generic-R-{booking.number}-1",
        "proprietary_uid": f"uid-{booking.number}",
        "client": {"name": newest.guest},
        "total": float(newest.total),
        "items": [{"description": f"De {newest.check_in:%d/%m/%Y} a {newest.check_out:%d/%m/%Y} (4 noites). Casa."}],
        **fields,
    }


def as_it_must_be(plan: Plan = PLAN) -> Found:
    """What is there after a good round."""
    live = [booking for booking in plan.bookings if not booking.newest.cancelled]
    return Found(
        documents={
            account: [document_of(booking) for booking in live if booking.account == account]
            for account in {booking.account for booking in plan.bookings}
        },
        bookings={
            booking.key: Standing(
                status=BookingStatus.DRAFTED if booking in live else BookingStatus.CANCELLED,
                why="",
                document=booking.number + 1 if booking in live else None,
                deliveries=2,
            )
            for booking in plan.bookings
        },
        tally=Tally(
            acknowledged=Counter({booking.key: 2 for booking in plan.bookings}),
            most=Counter({booking.key: 3 for booking in plan.bookings}),
        ),
        violations=[],
        left_in_rq={},
    )


def with_documents(booking: PlannedBooking, *documents: Mapping[str, Any]) -> Found:
    """These instead of the booking's own."""
    found = as_it_must_be()
    others = [each for each in found.documents[booking.account] if each["id"] != booking.number + 1]
    return replace(found, documents={**found.documents, booking.account: [*others, *documents]})


def with_standing(booking: PlannedBooking, **changes: object) -> Found:
    found = as_it_must_be()
    standing = replace(found.bookings[booking.key], **changes)  # type: ignore[arg-type]  # its fields by name
    return replace(found, bookings={**found.bookings, booking.key: standing})


def without(booking: PlannedBooking) -> Found:
    found = as_it_must_be()
    return replace(found, bookings={key: each for key, each in found.bookings.items() if key != booking.key})


def kinds(found: list[Difference]) -> set[Wrong]:
    return {each.kind for each in found}


def test_what_is_as_it_must_be_differs_nowhere() -> None:
    assert differences(PLAN, as_it_must_be()) == []
    assert said(document_of(LIVE)) == meant(LIVE.newest)


GONE = {"status": "deleted"}
WRONG: dict[str, tuple[Found, Wrong, str]] = {
    "a second draft": (
        with_documents(LIVE, document_of(LIVE), document_of(LIVE, id=999, reference=f"FS-generic-R-{LIVE.number}-2", proprietary_uid="x")),
        Wrong.DUPLICATE,
        LIVE.key,
    ),
    "a reference twice, once deleted": (
        with_documents(LIVE, document_of(LIVE), document_of(LIVE, id=999, proprietary_uid="x", **GONE)),
        Wrong.DUPLICATE,
        LIVE.account,
    ),
    "a uid twice": (
        with_documents(LIVE, document_of(LIVE), document_of(LIVE, id=999, reference=f"FS-generic-R-{LIVE.number}-2", **GONE)),
        Wrong.DUPLICATE,
        LIVE.account,
    ),
    "no draft": (with_documents(LIVE), Wrong.LOST, LIVE.key),
    "a deleted draft only": (with_documents(LIVE, document_of(LIVE, **GONE)), Wrong.LOST, LIVE.key),
    "no record": (without(LIVE), Wrong.LOST, LIVE.key),
    "a draft of a cancelled booking": (with_documents(DEAD, document_of(DEAD)), Wrong.DOCUMENT, DEAD.key),
    "another guest": (with_documents(LIVE, document_of(LIVE, client={"name": "Other"})), Wrong.DOCUMENT, LIVE.key),
    "another total": (with_documents(LIVE, document_of(LIVE, total=1.0)), Wrong.DOCUMENT, LIVE.key),
    "another day": (with_documents(LIVE, document_of(LIVE, items=[{"description": "01/01/2026 a 02/01/2026"}])), Wrong.DOCUMENT, LIVE.key),
    "a finalised document": (with_documents(LIVE, document_of(LIVE, status="final")), Wrong.DOCUMENT, LIVE.key),
    "another document in the ledger": (with_standing(LIVE, document=999), Wrong.DOCUMENT, LIVE.key),
    "a stranger's document": (with_documents(LIVE, document_of(LIVE), document_of(LIVE, id=9, reference="FS-generic-R-99-1", proprietary_uid="x")), Wrong.DOCUMENT, LIVE.account),
    "parked": (with_standing(LIVE, status=BookingStatus.PARKED), Wrong.STUCK, LIVE.key),
    "failed": (with_standing(DEAD, status=BookingStatus.FAILED), Wrong.STUCK, DEAD.key),
    "waiting": (with_standing(LIVE, status=BookingStatus.WAITING), Wrong.NOT_AT_REST, LIVE.key),
    "a delivery too few": (with_standing(LIVE, deliveries=1), Wrong.DELIVERIES, LIVE.key),
    "a delivery too many": (with_standing(LIVE, deliveries=4), Wrong.DELIVERIES, LIVE.key),
    "a forbidden request": (replace(as_it_must_be(), violations=[{"asked": "finalized"}]), Wrong.FORBIDDEN, "sandbox"),
    "a job left over": (replace(as_it_must_be(), left_in_rq={"failed": ["job-1"]}), Wrong.LEFT_BEHIND, "failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_and_named(name: str) -> None:
    found, kind, booking = WRONG[name]
    told = differences(PLAN, found)
    assert kind in kinds(told)
    assert {each.booking for each in told} == {booking}
