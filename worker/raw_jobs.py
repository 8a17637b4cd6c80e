"""RQ's jobs as they are: what stands in which of its lists, for who looks for a fault. The console's bookings are the truth.

A job is a replaceable pointer to a booking, so that enqueuing one again or deleting it loses nothing: what it was for gets
another one from the sweeper. Jobs that strangers wrote are shown by their names only, and never run.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rq import Queue
from rq.exceptions import DeserializationError, InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import (
    BaseRegistry,
    CanceledJobRegistry,
    DeferredJobRegistry,
    FailedJobRegistry,
    FinishedJobRegistry,
    ScheduledJobRegistry,
    StartedJobRegistry,
)

from mapping.errors import UserError
from worker.logs import redacted
from worker.queue import ALLOWED_FUNCTIONS, CONVERGE, BookingJob
from worker.services import Services

QUEUED = "queued"
REGISTRIES: Mapping[str, Callable[..., BaseRegistry]] = {
    "running": StartedJobRegistry,
    "scheduled": ScheduledJobRegistry,
    "failed": FailedJobRegistry,
    "finished": FinishedJobRegistry,
    "deferred": DeferredJobRegistry,
    "canceled": CanceledJobRegistry,
}
LISTS = (QUEUED, *REGISTRIES)
"""RQ's lists, by what they are called here."""

FRAME = re.compile(r'^\s*File "(?:.*/)?([^/"]+)", line (\d+), in (.+)$')
ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$")
TELLING = ("worker.", "mapping.errors.", "rq.exceptions.", "rq.timeouts.")
"""Where errors come from whose text is known to hold nothing private; of others only the type is told."""


@dataclass(frozen=True, kw_only=True)
class RawJob:
    """One job. `about` is the booking or account that it is for, "" where it is not ours to say."""

    id: str
    function: str
    about: str
    is_converging: bool  # `about` is a booking
    status: str
    created_at: datetime | None = None
    enqueued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    due_at: datetime | None = None
    worker: str | None = None
    error: Sequence[str] = ()  # the fault's places, the last one first, and what it was

    @property
    def may_be_enqueued(self) -> bool:
        """Whether it can be tried again as it is."""
        return self.status == JobStatus.FAILED and bool(self.about)

    @property
    def may_be_deleted(self) -> bool:
        """Whether nobody works on it."""
        return self.status != JobStatus.STARTED


def lengths(queue: Queue) -> dict[str, int]:
    """How many jobs stand in each list."""
    return {QUEUED: queue.count} | {
        name: kind(queue=queue).get_job_count(cleanup=False) for name, kind in REGISTRIES.items()
    }


def page(queue: Queue, name: str, *, skip: int, limit: int) -> list[RawJob]:
    """`limit` jobs of the list after `skip` others, in the order in which they are taken, or the last one first."""
    if name == QUEUED:
        ids = queue.get_job_ids(skip, limit)
    else:
        latest_first = name in {"failed", "finished"}
        ids = REGISTRIES[name](queue=queue).get_job_ids(skip, skip + limit - 1, desc=latest_first, cleanup=False)
    return [find(queue, each) or _unreadable(each) for each in ids]


def find(queue: Queue, job_id: str) -> RawJob | None:
    """The job of this id; None where there is none, or it cannot be read."""
    try:
        job = BookingJob.fetch(job_id, connection=queue.connection, serializer=queue.serializer)
    except (NoSuchJobError, ValueError):  # ValueError: a date or a status that is none
        return None
    return _told(queue, job)


def enqueue_again(services: Services, job_id: str, *, who: str) -> None:
    """Put a failed job into the queue once more. Raises `UserError` where it is no failed one of ours any more."""
    found = find(services.queue, job_id)
    if found is None or not found.may_be_enqueued or not _requeued(services.queue, job_id):
        raise UserError(f"The job {job_id} is not among the failed ones any more.")
    services.audit.write(who, "job-enqueued", job_id)


def delete(services: Services, job_id: str, *, who: str) -> None:
    """Delete a job from all of RQ's lists, also one that RQ cannot read. Raises `UserError` if somebody works on it."""
    queue = services.queue
    found = find(queue, job_id)
    if found is None:
        _take_out(queue, job_id)
    elif found.may_be_deleted:
        BookingJob.fetch(job_id, connection=queue.connection, serializer=queue.serializer).delete()
    else:
        raise UserError(f"A worker is at work on the job {job_id}. Wait until it has ended.")
    services.audit.write(who, "job-deleted", job_id)


def told_error(text: str) -> list[str]:
    """A kept traceback without the values that a foreign error's text may hold: the places, the last first, and the type."""
    lines = text.strip().splitlines()
    frames = [f"{found[1]}:{found[2]} {found[3]}" for line in lines if (found := FRAME.match(line))]
    last = ERROR.match(lines[-1].strip()) if lines else None
    if last is None:
        return frames[::-1]
    is_telling = last[2] and last[1].startswith(TELLING)
    return [redacted(f"{last[1]}: {last[2]}") if is_telling else last[1], *frames[::-1]]


def _told(queue: Queue, job: Job) -> RawJob:
    function, about = _meant(job)
    result = job.latest_result()
    status = job.get_status(refresh=False)
    scheduled = ScheduledJobRegistry(queue=queue)  # type: ignore[no-untyped-call]
    return RawJob(
        id=job.id,
        function=function,
        about=about,
        is_converging=function == CONVERGE,
        status=status.value if status else "?",
        created_at=job.created_at,
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        due_at=scheduled.get_scheduled_time(job) if status is JobStatus.SCHEDULED and job in scheduled else None,
        worker=job.worker_name,
        error=told_error(result.exc_string) if result and result.exc_string else (),
    )


def _meant(job: Job) -> tuple[str, str]:
    """The job's function, and what it is for where it is one of ours."""
    try:
        function, args = job.func_name or "?", list(job.args)
    except (DeserializationError, TypeError, ValueError):
        return "?", ""
    is_ours = function in ALLOWED_FUNCTIONS and len(args) == 1 and isinstance(args[0], str)
    return function, args[0] if is_ours else ""


def _unreadable(job_id: str) -> RawJob:
    return RawJob(id=job_id, function="?", about="", is_converging=False, status="?")


def _requeued(queue: Queue, job_id: str) -> bool:
    try:
        FailedJobRegistry(queue=queue, job_class=BookingJob).requeue(job_id)
    except (NoSuchJobError, InvalidJobOperation):  # somebody else was quicker
        return False
    return True


def _take_out(queue: Queue, job_id: str) -> None:
    queue.remove(job_id)
    for kind in REGISTRIES.values():
        queue.connection.zrem(kind(queue=queue).key, job_id)
    queue.connection.delete(BookingJob.key_for(job_id))
