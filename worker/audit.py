"""What people did: who, when, what, from what to what. It is never shortened. Never a guest's data, never a key or secret."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from worker.keyspace import FS
from worker.store import Store, Writes

AUDIT = f"{FS}:audit"
CHUNK = 500  # lines that are read at once
CHANGED = "changed"
"""What is said of a value that is not to be read here: a key, a secret, what a guest is called."""

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing that a person did. `was` and `became` have the fields that differ."""

    at: datetime
    who: str  # a name, or `cli:` and the machine's user
    what: str  # such as retry, correct, account-set
    about: str  # a booking's key, an account, a property, a connection, or how many bookings
    was: Values
    became: Values


class Audit:
    """All acts in the store."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def write(
        self,
        who: str,
        what: str,
        about: str,
        *,
        was: Values | None = None,
        became: Values | None = None,
        pipe: Writes | None = None,
    ) -> None:
        """Add an act, or queue it on `pipe`. Of `was` and `became`, what is equal in both is left out."""
        before, after = was or {}, became or {}
        line = {
            "at": self._clock().isoformat(),
            "who": who,
            "what": what,
            "about": about,
            "from": {name: value for name, value in before.items() if value != after.get(name)},
            "to": {name: value for name, value in after.items() if value != before.get(name)},
        }
        (pipe or self._store).rpush(AUDIT, json.dumps(line, ensure_ascii=False))

    def acts(self, *, about: str = "", skip: int = 0, limit: int = 100) -> list[Act]:
        """The newest `limit` acts but the `skip` newest, the last first; with `about` only those about things so called."""
        return list(islice((act for act in self._newest_first(about) if about in act.about), skip, skip + limit))

    def _newest_first(self, about: str) -> Iterator[Act]:
        """Those with `about` anywhere in their lines: most others need not be read at all."""
        words = json.dumps(about, ensure_ascii=False)[1:-1].encode(errors="replace")
        before = -1
        while lines := self._store.lrange(AUDIT, before - CHUNK + 1, before):
            yield from (_act(json.loads(line)) for line in reversed(lines) if words in line)
            before -= CHUNK


def changes(act: Act) -> Iterator[tuple[str, str, str]]:
    """What an act changed, field by field: its name, what it was and what it became, "" where there was nothing."""
    for name in dict.fromkeys((*act.was, *act.became)):
        was, became = _words(act.was.get(name)), _words(act.became.get(name))
        if was or became:
            yield name, was, became


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return "" if value is None else str(value)


def act_json(act: Act) -> dict[str, Any]:
    """An act as `faturasync audit --json` tells it."""
    at = act.at.isoformat()
    return {"at": at, "who": act.who, "what": act.what, "about": act.about, "from": act.was, "to": act.became}


def _act(told: Mapping[str, Any]) -> Act:
    return Act(
        at=datetime.fromisoformat(told["at"]),
        who=told["who"],
        what=told["what"],
        about=told["about"],
        was=told["from"],
        became=told["to"],
    )
