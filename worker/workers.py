"""RQ's workers and lists as they are seen from outside. Nothing here changes them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.registry import ScheduledJobRegistry, StartedJobRegistry
from rq.scheduler import RQScheduler

from worker.queue import CONVERGE, BookingJob
from worker.waits import JOB_SECONDS

SILENT_AFTER = timedelta(seconds=JOB_SECONDS + 20)
"""A worker says every two seconds that it lives, but not while it works on a job."""


@dataclass(frozen=True, kw_only=True)
class SeenWorker:
    """One worker process. `booking` is the one that it works on, `jobs` how many it has ended."""

    name: str
    host: str
    pid: int | None
    state: str
    started_at: datetime | None
    seen_at: datetime | None
    booking: str | None
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
    return SeenWorker(
        name=worker.name,
        host=worker.hostname or "",
        pid=worker.pid,
        state=worker.get_state(),
        started_at=worker.birth_date,
        seen_at=worker.last_heartbeat,
        booking=_booking(worker),
        jobs=worker.successful_job_count + worker.failed_job_count,
    )


def _booking(worker: Any) -> str | None:
    try:
        job = worker.get_current_job()
    except NoSuchJobError:  # it has just ended
        return None
    return str(job.args[0]) if job and job.func_name == CONVERGE else None
