"""The command line: `faturasync`."""

from worker.cli.main import main

__all__ = ["main"]
