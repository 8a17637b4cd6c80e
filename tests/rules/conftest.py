"""The worker's room, for rules that are shown through the sandbox."""

from tests.worker.conftest import furnish, room

__all__ = ["furnish", "room"]
