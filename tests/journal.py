"""What the whole suite's sandboxes were asked by our client, and what of it may be asked."""

import json
from collections.abc import Iterable, Sequence

ALLOWED = frozenset(
    {
        ("GET", "/taxes.json"),
        ("POST", "/invoices.json"),
        ("GET", "/invoices.json"),
        ("GET", "/invoices/{id}.json"),
        ("PUT", "/invoices/{id}.json"),
        ("PUT", "/invoices/{id}/change-state.json"),
        ("GET", "/sequences.json"),
        ("GET", "/clients/find-by-code.json"),
        ("GET", "/clients/{id}.json"),
        ("PUT", "/clients/{id}.json"),
    }
)
"""Drafts are made, listed, read, replaced and deleted; taxes, series and clients are read; our own clients are found and changed."""

STATES = {("PUT", "/invoices/{id}/change-state.json"): ["deleted"]}
"""Of the requests that ask for a state, the one that each must ask for. All others ask for none."""


def faults_in(lines: Sequence[str], *, of_the_whole_suite: bool) -> list[str]:
    """What is wrong with what a session's sandboxes were asked, a sentence each."""
    faults = [f"Asked of InvoiceXpress, and never to be: {line}" for line in forbidden(lines)]
    if of_the_whole_suite and not lines:
        faults.append("The whole suite asked nothing of a sandbox: it is not written down any more.")
    return faults


def forbidden(lines: Iterable[str]) -> list[str]:
    """The lines of a journal (`worker.sandbox.journal`) that nothing of ours may ever cause."""
    return [line for line in lines if not _is_allowed(json.loads(line))]


def _is_allowed(asked: dict[str, object]) -> bool:
    request = (str(asked["method"]), str(asked["path"]))
    return request in ALLOWED and asked["states"] == STATES.get(request, [])
