"""proprietary_uid: at most one document for each, as far as the evidence goes (reference 3.1, 13.7)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from worker.sandbox.answers import Refused
from worker.sandbox.switches import Settings
from worker.sandbox.texts import ONGOING_UID


@dataclass(frozen=True, kw_only=True)
class Spent:
    """A uid that was used: the document it made, or None where the create was refused."""

    document: int | None
    at: float


class Uids:
    """The uids of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ongoing: set[str] = set()
        self._spent: dict[str, Spent] = {}

    @contextmanager
    def claim(
        self, uid: str, settings: Settings, now: float, is_deleted: Callable[[int], bool]
    ) -> Iterator[int | None]:
        """The document that `uid` made earlier; or None, and `uid` is held while one is being made.

        Whoever comes meanwhile gets a 409 (13.7a, 13.30), and later too where the switches say so (13.7b, e, f).
        """
        with self._lock:
            if uid in self._ongoing:
                raise conflict(uid)
            earlier = self._earlier(uid, settings, now, is_deleted)
            if earlier is None:
                self._ongoing.add(uid)
        try:
            yield earlier
        finally:
            if earlier is None:
                with self._lock:
                    self._ongoing.discard(uid)

    def spend(self, uid: str, document: int | None, at: float) -> None:
        """Remember what became of `uid`."""
        with self._lock:
            self._spent[uid] = Spent(document=document, at=at)

    def _earlier(self, uid: str, settings: Settings, now: float, is_deleted: Callable[[int], bool]) -> int | None:
        spent = self._spent.get(uid)
        lifetime = int(settings["uid_lifetime"])
        if spent is None or (lifetime and now - spent.at >= lifetime):
            return None
        if spent.document is None:
            raise conflict(uid)
        policy = settings["uid_replay"]
        if is_deleted(spent.document) and settings["uid_after_delete"] != "replay":
            policy = settings["uid_after_delete"]
        if policy == "conflict":
            raise conflict(uid)
        return None if policy == "new" else spent.document


def conflict(uid: str) -> Refused:
    """The 409 of a uid that is taken."""
    return Refused(409, ONGOING_UID.about(uid), shape="reason")
