"""Over real connections, under werkzeug and under gunicorn: points 29, 30 and 32."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

KEY = "k-3f9c2a"
Body = Callable[..., dict[str, Any]]


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    """A client of a sandbox with a fresh account."""
    with httpx.Client(base_url=url, timeout=10) as client:
        client.post("/_sandbox/accounts", json={"name": "casa", "key": KEY})
        yield client
        client.delete("/_sandbox/faults")


def post(http: httpx.Client, body: dict[str, Any], timeout: float = 10) -> httpx.Response:
    return http.post("/casa/invoices.json", params={"api_key": KEY}, json=body, timeout=timeout)


def documents(http: httpx.Client) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = http.get("/_sandbox/documents?account=casa").json()["documents"]
    return shown


def test_connection_is_dropped_after_the_commit(http: httpx.Client, body: Body) -> None:
    http.post("/_sandbox/faults", json={"fault": "drop_after_commit", "times": 2})
    for uid in ("u-1", "u-2"):
        with pytest.raises(httpx.TransportError):
            post(http, body(uid))
    assert post(http, body("u-1")).json()["invoice"]["id"] == documents(http)[0]["id"]
    assert len(documents(http)) == 2


def test_late_write_comes_after_the_client_gave_up(http: httpx.Client, body: Body) -> None:
    http.post("/_sandbox/faults", json={"fault": "late_commit", "seconds": 0.4})
    with pytest.raises(httpx.ReadTimeout):
        post(http, body("u-1"), timeout=0.1)
    assert documents(http) == []
    assert post(http, body("u-1")).status_code == 409
    assert post(http, body("u-2")).status_code == 201
    while len(documents(http)) < 2:
        pass
    assert sorted(document["proprietary_uid"] for document in documents(http)) == ["u-1", "u-2"]


def test_same_uid_at_once_makes_one_document(http: httpx.Client, body: Body) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(http, body("u-1")), range(24)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["invoice"]["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(documents(http)) == 1


def test_no_uid_at_once_makes_a_document_each(http: httpx.Client, body: Body) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [answer.json()["invoice"]["id"] for answer in pool.map(lambda _: post(http, body()), range(24))]
    assert len(set(ids)) == 24 == len(documents(http))


def test_key_is_not_in_gunicorns_logs(gunicorn_url: str, gunicorn_log: Path, body: Body) -> None:
    with httpx.Client(base_url=gunicorn_url) as client:
        client.post("/_sandbox/accounts", json={"name": "casa", "key": KEY})
        assert post(client, body()).status_code == 201
        client.get("/_sandbox/healthz")  # on the same connection: the line before is written by now
    log = gunicorn_log.read_text()
    assert "POST /casa/invoices.json?api_key=*** HTTP/1.1" in log
    assert KEY not in log


def test_key_is_not_in_werkzeugs_logs(werkzeug_url: str, body: Body, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "werkzeug"), httpx.Client(base_url=werkzeug_url) as client:
        assert post(client, body()).status_code == 201
    lines = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert any("api_key=***" in line for line in lines)
    assert not any(KEY in line for line in lines)
