"""How the work stands: told from a few numbers, and the same as the records say."""

import json
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

import pytest
from redis import Redis

from mapping.settings import Settings
from tests.worker.room import Room, key_of
from worker.accounts import Account, with_settings
from worker.activity import together
from worker.forecast import Backlog
from worker.overview import AccountLine, activity, overview
from worker.overview_json import overview_json
from worker.pausing import pause
from worker.queue import BookingJob
from worker.rq_worker import BookingWorker
from worker.sweeper import Sweeper
from worker.waits import LINE_PACE, TRIAL_SECONDS, WINDOW_SECONDS
from worker.workers import SILENT_AFTER, SeenWorker, seen_queue, seen_workers


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """RQ takes signals for itself; give them back."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


def line(room: Room, account: str = "casa") -> AccountLine:
    return next(each for each in overview(room.house).accounts if each.account == account)


def test_an_empty_house_says_so(room: Room) -> None:
    found = overview(room.house)
    assert (found.queue.depth, found.queue.running, found.queue.scheduled, found.queue.next_at) == (0, 0, 0, None)
    assert (found.oldest_at, found.oldest_seconds, found.done_seconds, found.alive) == (None, None, 0, 0)
    assert (list(found.stuck), list(found.workers), found.swept_at) == ([], [], None)
    assert line(room).done_seconds == 0


def test_bookings_are_counted_by_what_they_wait_for(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(limit=3)))
    for number in range(1, 6):
        room.deliver(number, guest_name=f"Hóspede {number}")
        room.turn(number)
    room.clock.go_on(minutes=5)
    room.deliver(8)
    room.clock.go_on(minutes=1)
    room.deliver(9, property_ref="casa-9")
    room.turn(9)
    found = overview(room.house)
    assert (found.counts.queued, found.counts.waiting, found.counts.in_line) == (1, 3, 3)
    assert (found.counts.parked, found.counts.failed) == (1, 0)
    assert found.oldest_seconds == 60
    assert line(room).counts == found.counts
    assert (line(room).limit, line(room).made) == (3, 3)


def test_the_backlog_is_done_when_the_line_and_those_behind_it_are(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(limit=3)))
    for number in range(1, 6):
        room.deliver(number, guest_name=f"Hóspede {number}")
        room.turn(number)
    in_line = line(room).done_seconds
    assert in_line
    assert WINDOW_SECONDS < in_line < 3 * WINDOW_SECONDS
    room.deliver(6, guest_name="Hóspede 6")
    step = WINDOW_SECONDS / 3 / LINE_PACE
    behind = line(room).done_seconds
    assert behind
    assert in_line + step - 2 <= behind <= in_line + step + 2
    assert overview(room.house).done_seconds == behind


@pytest.mark.parametrize(
    ("queued", "in_line", "made", "line_seconds", "seconds"),
    [
        (0, 0, 780, 50.0, 0),
        (700, 0, 0, 0.0, 0),  # the limit keeps nobody waiting
        (1240, 0, 0, 0.0, 37),  # 460 beyond the first minute's
        (100, 0, 780, 0.0, 8),
        (0, 5, 780, 20.5, 21),
        (780, 5, 780, 20.5, 83),
    ],
)
def test_a_forecast_is_at_the_accounts_limit(
    queued: int, in_line: int, made: int, line_seconds: float, seconds: int
) -> None:
    backlog = Backlog(queued=queued, in_line=in_line, limit=780, made=made, line_seconds=line_seconds)
    assert backlog.seconds == seconds


def test_a_pause_is_told_with_who_or_why_and_when_the_next_trial_is(room: Room) -> None:
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    room.deliver()
    room.turn()
    refusal = line(room).refusal
    assert refusal
    assert (refusal.reason, refusal.at, refusal.trials) == ("api-key-refused", room.clock(), 0)
    assert refusal.next_at == room.clock() + timedelta(seconds=TRIAL_SECONDS[0])
    assert line(room).done_seconds is None
    told = overview_json(overview(room.house), together(activity(room.house)))
    assert told["accounts"][0]["paused"] == {
        "by": None,
        "since": "2026-07-01T12:00:00+00:00",
        "reason": "api-key-refused",
        "words": refusal.words,
        "next_trial_at": "2026-07-01T12:00:30+00:00",
    }
    pause(room.house, "casa", who="Rita")
    told = overview_json(overview(room.house), together(activity(room.house)))
    assert told["accounts"][0]["paused"]["by"] == "Rita"
    assert line(room).is_paused


def test_an_account_that_was_asked_to_wait_says_for_how_long(room: Room) -> None:
    room.house.store.set("fs:hold:casa", "1", px=40_000)
    room.deliver()
    assert 39 < line(room).held_seconds <= 40
    assert line(room).done_seconds in {40, 41}


def test_other_accounts_have_numbers_of_their_own(room: Room) -> None:
    room.house.accounts.add(Account(name="quinta", subdomain="quinta", settings=Settings(limit=100)), "key")
    room.deliver()
    assert (line(room, "quinta").counts.queued, line(room, "quinta").limit) == (0, 100)
    assert line(room).counts.queued == 1


def test_what_is_scheduled_and_what_runs_is_told(room: Room) -> None:
    room.deliver(1)
    room.deliver(2)
    store, queue = cast("Redis", room.house.store), room.house.queue
    worker = BookingWorker(queue, between_jobs=lambda: None)
    worker.register_birth()  # type: ignore[no-untyped-call]
    found = worker.dequeue_job_and_maintain_ttl(None)
    assert found
    worker.prepare_execution(found[0])
    worker.prepare_job_execution(found[0])
    (seen,) = seen_workers(queue)
    assert (seen.name, seen.pid, seen.bookings, seen.jobs) == (worker.name, worker.pid, [key_of(1)], 0)
    job = BookingJob.fetch(queue.job_ids[0], connection=store, serializer=queue.serializer)
    store.zadd("rq:scheduled:bookings", {job.id: 1_900_000_000})
    told = seen_queue(queue)
    assert (told.depth, told.running, told.scheduled, told.has_scheduler) == (1, 1, 1, False)
    assert told.next_at
    assert told.next_at.timestamp() == 1_900_000_000
    worker.register_death()
    assert seen_workers(queue) == []


def test_to_look_at_workers_does_not_make_this_process_as_patient_as_they_are(room: Room) -> None:
    pool = cast("Redis", room.house.store).connection_pool
    before = dict(pool.connection_kwargs)
    BookingWorker(room.house.queue, between_jobs=lambda: None).register_birth()  # type: ignore[no-untyped-call]
    pool.connection_kwargs.update(before)
    seen_workers(room.house.queue)
    assert pool.connection_kwargs["socket_timeout"] == before["socket_timeout"]


def test_a_worker_is_alive_until_it_was_silent_for_longer_than_a_job_takes(room: Room) -> None:
    now = room.clock()
    worker = SeenWorker(
        name="w", host="h", pid=1, state="idle", started_at=now, seen_at=now - SILENT_AFTER, bookings=(), jobs=0
    )
    assert worker.is_alive(now)
    assert not worker.is_alive(now + timedelta(seconds=1))


def test_the_sweepers_last_run_is_told(room: Room) -> None:
    Sweeper(room.house).sweep_when_due()
    assert overview(room.house).swept_at == room.clock()


def test_scripts_are_told_all_of_it(room: Room) -> None:
    room.drafted(1)
    room.drafted(2, property_ref="casa-9")
    told = overview_json(overview(room.house), together(activity(room.house)))
    json.dumps(told)
    assert set(told) == {
        "at", "queues", "accounts", "failures", "workers", "alive", "scheduler", "swept_at", "last_day",
    }  # fmt: skip
    (queue,) = told["queues"]
    assert {name: queue[name] for name in ("queue", "depth", "running", "failed", "parked")} == {
        "queue": "bookings",
        "depth": 2,  # RQ's own: nobody took the jobs out, as no worker runs here
        "running": 0,
        "failed": 0,
        "parked": 1,
    }
    (group,) = told["failures"]
    assert (group["reason"], group["count"], group["example"]) == ("unknown-listing", 1, key_of(2))
    assert (told["last_day"]["drafted"], told["last_day"]["parked"]) == (1, 1)
    assert told["last_day"]["wait_p95_seconds"] is not None


def test_a_look_at_it_is_a_few_commands_however_many_bookings_there_are(room: Room) -> None:
    def commands() -> int:
        return int(cast("Redis", room.house.store).info("stats")["total_commands_processed"])

    for number in range(20):
        room.drafted(number, guest_name=f"Hóspede {number}", property_ref="casa-9" if number % 2 else "casa-1")
    before = commands()
    overview(room.house)
    twenty = commands() - before
    for number in range(20, 60):
        room.drafted(number, guest_name=f"Hóspede {number}", property_ref="casa-9" if number % 2 else "casa-1")
    before = commands()
    overview(room.house)
    assert commands() - before == twenty
