"""The sandbox's own endpoints and its page."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from worker.sandbox.app import from_environment
from worker.sandbox.switches import SWITCHES

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]


def test_health(control: FlaskClient) -> None:
    assert control.get("/_sandbox/healthz").status_code == 200


def test_account_is_made_and_replaced(control: FlaskClient, draft: Draft) -> None:
    draft()
    assert control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q"}).status_code == 201
    control.post("/_sandbox/accounts", json={"name": "casa", "key": "new"})
    assert control.get("/_sandbox/accounts").get_json() == {"accounts": ["casa", "quinta"]}
    assert control.get("/_sandbox/documents?account=casa").get_json() == {"documents": []}
    assert control.get("/casa/taxes.json?api_key=new").status_code == 200


def test_account_can_have_its_own_taxes(control: FlaskClient) -> None:
    taxes = [{"name": "PT6", "value": "6.0", "region": "PT", "code": "RED", "default_tax": 1}]
    control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q", "taxes": taxes})
    shown = control.get("/quinta/taxes.json?api_key=q").get_json()["taxes"]
    assert [{key: tax[key] for key in tax if key != "id"} for tax in shown] == taxes


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "_sandbox", "key": "k"},
        {"name": "casa"},
        {"name": "casa", "key": "k", "taxes": []},
        {"name": "casa", "key": "k", "taxes": [{"name": "x"}]},
        {"name": "casa", "key": "k", "taxes": "IVA6"},
        {"name": "casa", "key": "k", "clients": [1]},
        [],
    ],
)
def test_wrong_account_is_refused(control: FlaskClient, wrong: object) -> None:
    assert control.post("/_sandbox/accounts", json=wrong).status_code == 422


def test_switches_are_listed_with_value_and_meaning(control: FlaskClient) -> None:
    shown = control.get("/_sandbox/switches").get_json()["switches"]
    assert list(shown) == [switch.name for switch in SWITCHES]
    assert shown["index_lag"]["value"] == 5
    assert all(one["meaning"] and "\n" not in one["meaning"] for one in shown.values())


def test_switch_of_one_account_leaves_the_others(control: FlaskClient) -> None:
    control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q"})
    control.post("/_sandbox/switches", json={"account": "quinta", "switches": {"rate_limit": 0}})
    assert control.get("/quinta/taxes.json?api_key=q").status_code == 429
    assert control.get("/casa/taxes.json?api_key=k-3f9c2a").status_code == 200
    control.post("/_sandbox/switches", json={"account": "quinta", "switches": {"rate_limit": None}})
    assert control.get("/quinta/taxes.json?api_key=q").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"switches": {"weather": "rain"}}, "forbid_finalizing"),
        ({"switches": {"client_conflict": "x"}}, "refuse, code, name"),
        ({"switches": {"index_lag": 21}}, "from 0 to 20"),
        ({"switches": {"index_lag": True}}, "from 0 to 20"),
        ({"switches": {"trial": 1}}, "true or false"),
        ({"switches": []}, "object"),
        ({"account": "nobody", "switches": {}}, "casa"),
    ],
)
def test_wrong_switch_is_refused_in_one_sentence_and_nothing_changes(
    control: FlaskClient, wrong: dict[str, Any], says: str
) -> None:
    before = control.get("/_sandbox/switches").get_json()
    answer = control.post("/_sandbox/switches", json=wrong)
    assert answer.status_code == 422
    assert says in answer.get_json()["error"]
    assert control.get("/_sandbox/switches").get_json() == before


def test_requests_are_counted_by_method_and_template(control: FlaskClient, send: Send, draft: Draft) -> None:
    document = draft()["id"]
    send("GET", f"/invoices/{document}.json")
    send("GET", "/invoices/1.json")
    control.get("/quinta/api/pdf/7.json")
    shown = control.get("/_sandbox/requests?account=casa").get_json()
    assert shown["requests"] == {"GET /invoices/{id}.json": 2, "POST /invoices.json": 1}
    assert (shown["total"], shown["statuses"]) == (3, {"200": 1, "201": 1, "401": 1, "404": 1})
    assert control.get("/_sandbox/requests").get_json()["requests"]["GET /api/pdf/{id}.json"] == 1
    assert control.delete("/_sandbox/requests").get_json() == {"requests": {}, "total": 0, "statuses": {}}


def test_recent_requests_come_in_order_with_body_and_without_key(control: FlaskClient, send: Send) -> None:
    send("GET", "/taxes.json")
    send("GET", "/invoices.json?status[]=draft")
    send("POST", "/clients.json", {"client": {"name": "Ana"}})
    recent = control.get("/_sandbox/requests?recent=2").get_json()["recent"]
    assert [(one["method"], one["path"], one["status"], one["body"]) for one in recent] == [
        ("GET", "/invoices.json?status[]=draft", 200, None),
        ("POST", "/clients.json", 201, {"client": {"name": "Ana"}}),
    ]


def test_person_edits_a_draft_uncounted(control: FlaskClient, draft: Draft, act: Send) -> None:
    document = draft(observations="kept")["id"]
    control.delete("/_sandbox/requests")
    edited = act(document, "edit", reference="mine", client={"name": "Rui"}).get_json()["document"]
    assert (edited["reference"], edited["client"]["name"], edited["observations"]) == ("mine", "Rui", "kept")
    assert edited["total"] == 100.0
    assert control.get("/_sandbox/requests").get_json()["total"] == 0


@pytest.mark.parametrize(("actions", "status"), [("finalize settle", "settled"), ("finalize cancel", "canceled")])
def test_person_moves_a_document(draft: Draft, act: Send, actions: str, status: str) -> None:
    document = draft()["id"]
    answers = [act(document, action) for action in actions.split()]
    assert answers[-1].get_json()["document"]["status"] == status


def test_person_cannot_do_what_is_not_possible(draft: Draft, act: Send, control: FlaskClient) -> None:
    document = draft()["id"]
    assert act(document, "settle").status_code == 422
    assert act(document, "explode").status_code == 422
    assert act(1, "delete").status_code == 404
    assert control.post("/_sandbox/act", data="{").status_code == 422


def test_page_shows_documents_counters_and_faults(
    control: FlaskClient, draft: Draft, act: Send, fault: Callable[..., None], line: Callable[..., object]
) -> None:
    exempt = line(name="Estadia", description="4 noites", quantity="4", tax={"name": "Isento"})
    draft(items=[exempt], tax_exemption="M10")
    act(draft(reference="STR-2")["id"], "delete")
    fault("late_commit", times=3)
    page = control.get("/").text
    for text in ("sandbox", "STR-1", "Ana Exemplo", "4 noites", "4 × € 94.3396", "0 % (M10)", "€ 377.36"):
        assert text in page
    for text in ("Draft", "Deleted", "POST /invoices.json", "late_commit", 'http-equiv="refresh"'):
        assert text in page


def test_page_escapes_what_it_shows(control: FlaskClient, draft: Draft, line: Callable[..., object]) -> None:
    evil = "<script>alert(1)</script>"
    draft(reference=evil, client={"name": evil}, items=[line(name=evil, description=evil)])
    control.get(f"/casa/{evil}")
    assert evil not in control.get("/").text


def test_sandbox_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_ACCOUNTS", raising=False)
    assert from_environment().test_client().get("/demo/taxes.json?api_key=sandbox-demo-key").status_code == 200
    monkeypatch.setenv("SANDBOX_ACCOUNTS", "a:1, b:2:3")
    client = from_environment().test_client()
    assert client.get("/_sandbox/accounts").get_json() == {"accounts": ["a", "b"]}
    assert client.get("/b/taxes.json?api_key=2:3").status_code == 200
