"""A real worker that kills itself with SIGKILL at a chosen step of a chosen booking. For tests only.

    python -m tests.chaos.mortal PLAN DEATHS

PLAN is a JSON object: for each booking the step at which whoever works on it dies, as "before" or "after", the name of a
seam, and at which of its calls. A line is added to DEATHS for each death, and nobody dies of a booking twice. Workers
are started one after the other until all have died, each with one booking at a time, so that a death is of no other. The
seams are wrapped from outside: the product knows nothing of it.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import structlog

from worker import rq_worker
from worker.environment import read_environment
from worker.invoicexpress.client import InvoiceXpress
from worker.ledger import Ledger
from worker.logs import configure_logging
from worker.work import work

SEAMS: Mapping[str, tuple[type, str]] = {
    "write": (Ledger, "write_trail"),  # the claim, what is being sent, that it is being withdrawn, what exists
    "settle": (Ledger, "settle"),
    "take": (Ledger, "take"),
    "create": (InvoiceXpress, "create"),
    "find": (InvoiceXpress, "find"),
    "read": (InvoiceXpress, "document"),
    "update": (InvoiceXpress, "update"),
    "delete": (InvoiceXpress, "delete"),
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """Before or after the `call`-th call of a seam for one booking, counted from 1 in one worker."""

    when: str
    seam: str
    call: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.seam} {self.call}"


class Mortal:
    """Dies at the step that is planned for the booking that it works on."""

    def __init__(self, steps: Mapping[str, Step], deaths: Path) -> None:
        self._steps = steps
        self._deaths = deaths
        self._calls: Counter[tuple[str, str]] = Counter()

    def wrap(self, seam: str) -> None:
        """Put the seam's method into one that may die before or after it."""
        owner, name = SEAMS[seam]
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def mortal(*given: Any, **named: Any) -> Any:
            booking = structlog.contextvars.get_contextvars().get("booking", "")
            self._calls[booking, seam] += 1
            call = self._calls[booking, seam]
            self._die_if_planned(booking, Step(when="before", seam=seam, call=call))
            answer = method(*given, **named)
            self._die_if_planned(booking, Step(when="after", seam=seam, call=call))
            return answer

        setattr(owner, name, mortal)

    def _die_if_planned(self, booking: str, step: Step) -> None:
        if self._steps.get(booking) == step:
            line = json.dumps({"booking": booking, "step": str(step), "at": time.time()}) + "\n"
            with self._deaths.open("ab", buffering=0) as file:
                file.write(line.encode())
            os.kill(os.getpid(), signal.SIGKILL)


def died(deaths: Path) -> dict[str, float]:
    """When each booking's worker has died, in epoch seconds."""
    lines = deaths.read_text().splitlines() if deaths.exists() else []
    return {each["booking"]: each["at"] for each in map(json.loads, lines)}


def main(plan: Path, deaths: Path) -> None:
    """Start workers one after the other until each planned step has had its death."""
    steps = {booking: Step(**step) for booking, step in json.loads(plan.read_text()).items()}
    while left := {booking: step for booking, step in steps.items() if booking not in died(deaths)}:
        worker = get_context("fork").Process(target=_live, args=(Mortal(left, deaths),))
        worker.start()
        worker.join()


def _live(mortal: Mortal) -> None:
    for seam in SEAMS:
        mortal.wrap(seam)
    rq_worker.AT_ONCE = 1
    environment = read_environment(os.environ, terminal=False)
    configure_logging(environment.log_format)
    work(environment)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
