"""RQ's workers and lists as they are seen from outside. Nothing here changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.registry import ScheduledJobRegistry, StartedJobRegistry
from rq.scheduler import RQScheduler
from rq.worker import WorkerStatus

from worker.queue import CONVERGE, BookingJob
from worker.waits import JOB_SECONDS

SILENT_AFTER = timedelta(seconds=JOB_SECONDS + 20)
"""A worker says every second or two that it lives, but not while it waits for the end of the jobs that it has."""


@dataclass(frozen=True, kw_only=True)
class SeenWorker:
    """One worker process. `bookings` are those that it works on, `jobs` how many it has ended."""

    name: str
    host: str
    pid: int | None
    state: str
    started_at: datetime | None
    seen_at: datetime | None
    bookings: Sequence[str]
    jobs: int

    def is_alive(self, now: datetime) -> bool:
        """Whether its last sign of life is no older than a job may take."""
        return self.seen_at is not None and now - self.seen_at <= SILENT_AFTER


@dataclass(frozen=True, kw_only=True)
class SeenQueue:
    """RQ's lists. `next_at` is when the next scheduled job is due."""

    depth: int
    running: int
    scheduled: int
    next_at: datetime | None
    has_scheduler: bool  # without one nothing that is scheduled comes back


class _Seen(SimpleWorker):
    """RQ's own reading of a worker; RQ would give this process's connections the long waits of a worker's."""

    def _set_connection(self, connection: Redis) -> Redis:
        return connection


def seen_workers(queue: Queue) -> list[SeenWorker]:
    """The workers that RQ knows, by name. A killed one stays known for some minutes."""
    found = _Seen.all(queue=queue, job_class=BookingJob, serializer=queue.serializer)
    return sorted((_seen(worker) for worker in found), key=lambda worker: worker.name)


def seen_queue(queue: Queue) -> SeenQueue:
    """What stands in RQ's lists."""
    scheduled = ScheduledJobRegistry(queue=queue)  # type: ignore[no-untyped-call]
    due = cast("list[tuple[bytes, float]]", scheduled.connection.zrange(scheduled.key, 0, 0, withscores=True))
    return SeenQueue(
        depth=queue.count,
        running=StartedJobRegistry(queue=queue).get_job_count(cleanup=False),
        scheduled=scheduled.get_job_count(cleanup=False),
        next_at=datetime.fromtimestamp(due[0][1], UTC) if due else None,
        has_scheduler=bool(queue.connection.exists(RQScheduler.get_locking_key(queue.name))),
    )


def _seen(worker: Any) -> SeenWorker:
    jobs = _jobs(worker)
    return SeenWorker(
        name=worker.name,
        host=worker.hostname or "",
        pid=worker.pid,
        state=WorkerStatus.BUSY.value if jobs else worker.get_state(),
        started_at=worker.birth_date,
        seen_at=worker.last_heartbeat,
        bookings=[str(job.args[0]) for job in jobs if job.func_name == CONVERGE],
        jobs=worker.successful_job_count + worker.failed_job_count,
    )


def _jobs(worker: Any) -> list[Job]:
    """The jobs that it works on, the first first; one that has just ended is left out."""
    executions = sorted(worker.get_current_executions(), key=lambda each: each.created_at)
    found = BookingJob.fetch_many([each.job_id for each in executions], worker.connection, worker.serializer)
    return [job for job in found if job]
