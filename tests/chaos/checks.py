"""What must hold after a round, and each place where it does not. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tests.chaos.plan import Plan, PlannedBooking, State
from tests.chaos.senders import Tally
from worker.records import BookingStatus


class Wrong(StrEnum):
    """The kinds of differences, as the table names them."""

    DUPLICATE = "duplicates"
    LOST = "lost"
    DOCUMENT = "wrong"
    STUCK = "parked or failed without cause"
    NOT_AT_REST = "not at rest"
    DELIVERIES = "deliveries not accounted for"
    FORBIDDEN = "forbidden"
    LEFT_BEHIND = "left behind in RQ"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One place where what is there is not what must be there."""

    kind: Wrong
    booking: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.booking}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the ledger says of a booking."""

    status: BookingStatus
    why: str  # reason and facts, "" where there is none
    document: int | None
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is there when the round is over."""

    documents: Mapping[str, Sequence[Mapping[str, Any]]]  # by account; deleted ones too
    bookings: Mapping[str, Standing]  # by their names in the ledger
    tally: Tally
    violations: Sequence[object]
    left_in_rq: Mapping[str, Sequence[str]]  # by list of RQ's: the bookings or jobs in it


def differences(plan: Plan, found: Found) -> list[Difference]:
    """All of them; none where everything is as it must be."""
    return [
        *_documents_that_share(found),
        *(each for booking in plan.bookings for each in _of_booking(booking, found)),
        *_unknown_documents(plan, found),
        *(_forbidden(each) for each in found.violations),
        *_left_behind(found),
    ]


def alive(documents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that nobody deleted."""
    return [document for document in documents if document["status"] != "deleted"]


def _documents_that_share(found: Found) -> Iterator[Difference]:
    """Among all documents of an account, also deleted ones: a reference and a uid belong to one."""
    for account, documents in found.documents.items():
        for field in ("reference", "proprietary_uid"):
            for shared, count in Counter(document[field] for document in documents).items():
                if count > 1:
                    yield Difference(
                        kind=Wrong.DUPLICATE, booking=account, expected=f"one document with the {field} {shared}", found=f"{count}"
                    )  # fmt: skip


def _of_booking(booking: PlannedBooking, found: Found) -> Iterator[Difference]:
    standing = found.bookings.get(booking.key)
    if standing is None:
        yield Difference(kind=Wrong.LOST, booking=booking.key, expected="a record", found="none")
        return
    there = documents_of(booking, found)
    expected = BookingStatus.CANCELLED if booking.newest.cancelled else BookingStatus.DRAFTED
    if standing.status is not expected:
        resting = standing.status not in {BookingStatus.QUEUED, BookingStatus.WAITING}
        kind = Wrong.STUCK if resting else Wrong.NOT_AT_REST
        why = f" ({standing.why})" if standing.why else ""
        yield Difference(kind=kind, booking=booking.key, expected=expected, found=f"{standing.status}{why}")
    yield from _in_invoicexpress(booking, there)
    linked, ids = [standing.document] if standing.document else [], [document["id"] for document in there]
    if linked != ids:
        yield Difference(kind=Wrong.DOCUMENT, booking=booking.key, expected=f"{ids} in the ledger", found=f"{linked}")
    least, most = found.tally.acknowledged[booking.key], found.tally.most[booking.key]
    if not least <= standing.deliveries <= most:
        yield Difference(
            kind=Wrong.DELIVERIES, booking=booking.key, expected=f"{least} to {most} deliveries", found=f"{standing.deliveries}"
        )  # fmt: skip


def documents_of(booking: PlannedBooking, found: Found) -> list[Mapping[str, Any]]:
    """The documents that are not deleted and carry one of the booking's references."""
    start = f"FS-generic-R-{booking.number}-"
    return [document for document in alive(found.documents[booking.account]) if document["reference"].startswith(start)]


def _in_invoicexpress(booking: PlannedBooking, there: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    wanted = "none" if booking.newest.cancelled else "one draft"
    if booking.newest.cancelled and there:
        yield Difference(kind=Wrong.DOCUMENT, booking=booking.key, expected=wanted, found=f"{len(there)}")
    elif len(there) > 1:
        yield Difference(kind=Wrong.DUPLICATE, booking=booking.key, expected=wanted, found=f"{len(there)}")
    elif not there and not booking.newest.cancelled:
        yield Difference(kind=Wrong.LOST, booking=booking.key, expected=wanted, found="none")
    elif there:
        must, is_ = meant(booking.newest), said(there[0])
        if must != is_:
            yield Difference(kind=Wrong.DOCUMENT, booking=booking.key, expected=f"{must}", found=f"{is_}")


def meant(state: State) -> Mapping[str, object]:
    """What the draft of this state must say."""
    return {
        "state": "draft",
        "client": state.guest,
        "total": state.total,
        "days": (f"{state.check_in:%d/%m/%Y}", f"{state.check_out:%d/%m/%Y}"),
        "lines": 1,
    }


def said(document: Mapping[str, Any]) -> Mapping[str, object]:
    """The same of a document."""
    words = str(document["items"][0]["description"]).replace("(", " ").split()
    return {
        "state": document["status"],
        "client": document["client"]["name"],
        "total": Decimal(str(document["total"])).quantize(Decimal("0.01")),
        "days": tuple(word for word in words if word.count("/") == 2),
        "lines": len(document["items"]),
    }


def _unknown_documents(plan: Plan, found: Found) -> Iterator[Difference]:
    known = {(booking.account, f"FS-generic-R-{booking.number}") for booking in plan.bookings}
    unknown: dict[str, list[str]] = defaultdict(list)
    for account, documents in found.documents.items():
        for document in documents:
            if (account, document["reference"].rpartition("-")[0]) not in known:
                unknown[account].append(document["reference"])
    for account, references in unknown.items():
        yield Difference(kind=Wrong.DOCUMENT, booking=account, expected="no other documents", found=f"{references}")


def _forbidden(violation: object) -> Difference:
    return Difference(kind=Wrong.FORBIDDEN, booking="sandbox", expected="nothing but drafts", found=f"{violation}")


def _left_behind(found: Found) -> Iterator[Difference]:
    for name, left in found.left_in_rq.items():
        if left:
            yield Difference(kind=Wrong.LEFT_BEHIND, booking=name, expected="nothing", found=f"{list(left)}")
