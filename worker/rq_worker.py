"""RQ's worker with the settings that were found to lose no job (RQ 3.0; shared reference rq-and-redis.md section 1.4).

It works in the process itself, so that InvoiceXpress's connections live across jobs; it polls in short steps, so that a
request to stop is never raised between taking a job and marking it; and it ends when its supervisor does.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Any

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.scheduler import RQScheduler
from rq.utils import now
from rq.worker import WorkerStatus

from worker.queue import BookingJob

POLL_SECONDS = 2
MAINTENANCE_SECONDS = 10

EVERY_SECONDS = 1.0
"""Between signs of life, and between looks at what else is to be done. RQ gives four of the first for each job, most of them in
three commands, and each waits for the store's disk."""

STORE_SECONDS = 10
SCHEDULER_SECONDS = 10.0
"""What RQ's scheduler gets to end: it looks every second, and may be waiting for the store."""

STOPS = {signal.SIGINT, signal.SIGTERM}

log = structlog.get_logger()


class _Scheduler(RQScheduler):
    """RQ's scheduler is a process of its own. It outlives the store's absence, and ends when its worker does or is killed."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._worker = os.getpid()
        self.before_fork: Callable[[], None] = lambda: None

    def start(self) -> Any:
        """Fork, the worker's idle connections closed.

        One that the scheduler held open as well would outlive a killed worker, and Redis would hand the next job to it. A
        request to stop waits until the new process hears it: until then it has the worker's own ears, which would swallow
        it, and the worker would wait for ever for a scheduler that goes on.
        """
        self.before_fork()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        try:
            return super().start()  # type: ignore[no-untyped-call]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def work(self) -> None:
        """Enqueue what is due until asked to stop."""
        while not self._stop_requested and os.getppid() == self._worker:
            try:
                super().work()  # type: ignore[no-untyped-call]
            except redis.RedisError as error:
                log.warning("scheduler-waits-for-the-store", error=type(error).__name__)
                time.sleep(self.interval)

    def _install_signal_handlers(self) -> None:
        """Hear what was asked for since the fork."""
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def ask_to_stop(self) -> None:
        """Ask the process to stop, and do not wait: this is called from a signal's handler."""
        if self._process and self._process.is_alive():
            self._process.terminate()

    def wait_until_stopped(self) -> None:
        """Wait for the end of the process. One that does not come to it is killed, and its place given free."""
        if self._process is None:
            return
        self._process.join(SCHEDULER_SECONDS)
        if self._process.is_alive():
            log.warning("scheduler-killed", pid=self._process.pid)
            self._process.kill()
            self._process.join()
            with suppress(redis.RedisError):  # it runs out by itself
                self.release_locks()

    def heartbeat(self) -> None:
        """RQ calls this every second."""
        if os.getppid() != self._worker:
            self.request_stop()  # type: ignore[no-untyped-call]
        super().heartbeat()  # type: ignore[no-untyped-call]


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


class BookingWorker(SimpleWorker):
    """Listens to exactly one queue: with two, RQ loses jobs at every restart. `between_jobs` runs every second or two."""

    scheduler: _Scheduler | None

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

    @property
    def shall_stop(self) -> bool:
        """Whether it was asked to stop, or its supervisor is gone."""
        return self._stop_requested or self._supervisor not in {None, str(os.getppid())}

    @property
    def connection_timeout(self) -> int:
        """Seconds for which an answer of the store is waited for: a short step, and some. RQ's own are seven minutes."""
        return POLL_SECONDS + STORE_SECONDS

    def perform_job(self, job: Job, *args: Any, **kwargs: Any) -> bool:
        """Bind what every line of this job's log says, also those after it, then run it."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(job=job.id)
        try:
            return super().perform_job(job, *args, **kwargs)
        finally:
            structlog.contextvars.clear_contextvars()

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """The next job, asked for in short steps, also over an absence of the store; None when it is time to stop."""
        if timeout is None:
            return super().dequeue_job_and_maintain_ttl(None, max_idle_time)
        while not self.shall_stop:
            try:
                if self._between.is_due():
                    self._between_jobs()
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
        """RQ's own, where that is news."""
        if pipeline is not None or state != self.get_state():
            super().set_state(state, pipeline)

    def handle_execution_ended(self, job: Job, _queue: Queue, _heartbeat_ttl: int) -> None:
        """RQ's own but for the job's sign of life: what comes next says that it is over."""
        job.ended_at = now()

    def cleanup_execution(self, job: Job, pipeline: Any, execution: Execution | None = None) -> None:
        """RQ's own, and in the same transaction what RQ says by itself afterwards: that the worker has no job."""
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
        self.scheduler = scheduler = _Scheduler(
            self.queues, connection=self.connection, logging_level="WARNING", serializer=self.serializer
        )
        scheduler.before_fork = partial(self.connection.connection_pool.disconnect, inuse_connections=False)
        scheduler.acquire_locks()  # type: ignore[no-untyped-call]
        if scheduler.acquired_locks:
            scheduler.start()

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
            super().request_force_stop(signum, frame)

    def stop(self) -> None:
        """Take no more jobs."""
        self._shutdown()

    def _shutdown(self) -> None:
        """Only note the request: RQ's own raises out of the loop, where a job may just have been taken."""
        self._stop_requested = True
        if self.scheduler:
            self.scheduler.ask_to_stop()

    def stop_scheduler(self) -> None:
        """RQ calls this last of all; its own waits without end."""
        if self.scheduler:
            self.scheduler.ask_to_stop()
            self.scheduler.wait_until_stopped()
