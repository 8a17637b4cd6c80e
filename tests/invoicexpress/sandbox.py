"""A sandbox InvoiceXpress that the client talks to in one process."""

from collections.abc import Callable
from typing import Any

import httpx

from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.documents import Document, DocumentRequest
from worker.sandbox.app import create_sandbox

MakeRequest = Callable[..., DocumentRequest]


class Sandbox:
    """A sandbox with the account `casa`, its clock in our hand."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.now = 1_800_000_000.0
        app = create_sandbox([("casa", key)], clock=lambda: self.now)
        self.desk = app.test_client()
        self.pool = InvoiceXpressPool("http://sandbox/{account}", transport=httpx.WSGITransport(app=app))
        self.account = self.pool.account("casa", key)

    def set(self, **switches: bool | str | int) -> None:
        self._post("/_sandbox/switches", {"switches": switches})

    def fail(self, fault: str, **how: object) -> None:
        self._post("/_sandbox/faults", {"fault": fault, **how})

    def act(self, document: Document, action: str, **fields: object) -> None:
        self._post("/_sandbox/act", {"account": "casa", "action": action, "id": document.id, "fields": fields})

    def requests(self) -> dict[str, int]:
        counted: dict[str, int] = self.desk.get("/_sandbox/requests").get_json()["requests"]
        return counted

    def documents(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.desk.get("/_sandbox/documents?account=casa").get_json()["documents"]
        return shown

    def clients(self) -> list[dict[str, Any]]:
        """The account's clients, by name."""
        answer = self.desk.get("/casa/clients.json", query_string={"api_key": self._key, "per_page": "100"})
        shown: list[dict[str, Any]] = answer.get_json()["clients"]
        return shown

    def start_over_with(self, *clients: dict[str, str]) -> None:
        """Empty the account but for these clients, which are stored whatever is wrong with them."""
        self._post("/_sandbox/accounts", {"name": "casa", "key": self._key, "clients": clients})

    def count(self) -> dict[str, int]:
        """The requests since the last count, by method and path."""
        counted = self.requests()
        self.desk.delete("/_sandbox/requests")
        return counted

    def _post(self, path: str, body: object) -> None:
        answer = self.desk.post(path, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)


def stranger(account: InvoiceXpress, make_request: MakeRequest, **other: object) -> Document:
    """A document of somebody else in the account, whose client has the guest's name."""
    fields = {"uid": "other", "reference": "by hand", "client_code": "by hand", **other}
    return account.create(make_request(**fields))
