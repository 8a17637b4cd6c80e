"""Documents that carry our references, as InvoiceXpress lists them: what exists although the ledger may not know it.

A ledger that was emptied, restored, or lost its last second asks here before it makes a first document for a booking.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mapping.errors import InvoiceXpressUnavailable
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.documents import DELETED, Document
from worker.keyspace import FS
from worker.lapses import NEVER, Lapse
from worker.naming import reference_stem
from worker.store import Store
from worker.waits import INDEX_LAG_SECONDS

DAY = timedelta(days=1)  # a document's day is the property's own, and may be one off
OUR_REFERENCE = re.compile(r"(FS-[^-]+-.+)-([1-9][0-9]{0,5})")


@dataclass(frozen=True, kw_only=True)
class Existing:
    """The documents of a booking's newest generation; more than one where somebody copied it."""

    generation: int
    ids: tuple[int, ...]


class Adoption:
    """One account's documents of ours. `forget` them when the account becomes another one."""

    def __init__(self, store: Store, account: str, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._documents = f"{FS}:ours:{account}"
        self._listed_at = f"{FS}:listed:{account}"

    def remember(self, invoicexpress: InvoiceXpress, *, since: date | None = None) -> int:
        """Read the account's list (of documents dated `since` then, or all) and remember what is ours; how many those are."""
        return self.keep(invoicexpress.listed(since=since), asked_at=self._clock())

    def keep(self, listed: Iterable[Document], *, asked_at: datetime) -> int:
        """Remember what is ours of a list that was asked for then; how many bookings have documents in it."""
        found: dict[str, Existing] = {}
        for document in listed:
            name = our_reference(document)
            if name:
                stem, generation = name
                known = found.get(stem)
                if known is None or known.generation < generation:
                    found[stem] = Existing(generation=generation, ids=(document.id,))
                elif known.generation == generation:
                    found[stem] = Existing(generation=generation, ids=tuple(sorted({*known.ids, document.id})))
        with self._store.pipeline(transaction=True) as pipe:
            for stem, existing in found.items():
                pipe.hset(self._documents, stem, json.dumps([existing.generation, existing.ids]))
            pipe.set(self._listed_at, asked_at.timestamp())
            pipe.execute()
        return len(found)

    def forget(self) -> None:
        """The account is another one in InvoiceXpress now, or was never asked."""
        self._store.delete(self._documents, self._listed_at)

    def existing(self, channel_manager: str, source_id: str) -> Existing | None:
        """What the list showed for a booking."""
        found = self._store.hget(self._documents, reference_stem(channel_manager, source_id))
        if found is None:
            return None
        generation, ids = json.loads(found)
        return Existing(generation=generation, ids=tuple(ids))

    def catch_up(self, invoicexpress: InvoiceXpress, lost: Lapse) -> None:
        """Read the list once more if it was read before the store may have lost something, and no sooner than it is true.

        Raises `InvoiceXpressUnavailable` while the list may not show yet what was made just before.
        """
        complete_at = lost.until + timedelta(seconds=INDEX_LAG_SECONDS)
        listed_at = float(self._store.get(self._listed_at) or 0)
        if listed_at >= complete_at.timestamp():
            return
        missing = (complete_at - self._clock()).total_seconds()
        if missing > 0:
            raise InvoiceXpressUnavailable(
                "The store was restarted, and InvoiceXpress's list may not show yet what was made just before.",
                sent=False,
                retry_after=missing,
            )
        since = max(lost.since, NEVER + DAY) - DAY
        self.remember(invoicexpress, since=None if since == NEVER else since.date())


def our_reference(document: Document) -> tuple[str, int] | None:
    """What the references of the booking's documents begin with, and which of them this is; None if it is none of ours."""
    name = OUR_REFERENCE.fullmatch(document.reference or "")
    return (name[1], int(name[2])) if name and document.state != DELETED else None
