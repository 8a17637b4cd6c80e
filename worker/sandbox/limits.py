"""The rate limit of an account (reference 1.3, 13.5)."""

import threading
from collections import defaultdict, deque

from worker.sandbox.answers import Refused
from worker.sandbox.switches import Settings
from worker.sandbox.texts import TOO_MANY

_MINUTE = 60.0
_SHAPES = {"html": "html", "empty": "empty", "json": "object"}


class Limits:
    """When the requests of each account's last minute came. A refused request does not count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, account: str, settings: Settings, now: float) -> None:
        """Count a request, or refuse it with a 429."""
        fixed = settings["rate_window"] == "fixed"
        start = now // _MINUTE * _MINUTE if fixed else now - _MINUTE
        with self._lock:
            seen = self._seen[account]
            while seen and (seen[0] < start if fixed else seen[0] <= start):
                seen.popleft()
            if len(seen) >= int(settings["rate_limit"]):
                raise too_many(settings)
            seen.append(now)


def too_many(settings: Settings) -> Refused:
    """A 429 as the switches want it."""
    wait = settings["retry_after"]
    headers = {"Retry-After": str(wait)} if wait else {}
    return Refused(429, TOO_MANY, shape=_SHAPES[str(settings["rate_body"])], headers=headers)
