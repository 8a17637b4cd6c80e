"""The certificates that prove deliveries (Amazon SNS), kept for a day by their address: all receivers share them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from worker.keyspace import FS
from worker.store import Store

KEPT_SECONDS = 24 * 3600
PASSING_SECONDS = 60


class Certificates:
    """All certificates in the store, in PEM. They are public."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, url: str) -> bytes | None:
        """The certificate of that address; None if it was not fetched within the day."""
        return self._store.get(_key(url))

    def keep(self, url: str, certificate: bytes) -> None:
        """What was found there."""
        self._store.set(_key(url), certificate, ex=KEPT_SECONDS)

    @contextmanager
    def passing(self, url: str | None, certificate: bytes | None) -> Iterator[None]:
        """Take `certificate` for what is at `url` for as long as the context lasts: to post a sample."""
        if not (url and certificate):
            yield
            return
        self._store.set(_key(url), certificate, ex=PASSING_SECONDS)
        try:
            yield
        finally:
            self._store.delete(_key(url))


def _key(url: str) -> str:
    return f"{FS}:certificate:{hashlib.sha256(url.encode()).hexdigest()}"
