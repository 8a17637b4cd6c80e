"""What the receiver's and the console's tests share."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from worker.logs import configure_logging


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged while the test runs, as a process would write it, debug lines included."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("json", level=logging.DEBUG, stream=(lines := io.StringIO()))
    yield lines
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
