"""Runs several processes as one: starts them, restarts one that dies, and stops them in order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Self

import structlog

LOOK_SECONDS = 0.1
STOP_SECONDS = 60.0
"""A worker finishes its jobs first (`worker.waits.JOB_SECONDS`, and the answer that one waits for then)."""

QUICK_SECONDS = 10.0

SUPERVISOR = "FATURASYNC_SUPERVISOR"
"""The variable in which programs find the supervisor's process id: those that outlive a `kill -9` of it would be in the
way of the next one.
"""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to run. Those with a lower `stop_rank` are stopped, and waited for, before the others."""

    name: str
    command: Sequence[str]
    stop_rank: int = 1


class _Child:
    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        self.program = program
        self._environment = environment
        self._quick_deaths = 0
        self.start()

    def start(self) -> None:
        self._started_at = time.monotonic()
        self._restart_at: float | None = None
        # Its own session: Ctrl-C in the terminal is for us, who stop them in order.
        self.process = subprocess.Popen(self.program.command, env=self._environment, start_new_session=True)

    def restart_if_dead(self) -> None:
        """Start it again; one that keeps dying at once is given more and more time."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if self._restart_at is None:
            self._quick_deaths = self._quick_deaths + 1 if now - self._started_at < QUICK_SECONDS else 0
            self._restart_at = now + min(0.1 * 2**self._quick_deaths, QUICK_SECONDS)
            log.warning("process-died", process=self.program.name, code=self.process.returncode)
        if now >= self._restart_at:
            self.start()


class Supervisor:
    """Keeps `programs` running; `tend` is called a few times a second and may do the same for what is not one of them."""

    def __init__(
        self, programs: Sequence[Program], *, environment: Mapping[str, str], tend: Callable[[], None]
    ) -> None:
        self._programs = programs
        self._environment = {**environment, SUPERVISOR: str(os.getpid())}
        self._tend = tend
        self._stopping = False
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._stop)
        try:
            for program in self._programs:
                self._children.append(_Child(program, self._environment))
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop all, the lowest `stop_rank` first, each with time to finish."""
        for rank in sorted({child.program.stop_rank for child in self._children}):
            stopped = [child for child in self._children if child.program.stop_rank == rank]
            for child in stopped:
                child.process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for child in stopped:
                try:
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    log.warning("process-killed", process=child.program.name)
                    child.process.kill()
                    child.process.wait()

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep everything running until `until` says so or a signal asks to stop; whether it was `until`."""
        while not self._stopping:
            if until():
                return True
            self._tend()
            for child in self._children:
                child.restart_if_dead()
            time.sleep(LOOK_SECONDS)
        return False

    def _stop(self, _sign: int, _frame: FrameType | None) -> None:
        self._stopping = True


def own_environment(**more: str) -> dict[str, str]:
    """The environment of this process, and `more`."""
    return {**os.environ, **more}
