"""Who asked for what: requests by method and path, the latest of them whole, and forbidden ones."""

import itertools
import re
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace

_KEPT = 1000
_ID = re.compile(r"(?<=/)\d+(?=[/.]|$)")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request as it came; the key is not part of it."""

    account: str
    method: str
    path: str  # after the account, with the query
    template: str  # the path with {id} for ids
    body: object
    status: int | str | None = None  # None until answered, "dropped" where the connection was cut


def template_of(path: str) -> str:
    """The path with every id replaced by {id}."""
    return _ID.sub("{id}", path)


class Counters:
    """Counts since the last reset, and the latest requests in the order they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets = itertools.count()
        self._recent: OrderedDict[int, Request] = OrderedDict()
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._statuses: Counter[str] = Counter()

    def arrived(self, request: Request) -> int:
        """Count a request; returns the ticket for `answered`."""
        with self._lock:
            ticket = next(self._tickets)
            self._counts[request.account, request.method, request.template] += 1
            self._recent[ticket] = request
            if len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
            return ticket

    def answered(self, ticket: int, status: int | str) -> None:
        """Note how a request ended."""
        with self._lock:
            self._statuses[str(status)] += 1
            if ticket in self._recent:
                self._recent[ticket] = replace(self._recent[ticket], status=status)

    def requests(self, account: str | None = None) -> dict[str, int]:
        """Counts by "METHOD /path", of one account or of all."""
        with self._lock:
            counts: Counter[str] = Counter()
            for (name, method, template), count in self._counts.items():
                if account in {None, name}:
                    counts[f"{method} {template}"] += count
            return dict(sorted(counts.items()))

    def statuses(self) -> dict[str, int]:
        """Counts by status, of all accounts."""
        with self._lock:
            return dict(sorted(self._statuses.items()))

    def recent(self, count: int, account: str | None = None) -> list[Request]:
        """The latest requests, oldest first."""
        with self._lock:
            requests = [request for request in self._recent.values() if account in {None, request.account}]
        return requests[-count:] if count > 0 else []

    def reset(self) -> None:
        """Start counting afresh."""
        with self._lock:
            self._recent.clear()
            self._counts.clear()
            self._statuses.clear()
