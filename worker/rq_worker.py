"""RQ's worker with the settings that were found to lose no job (RQ 3.0; shared reference rq-and-redis.md section 1.4).

It works in the process itself, so that InvoiceXpress's connections live across jobs; it polls in short steps, so that a
request to stop is never raised between taking a job and marking it; and it ends when the process that started it does.
"""

import os
from collections.abc import Callable
from typing import Any

import structlog
from rq import Queue, SimpleWorker
from rq.job import Job

from worker.queue import BookingJob

POLL_SECONDS = 2
MAINTENANCE_SECONDS = 10


class BookingWorker(SimpleWorker):
    """Listens to exactly one queue: with two, RQ loses jobs at every restart. `between_jobs` runs every few seconds."""

    def __init__(self, queue: Queue, *, between_jobs: Callable[[], None]) -> None:
        super().__init__(
            [queue],
            connection=queue.connection,
            serializer=queue.serializer,
            job_class=BookingJob,
            maintenance_interval=MAINTENANCE_SECONDS,
            job_monitoring_interval=5,
            log_job_description=False,
        )
        self._between_jobs = between_jobs
        self._parent = os.getppid()

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Bind what every line of this job's log says, then run it."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=job.id, booking=job.args[0], delivery=job.meta.get("delivery"))
        try:
            return super().perform_job(job, *args, **kwargs)
        finally:
            structlog.contextvars.clear_contextvars()

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job, asked for in short steps; None when it is time to stop."""
        if timeout is None:
            return super().dequeue_job_and_maintain_ttl(None, max_idle_time)
        while not self._stop_requested and os.getppid() == self._parent:
            self._between_jobs()
            found = super().dequeue_job_and_maintain_ttl(POLL_SECONDS, max_idle_time=POLL_SECONDS)
            if found is not None:
                return found
        return None

    def _shutdown(self) -> None:
        """Only note the request: RQ's own raises out of the loop, where a job may just have been taken."""
        self._stop_requested = True
        if self.scheduler:
            self.stop_scheduler()  # type: ignore[no-untyped-call]
