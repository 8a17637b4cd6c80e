"""The series of each account, asked for once and remembered for an hour, as its taxes are."""

from pydantic import TypeAdapter

from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.sequences import DocumentSequence, sequence_named
from worker.keyspace import FS
from worker.store import Store

REMEMBER_SECONDS = 3600
_KNOWN = TypeAdapter(tuple[DocumentSequence, ...])


def sequence_id(store: Store, account: str, invoicexpress: InvoiceXpress, name: str) -> str | None:
    """The id of the account's series `name`; None where it has none of this name.

    InvoiceXpress is asked where the remembered ones do not have it: its owner may have made it since.
    """
    key = f"{FS}:sequences:{account}"
    remembered = store.get(key)
    if remembered is not None:
        found = sequence_named(_KNOWN.validate_json(remembered), name)
        if found is not None:
            return found.id
    sequences = invoicexpress.sequences()
    store.set(key, _KNOWN.dump_json(sequences, by_alias=True), ex=REMEMBER_SECONDS)
    found = sequence_named(sequences, name)
    return found.id if found else None


def forget_sequences(store: Store, account: str) -> None:
    """Ask again next time: the account's key or subdomain has changed."""
    store.delete(f"{FS}:sequences:{account}")
