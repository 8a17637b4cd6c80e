"""Reading, changing, moving and printing documents: section 13, points 22, 24, 25 and 31."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]
Body = Callable[..., dict[str, Any]]


@pytest.fixture
def move(send: Send) -> Send:
    def moved(document: int, state: str, kind: str = "invoices", **more: object) -> TestResponse:
        return send("PUT", f"/{kind}/{document}/change-state.json", {"invoice": {"state": state, **more}})

    return moved


def test_unknown_document_is_a_404_as_json_or_empty(send: Send, switch: Switch) -> None:
    answer = send("GET", "/invoices/1.json")
    assert (answer.status_code, answer.get_json()) == (404, {"errors": {"error": "Document not found"}})
    switch(document_miss="empty")
    assert send("GET", "/invoices/1.json").data == b""


def test_document_is_found_under_its_own_type_only(draft: Draft, send: Send) -> None:
    document = draft(kind="invoice_receipts")["id"]
    assert set(send("GET", f"/invoice_receipts/{document}.json").get_json()) == {"invoice_receipt"}
    assert send("GET", f"/invoices/{document}.json").status_code == 404


def test_deleted_draft_is_shown_as_deleted_or_missing(draft: Draft, send: Send, move: Send, switch: Switch) -> None:
    document = draft()["id"]
    assert move(document, "deleted").get_json()["invoice"]["status"] == "deleted"
    assert send("GET", f"/invoices/{document}.json").get_json()["invoice"]["status"] == "deleted"
    switch(deleted_document="missing")
    assert send("GET", f"/invoices/{document}.json").status_code == 404


def test_put_replaces_the_whole_draft_and_answers_nothing(
    draft: Draft, send: Send, body: Body, line: Callable[..., object]
) -> None:
    document = draft(observations="old", items=[line(name="a"), line(name="b")])["id"]
    answer = send("PUT", f"/invoices/{document}.json", body(items=[line(name="b", unit_price="1")]))
    assert (answer.status_code, answer.data) == (200, b"")
    read = send("GET", f"/invoices/{document}.json").get_json()["invoice"]
    assert ([item["name"] for item in read["items"]], read["observations"]) == (["b"], None)


def test_put_can_answer_the_document(draft: Draft, send: Send, body: Body, switch: Switch) -> None:
    switch(update_answer="document")
    document = draft()["id"]
    answer = send("PUT", f"/invoices/{document}.json", body(reference="new"))
    assert answer.get_json()["invoice"]["reference"] == "new"


def test_put_without_client_is_refused(draft: Draft, send: Send, body: Body) -> None:
    answer = send("PUT", f"/invoices/{draft()['id']}.json", body(client=None))
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["error"] == "Elemento client não fornecido"


def test_put_of_a_final_document_is_refused(draft: Draft, send: Send, body: Body, act: Send) -> None:
    document = draft()["id"]
    act(document, "finalize")
    assert send("PUT", f"/invoices/{document}.json", body()).status_code == 422


@pytest.mark.parametrize(
    ("kind", "verbs", "status"),
    [
        ("invoices", ["finalized"], "final"),
        ("invoices", ["finalized", "settled"], "settled"),
        ("invoices", ["finalized", "canceled"], "canceled"),
        ("invoice_receipts", ["finalized"], "settled"),
        ("invoice_receipts", ["finalized", "canceled"], "canceled"),
        ("invoices", ["deleted"], "deleted"),
    ],
)
def test_moves(draft: Draft, move: Send, kind: str, verbs: list[str], status: str) -> None:
    document = draft(kind=kind)["id"]
    answers = [move(document, verb, kind, message="why") for verb in verbs]
    assert [answer.status_code for answer in answers] == [200] * len(verbs)
    (shown,) = answers[-1].get_json().values()
    assert shown["status"] == status


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ([], "settled"),
        ([], "canceled"),
        ([], "final"),
        ([], "x"),
        (["finalize"], "deleted"),
        (["finalize"], "finalized"),
        (["finalize", "settle"], "canceled"),
        (["finalize", "settle"], "unsettled"),
        (["delete"], "finalized"),
    ],
)
def test_any_other_move_cannot_be_handled(draft: Draft, move: Send, act: Send, before: list[str], verb: str) -> None:
    document = draft()["id"]
    for action in before:
        assert act(document, action).status_code == 200
    answer = move(document, verb, message="why")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["error"] == f"CantHandle: {verb} for Invoice"


def test_cancelling_needs_a_message(draft: Draft, move: Send, act: Send) -> None:
    document = draft()["id"]
    act(document, "finalize")
    assert move(document, "canceled").status_code == 422


def test_finalising_gives_number_atcud_and_hash(draft: Draft, act: Send) -> None:
    act(draft()["id"], "finalize")
    final = act(draft()["id"], "finalize").get_json()["document"]
    assert (final["sequence_number"], final["inverted_sequence_number"]) == ("2/G", "G/2")
    assert final["atcud"].endswith("-2")
    assert len(final["saft_hash"]) == 4


def test_finalising_keeps_the_series_in_order_of_days(draft: Draft, act: Send) -> None:
    early = draft(date="01/03/2027", due_date="01/03/2027")["id"]
    act(draft()["id"], "finalize")
    assert act(early, "finalize").status_code == 422


def test_client_that_finalises_or_emails_is_recorded(
    draft: Draft, move: Send, send: Send, control: FlaskClient
) -> None:
    document = draft()["id"]
    move(document, "finalized")
    message = {"message": {"client": {"email": "a@example.org"}}}
    assert send("PUT", f"/invoices/{document}/email-document.json", message).status_code == 200
    violations = control.get("/_sandbox/violations").get_json()["violations"]
    assert [violation["asked"] for violation in violations] == ["change-state finalized", "email-document"]
    assert violations[0]["path"] == f"/invoices/{document}/change-state.json"
    assert control.delete("/_sandbox/violations").get_json() == {"violations": []}


def test_deleting_drafts_and_what_a_person_does_is_no_violation(
    draft: Draft, move: Send, act: Send, control: FlaskClient
) -> None:
    move(draft()["id"], "deleted")
    act(draft()["id"], "finalize")
    assert control.get("/_sandbox/violations").get_json() == {"violations": []}


def test_recording_can_be_switched_off(draft: Draft, move: Send, control: FlaskClient, switch: Switch) -> None:
    switch(forbid_finalizing=False)
    move(draft()["id"], "finalized")
    assert control.get("/_sandbox/violations").get_json() == {"violations": []}


def test_pdf_is_ready_at_the_third_time_of_asking(draft: Draft, send: Send) -> None:
    path = f"/api/pdf/{draft()['id']}.json"
    assert [send("GET", path).status_code for _ in range(3)] == [202, 202, 200]
    assert send("GET", path).get_json()["output"]["pdfUrl"].startswith("https://")


def test_drafts_have_no_qr_code_and_cannot_be_paid(draft: Draft, send: Send, act: Send) -> None:
    document = draft()["id"]
    paths = f"/api/qr_codes/{document}.json", f"/documents/{document}/partial_payments.json"
    assert [send("GET", paths[0]).status_code, send("POST", paths[1], {}).status_code] == [422, 422]
    act(document, "finalize")
    assert [send("GET", paths[0]).status_code, send("POST", paths[1], {}).status_code] == [200, 201]


def test_related_documents_are_the_notes_on_a_document(draft: Draft, send: Send, act: Send) -> None:
    owner = draft()["id"]
    act(owner, "finalize")
    note = draft(kind="credit_notes", owner_invoice_id=owner)["id"]
    related = send("GET", f"/document/{owner}/related_documents.json").get_json()["documents"]
    assert [document["id"] for document in related] == [note]
