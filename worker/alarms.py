"""The alarms that are open: one for each cause and whom it is about, opened once, told once, closed by itself.

So that none comes and goes: an alarm opens when two looks in a row see its cause (three for what a restart interrupts), and
is over when three in a row do not. While it lasts nothing is told again but the daily digest.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Self

from worker.alarm_causes import TITLES, TODO, AlarmCause, Sign
from worker.keyspace import FS
from worker.services import Services
from worker.store import Store

STATE = f"{FS}:alarms"
LOCK = f"{FS}:alarms:look"

OPENS_AFTER: Final = 2
OPENS_LATE_AFTER: Final = 3
OPEN_LATE: Final = frozenset({AlarmCause.WORKERS, AlarmCause.SCHEDULER, AlarmCause.SWEEPER})
"""Workers that are stopped before the new ones have started are no alarm."""
OVER_AFTER: Final = 3
"""All in looks, about a minute apart (`ALARM_LOOK_SECONDS`)."""

KEEP = """
-- KEYS: lock, state. ARGV: the token with which the lock was taken, the state, milliseconds for which the lock is kept.
-- Answers 1 if the lock is still whose token it is: two that look never both write, nor both send.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm. `since` is when its cause was first seen; until it `is_open` it is none yet."""

    cause: AlarmCause
    subject: str
    facts: Mapping[str, str]
    since: datetime
    seen: int = 1  # looks in a row that saw the cause
    missed: int = 0  # looks in a row that did not
    is_open: bool = False
    is_told: bool = False
    over_at: datetime | None = None  # it is to be told that it is over

    @property
    def title(self) -> str:
        """What is the matter, and with whom."""
        return TITLES[self.cause].format_map({**self.facts, "subject": self.subject})

    @property
    def todo(self) -> str:
        """What to do about it."""
        return TODO[self.cause].format_map({**self.facts, "subject": self.subject})

    def seen_again(self, sign: Sign) -> Self | None:
        """The alarm after a look that saw its cause; None where that is not reason enough to open it."""
        if self.is_open:
            return replace(self, facts=sign.facts, missed=0, over_at=None)
        if not sign.opens:
            return None
        enough = OPENS_LATE_AFTER if self.cause in OPEN_LATE else OPENS_AFTER
        return replace(self, facts=sign.facts, seen=self.seen + 1, is_open=self.seen + 1 >= enough)

    def not_seen(self, now: datetime) -> Self | None:
        """The alarm after a look that did not see its cause; None where nobody need be told of it."""
        if not self.is_open:
            return None
        missed = self.missed + 1
        if missed < OVER_AFTER:
            return replace(self, missed=missed)
        return replace(self, missed=missed, over_at=self.over_at or now) if self.is_told else None


@dataclass(frozen=True, kw_only=True)
class AlarmState:
    """What is kept between looks, by whichever process makes them."""

    looked_at: datetime | None = None
    alarms: Sequence[Alarm] = ()
    digest_day: str = ""  # on which the last digest was sent, as ISO has it
    not_taken: Mapping[str, datetime] = field(default_factory=dict)  # kinds of address, and when they took no message

    @property
    def open(self) -> list[Alarm]:
        """The open ones, the most urgent first."""
        urgency = list(AlarmCause)
        found = [alarm for alarm in self.alarms if alarm.is_open and alarm.over_at is None]
        return sorted(found, key=lambda alarm: (urgency.index(alarm.cause), alarm.subject))


def after_look(known: Iterable[Alarm], signs: Iterable[Sign], *, now: datetime) -> list[Alarm]:
    """The alarms after a look that found `signs`."""
    seen = {(sign.cause, sign.subject): sign for sign in signs}
    alarms: list[Alarm | None] = []
    for alarm in known:
        sign = seen.pop((alarm.cause, alarm.subject), None)
        alarms.append(alarm.seen_again(sign) if sign else alarm.not_seen(now))
    alarms += [
        Alarm(cause=sign.cause, subject=sign.subject, facts=sign.facts, since=now)
        for sign in seen.values()
        if sign.opens
    ]
    return [alarm for alarm in alarms if alarm]


def alarm_state(store: Store) -> AlarmState:
    """What is kept. Where it cannot be read, as after a step back to an older program, all begins anew."""
    kept = store.get(STATE)
    try:
        return _state(json.loads(kept)) if kept else AlarmState()
    except (ValueError, KeyError, TypeError):
        return AlarmState()


def open_alarms(services: Services) -> list[Alarm]:
    """The open alarms, the most urgent first."""
    return alarm_state(services.store).open


def take_lock(store: Store, token: str, *, seconds: float) -> bool:
    """Whether this is who looks now. The lock also keeps looks apart: after one it is kept until the next is due."""
    return bool(store.set(LOCK, token, nx=True, px=int(seconds * 1000)))


def keep(store: Store, state: AlarmState, token: str, *, seconds: float) -> bool:
    """Keep `state` and, for `seconds` more, the lock; False, and nothing is changed, if it has passed to another."""
    kept = json.dumps(_json(state))
    return bool(store.eval(KEEP, 2, LOCK, STATE, token, kept, max(1, int(seconds * 1000))))


def alarm_json(alarm: Alarm) -> dict[str, Any]:
    """One alarm, for scripts. Times are UTC."""
    return {
        "cause": alarm.cause.value,
        "subject": alarm.subject or None,
        "since": alarm.since.isoformat(),
        "title": alarm.title,
        "todo": alarm.todo,
        "told": alarm.is_told,
    }


def _json(state: AlarmState) -> dict[str, Any]:
    return {
        "looked_at": _text(state.looked_at),
        "alarms": [
            {
                "cause": alarm.cause.value,
                "subject": alarm.subject,
                "facts": dict(alarm.facts),
                "since": alarm.since.isoformat(),
                "seen": alarm.seen,
                "missed": alarm.missed,
                "is_open": alarm.is_open,
                "is_told": alarm.is_told,
                "over_at": _text(alarm.over_at),
            }
            for alarm in state.alarms
        ],
        "digest_day": state.digest_day,
        "not_taken": {kind: at.isoformat() for kind, at in state.not_taken.items()},
    }


def _state(kept: Mapping[str, Any]) -> AlarmState:
    return AlarmState(
        looked_at=_moment(kept["looked_at"]),
        alarms=[
            Alarm(
                **{
                    **told,
                    "cause": AlarmCause(told["cause"]),
                    "since": datetime.fromisoformat(told["since"]),
                    "over_at": _moment(told["over_at"]),
                }
            )
            for told in kept["alarms"]
        ],
        digest_day=kept["digest_day"],
        not_taken={kind: datetime.fromisoformat(at) for kind, at in kept["not_taken"].items()},
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
