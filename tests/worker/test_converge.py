"""What to do next: the whole table, and that nothing of ours touches what is not ours any more."""

import inspect
import re
from datetime import UTC, date, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import Booking
from mapping.desired import Draft, Nothing, NotYet, PersonMustDecide, desired
from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import Settings
from worker import converge
from worker.converge import Do, DocumentIs, Ignored, Step, Wanted, next_step
from worker.outcome import Outcome, at_rest
from worker.records import BookingStatus, Trail

BOOKING = Booking.model_validate(
    {
        "source_id": "1",
        "status": "confirmed",
        "property_ref": "7",
        "ota": "direct",
        "check_in": "2027-01-01",
        "check_out": "2027-01-04",
        "guest_name": "Ana Exemplo",
        "currency": "EUR",
        "total_guest": "106.00",
    }
)
DRAFT = cast(
    "Draft",
    desired(BOOKING, Settings(location=Location.MAINLAND), default_currency=None, now=datetime(2027, 1, 1, tzinfo=UTC)),
)
DESIRED: dict[str, Wanted] = {
    "draft": DRAFT,
    "nothing": Nothing(),
    "not yet": NotYet(day=date(2027, 1, 1), location=Location.MAINLAND, then=DRAFT),
    "a person must decide": PersonMustDecide(reason=Reason.NO_PRICE),
    "ignored by a person": Ignored(),
}
NOT_OURS_TO_TOUCH = [
    DocumentIs.CLAIMED,
    DocumentIs.EDITED,
    DocumentIs.DIFFERS,
    DocumentIs.FINAL,
    DocumentIs.GONE,
    DocumentIs.CANCELLED,
    DocumentIs.SEVERAL,
]


def table() -> dict[tuple[str, DocumentIs], tuple[str, bool]]:
    """The docstring's table: (desired, document) -> (what to do, whether note 1 says to leave what is equal)."""
    head, *rows = (
        re.split(r"\s{2,}", line.strip())
        for line in inspect.cleandoc(converge.__doc__ or "").splitlines()
        if line.startswith(("desired", *DESIRED))
    )
    documents = [name.removesuffix(" [2]") for name in head[1:]]
    return {
        (row[0], DocumentIs(document)): (cell.removesuffix(" [1]"), cell.endswith("[1]"))
        for row in rows
        for document, cell in zip(documents, row[1:], strict=True)
    }


def test_the_table_has_every_case() -> None:
    assert set(table()) == {
        (name, document) for name in DESIRED for document in DocumentIs if document is not DocumentIs.DIFFERS
    }


@pytest.mark.parametrize("sent_equal", [False, True])
@pytest.mark.parametrize("document", DocumentIs)
@pytest.mark.parametrize("name", DESIRED)
def test_the_next_step_is_what_the_table_says(name: str, document: DocumentIs, sent_equal: bool) -> None:
    column = DocumentIs.EDITED if document is DocumentIs.DIFFERS else document
    do, leaves_what_is_equal = table()[name, column]
    step = next_step(DESIRED[name], document, sent_equal=sent_equal)
    assert step.do == ("leave" if leaves_what_is_equal and sent_equal else do)
    assert (step.reason is not None) == (step.do is Do.PARK)


@pytest.mark.parametrize(
    ("document", "for_a_draft", "for_nothing"),
    [
        (DocumentIs.EDITED, Reason.EDITED, Reason.CANCELLED_BUT_EDITED),
        (DocumentIs.DIFFERS, Reason.DOCUMENT_DIFFERS, Reason.CANCELLED_BUT_EDITED),
        (DocumentIs.FINAL, Reason.FINAL, Reason.CANCELLED_BUT_FINAL),
        (DocumentIs.GONE, Reason.DELETED, None),
        (DocumentIs.CANCELLED, Reason.CANCELLED_THERE, None),
        (DocumentIs.SEVERAL, Reason.SEVERAL_DOCUMENTS, Reason.SEVERAL_DOCUMENTS),
    ],
)
def test_a_parked_booking_says_what_happened_to_its_document(
    document: DocumentIs, for_a_draft: Reason, for_nothing: Reason | None
) -> None:
    assert next_step(DRAFT, document, sent_equal=False).reason is for_a_draft
    assert next_step(Nothing(), document, sent_equal=False).reason is for_nothing


def test_who_must_decide_is_told_the_reason() -> None:
    step = next_step(PersonMustDecide(reason=Reason.NO_SHOW), DocumentIs.AS_LEFT, sent_equal=False)
    assert step == Step(do=Do.PARK, reason=Reason.NO_SHOW)


@given(
    desired=st.from_type(Draft)
    | st.from_type(Nothing)
    | st.from_type(NotYet)
    | st.from_type(PersonMustDecide)
    | st.just(Ignored()),
    document=st.sampled_from(NOT_OURS_TO_TOUCH),
    sent_equal=st.booleans(),
)
def test_nothing_is_written_to_what_is_not_surely_ours(desired: Wanted, document: DocumentIs, sent_equal: bool) -> None:
    assert next_step(desired, document, sent_equal=sent_equal).do not in {Do.CREATE, Do.UPDATE, Do.WITHDRAW}


@pytest.mark.parametrize("sent_equal", [False, True])
@pytest.mark.parametrize("document", DocumentIs)
def test_what_is_ignored_asks_for_nothing_and_rests(document: DocumentIs, sent_equal: bool) -> None:
    step = next_step(Ignored(), document, sent_equal=sent_equal)
    assert step == Step(do=Do.LEAVE)
    assert at_rest(step, Ignored(), Trail()) == Outcome(status=BookingStatus.IGNORED, reason=Reason.IGNORED_BY_A_PERSON)
