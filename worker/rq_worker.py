"""RQ's worker with the settings that were found to lose no job (RQ 3.0; shared reference rq-and-redis.md section 1.4).

It works in the process itself, so that InvoiceXpress's connections live across jobs, and in several threads, as most of a
job is waiting for InvoiceXpress; it polls in short steps, so that a request to stop is never raised between taking a job
and marking it; and it ends when its supervisor does.
"""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import FrameType
from typing import Any

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.timeouts import TimerDeathPenalty
from rq.utils import now
from rq.worker import WorkerStatus

from worker.queue import BookingJob
from worker.rq_scheduler import Scheduler

AT_ONCE = 8
"""Jobs of one process. The account's limit, its pauses and each booking's lock are the store's, as for several processes."""

POLL_SECONDS = 2
MAINTENANCE_SECONDS = 10

EVERY_SECONDS = 1.0
"""Between signs of life, and between looks at what else is to be done. RQ gives four of the first for each job, most of them in
three commands, and each waits for the store's disk."""

STORE_SECONDS = 10

log = structlog.get_logger()


class _Rhythm:
    """Tells every `EVERY_SECONDS` that something is due."""

    def __init__(self) -> None:
        self._next = float("-inf")

    def is_due(self) -> bool:
        moment = time.monotonic()
        if moment < self._next:
            return False
        self._next = moment + EVERY_SECONDS
        return True


class _TimeLimit(TimerDeathPenalty):
    """RQ's limit of time for a job that is not in the main thread; it strikes when the call that it waits in comes back."""

    def cancel_death_penalty(self) -> None:
        """RQ's own, over when it returns: what strikes just now must not hit what comes after the job."""
        timer = self._timer
        super().cancel_death_penalty()  # type: ignore[no-untyped-call]
        if timer:
            timer.join()


class BookingWorker(SimpleWorker):
    """Listens to exactly one queue: with two, RQ loses jobs at every restart. `between_jobs` runs every second or two.

    The main thread takes jobs, for as long as there is room, and gives the signs of life; each job runs in one of `AT_ONCE`
    others. RQ 3 knows that a worker may have several executions.
    """

    death_penalty_class = _TimeLimit
    scheduler: Scheduler | None

    def __init__(self, queue: Queue, *, between_jobs: Callable[[], None], supervisor: str | None = None) -> None:
        """`supervisor` is the id of the process that started this one and without which it shall not go on."""
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
        self._supervisor = supervisor
        self._of_life, self._of_suspension, self._between = _Rhythm(), _Rhythm(), _Rhythm()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
        self._running: list[Future[bool]] = []
        self._cannot_wait = False

    @property
    def shall_stop(self) -> bool:
        """Whether it was asked to stop, or its supervisor is gone."""
        return self._stop_requested or self._supervisor not in {None, str(os.getppid())}

    @property
    def connection_timeout(self) -> int:
        """Seconds for which an answer of the store is waited for: a short step, and some. RQ's own are seven minutes."""
        return POLL_SECONDS + STORE_SECONDS

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Have the job performed, and do not wait for its end."""
        execution = self.prepare_execution(job)
        self._running.append(self._threads.submit(self.perform_job, job, queue, execution))

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Bind what every line of this job's log says, also those after it, then run it."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=job.id)
        try:
            return super().perform_job(job, queue, execution)
        finally:
            self.executions.pop(execution.id, None)  # RQ forgets it only where it can tell the store
            structlog.contextvars.clear_contextvars()

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job, asked for in short steps, also over an absence of the store; None when it is time to stop.

        A worker that is to stop when there is no job any more (a burst) has one at a time: one may bring the next.
        """
        if timeout is None:
            self._finish()
            return super().dequeue_job_and_maintain_ttl(None, max_idle_time)
        while not self.shall_stop:
            try:
                if self._between.is_due():
                    self._between_jobs()
                if not self._has_room():
                    self.heartbeat()
                    continue
                if self.shall_stop:
                    break
                found = super().dequeue_job_and_maintain_ttl(POLL_SECONDS, max_idle_time=POLL_SECONDS)
            except (redis.ConnectionError, redis.TimeoutError) as error:
                log.warning("worker-waits-for-the-store", error=type(error).__name__)
                time.sleep(POLL_SECONDS)
                continue
            if found is not None:
                return found
        return None

    def _has_room(self) -> bool:
        """Whether another job may run, waited for no longer than a sign of life may take.

        Raises what a job could not be ended for, such as that the store is away.
        """
        if len(self._running) >= AT_ONCE:
            wait(self._running, EVERY_SECONDS, FIRST_COMPLETED)
        for ended in [each for each in self._running if each.done()]:
            self._running.remove(ended)
            ended.result()
        return len(self._running) < AT_ONCE

    def _finish(self) -> None:
        """Wait until no job runs; each has its limit of time. Raises as `_has_room` does."""
        wait(self._running)
        self._has_room()

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ's own, in one write of its own every second at most; the shortest of them is believed for more than a minute.

        Who shall stop does not wait for a store that is away: RQ would ask it for ever.
        """
        if pipeline is not None:
            super().heartbeat(timeout, pipeline)
            return
        if not self._of_life.is_due():
            return
        try:
            with self.connection.pipeline() as pipe:
                super().heartbeat(timeout, pipe)
                pipe.execute()
        except (redis.ConnectionError, redis.TimeoutError):
            if self.shall_stop:
                raise StopRequested from None
            raise

    def check_for_suspension(self, burst: bool) -> None:
        """RQ's own, asked for every second: `rq suspend` need not be sooner."""
        if self._of_suspension.is_due():
            super().check_for_suspension(burst)

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """RQ's own, where that is news. A worker is busy as long as one of its jobs runs."""
        if state == WorkerStatus.IDLE and self.executions:
            return
        if pipeline is not None or state != self.get_state():
            super().set_state(state, pipeline)

    def handle_execution_ended(self, job: Job, _queue: Queue, _heartbeat_ttl: int) -> None:
        """RQ's own but for the job's sign of life: what comes next says that it is over."""
        job.ended_at = now()

    def cleanup_execution(self, job: Job, pipeline: Any, execution: Execution | None = None) -> None:
        """RQ's own, and in the same transaction what RQ says by itself afterwards: that the worker is idle, where it is."""
        super().cleanup_execution(job, pipeline, execution)
        self.set_state(WorkerStatus.IDLE, pipeline)

    def register_death(self) -> None:
        """RQ's own; where the store is away, the worker is forgotten by itself."""
        with suppress(redis.ConnectionError, redis.TimeoutError):
            super().register_death()  # type: ignore[no-untyped-call]

    def unsubscribe(self) -> None:
        """RQ's own; where the store is away, there is nothing to unsubscribe from."""
        with suppress(redis.ConnectionError, redis.TimeoutError):
            super().unsubscribe()  # type: ignore[no-untyped-call]

    def run_maintenance_tasks(self) -> None:
        """RQ's own, but not on the way out, where they would start a scheduler for a moment."""
        if not self.shall_stop:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]

    def _start_scheduler(self, *_given: Any, **_named: Any) -> None:
        """Start RQ's scheduler, where no other worker's is at work."""
        self.scheduler = scheduler = Scheduler(
            self.queues, connection=self.connection, logging_level="WARNING", serializer=self.serializer
        )
        scheduler.before_fork = self._before_fork
        scheduler.acquire_locks()  # type: ignore[no-untyped-call]
        if scheduler.acquired_locks:
            scheduler.start()

    def _before_fork(self) -> None:
        """No thread is at anything: the new process has only this one, and whatever another holds would be held for ever."""
        self._finish()
        self.connection.connection_pool.disconnect(inuse_connections=False)

    def _install_signal_handlers(self) -> None:
        """From now on a request to stop is heard."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        log.info("worker-started", worker=self.name)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """A second Ctrl-C ends at once; a second SIGTERM changes nothing.

        Who stops a group of processes often sends it twice (the host to all, and the supervisor to its own), and a job ends
        by itself soon enough. Who cannot wait kills.
        """
        if signum == signal.SIGINT:
            try:
                super().request_force_stop(signum, frame)
            except SystemExit:
                self._cannot_wait = True
                raise

    def stop(self) -> None:
        """Take no more jobs."""
        self._shutdown()

    def _shutdown(self) -> None:
        """Only note the request: RQ's own raises out of the loop, where a job may just have been taken."""
        self._stop_requested = True
        if self.scheduler:
            self.scheduler.ask_to_stop()

    def teardown(self) -> None:
        """RQ's own, after the jobs that run; who cannot wait ends here, as Python itself would wait for them."""
        try:
            if not self._cannot_wait:
                self._threads.shutdown()
        finally:
            super().teardown()  # type: ignore[no-untyped-call]
            if self._cannot_wait:
                os._exit(1)

    def stop_scheduler(self) -> None:
        """RQ calls this last of all; its own waits without end."""
        if self.scheduler:
            self.scheduler.ask_to_stop()
            self.scheduler.wait_until_stopped()
