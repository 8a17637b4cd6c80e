"""Faults: section 13, point 29."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Fault = Callable[..., None]
Switch = Callable[..., None]


@pytest.fixture
def made(control: FlaskClient) -> Callable[[], int]:
    def count() -> int:
        return len(control.get("/_sandbox/documents?account=casa").get_json()["documents"])

    return count


Made = Callable[[], int]


def test_dropped_connection_leaves_the_document(create: Send, fault: Fault, made: Made, control: FlaskClient) -> None:
    fault("drop_after_commit")
    with pytest.raises(ConnectionResetError):
        create()
    assert made() == 1
    assert create().status_code == 201
    assert control.get("/_sandbox/requests").get_json()["statuses"]["dropped"] == 1


@pytest.mark.parametrize("status", [500, 502, 504])
def test_server_error_page_leaves_the_document(create: Send, fault: Fault, made: Made, status: int) -> None:
    fault("error_after_commit", status=status)
    answer = create()
    assert (answer.status_code, answer.mimetype, made()) == (status, "text/html", 1)


def test_late_commit_writes_after_the_wait(
    create: Send, fault: Fault, slept: list[float], send: Send, wait: Callable[[float], None]
) -> None:
    fault("late_commit", seconds=20)
    create()
    assert slept == [20]
    wait(4)
    assert send("GET", "/invoices.json").get_json()["invoices"] == []
    wait(1)
    assert len(send("GET", "/invoices.json").get_json()["invoices"]) == 1


def test_delay_without_commit_makes_nothing(create: Send, fault: Fault, slept: list[float], made: Made) -> None:
    fault("delay_without_commit", seconds=20)
    answer = create("u-1")
    assert (answer.status_code, slept, made()) == (504, [20], 0)
    assert create("u-1").status_code == 201


def test_burst_of_429_makes_nothing(create: Send, send: Send, fault: Fault, made: Made) -> None:
    fault("too_many_requests", times=2)
    statuses = [create().status_code, send("GET", "/taxes.json").status_code, create().status_code]
    assert (statuses, made()) == ([429, 429, 201], 1)


def test_truncated_json_comes_with_201(create: Send, fault: Fault, made: Made) -> None:
    fault("truncated_json")
    answer = create()
    assert (answer.status_code, answer.mimetype, made()) == (201, "application/json", 1)
    assert answer.get_json(silent=True) is None
    assert answer.data.startswith(b'{"invoice"')


def test_html_content_type_comes_with_201(create: Send, fault: Fault, made: Made) -> None:
    fault("html_content_type")
    answer = create()
    assert (answer.status_code, answer.mimetype, made()) == (201, "text/html", 1)


def test_quota_is_a_422_that_makes_nothing(create: Send, fault: Fault, made: Made) -> None:
    fault("quota_reached")
    answer = create()
    assert (answer.status_code, made()) == (422, 0)
    assert "limit reached" in answer.get_json()["errors"][0]["error"]


def test_fault_meets_only_what_it_names(create: Send, send: Send, fault: Fault, control: FlaskClient) -> None:
    fault("too_many_requests", method="GET", path=r"^/invoices/\d+\.json$", account="casa")
    control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q"})
    assert create().status_code == 201
    assert send("GET", "/invoices.json").status_code == 200
    assert control.get("/quinta/invoices/1.json?api_key=q").status_code == 404
    assert send("GET", "/invoices/1.json").status_code == 429


def test_fault_of_a_commit_waits_for_a_write(create: Send, send: Send, fault: Fault) -> None:
    fault("error_after_commit")
    assert send("GET", "/taxes.json").status_code == 200
    assert create().status_code == 502


def test_fault_can_meet_any_method(send: Send, fault: Fault) -> None:
    fault("error_after_commit", method="any")
    assert send("GET", "/taxes.json").status_code == 502


def test_wrong_key_uses_no_fault_up(control: FlaskClient, fault: Fault) -> None:
    fault("too_many_requests")
    control.get("/casa/taxes.json?api_key=wrong")
    assert len(control.get("/_sandbox/faults").get_json()["faults"]) == 1


def test_list_of_faults_is_worked_off_in_order_and_can_be_cleared(control: FlaskClient, send: Send) -> None:
    faults = [{"fault": "too_many_requests"}, {"fault": "quota_reached", "method": "GET", "times": 2}]
    control.post("/_sandbox/faults", json=faults)
    assert [send("GET", "/taxes.json").status_code for _ in range(2)] == [429, 422]
    left = control.get("/_sandbox/faults").get_json()["faults"]
    assert [(one["fault"], one["times"]) for one in left] == [("quota_reached", 1)]
    assert control.delete("/_sandbox/faults").get_json()["faults"] == []
    assert send("GET", "/taxes.json").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"fault": "earthquake"}, "drop_after_commit"),
        ({"fault": "late_commit", "seconds": -1}, "seconds"),
        ({"fault": "late_commit", "seconds": "x"}, "seconds"),
        ({"fault": "late_commit", "times": 0}, "times"),
        ({"fault": "error_after_commit", "status": 200}, "502"),
        ({"fault": "late_commit", "path": "("}, "regular expression"),
        ({"fault": "late_commit", "where": "x"}, "where"),
        ("late_commit", "object"),
    ],
)
def test_wrong_fault_is_refused_in_one_sentence(control: FlaskClient, wrong: Any, says: str) -> None:
    answer = control.post("/_sandbox/faults", json=wrong)
    assert answer.status_code == 422
    assert says in answer.get_json()["error"]
    assert control.get("/_sandbox/faults").get_json()["faults"] == []
