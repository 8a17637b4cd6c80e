"""A booking's history: a line for each thing that happened to it, oldest first. Never a guest's data, never a key.

Lines are JSON: `at` (UTC), `event`, `who` where a person acted, and the event's own facts.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from worker.invoicexpress.answers import Asked
from worker.keyspace import FS
from worker.store import Value, Writes

HISTORY_LENGTH = 500
HIDDEN = "***"
SHORTEST_HIDDEN = 3  # characters of a word of a guest's name

TELL = f"""
-- Adds the lines in ARGV from `at` on, their number first, to the history at KEYS[2]. Answers where the rest begins.
local function tell(at)
  local lines = tonumber(ARGV[at])
  for index = 1, lines do redis.call('RPUSH', KEYS[2], ARGV[at + index]) end
  if lines > 0 then redis.call('LTRIM', KEYS[2], -{HISTORY_LENGTH}, -1) end
  return at + 1 + lines
end
"""
"""For the ledger's scripts."""


def history_key(key: str) -> str:
    """Where the booking's history is."""
    return f"{FS}:history:{key}"


def line(event: str, *, at: datetime, **facts: str | int | None) -> str:
    """One line of a history; a fact that says nothing is left out."""
    said = {name: fact for name, fact in facts.items() if fact not in {None, ""}}
    return json.dumps({"at": at.isoformat(timespec="seconds"), "event": event, **said}, ensure_ascii=False)


def write(pipe: Writes, key: str, lines: Sequence[str]) -> None:
    """Queue the lines on `pipe`."""
    if lines:
        pipe.rpush(history_key(key), *lines)
        pipe.ltrim(history_key(key), -HISTORY_LENGTH, -1)


def told(lines: Sequence[str]) -> list[Value]:
    """Lines as `tell` takes them."""
    return [len(lines), *lines]


class Story:
    """The lines of one attempt. They are kept with what the ledger is told next, and cost no call of their own."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lines: list[str] = []
        self._hidden: list[str] = []

    @property
    def lines(self) -> Sequence[str]:
        """Those that are not kept yet."""
        return self._lines

    def tell(self, event: str, **facts: str | int) -> None:
        """Add a line."""
        self._lines.append(line(event, at=self._clock(), **facts))

    def asked(self, request: Asked) -> None:
        """Add a request to InvoiceXpress, its words without what is hidden."""
        words = self.without_hidden(request.words)
        told: dict[str, str | int | None] = {"method": request.method, "path": request.path, "status": request.status}
        self._lines.append(line("request", at=self._clock(), **told, ms=request.milliseconds, words=words))

    def without_hidden(self, words: str) -> str:
        """`words` without what is hidden."""
        for hidden in self._hidden if words else ():
            words = re.sub(re.escape(hidden), HIDDEN, words, flags=re.IGNORECASE)
        return words

    def hide(self, texts: Iterable[str | None]) -> None:
        """From now on leave these out of InvoiceXpress's words, and each word of them: it may say again what it refused."""
        whole = [text.strip() for text in texts if text and text.strip()]
        words = [word for text in whole for word in text.split() if len(word) >= SHORTEST_HIDDEN]
        self._hidden += [*whole, *words]

    def kept(self) -> None:
        """The lines are in the ledger."""
        self._lines.clear()
