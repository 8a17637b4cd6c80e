"""What the receiver's tests share."""

import io
import logging

import pytest

from worker.logs import configure_logging


@pytest.fixture
def log() -> io.StringIO:
    """All that is logged while the test runs, as a process would write it, debug lines included."""
    configure_logging("json", level=logging.DEBUG, stream=(lines := io.StringIO()))
    return lines
