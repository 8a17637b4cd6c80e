"""Every wait in one place: how long we give InvoiceXpress, a job, a lock; seconds by tenacity, minutes to hours by RQ."""

from datetime import datetime
from math import ceil

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)
from tenacity.wait import wait_base

from mapping.errors import (
    AccountPaused,
    BookingNotFound,
    ChannelManagerUnavailable,
    InvoiceXpressUnavailable,
    TurnComesLater,
)

JOB_SECONDS = 40  # RQ ends a job after this, or when the answer comes that it waits for; the waits below fit into it
LOCK_SECONDS = 42  # a booking whose worker died is free again after this; the sweeper sees it within the minute

INDEX_LAG_SECONDS = 30
"""A document that was created may be missing from InvoiceXpress's lists for 3 to 15 seconds; we count on twice that."""

LATE_SECONDS = 30
"""A change whose answer was lost may still be carried out this long after we gave up on it."""

LATER_SECONDS = (15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 14400, 28800)
"""When RQ tries again what tenacity's seconds did not mend; after the last one the booking is failed."""

WINDOW_SECONDS = 61
"""InvoiceXpress counts requests a minute; the second on top is for those that travel slower than others."""

PATIENCE_SECONDS = 0.3  # what a worker stands before an account's limit; who has to wait longer gives it to others
LINE_PACE = 0.98  # of the limit: how fast an account's line moves, so that who comes back finds room
HOLD_SECONDS = (1, 2, 5, 10, 30)  # after a 429 that does not say how long, the n-th within a minute

TRIAL_SECONDS = (30, 60, 120, 300, 600, 1800)
"""Between trials of a paused account."""

LOOK_SECONDS = 3600  # between looks at an account's open drafts
LOOK_LATER_SECONDS = 300  # after one that InvoiceXpress did not answer

NEVER_SPENT = 1_000_000
"""RQ's own limit on retries: how often is ours to count, in the booking's record."""

BUSY_SECONDS = 3  # another job of the same booking is at work: give the place to others

SHORT_SECONDS = 20.0  # the sum of tenacity's waits
SHORT_ATTEMPTS = 3


class _AsAskedOr(wait_base):
    """What was asked for through Retry-After, else `otherwise`."""

    def __init__(self, otherwise: wait_base) -> None:
        self._otherwise = otherwise

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = error.retry_after if isinstance(error, InvoiceXpressUnavailable | ChannelManagerUnavailable) else None
        return asked if asked is not None else self._otherwise(retry_state)


def _is_worth_waiting_for(error: BaseException) -> bool:
    """Only what time mends in seconds, and only where the request surely changed nothing: else the outcome is looked up."""
    if isinstance(error, ChannelManagerUnavailable):
        return not isinstance(error, BookingNotFound)
    if isinstance(error, TurnComesLater | AccountPaused):
        return False
    return isinstance(error, InvoiceXpressUnavailable) and not error.sent


def within_seconds() -> Retrying:
    """Tenacity's part: a few attempts within seconds. Nothing else than what is unavailable is retried."""
    return Retrying(
        retry=retry_if_exception(_is_worth_waiting_for),
        wait=_AsAskedOr(wait_random_exponential(multiplier=0.5, max=5)),
        stop=stop_before_delay(SHORT_SECONDS) | stop_after_attempt(SHORT_ATTEMPTS),
        reraise=True,
    )


def later(attempt: int, *, asked: float | None) -> int | None:
    """Seconds until RQ's retry number `attempt` (0 is the first), at least what was asked for; None when it is time to fail.

    RQ runs a scheduled job up to half a second early, hence the second on top.
    """
    if attempt >= len(LATER_SECONDS):
        return None
    return max(LATER_SECONDS[attempt], ceil(asked or 0)) + 1


def trial_wait(trials: int) -> int:
    """Seconds to the next trial of a paused account after so many."""
    return TRIAL_SECONDS[min(trials, len(TRIAL_SECONDS) - 1)]


def hold_wait(times: int) -> int:
    """Seconds for which nobody asks after so many answers of 429 within a minute."""
    return HOLD_SECONDS[min(times, len(HOLD_SECONDS)) - 1]


def seconds_until(moment: datetime, now: datetime) -> int:
    """Seconds until RQ makes the next attempt at `moment`; never too early."""
    return max(0, ceil((moment - now).total_seconds())) + 1


def when_its_turn_comes(seconds: float) -> int:
    """Seconds until RQ brings a booking back whose place in the line comes up in `seconds`; never too early."""
    return ceil(seconds) + 1
