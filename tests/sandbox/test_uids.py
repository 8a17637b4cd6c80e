"""proprietary_uid: section 13, points 7 and 30, and 15.6."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from worker.sandbox.app import create_sandbox

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]
KEY = "k-3f9c2a"


def test_uid_again_gives_the_same_document(create: Send) -> None:
    first, second = create("u-1"), create("u-1", reference="other")
    assert first.get_json()["invoice"]["id"] == second.get_json()["invoice"]["id"]
    assert second.status_code == 201
    assert second.get_json()["invoice"]["reference"] == "STR-1"


def test_uid_again_can_answer_200(create: Send, switch: Switch) -> None:
    switch(uid_replay="same_200")
    create("u-1")
    assert create("u-1").status_code == 200


def test_uid_again_can_be_a_conflict(create: Send, switch: Switch) -> None:
    switch(uid_replay="conflict")
    create("u-1")
    answer = create("u-1")
    assert answer.status_code == 409
    assert answer.get_json() == {"reason": "There's an ongoing document creation with the provided UID u-1"}


def test_uid_inside_the_invoice_means_nothing(draft: Draft) -> None:
    assert draft(proprietary_uid="u-1")["id"] != draft(proprietary_uid="u-1")["id"]


def test_uid_is_not_shown(draft: Draft, control: FlaskClient) -> None:
    assert "proprietary_uid" not in draft("u-1")
    shown = control.get("/_sandbox/documents?account=casa").get_json()
    assert [document["proprietary_uid"] for document in shown["documents"]] == ["u-1"]


def test_uid_can_be_shown(draft: Draft, switch: Switch) -> None:
    switch(uid_echo=True)
    assert draft("u-1")["proprietary_uid"] == "u-1"


def test_refused_create_leaves_the_uid_free(create: Send) -> None:
    assert create("u-1", items=[]).status_code == 422
    assert create("u-1").status_code == 201


def test_refused_create_can_spend_the_uid(create: Send, switch: Switch) -> None:
    switch(uid_spent_by_422=True)
    create("u-1", items=[])
    assert create("u-1").status_code == 409


def test_uid_belongs_to_one_account(create: Send, control: FlaskClient, body: Callable[..., object]) -> None:
    control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q"})
    other = control.post("/quinta/invoices.json?api_key=q", json=body("u-1"))
    assert create("u-1").get_json()["invoice"]["id"] != other.get_json()["invoice"]["id"]


@pytest.mark.parametrize(("after", "state"), [("replay", "deleted"), ("new", "draft")])
def test_uid_of_a_deleted_draft(draft: Draft, act: Send, switch: Switch, after: str, state: str) -> None:
    switch(uid_after_delete=after)
    act(draft("u-1")["id"], "delete")
    assert draft("u-1")["status"] == state


def test_uid_of_a_deleted_draft_can_be_a_conflict(draft: Draft, act: Send, create: Send, switch: Switch) -> None:
    switch(uid_after_delete="conflict")
    act(draft("u-1")["id"], "delete")
    assert create("u-1").status_code == 409


def test_uid_can_be_forgotten_after_a_while(draft: Draft, switch: Switch, wait: Callable[[float], None]) -> None:
    switch(uid_lifetime=60)
    first = draft("u-1")
    wait(59)
    assert draft("u-1")["id"] == first["id"]
    wait(1)
    assert draft("u-1")["id"] != first["id"]


def test_uid_while_its_document_is_being_made_is_409_and_blocks_nobody_else(
    body: Callable[..., object],
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def sleep(_seconds: float) -> None:
        arrived.set()
        assert go_on.wait(10)

    client = create_sandbox([("casa", KEY)], sleep=sleep).test_client()
    client.post("/_sandbox/faults", json={"fault": "late_commit"})
    url = f"/casa/invoices.json?api_key={KEY}"
    with ThreadPoolExecutor() as pool:
        late = pool.submit(client.application.test_client().post, url, json=body("u-1"))
        assert arrived.wait(10)
        second = client.post(url, json=body("u-1"))
        other = client.post(url, json=body("u-2"))
        go_on.set()
        first = late.result()
    assert (first.status_code, second.status_code, other.status_code) == (201, 409, 201)
    assert "u-1" in second.get_json()["reason"]
    shown = client.get("/_sandbox/documents?account=casa").get_json()
    assert sorted(document["proprietary_uid"] for document in shown["documents"]) == ["u-1", "u-2"]


def test_without_uid_the_same_body_makes_two_documents(draft: Draft) -> None:
    assert draft()["id"] != draft()["id"]
