"""RQ: one queue, JSON instead of pickle, and one job function that may run. A job is a replaceable pointer to a booking."""

from collections.abc import Callable
from typing import Any, cast

from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from mapping.errors import FaturaSyncError
from worker.store import Store, queued_commands
from worker.waits import JOB_SECONDS

QUEUE = "bookings"
CONVERGE = "worker.jobs.converge_booking"
LOOK = "worker.jobs.look_at_drafts"
ALLOWED_FUNCTIONS = frozenset({CONVERGE, LOOK})
RESULT_SECONDS = 60


class ForbiddenJob(FaturaSyncError):
    """Somebody wrote a job into Redis that names a function which is not ours."""


class BookingJob(Job):
    """A job that runs nothing but the allowed functions: RQ itself would import any dotted path."""

    @property
    def func(self) -> Callable[..., Any] | None:
        """The job's function. Raises `ForbiddenJob` unless it is one of ours."""
        if self.func_name not in ALLOWED_FUNCTIONS:
            raise ForbiddenJob("The job names a function that FaturaSync does not run.")
        return cast("Callable[..., Any] | None", super().func)


def bookings_queue(store: Store) -> Queue:
    """The one queue. A worker that listens to a second one loses jobs at every restart (RQ 3.0, measured)."""
    return Queue(QUEUE, connection=cast("Redis", store), serializer=JSONSerializer, job_class=BookingJob)


def enqueue_commands(queue: Queue, booking: str, *, job_id: str, delivery: str) -> list[list[bytes]]:
    """The Redis commands with which RQ would enqueue a job for `booking`, for a transaction of ours to carry out.

    RQ writes them into a pipeline that is never executed, so what they are stays RQ's own business.
    """
    pipe = queue.connection.pipeline()
    queue.enqueue_call(
        CONVERGE,
        args=(booking,),
        job_id=job_id,
        timeout=JOB_SECONDS,
        result_ttl=RESULT_SECONDS,
        description="converge a booking",  # RQ's own would hold the arguments, and it logs it
        meta={"delivery": delivery, "account": booking.partition(":")[0]},
        pipeline=pipe,
    )
    return queued_commands(pipe)


def enqueue_look(queue: Queue, account: str, *, job_id: str) -> None:
    """Enqueue a look at the account's open drafts; one that is lost comes again with the next."""
    queue.enqueue_call(
        LOOK,
        args=(account,),
        job_id=job_id,
        timeout=JOB_SECONDS,
        result_ttl=RESULT_SECONDS,
        description="look at an account's open drafts",
    )
