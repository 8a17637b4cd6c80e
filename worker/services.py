"""Everything a process works with, wired together once at its start and handed on."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from rq import Queue

from worker.accounts import Accounts
from worker.audit import Audit
from worker.connections import Connections
from worker.counters import Counters
from worker.credentials import Credentials
from worker.deliveries import Deliveries
from worker.environment import Environment
from worker.index import Index
from worker.intake import Intake
from worker.ledger import Ledger
from worker.properties import Properties
from worker.queue import bookings_queue
from worker.search import Search
from worker.store import Store
from worker.vault import Vault

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Services:
    """One process's view of the store. `new_id` gives names that never repeat."""

    environment: Environment
    store: Store
    queue: Queue
    vault: Vault
    audit: Audit
    accounts: Accounts
    properties: Properties
    connections: Connections
    credentials: Credentials
    deliveries: Deliveries
    ledger: Ledger
    index: Index
    search: Search
    intake: Intake
    counters: Counters
    clock: Clock
    new_id: Callable[[], str]


def services(environment: Environment, store: Store, *, clock: Clock = utc_now) -> Services:
    """The services on `store`; nothing is asked of it yet. Raises `UserError` for unusable secret keys."""
    vault = Vault(environment.secret_keys)
    queue = bookings_queue(store)
    counters = Counters()
    ledger = Ledger(store, vault, queue, counters)
    index = Index(store, vault, ledger)
    deliveries = Deliveries(store, vault, retention=environment.retention)
    return Services(
        environment=environment,
        store=store,
        queue=queue,
        vault=vault,
        audit=Audit(store, clock=clock),
        accounts=Accounts(store, vault),
        properties=Properties(store),
        connections=Connections(store, vault, random=secrets.token_bytes),
        credentials=Credentials(store, vault),
        deliveries=deliveries,
        ledger=ledger,
        index=index,
        search=Search(store, vault, ledger, index),
        intake=Intake(store, queue, ledger, deliveries, new_id=_new_id),
        counters=counters,
        clock=clock,
        new_id=_new_id,
    )


def _new_id() -> str:
    return uuid.uuid4().hex
