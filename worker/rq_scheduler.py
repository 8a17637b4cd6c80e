"""RQ's scheduler, which brings back what waits for its time: a process of its own, beside one of the workers (RQ 3.0)."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import redis
import structlog
from rq.scheduler import RQScheduler

SCHEDULER_SECONDS = 10.0
"""What it gets to end: it looks every second, and may be waiting for the store."""

STOPS = {signal.SIGINT, signal.SIGTERM}

log = structlog.get_logger()


class Scheduler(RQScheduler):
    """Outlives the store's absence, and ends when its worker does or is killed."""

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
