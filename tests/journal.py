"""What the whole suite's sandboxes were asked by our client, and what of it may be asked."""

import json
from collections.abc import Iterable

ALLOWED = frozenset(
    {
        ("GET", "/taxes.json"),
        ("POST", "/invoices.json"),
        ("GET", "/invoices.json"),
        ("GET", "/invoices/{id}.json"),
        ("PUT", "/invoices/{id}.json"),
        ("PUT", "/invoices/{id}/change-state.json"),
        ("GET", "/clients/find-by-code.json"),
        ("PUT", "/clients/{id}.json"),
    }
)
"""Drafts are made, listed, read, replaced and deleted; taxes are read; our own clients are found and renamed."""

STATES = {("PUT", "/invoices/{id}/change-state.json"): ["deleted"]}
"""Of the requests that ask for a state, the one that each must ask for. All others ask for none."""


def forbidden(lines: Iterable[str]) -> list[str]:
    """The lines of a journal (`worker.sandbox.journal`) that nothing of ours may ever cause."""
    return [line for line in lines if not _is_allowed(json.loads(line))]


def _is_allowed(asked: dict[str, object]) -> bool:
    request = (str(asked["method"]), str(asked["path"]))
    return request in ALLOWED and asked["states"] == STATES.get(request, [])
