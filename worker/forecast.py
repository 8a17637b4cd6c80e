"""When an account's backlog is done at the account's limit of requests a minute."""

from dataclasses import dataclass
from math import ceil

from worker.waits import LINE_PACE, WINDOW_SECONDS


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What one account has before it. `made` are the requests of the last minute, `line_seconds` how long its line is."""

    queued: int
    in_line: int
    limit: int
    made: int
    line_seconds: float

    @property
    def seconds(self) -> int:
        """Until all are done, each with the one request that a draft takes; 0 where the limit keeps nobody waiting.

        Who stands in the line has a place with a time; who is queued comes behind, at the pace of the line.
        """
        if not self.queued and not self.in_line:
            return 0
        free = 0 if self.line_seconds else max(0, self.limit - self.made)
        behind = max(0, self.queued - free)
        return ceil(self.line_seconds + behind * WINDOW_SECONDS / (self.limit * LINE_PACE))
