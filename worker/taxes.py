"""The taxes of each account, asked for once and remembered for an hour: a draft costs one request, not two."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import TypeAdapter

from mapping.draft import InvoiceDraft
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.taxes import Tax, tax_for
from worker.keyspace import FS
from worker.store import Store

REMEMBER_SECONDS = 3600
_TAXES = TypeAdapter(tuple[Tax, ...])


def tax_name(store: Store, account: str, invoicexpress: InvoiceXpress, *, rate: Decimal, region: str) -> str | None:
    """The account's own name for the tax of `rate` percent in `region`; None where it has none.

    InvoiceXpress is asked where the remembered ones do not have it: its owner may have made it since.
    """
    key = f"{FS}:taxes:{account}"
    remembered = store.get(key)
    if remembered is not None:
        tax = tax_for(_TAXES.validate_json(remembered), rate, region)
        if tax is not None:
            return tax.name
    taxes = invoicexpress.taxes()
    store.set(key, _TAXES.dump_json(taxes, by_alias=True), ex=REMEMBER_SECONDS)
    tax = tax_for(taxes, rate, region)
    return tax.name if tax else None


def tax_names(store: Store, account: str, invoicexpress: InvoiceXpress, draft: InvoiceDraft) -> Sequence[str | None]:
    """For each line of `draft` the account's own name for its tax; None where the account has none."""
    return [tax_name(store, account, invoicexpress, rate=line.rate, region=draft.region) for line in draft.lines]


def forget_taxes(store: Store, account: str) -> None:
    """Ask again next time: the account's key or subdomain has changed."""
    store.delete(f"{FS}:taxes:{account}")
