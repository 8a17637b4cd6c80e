"""Paths, keys, content types and the rate limit: section 13, points 1-5 and 32."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
KEY = "k-3f9c2a"


@pytest.mark.parametrize("path", ["/invoices", "/invoices/1.xml", "/estimates.json", "/invoices/abc.json"])
def test_unknown_path_is_a_404_page(send: Send, path: str) -> None:
    answer = send("GET", path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_documents_address_for_people_leads_to_the_page_and_is_no_request_of_the_api(control: FlaskClient) -> None:
    answer = control.get("/casa/invoices/90000001")
    assert (answer.status_code, answer.location) == (302, "/#document-90000001")
    assert control.get("/_sandbox/requests").get_json()["requests"] == {}


def test_method_that_a_path_does_not_have_is_a_404_page(send: Send) -> None:
    assert send("DELETE", "/invoices.json").status_code == 404


@pytest.mark.parametrize(
    "url", ["/casa/taxes.json", "/casa/taxes.json?api_key=wrong", f"/nobody/taxes.json?api_key={KEY}"]
)
def test_wrong_key_missing_key_and_unknown_account_look_the_same(control: FlaskClient, url: str) -> None:
    answer = control.get(url)
    assert answer.status_code == 401
    assert answer.get_json() == {"errors": [{"error": "Invalid API key"}]}


def test_key_is_read_from_the_query_only(control: FlaskClient) -> None:
    answer = control.get("/casa/taxes.json", headers={"X-Api-Key": KEY, "Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 401


def test_401_body_can_be_an_object(control: FlaskClient, switch: Switch) -> None:
    switch(auth_error_shape="object")
    assert control.get("/casa/taxes.json").get_json() == {"errors": {"error": "Invalid API key"}}


def test_unknown_account_can_be_a_404_page_as_on_the_old_host(control: FlaskClient, send: Send, switch: Switch) -> None:
    switch(unknown_account="html_404")
    answer = control.get(f"/nobody/taxes.json?api_key={KEY}")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert control.get("/casa/taxes.json?api_key=wrong").status_code == 401
    assert send("GET", "/taxes.json").status_code == 200


def test_trial_account_cannot_email(send: Send, switch: Switch) -> None:
    switch(trial=True)
    answer = send("PUT", "/invoices/1/email-document.json", {"message": {}})
    assert answer.status_code == 401
    assert "período de experimentação" in answer.get_json()["errors"][0]["error"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_post_without_json_content_type_is_refused(send: Send, content_type: str | None) -> None:
    assert send("POST", "/invoices.json", data="{}", content_type=content_type).status_code == 422


def test_json_content_type_may_name_its_charset(send: Send) -> None:
    answer = send(
        "POST", "/clients.json", data='{"client":{"name":"A"}}', content_type="application/json; charset=utf-8"
    )
    assert answer.status_code == 201


@pytest.mark.parametrize("data", ['"{\\"invoice\\":{}}"', "[]", "{", "", "null"])
def test_body_that_is_no_json_object_is_a_500(send: Send, data: str) -> None:
    answer = send("POST", "/invoices.json", data=data, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")


def test_requests_over_the_limit_are_429_and_do_nothing(send: Send, create: Send, switch: Switch) -> None:
    switch(rate_limit=1)
    assert send("GET", "/taxes.json").status_code == 200
    answer = create()
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers
    switch(rate_limit=780, index_lag=0)
    assert send("GET", "/invoices.json").get_json()["invoices"] == []


def test_rate_limit_is_780_a_minute_by_default(send: Send) -> None:
    statuses = [send("GET", "/taxes.json").status_code for _ in range(781)]
    assert statuses == [200] * 780 + [429]


def test_sliding_window_frees_a_place_after_a_minute(send: Send, switch: Switch, wait: Callable[[float], None]) -> None:
    switch(rate_limit=1)
    send("GET", "/taxes.json")
    wait(59.9)
    assert send("GET", "/taxes.json").status_code == 429
    wait(0.1)
    assert send("GET", "/taxes.json").status_code == 200


def test_fixed_window_starts_with_the_minute(send: Send, switch: Switch, wait: Callable[[float], None]) -> None:
    switch(rate_limit=1, rate_window="fixed")
    wait(59)
    assert send("GET", "/taxes.json").status_code == 200
    assert send("GET", "/taxes.json").status_code == 429
    wait(1)
    assert send("GET", "/taxes.json").status_code == 200


@pytest.mark.parametrize(
    ("kind", "mimetype"), [("html", "text/html"), ("json", "application/json"), ("empty", "application/json")]
)
def test_429_can_have_any_body_and_a_retry_after(send: Send, switch: Switch, kind: str, mimetype: str) -> None:
    switch(rate_limit=0, rate_body=kind, retry_after=7)
    answer = send("GET", "/taxes.json")
    assert (answer.mimetype, answer.headers["Retry-After"]) == (mimetype, "7")
    assert bool(answer.data) == (kind != "empty")


def test_limit_of_one_account_does_not_bind_another(control: FlaskClient, send: Send, switch: Switch) -> None:
    control.post("/_sandbox/accounts", json={"name": "quinta", "key": "q"})
    switch(rate_limit=1)
    send("GET", "/taxes.json")
    assert control.get("/quinta/taxes.json?api_key=q").status_code == 200


def test_non_ascii_is_escaped(send: Send) -> None:
    answer = send("POST", "/clients.json", {"client": {"name": "João Gonçalves"}})
    assert answer.content_type == "application/json; charset=utf-8"
    assert rb"Jo\u00e3o Gon\u00e7alves" in answer.data


def test_key_is_on_no_page_and_in_no_answer(control: FlaskClient, send: Send, create: Send) -> None:
    create()
    send("GET", "/nowhere")
    send("GET", "/invoices.json?a=1&API_KEY=" + KEY)
    for path in ("/", "/_sandbox/accounts", "/_sandbox/requests?recent=9", "/_sandbox/documents?account=casa"):
        assert KEY not in control.get(path).text
