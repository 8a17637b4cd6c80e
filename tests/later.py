"""`faturasync` as it runs LATER_SECONDS from now: `python -m tests.later WORDS...`."""

import os
from datetime import UTC, datetime, timedelta

import worker.services
from worker.cli import main


def later() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(os.environ["LATER_SECONDS"]))


if __name__ == "__main__":
    setattr(worker.services, "utc_now", later)  # noqa: B010  # for who imports it from now on
    worker.services.services.__kwdefaults__ = {"clock": later}
    main()
