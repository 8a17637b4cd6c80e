"""What a worker process works with. Connections to others live across its jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from worker.accounts import Account
from worker.counters import Counted
from worker.fetching.transport import ChannelManagerPool
from worker.history import Story
from worker.invoicexpress.answers import Asked
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.pacing import LIMIT, Gate, Pass
from worker.services import Services

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """One process's. `store_started` says when the store was started: what it was told just before may be lost."""

    services: Services
    pool: InvoiceXpressPool
    channel_managers: ChannelManagerPool
    store_started: Callable[[], datetime]

    def gate(self, account: Account, *, booking: str = "", needs: int = 1, has_waited: bool = False) -> Gate:
        """The gate for the requests of one attempt, as `Pass` says."""
        limit = account.settings.limit or LIMIT
        who = Pass(account=account.name, booking=booking, limit=limit, needs=needs, has_waited=has_waited)
        return Gate(self.services.store, who, clock=self.services.clock)

    def open(
        self,
        account: Account,
        gate: Gate,
        *,
        story: Story | None = None,
        api_key: Callable[[], str] | None = None,
    ) -> InvoiceXpress:
        """The account at InvoiceXpress, each request through `gate`, counted and into the `story`.

        `api_key` opens its key where that was looked up already.
        """
        counters = self.services.counters

        def heard(asked: Asked) -> None:
            counters.add(Counted.INVOICEXPRESS, asked.outcome)
            counters.add(Counted.INVOICEXPRESS_MS, by=asked.milliseconds)
            log.info(
                "invoicexpress-asked", method=asked.method, path=asked.path, status=asked.status, ms=asked.milliseconds
            )
            if story:
                story.asked(asked)

        key = api_key() if api_key else self.services.accounts.api_key(account.name)
        return self.pool.account(account.subdomain, key, around=gate.request, heard=heard)
