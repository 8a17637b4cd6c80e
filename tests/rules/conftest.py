"""The worker's room, for rules that are shown through the sandbox."""

from tests.worker.conftest import room

__all__ = ["room"]
