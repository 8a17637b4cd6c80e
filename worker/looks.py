"""A look at each account's open drafts, now and then: what a person did there is noticed without a new delivery.

A few pages of the account's list tell which documents are no drafts any more or may have been changed; only those are
read by id, each by its own booking's job.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from worker.adoption import Adoption
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DRAFT, Document
from worker.keyspace import FS
from worker.lapses import are_looks_due, lapse
from worker.records import BookingStatus, Trail
from worker.services import Services
from worker.unexplained import note_unexplained
from worker.waits import INDEX_LAG_SECONDS, LOOK_SECONDS

DUE = f"{FS}:looks"  # accounts by when to look at them next
WITH_DOCUMENTS = (BookingStatus.DRAFTED, BookingStatus.PARKED)


def due(services: Services) -> list[str]:
    """The accounts whose drafts are to be looked at now; they are due again after `LOOK_SECONDS`."""
    store, now = services.store, services.clock()
    accounts = {account.name for account in services.accounts.all()}
    next_time = (now + timedelta(seconds=LOOK_SECONDS)).timestamp()
    with store.pipeline(transaction=True) as pipe:
        for account in accounts:
            pipe.zadd(DUE, {account: next_time}, nx=True)
        pipe.execute()
    found = {found.decode() for found in store.zrangebyscore(DUE, 0, now.timestamp())}
    lost = lapse(store)
    if lost and lost.until + timedelta(seconds=INDEX_LAG_SECONDS) <= now and are_looks_due(store, lost):
        found |= accounts
    for account in found:
        if account in accounts:
            store.zadd(DUE, {account: next_time})
        else:
            store.zrem(DUE, account)
    return sorted(found & accounts)


def look(services: Services, account: str, invoicexpress: InvoiceXpress) -> list[str]:
    """Give each booking whose document is not as we left it, as far as the list shows, a job that reads it.

    Drafts with our references that no booking explains are noted.
    """
    lost = lapse(services.store)
    if lost:
        Adoption(services.store, account, clock=services.clock).catch_up(invoicexpress, lost)
    asked_at = services.clock()
    rows = {document.id: document for document in invoicexpress.listed(DRAFT)}
    note_unexplained(services, account, rows.values())
    found = []
    for key, row in _odd(services, account, rows):
        if services.ledger.requeue(key, job=services.new_id(), now=asked_at, look=True):
            _remember(services, account, key, row)
            found.append(key)
    return found


def _odd(services: Services, account: str, rows: dict[int, Document]) -> Iterator[tuple[str, Document | None]]:
    seen = services.store.hgetall(rows_key(account))
    for key, trail in services.ledger.trails(account, *WITH_DOCUMENTS):
        link = trail.document
        if link is None or link.state != DRAFT:
            continue
        row = rows.get(link.id)
        if _is_as_left(trail, row) or (row and seen.get(key.encode()) == _digest(row)):
            continue
        yield key, row


def _is_as_left(trail: Trail, row: Document | None) -> bool:
    return row is not None and trail.sent is not None and not differences(trail.sent, row)


def _remember(services: Services, account: str, key: str, row: Document | None) -> None:
    """Rows may be wrong for ever (section 3.2): the same one is a reason to read the document only once."""
    if row is None:
        services.store.hdel(rows_key(account), key)
    else:
        services.store.hset(rows_key(account), key, _digest(row))


def _digest(row: Document) -> bytes:
    return hashlib.sha256(row.model_dump_json().encode()).hexdigest().encode()


def rows_key(account: str) -> str:
    """Where the rows of the account's list are remembered for which a document was read, by booking."""
    return f"{FS}:rows:{account}"
