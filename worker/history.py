"""A booking's history: a line for each thing that happened to it, oldest first. Never a guest's data, never a key.

Lines are JSON: `at` (UTC), `event`, `who` where a person acted, and the event's own facts.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from worker.store import Value, Writes

HISTORY_LENGTH = 500

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
    return f"fs:history:{key}"


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
