"""One worker process, from its start to its warm stop."""

import os
from contextlib import closing, suppress

import structlog
from redis import RedisError

from mapping.errors import UserError
from worker.announcing import Announcer
from worker.dealing import deal
from worker.environment import Environment
from worker.fetching.transport import ChannelManagerPool
from worker.indexing import Indexing
from worker.invoicexpress.client import InvoiceXpressPool
from worker.jobs import equip
from worker.presence import WORKER, Presence
from worker.rq_worker import BookingWorker
from worker.services import services
from worker.store import connect, started_at
from worker.store_version import is_newer, refuse_newer
from worker.supervisor import SUPERVISOR
from worker.sweeper import Sweeper
from worker.watch import Watch
from worker.workshop import Workshop

log = structlog.get_logger()


def work(environment: Environment) -> None:
    """Take jobs until SIGTERM or until the supervisor that started this process is gone. Raises `UserError` otherwise."""
    house = services(environment, connect(environment.redis_url or ""))
    announcer = Announcer(environment.alarms.addresses)
    with closing(InvoiceXpressPool(environment.invoicexpress_url)) as pool, closing(ChannelManagerPool()) as others:
        equip(
            Workshop(
                services=house,
                pool=pool,
                channel_managers=others,
                store_started=lambda: started_at(house.store, now=house.clock()),
            )
        )
        sweeper, indexing, watch = Sweeper(house), Indexing(house), Watch(house, announcer)
        presence = Presence(house.store, house.vault.fingerprints, WORKER)

        def between_jobs() -> None:
            if is_newer(house.store):
                worker.stop()
                return
            presence.say()
            sweeper.sweep_when_due()
            deal(house.store, house.queue)
            indexing.go_on()
            house.counters.flush(house.store)  # of what is no turn at a booking
            watch.stand_in()

        worker = BookingWorker(house.queue, between_jobs=between_jobs, supervisor=os.environ.get(SUPERVISOR))
        worker.work(with_scheduler=True, logging_level="WARNING")
        presence.end()
        log.info("worker-stopped", worker=worker.name)
        with suppress(RedisError):  # who was stopped beside its store need not be told
            refuse_newer(house.store)
        if not worker.shall_stop:
            raise UserError("The worker ended by itself, perhaps as the store was away; its log says more.")
