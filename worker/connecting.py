"""Hosts' InvoiceXpress accounts: each key and subdomain is tried there before it is kept, by whoever asks for it.

`who` is the person's name for the audit.
"""

from contextlib import closing

from worker.accounts import Account
from worker.adoption import Adoption
from worker.audit import CHANGED
from worker.invoicexpress.check import AccountNotFound, InvalidApiKey, check_account
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.subdomains import subdomain as clean_subdomain
from worker.pacing import LIMIT, Gate, Pass
from worker.pauses import Pauses, PersonsPauses
from worker.retries import set_account_going
from worker.sequences import forget_sequences
from worker.services import Services
from worker.taxes import forget_taxes
from worker.views import account_json
from worker.waits import WINDOW_SECONDS

__all__ = [
    "AccountNotFound",
    "InvalidApiKey",
    "change",
    "check",
    "check_kept",
    "clean_subdomain",
    "connect",
    "disconnect",
    "listed",
]


def connect(services: Services, new: Account, api_key: str, *, who: str) -> None:
    """Keep a new account. Raises `UserError` if its name is taken, or InvoiceXpress does not take its key."""
    services.accounts.check_free(new.name)
    check(services, new.subdomain, api_key)
    _take_over(services, new, api_key)
    services.accounts.add(new, api_key)
    services.audit.write(who, "account-added", new.name, became=account_json(new))


def change(services: Services, changed: Account, *, api_key: str | None = None, who: str) -> list[str]:
    """Keep `changed` over the account of its name, with a new key if one is given; returns the bookings that go on.

    A new key or subdomain is tried first. Raises `UserError` if InvoiceXpress does not take them.
    """
    before = services.accounts.get(changed.name)
    key = api_key or services.accounts.api_key(changed.name)
    moves = changed.subdomain != before.subdomain
    if api_key or moves:
        check(services, changed.subdomain, key)
    if moves:
        _take_over(services, changed, key)
    services.accounts.change(changed, api_key=key)
    told = {"api_key": CHANGED} if api_key else {}
    services.audit.write(
        who, "account-set", changed.name, was=account_json(before), became={**account_json(changed), **told}
    )
    forget_taxes(services.store, changed.name)
    forget_sequences(services.store, changed.name)
    Pauses(services.store).lift(changed.name, now=services.clock())
    return set_account_going(services, changed.name, who=who)


def check(services: Services, subdomain: str, api_key: str) -> None:
    """Ask InvoiceXpress whether the key is the account's. Raises `UserError` with what to do."""
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        check_account(pool.account(subdomain, api_key))


def check_kept(services: Services, name: str) -> Account:
    """The account, once InvoiceXpress has taken the key that is kept. Raises `UserError` with what to do."""
    found = services.accounts.get(name)
    check(services, found.subdomain, services.accounts.api_key(name))
    return found


def disconnect(services: Services, name: str, *, who: str) -> None:
    """Forget an account, its key and its connections; drafts in InvoiceXpress stay as they are."""
    services.accounts.remove(name)
    PersonsPauses(services.store).resume(name)  # another account of this name is not paused
    services.audit.write(who, "account-removed", name)
    for connection in services.connections.all():
        if connection.account == name:
            services.connections.remove(connection.id)


def listed(services: Services, owner: Account, api_key: str, adoption: Adoption) -> int:
    """Read the account's documents with our references; how many bookings have one."""
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        return adoption.remember(asked_now(services, owner, api_key, pool))


def asked_now(services: Services, owner: Account, api_key: str, pool: InvoiceXpressPool) -> InvoiceXpress:
    """The account as it is asked for a person who waits: within its limit, and with patience."""
    who = Pass(account=owner.name, booking="", limit=owner.settings.limit or LIMIT, patience=WINDOW_SECONDS)
    gate = Gate(services.store, who, clock=services.clock)
    return pool.account(owner.subdomain, api_key, around=gate.request)


def _take_over(services: Services, owner: Account, api_key: str) -> None:
    """Know what is in the account before the first booking asks: it may be ours, of a store that was lost."""
    forget_taxes(services.store, owner.name)
    forget_sequences(services.store, owner.name)
    adoption = Adoption(services.store, owner.name, clock=services.clock)
    adoption.forget()
    listed(services, owner, api_key, adoption)
