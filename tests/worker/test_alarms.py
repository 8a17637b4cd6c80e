"""Alarms open once, last, and are over by themselves; what comes and goes within a look or two is none."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from worker.alarm_causes import AlarmCause, Sign
from worker.alarms import (
    LOCK,
    OPEN_LATE,
    OPENS_AFTER,
    OPENS_LATE_AFTER,
    OVER_AFTER,
    STATE,
    Alarm,
    AlarmState,
    after_look,
    alarm_json,
    alarm_state,
    keep,
    take_lock,
)
from worker.store import Store

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIGN = Sign(cause=AlarmCause.KEY_REFUSED, subject="casa")


def looks(*several: Iterable[Sign], known: Iterable[Alarm] = ()) -> list[Alarm]:
    """The alarms after a look a minute."""
    alarms = list(known)
    for number, signs in enumerate(several):
        alarms = after_look(alarms, signs, now=NOW + number * MINUTE)
    return alarms


def told() -> Alarm:
    """An alarm that is open and was told."""
    return Alarm(cause=SIGN.cause, subject="casa", facts={}, since=NOW, seen=2, is_open=True, is_told=True)


@pytest.mark.parametrize("cause", AlarmCause)
def test_an_alarm_opens_when_enough_looks_in_a_row_see_its_cause(cause: AlarmCause) -> None:
    enough = OPENS_LATE_AFTER if cause in OPEN_LATE else OPENS_AFTER
    sign = Sign(cause=cause, subject="casa")
    assert not any(alarm.is_open for alarm in looks(*[[sign]] * (enough - 1)))
    (alarm,) = looks(*[[sign]] * enough)
    assert (alarm.is_open, alarm.is_told, alarm.since) == (True, False, NOW)


def test_what_a_look_does_not_see_is_seen_anew() -> None:
    assert looks([SIGN], []) == []
    (alarm,) = looks([SIGN], [], [SIGN])
    assert (alarm.is_open, alarm.since) == (False, NOW + 2 * MINUTE)


def test_an_alarm_that_lasts_is_the_same_with_newer_facts() -> None:
    newer = Sign(cause=SIGN.cause, subject="casa", facts={"count": "7"})
    (alarm,) = looks(*[[newer]] * 5, known=[told()])
    assert (alarm.is_open, alarm.is_told, alarm.since, alarm.facts) == (True, True, NOW, {"count": "7"})


def test_an_alarm_is_over_when_three_looks_in_a_row_do_not_see_its_cause() -> None:
    (alarm,) = looks(*[[]] * (OVER_AFTER - 1), known=[told()])
    assert alarm.over_at is None
    (alarm,) = looks([], [], [SIGN], [], [], known=[told()])
    assert (alarm.over_at, alarm.missed) == (None, 2)
    (alarm,) = looks(*[[]] * (OVER_AFTER + 2), known=[told()])
    assert alarm.over_at == NOW + (OVER_AFTER - 1) * MINUTE


def test_an_alarm_that_nobody_was_told_of_is_over_in_silence() -> None:
    (alarm,) = looks([SIGN], [SIGN])
    assert looks(*[[]] * OVER_AFTER, known=[alarm]) == []


def test_a_cause_that_is_back_before_it_was_told_to_be_over_is_the_same_alarm() -> None:
    (over,) = looks(*[[]] * OVER_AFTER, known=[told()])
    (alarm,) = looks([SIGN], known=[over])
    assert (alarm.over_at, alarm.is_told, alarm.since) == (None, True, NOW)


def test_a_weak_sign_keeps_an_alarm_open_and_opens_none() -> None:
    weak = Sign(cause=AlarmCause.BACKLOG, opens=False)
    strong = Sign(cause=AlarmCause.BACKLOG)
    assert looks(*[[weak]] * 5) == []
    assert looks([strong], [weak]) == []
    (alarm,) = looks([strong], [strong], *[[weak]] * 5)
    assert (alarm.is_open, alarm.missed) == (True, 0)


def test_each_account_has_an_alarm_of_its_own() -> None:
    other = Sign(cause=SIGN.cause, subject="quinta")
    found = looks([SIGN], [SIGN, other], [SIGN, other])
    assert [(alarm.subject, alarm.is_open) for alarm in found] == [("casa", True), ("quinta", True)]
    assert AlarmState(alarms=looks([other, SIGN], [other, SIGN])).open[0].subject == "casa"


def test_what_is_kept_is_read_as_it_was(store: Store) -> None:
    facts = {"count": "3"}
    several = [told(), Alarm(cause=AlarmCause.STAYS, subject="casa", facts=facts, since=NOW, over_at=NOW + MINUTE)]
    state = AlarmState(looked_at=NOW, alarms=several, digest_day="2026-07-01", not_taken={"mailto": NOW})
    assert take_lock(store, "mine", seconds=10)
    assert keep(store, state, "mine", seconds=10)
    assert alarm_state(store) == state


def test_only_who_looks_writes_and_nobody_looks_meanwhile(store: Store) -> None:
    assert take_lock(store, "mine", seconds=10)
    assert not take_lock(store, "another's", seconds=10)
    assert not keep(store, AlarmState(digest_day="another's"), "another's", seconds=10)
    assert alarm_state(store) == AlarmState()
    store.delete(LOCK)
    assert not keep(store, AlarmState(digest_day="too late"), "mine", seconds=10)
    assert alarm_state(store) == AlarmState()


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"looked_at": null, "alarms": [{"cause": "new"}]}', "\xff"])
def test_what_cannot_be_read_begins_anew(store: Store, kept: str) -> None:
    store.set(STATE, kept)
    assert alarm_state(store) == AlarmState()


def test_scripts_are_told_of_an_alarm() -> None:
    assert alarm_json(told()) == {
        "cause": "api-key-refused",
        "subject": "casa",
        "since": "2026-07-01T12:00:00+00:00",
        "title": "InvoiceXpress refuses the API key of casa",
        "todo": (
            "Its bookings are parked until there is a good one: faturasync account set casa takes it, and they go on."
        ),
        "told": True,
    }
