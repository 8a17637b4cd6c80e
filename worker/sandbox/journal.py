"""What FaturaSync itself asked, a line for each request: a test run proves with it that nothing but drafts was asked for."""

import json
import os
from collections.abc import Mapping

from worker.sandbox.counters import Request

JOURNAL = "SANDBOX_JOURNAL"
"""The variable that names the file; without it nothing is written."""

USER_AGENT = "FaturaSync"
"""What our client calls itself (`worker.invoicexpress.transport`)."""


class Journal:
    """The file at `path`, or none. Several sandboxes may write into it at the same time."""

    def __init__(self, path: str | None) -> None:
        self._path = path

    def note(self, request: Request, *, user_agent: str) -> None:
        """Add a line for a request of our own: method, path without ids, and the states that its body asks for."""
        if self._path is None or user_agent != USER_AGENT:
            return
        line = json.dumps({"method": request.method, "path": request.template, "states": _states(request.body)})
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"{line}\n".encode())  # in one piece, so that no line gets into another
        finally:
            os.close(file)


def _states(body: object) -> list[str]:
    roots = [root for root in body.values() if isinstance(root, Mapping)] if isinstance(body, Mapping) else []
    return [str(root[name]) for root in roots for name in ("state", "status") if name in root]
