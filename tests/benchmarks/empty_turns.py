"""What RQ itself costs: `faturasync` whose jobs do nothing. `python -m tests.benchmarks.empty_turns worker`."""

import worker.jobs
from worker.cli import main


def nothing(key: str) -> None:
    """In place of a turn at a booking."""


if __name__ == "__main__":
    setattr(worker.jobs, "converge_booking", nothing)  # noqa: B010  # what RQ finds under this name
    main()
