"""Documents in InvoiceXpress that carry our references although the store has no such booking.

Their deliveries were forgotten (an older copy of the store was put back, or it was emptied), or another FaturaSync works for
the same account.
"""

from collections.abc import Iterable, Iterator, Mapping

from worker.adoption import our_reference
from worker.invoicexpress.documents import Document
from worker.keyspace import FS
from worker.naming import reference_stem
from worker.records import BookingStatus, booking_key, parts_of
from worker.services import Services

UNEXPLAINED = f"{FS}:unexplained"  # hash: how many drafts each account had at the last look; none is left out


def unexplained(services: Services, account: str, documents: Iterable[Document]) -> Iterator[Document]:
    """Those of the account's `documents` that no booking in the store explains."""
    ours = [(found[0], document) for document in documents if (found := our_reference(document))]
    jobs = services.ledger.jobs(booking_key(account, *named_in(stem)) for stem, _ in ours)
    doubtful = [each for each, job in zip(ours, jobs, strict=True) if not job]
    known = by_stem(services, account) if doubtful else {}
    yield from (document for stem, document in doubtful if stem not in known)


def named_in(stem: str) -> tuple[str, str]:
    """The channel manager, and the booking's id there, or the hash of one that is not plain."""
    _, channel_manager, source_id = stem.split("-", 2)
    return channel_manager, source_id


def by_stem(services: Services, account: str) -> Mapping[str, str]:
    """The account's bookings, by what their documents' references begin with."""
    keys = [key for key in services.ledger.keys_of(*BookingStatus) if key.startswith(f"{account}:")]
    return {reference_stem(*parts_of(key)[1:]): key for key in keys}


def note_unexplained(services: Services, account: str, drafts: Iterable[Document]) -> None:
    """Remember how many of the account's drafts there are of these."""
    count = sum(1 for _ in unexplained(services, account, drafts))
    if count:
        services.store.hset(UNEXPLAINED, account, count)
    else:
        services.store.hdel(UNEXPLAINED, account)


def noted(services: Services) -> Mapping[str, int]:
    """The accounts that had any at their last look, and how many."""
    known = {account.name for account in services.accounts.all()}
    found = {name.decode(): int(count) for name, count in services.store.hgetall(UNEXPLAINED).items()}
    return {name: count for name, count in sorted(found.items()) if name in known}
