"""There is no code path that takes a document further than a draft: by the source, and by what is sent."""

import ast
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

import worker.invoicexpress
from worker.invoicexpress import check, clients
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.documents import DocumentRequest

Answered = Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]

FOLDER = Path(worker.invoicexpress.__path__[0])
FORBIDDEN = re.compile(r"final(?!ly)|settle|cancel|e-?mail|payment|receipt|credit|second.copy|send_", re.IGNORECASE)


def code_words(source: str) -> Iterator[str]:
    """Every name and text in the code; docstrings and comments may say what it does not do."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and id(node) not in prose:
            yield str(node.value)
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def test_the_source_has_no_word_for_it() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.py")}
    assert len(sources) > 5
    found = {(name, word) for name, source in sources.items() for word in code_words(source) if FORBIDDEN.search(word)}
    assert found == set()
    states = [word for source in sources.values() for word in code_words(source) if "change-state" in word]
    assert states == ["/invoices/{id}/change-state.json"]


def test_httpx_is_known_to_one_module() -> None:
    users = [
        path.name
        for path in FOLDER.rglob("*.py")
        if re.search(r"^\s*(import|from) httpx", path.read_text(), re.MULTILINE)
    ]
    assert users == ["transport.py"]


def test_all_methods_together_send_only_this(answered_by: Answered, meant: DocumentRequest) -> None:
    sent = set()
    states = []
    document = {"invoice": {"id": 7, "status": "draft", "client": {"id": 5, "code": "FS-C1042", "name": "Other"}}}

    def answer(request: httpx.Request) -> httpx.Response:
        sent.add((request.method, re.sub(r"\d+", "N", request.url.path)))
        body = json.loads(request.content or b"{}")
        states.extend([body["invoice"]["state"]] if "state" in body.get("invoice", {}) else [])
        if request.url.path in {"/taxes.json", "/sequences.json"}:
            return httpx.Response(200, json={"list": []})
        if request.url.path == "/invoices.json" and request.method == "GET":
            return httpx.Response(200, json={"invoices": [], "pagination": {}})
        return httpx.Response(200, json=document)

    account = answered_by(answer)
    calls: dict[str, Callable[[], object]] = {
        "taxes": account.taxes,
        "sequences": account.sequences,
        "create": lambda: account.create(meant),
        "document": lambda: account.document(7),
        "find": lambda: account.find("FS-B1042"),
        "listed": lambda: list(account.listed("draft")),
        "update": lambda: account.update(7, meant),
        "delete": lambda: account.delete(7),
        "find_client_by_code": lambda: account.find_client_by_code("FS-C1042"),
        "client": lambda: account.client(5),
        "change_client": lambda: account.change_client(5, {"name": "Ana", "code": "FS-C1042"}),
    }
    public = {name for name, _ in inspect.getmembers(InvoiceXpress, callable) if not name.startswith("_")}
    assert set(calls) == public
    for call in calls.values():
        call()
    clients.create_resolving_client(account, meant)
    clients.update_resolving_client(account, 7, meant)
    check.check_account(account)

    assert sent == {
        ("GET", "/taxes.json"),
        ("GET", "/sequences.json"),
        ("POST", "/invoices.json"),
        ("GET", "/invoices.json"),
        ("GET", "/invoices/N.json"),
        ("PUT", "/invoices/N.json"),
        ("PUT", "/invoices/N/change-state.json"),
        ("GET", "/clients/find-by-code.json"),
        ("GET", "/clients/N.json"),
        ("PUT", "/clients/N.json"),
    }
    assert set(states) == {"deleted"}
