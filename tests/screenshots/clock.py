"""The clock that all processes of the pictures share."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from tests.processes import ROOT
from tests.screenshots.earlier import sitecustomize

START = timedelta(days=40)


class Clock:
    """How much earlier than now it is for the services: also for those of this process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.go(START)
        sitecustomize.live_earlier(file)

    def go(self, earlier: timedelta) -> None:
        """Go to that long before the present."""
        new = self._file.with_suffix(".new")
        new.write_text(str(earlier.total_seconds()))
        new.replace(self._file)

    @property
    def variables(self) -> Mapping[str, str]:
        """What makes a process live by it."""
        folder = Path(sitecustomize.__file__).parent
        return {sitecustomize.VARIABLE: str(self._file), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
