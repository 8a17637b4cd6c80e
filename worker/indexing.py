"""Files the bookings of a store that an older version wrote, or whose newest secret key is another one by now.

A worker does it between its jobs, a moment at a time, while everything else goes on: whatever changes meanwhile is filed
by whoever changes it. To file a booking twice changes nothing.
"""

import time
from collections.abc import Iterator
from contextlib import suppress

import structlog
from pydantic import ValidationError

from mapping.errors import UserError
from worker.filing import filed_under
from worker.index import LISTED, VERSION
from worker.index_scripts import FILE_AGAIN
from worker.keyspace import FS, PATTERN
from worker.ledger import record_key
from worker.packing import PACKED
from worker.records import BookingStatus, Record
from worker.services import Services

TAKEN = f"{FS}:index:taken"
TAKEN_SECONDS = 60  # longer than a job
CHUNK = 100
MOMENT_SECONDS = 0.5

log = structlog.get_logger()


class Indexing:
    """One worker's part in it: all of it, or nothing while another one is at it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._left: list[str] | None = None
        self._is_done = False

    def go_on(self) -> None:
        """File bookings for a moment, if there are any left."""
        if self._is_done or (self._left is None and not self._begun()):
            return
        deadline = time.monotonic() + MOMENT_SECONDS
        while self._left:
            chunk, self._left = self._left[-CHUNK:], self._left[:-CHUNK]
            self._file(chunk)
            self._services.ledger.refile(self._readable(chunk))
            if time.monotonic() >= deadline:
                break
        self._services.store.set(TAKEN, "1", ex=TAKEN_SECONDS)
        if not self._left:
            self._forget_older_ones()
            self._services.store.set(VERSION, self._services.index.version)
            self._services.store.delete(TAKEN)
            self._is_done = True
            log.info("indexed")

    def _begun(self) -> bool:
        """Whether there is something to do, and nobody else is doing it."""
        store = self._services.store
        self._is_done = self._is_all_filed()
        if self._is_done or not store.set(TAKEN, "1", nx=True, ex=TAKEN_SECONDS):
            return False
        self._left = self._services.ledger.keys_of(*BookingStatus)
        log.info("indexing", bookings=len(self._left))
        return True

    def _forget_older_ones(self) -> None:
        """Sets of keys, as they were until version 3."""
        store, cursor = self._services.store, -1
        while cursor:
            cursor, found = store.scan(max(cursor, 0), match=f"{PATTERN}:index:*", count=1000)
            names = [name.decode() for name in found]
            if older := [name for name in names if name not in {VERSION, TAKEN}]:
                store.delete(*older)

    def _is_all_filed(self) -> bool:
        """Also what a process of the older version may have taken in since."""
        with self._services.store.pipeline(transaction=True) as pipe:
            pipe.get(VERSION)
            pipe.zcard(LISTED)
            for status in BookingStatus:
                pipe.zcard(f"{FS}:status:{status}")
            version, indexed, *by_status = pipe.execute()
        return (version or b"").decode() == self._services.index.version and indexed == sum(by_status)

    def _file(self, keys: list[str]) -> None:
        store, vault = self._services.store, self._services.vault
        with store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(record_key(key), ["booking", PACKED])
            found = pipe.execute()
        with store.pipeline(transaction=False) as pipe:
            for key, (booking, packed) in zip(keys, found, strict=True):
                sealing = self._services.ledger.sealing
                try:
                    opened = sealing.open_booking(key, booking) if booking else sealing.unpacked(key, packed).booking
                except (UserError, ValidationError):  # its own pages say what is wrong with it
                    opened = None
                pipe.eval(FILE_AGAIN, 1, record_key(key), key, booking or b"", filed_under(vault, key, opened))
            pipe.execute()

    def _readable(self, keys: list[str]) -> Iterator[Record]:
        """Those of these bookings that can be read; of the others their own pages say what is wrong."""
        for key in keys:
            with suppress(UserError, ValidationError):
                yield from self._services.ledger.many([key])
