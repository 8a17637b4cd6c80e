"""Looks about once a minute whether there is cause for alarm, and tells it; over all processes one at a time.

Receivers and consoles look, each in a thread of its own, as only they can tell that all workers are gone. A worker looks
between its jobs where none of them has for a while.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog
from redis import RedisError

from mapping.iva import time_zone
from worker.alarm_causes import AlarmCause, Sign, look_around, signs
from worker.alarms import Alarm, AlarmState, after_look, alarm_state, keep, take_lock
from worker.announcing import ADDRESS_SECONDS, Announcer, Answer, Nature
from worker.digest import digest, due_day
from worker.environment import Environment
from worker.logs import story
from worker.services import Services, services
from worker.spans import span
from worker.store import connect

LOCK_SECONDS = 20.0
"""For a look, besides the time that addresses may take. The lock of who was killed while looking ends then."""
POLLS = 4
"""A thread asks so often within the time between looks whether one is due."""
STAND_IN_AFTER = 3
"""Looks that were left out until a worker makes one."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Look:
    """One look under way: who makes it, and for how long each step may take."""

    token: str
    seconds: float


class Watch:
    """One process's part in it."""

    def __init__(self, services: Services, announcer: Announcer) -> None:
        self._services = services
        self._announcer = announcer
        self._interval = services.environment.alarms.look_seconds
        self._heard_at = services.clock()  # when somebody was last known to look

    def look_when_due(self) -> None:
        """Look, unless some process does so or just did."""
        with _contained():
            look = _Look(token=self._services.new_id(), seconds=LOCK_SECONDS + ADDRESS_SECONDS * self._addresses)
            if take_lock(self._services.store, look.token, seconds=look.seconds):
                self._look(look)

    def stand_in(self) -> None:
        """Look if nobody has for a while: sending may take seconds, and a worker has other things to do."""
        now, patience = self._services.clock(), timedelta(seconds=self._interval * STAND_IN_AFTER)
        if now - self._heard_at < patience:
            return
        with _contained():
            self._heard_at = max(self._heard_at, alarm_state(self._services.store).looked_at or self._heard_at)
        if now - self._heard_at >= patience:
            self.look_when_due()
            self._heard_at = now

    def keep_looking(self) -> None:
        """Look for ever, beginning when the first look is due: for a thread."""
        while True:
            time.sleep(self._interval / POLLS)
            self.look_when_due()

    @property
    def _addresses(self) -> int:
        return len(self._announcer.kinds)

    def _look(self, look: _Look) -> None:
        now = self._services.clock()
        before = alarm_state(self._services.store)
        alarms = after_look(before.alarms, self._signs(before.alarms), now=now)
        _log_changes(before.alarms, alarms)
        state = replace(before, looked_at=now, alarms=alarms)
        if self._addresses:
            for tell in (self._tell_opened, self._tell_over, self._tell_digest):
                if not self._keep(state, look):
                    return
                state = tell(state)
        self._keep(state, look, is_done=True)

    def _keep(self, state: AlarmState, look: _Look, *, is_done: bool = False) -> bool:
        seconds = self._interval if is_done else look.seconds
        return keep(self._services.store, state, look.token, seconds=seconds)

    def _signs(self, known: Sequence[Alarm]) -> list[Sign]:
        """What there is; where it cannot be looked at, that, and what was known stays as it was."""
        try:
            return signs(look_around(self._services))
        except RedisError:
            raise
        except Exception as error:  # noqa: BLE001  # as when something else wrote into our keys
            _cannot_look(error)
            open_ones = [alarm for alarm in known if alarm.is_open and alarm.cause is not AlarmCause.LOOK]
            kept = [Sign(cause=alarm.cause, subject=alarm.subject, facts=alarm.facts) for alarm in open_ones]
            return [Sign(cause=AlarmCause.LOOK), *kept]

    def _tell_opened(self, state: AlarmState) -> AlarmState:
        """Tell what is open and was not told, all in one message."""
        new = [alarm for alarm in state.open if not alarm.is_told]
        if not new:
            return state
        title = new[0].title if len(new) == 1 else f"{len(new)} alarms"
        parts = [f"{alarm.title}\n{alarm.todo}" if len(new) > 1 else alarm.todo for alarm in new]
        answers = self._send(f"FaturaSync: {title}", "\n\n".join(parts), Nature.ALARM)
        told = [replace(alarm, is_told=True) if alarm in new else alarm for alarm in state.alarms]
        return self._noted(state, answers, replace(state, alarms=told))

    def _tell_over(self, state: AlarmState) -> AlarmState:
        """Tell what is over, all in one message, and forget it."""
        over = [alarm for alarm in state.alarms if alarm.over_at]
        if not over:
            return state
        title = f"over: {over[0].title}" if len(over) == 1 else f"{len(over)} alarms are over"
        answers = self._send(f"FaturaSync: {title}", "\n".join(_over(alarm) for alarm in over), Nature.OVER)
        return self._noted(
            state, answers, replace(state, alarms=[alarm for alarm in state.alarms if alarm not in over])
        )

    def _tell_digest(self, state: AlarmState) -> AlarmState:
        """Tell the day's digest, once."""
        at = self._services.environment.alarms.digest_at
        day: date | None = due_day(self._services.clock(), at) if at else None
        if day is None or state.digest_day == day.isoformat():
            return state
        done = replace(state, digest_day=day.isoformat())
        found = digest(self._services, state.open, day)
        if not found.is_wanted:
            return done
        return self._noted(state, self._send(found.title, found.body, Nature.DIGEST), done)

    def _send(self, title: str, body: str, nature: Nature) -> list[Answer]:
        console = self._services.environment.console_url
        text = f"{body}\n\n{console}" if console else body
        answers = self._announcer.send(title, text, nature)
        for answer in answers:
            if not answer.took_it:
                log.warning("message-not-taken", kind=answer.kind, why=answer.why, nature=nature.name.lower())
        return answers

    def _noted(self, state: AlarmState, answers: Sequence[Answer], done: AlarmState) -> AlarmState:
        """`done` if an address took the message, else `state`, with which it is sent again at the next look."""
        now = self._services.clock()
        not_taken: Mapping[str, datetime] = {answer.kind: now for answer in answers if not answer.took_it}
        took_it = any(answer.took_it for answer in answers)
        return replace(done if took_it else state, not_taken=not_taken)


def watch_in_background(environment: Environment, announcer: Announcer) -> None:
    """Look from a thread of this process for as long as it lives."""
    watch = Watch(services(environment, connect(environment.redis_url or "")), announcer)
    threading.Thread(target=watch.keep_looking, name="alarms", daemon=True).start()


@contextmanager
def _contained() -> Iterator[None]:
    """Nothing that goes wrong with alarms gets out: a worker goes on working."""
    try:
        yield
    except RedisError as error:
        log.warning("alarms-wait-for-the-store", error=type(error).__name__)
    except Exception as error:  # noqa: BLE001  # see above
        _cannot_look(error)


def _cannot_look(error: Exception) -> None:
    log.error("alarms-cannot-look", error=story(error))


def _over(alarm: Alarm) -> str:
    began = alarm.since.astimezone(time_zone(None))
    lasted = span(((alarm.over_at or alarm.since) - alarm.since).total_seconds())
    return f"{alarm.title}: over after {lasted}, since {began:%d/%m/%Y %H:%M}."


def _log_changes(before: Sequence[Alarm], after: Sequence[Alarm]) -> None:
    """A line for each alarm that opened or is over."""
    were = {(alarm.cause, alarm.subject) for alarm in before if alarm.is_open and not alarm.over_at}
    are = {(alarm.cause, alarm.subject) for alarm in after if alarm.is_open and not alarm.over_at}
    for cause, subject in sorted(are - were):
        log.warning("alarm-opened", cause=cause.value, subject=subject)
    for cause, subject in sorted(were - are):
        log.info("alarm-over", cause=cause.value, subject=subject)
