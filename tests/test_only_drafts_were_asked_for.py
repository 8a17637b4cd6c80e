"""No code path asks InvoiceXpress for any state but `deleted`, or for an e-mail: what the whole suite asked is looked at.

At the end of a session `tests/conftest.py` reads what every sandbox wrote down, in whichever process it ran.
"""

import json
import threading
from pathlib import Path

import httpx
import pytest
from werkzeug.test import Client

from tests.journal import ALLOWED, faults_in, forbidden
from worker.invoicexpress.client import InvoiceXpressPool
from worker.sandbox.app import create_sandbox
from worker.sandbox.counters import Request
from worker.sandbox.journal import JOURNAL, USER_AGENT, Journal


def line(method: str, path: str, *states: str) -> str:
    return json.dumps({"method": method, "path": path, "states": states})


@pytest.mark.parametrize(
    "asked",
    [
        line("PUT", "/invoices/{id}/change-state.json", "finalized"),
        line("PUT", "/invoices/{id}/change-state.json", "settled"),
        line("PUT", "/invoices/{id}/change-state.json", "canceled"),
        line("PUT", "/invoices/{id}/change-state.json", "deleted", "finalized"),
        line("PUT", "/invoices/{id}/change-state.json"),
        line("PUT", "/invoice_receipts/{id}/change-state.json", "deleted"),
        line("PUT", "/invoices/{id}.json", "final"),
        line("POST", "/invoices.json", "finalized"),
        line("PUT", "/invoices/{id}/email-document.json"),
        line("POST", "/documents/{id}/partial_payments.json"),
        line("POST", "/credit_notes.json"),
        line("DELETE", "/invoices/{id}.json"),
    ],
)
def test_what_is_forbidden_is_found(asked: str) -> None:
    allowed = line("POST", "/invoices.json")
    assert forbidden([allowed, asked, allowed]) == [asked]


def test_what_drafts_need_is_allowed() -> None:
    asked = [line(method, path) for method, path in ALLOWED if "change-state" not in path]
    assert forbidden([*asked, line("PUT", "/invoices/{id}/change-state.json", "deleted")]) == []


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of its own: what is asked for here is not for the session's."""
    monkeypatch.setenv(JOURNAL, str(tmp_path / "journal"))
    return tmp_path / "journal"


def test_a_sandbox_writes_down_what_our_client_asks_and_nobody_elses(journal: Path) -> None:
    app = create_sandbox([("casa", "key-of-casa")])
    pool = InvoiceXpressPool("http://sandbox.invalid/{account}", transport=httpx.WSGITransport(app=app))
    Client(app).get("/casa/taxes.json?api_key=key-of-casa")
    assert not journal.exists()
    account = pool.account("casa", "key-of-casa")
    account.delete(7)
    account.taxes()
    asked = [line("PUT", "/invoices/{id}/change-state.json", "deleted"), line("GET", "/taxes.json")]
    assert journal.read_text().splitlines() == asked


def test_lines_of_several_sandboxes_stay_whole(tmp_path: Path) -> None:
    asked = Request(account="casa", method="PUT", path="/x", template="/invoices/{id}.json", body={"invoice": {}})

    def write() -> None:
        for _ in range(300):
            Journal(str(tmp_path / "journal")).note(asked, user_agent=USER_AGENT)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "journal").read_text().splitlines() == [line("PUT", "/invoices/{id}.json")] * 1200


def test_a_session_that_asked_for_more_than_drafts_fails() -> None:
    good, bad = line("POST", "/invoices.json"), line("POST", "/credit_notes.json")
    assert faults_in([good], of_the_whole_suite=True) == []
    assert len(faults_in([good, bad, bad], of_the_whole_suite=False)) == 2


def test_a_whole_suite_that_wrote_nothing_down_fails() -> None:
    assert len(faults_in([], of_the_whole_suite=True)) == 1
    assert faults_in([], of_the_whole_suite=False) == []
