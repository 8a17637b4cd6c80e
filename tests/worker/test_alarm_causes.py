"""Each cause for alarm, told from facts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from mapping.delivery import Delivery
from mapping.errors import Problem
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.worker.room import Room, key_of
from worker.accounts import with_settings
from worker.alarm_causes import SWEEPER_SILENT, TITLES, TODO, AlarmCause, Facts, Sign, look_around, signs
from worker.alarms import Alarm
from worker.backlog import waiting_since
from worker.connections import Connection
from worker.overview import AccountLine, Counts
from worker.pauses import Refusal
from worker.pausing import pause
from worker.services import Services

NOW = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CALM = Facts(
    at=NOW,
    backlog_after=timedelta(minutes=30),
    alive=2,
    has_scheduler=True,
    swept_at=NOW - timedelta(seconds=5),
    accounts=[],
    waiting_since=None,
    unreadable={},
    connections=[],
    late_drafts={},
    ended_stays={},
)


def found(**facts: Any) -> list[Sign]:
    return signs(replace(CALM, **facts))


def account(reason: Reason | None) -> AccountLine:
    nothing = Counts(queued=0, waiting=0, parked=0, failed=0, in_line=0, for_their_day=0, paused=0)
    refusal = Refusal(reason=reason, words="canary", at=NOW, trials=0, next_at=None) if reason else None
    return AccountLine(
        account="casa", counts=nothing, limit=780, made=0, held_seconds=0, refusal=refusal, pause=None, done_seconds=0
    )


def connection(last: datetime | None) -> Connection:
    return Connection(
        id="casa-smoobu", account="casa", channel_manager="smoobu", created_at=NOW - 90 * DAY, last_delivery_at=last
    )


def test_there_is_no_cause_where_all_is_well() -> None:
    assert found(accounts=[account(None)], connections=[(connection(NOW), [NOW.date()])]) == []


def test_workers_that_are_gone_are_one_cause_although_nothing_is_scheduled_or_swept_then() -> None:
    assert found(alive=0, has_scheduler=False, swept_at=None) == [Sign(cause=AlarmCause.WORKERS)]


def test_a_scheduler_or_a_sweeper_that_does_not_run_is_a_cause() -> None:
    assert found(has_scheduler=False) == [Sign(cause=AlarmCause.SCHEDULER)]
    assert found(swept_at=None) == [Sign(cause=AlarmCause.SWEEPER)]
    assert found(swept_at=NOW - SWEEPER_SILENT) == []
    assert found(swept_at=NOW - SWEEPER_SILENT - timedelta(seconds=1)) == [Sign(cause=AlarmCause.SWEEPER)]


def test_an_account_that_is_refused_is_a_cause_by_why() -> None:
    assert found(accounts=[account(Reason.API_KEY_REFUSED)]) == [Sign(cause=AlarmCause.KEY_REFUSED, subject="casa")]
    assert found(accounts=[account(Reason.QUOTA_SPENT)]) == [Sign(cause=AlarmCause.QUOTA_SPENT, subject="casa")]


def test_a_backlog_opens_when_it_is_old_and_is_over_when_it_is_half_as_old() -> None:
    def opens(minutes: float) -> list[bool]:
        return [sign.opens for sign in found(waiting_since=NOW - timedelta(minutes=minutes))]

    assert [opens(minutes) for minutes in (0, 15, 15.1, 30, 30.1)] == [[], [], [False], [False], [True]]
    (sign,) = found(waiting_since=NOW - timedelta(minutes=42))
    assert (sign.cause, sign.facts) == (AlarmCause.BACKLOG, {"age": "42 min"})
    assert found(backlog_after=timedelta(hours=1), waiting_since=NOW - timedelta(minutes=59))[0].opens is False


def test_a_connection_that_is_silent_for_longer_than_is_usual_is_a_cause() -> None:
    days = [(NOW - number * DAY).date() for number in range(20, 3, -1)]
    (sign,) = found(connections=[(connection(NOW - 4 * DAY), days)])
    assert (sign.cause, sign.subject, sign.facts["days"]) == (AlarmCause.SILENT, "casa-smoobu", "4")
    assert found(connections=[(connection(NOW - 2 * DAY), days)]) == []
    assert found(connections=[(connection(NOW - 4 * DAY), days[:3])]) == []  # no rhythm yet
    assert found(connections=[(connection(None), [])]) == []  # a reminder, and no alarm


@pytest.mark.parametrize(
    ("fact", "cause"),
    [
        ("unreadable", AlarmCause.UNREADABLE),
        ("late_drafts", AlarmCause.DRAFTS),
        ("ended_stays", AlarmCause.STAYS),
    ],
)
def test_what_is_counted_is_a_cause_for_each_account_or_connection(fact: str, cause: AlarmCause) -> None:
    assert found(**{fact: {"b": 2, "a": 1, "c": 0}}) == [
        Sign(cause=cause, subject="a", facts={"count": "1"}),
        Sign(cause=cause, subject="b", facts={"count": "2"}),
    ]


def test_the_most_urgent_comes_first() -> None:
    told = found(late_drafts={"casa": 1}, accounts=[account(Reason.QUOTA_SPENT)], has_scheduler=False)
    assert [sign.cause for sign in told] == [AlarmCause.SCHEDULER, AlarmCause.QUOTA_SPENT, AlarmCause.DRAFTS]


def test_every_cause_has_a_title_and_a_thing_to_do_and_names_facts_that_it_has() -> None:
    days = [(NOW - number * DAY).date() for number in range(20, 5, -1)]
    several = found(
        has_scheduler=False, swept_at=None, accounts=[account(Reason.API_KEY_REFUSED)], waiting_since=NOW - DAY,
        unreadable={"c": 1}, connections=[(connection(NOW - 6 * DAY), days)], late_drafts={"a": 1}, ended_stays={"a": 1},
    )  # fmt: skip
    several += [*found(alive=0), *found(accounts=[account(Reason.QUOTA_SPENT)]), Sign(cause=AlarmCause.LOOK)]
    assert {sign.cause for sign in several} == set(AlarmCause) == set(TITLES) == set(TODO)
    for sign in several:
        alarm = Alarm(cause=sign.cause, subject=sign.subject, facts=sign.facts, since=NOW)
        assert alarm.title
        assert alarm.todo
        assert "canary" not in alarm.title + alarm.todo
        named = [name for text in (TITLES[sign.cause], TODO[sign.cause]) for _, name, _, _ in Formatter().parse(text)]
        assert ("subject" in named) == bool(sign.subject)


# What is looked at, in a room.


def test_an_empty_house_has_facts_too(house: Services) -> None:
    facts = look_around(house)
    assert (facts.alive, facts.waiting_since, facts.accounts) == (0, None, [])
    assert [sign.cause for sign in signs(facts)] == [AlarmCause.WORKERS]


def test_drafts_are_late_when_their_fifth_working_day_is_over(room: Room) -> None:
    room.drafted(1)  # until Tuesday 2026-07-07
    room.drafted(2, guest_name="Outra")
    room.clock.now = datetime(2026, 7, 14, 12, tzinfo=UTC)
    assert look_around(room.house).late_drafts == {}
    room.clock.now = datetime(2026, 7, 15, 12, tzinfo=UTC)
    assert look_around(room.house).late_drafts == {"casa": 2}


def test_stays_without_a_document_are_counted_when_their_day_is_over(room: Room) -> None:
    room.drafted(1)
    room.drafted(2, property_ref="casa-9")
    room.clock.now = datetime(2026, 7, 8, 0, 30, tzinfo=UTC)  # half an hour earlier on the Azores, on the 8th as well
    assert look_around(room.house).ended_stays == {"casa": 1}
    room.clock.now = datetime(2026, 7, 7, 23, 30, tzinfo=UTC)
    assert look_around(room.house).ended_stays == {}


def test_unreadable_deliveries_are_counted_by_connection(room: Room) -> None:
    for _ in range(2):
        problem = Problem(path="data", message="is missing or empty")
        room.house.intake.take_unreadable(room.connection, Delivery(body=b"{}"), [problem], now=room.clock())
    assert look_around(room.house).unreadable == {room.connection.id: 2}


def test_an_account_whose_key_is_refused_is_seen(room: Room) -> None:
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    room.deliver()
    room.turn()
    assert [sign.cause for sign in signs(look_around(room.house))] == [AlarmCause.WORKERS, AlarmCause.KEY_REFUSED]


# Since when the booking waits that waits longest.


def test_a_booking_that_is_queued_waits_since_its_delivery(room: Room) -> None:
    began = room.clock()
    room.deliver(1)
    room.clock.go_on(minutes=10)
    room.deliver(2)
    room.clock.go_on(minutes=10)
    assert waiting_since(room.house) == began
    room.to_rest(1)
    assert waiting_since(room.house) == began + timedelta(minutes=10)
    room.to_rest(2)
    assert waiting_since(room.house) is None


def test_a_booking_that_was_tried_in_vain_waits_since_its_delivery_all_the_same(room: Room) -> None:
    began = room.clock()
    room.deliver()
    room.fault("too_many_requests", times=50)
    for _ in range(3):
        room.clock.go_on(minutes=5)
        room.turn()
    assert room.record().status == "waiting"
    assert waiting_since(room.house) == began


@pytest.mark.parametrize("keep_waiting", ["its day", "a person", "a guest's name"])
def test_what_need_not_be_worked_on_now_does_not_count(room: Room, keep_waiting: str) -> None:
    ways: dict[str, Callable[[], Any]] = {
        "its day": lambda: room.house.accounts.change(
            with_settings(room.house.accounts.get("casa"), Settings.model_validate({"draft_at": "check-out"}))
        ),
        "a person": lambda: pause(room.house, "casa", who="Rita"),
        "a guest's name": lambda: None,
    }
    ways[keep_waiting]()
    room.deliver(guest_name=None if keep_waiting == "a guest's name" else "Ágata")
    if keep_waiting != "a person":
        room.turn()
        assert room.record().status in {"waiting", "parked"}
    room.clock.go_on(hours=1)
    assert waiting_since(room.house) is None


def test_a_draft_that_is_only_looked_at_waits_since_now(room: Room) -> None:
    room.drafted()
    room.clock.go_on(days=1)
    room.house.ledger.requeue(key_of(), job="look", now=room.clock(), look=True)
    assert waiting_since(room.house) == room.clock()
