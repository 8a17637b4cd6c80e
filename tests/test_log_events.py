"""The log's events are an interface: docs/logs.md has each of them, and none that is not written any more."""

import ast
import re
from collections.abc import Iterator

from tests.processes import ROOT

ROOMS = ("worker", "webhook")
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
NAME = re.compile(r"`([a-z]+(?:-[a-z]+)*)`")


def written() -> Iterator[str]:
    """The events that code writes: log.info("settled", ...), audit("retry-asked", ...)."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if call.args and isinstance(call.args[0], ast.Constant) and _logs(call.func):
                yield str(call.args[0].value)


def _logs(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in LEVELS and ast.unparse(function.value) in {"log", "self._log"}
    return isinstance(function, ast.Name) and function.id == "audit"


def documented() -> set[str]:
    """The names in the tables' first column."""
    lines = (ROOT / "docs" / "logs.md").read_text().splitlines()
    return {name for line in lines if line.startswith("| `") for name in NAME.findall(line.split("|")[1])}


def test_every_event_is_documented_and_no_other() -> None:
    assert set(written()) == documented()
