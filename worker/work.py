"""One worker process, from its start to its warm stop."""

from contextlib import closing

import structlog

from worker.environment import Environment
from worker.invoicexpress.client import InvoiceXpressPool
from worker.jobs import Workshop, equip
from worker.rq_worker import BookingWorker
from worker.services import services
from worker.store import connect
from worker.sweeper import Sweeper

log = structlog.get_logger()


def work(environment: Environment) -> None:
    """Take jobs until SIGTERM or until the process that started this one is gone."""
    house = services(environment, connect(environment.redis_url or ""))
    with closing(InvoiceXpressPool(environment.invoicexpress_url)) as pool:
        equip(Workshop(services=house, pool=pool))
        sweeper = Sweeper(house)
        worker = BookingWorker(house.queue, between_jobs=sweeper.sweep_when_due)
        log.info("worker-started", worker=worker.name)
        worker.work(with_scheduler=True, logging_level="WARNING")
        log.info("worker-stopped", worker=worker.name)
