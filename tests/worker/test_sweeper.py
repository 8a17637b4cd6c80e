"""The sweeper: what RQ lost comes back, what is alive is left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from redis import Redis
from rq import Queue
from rq.registry import FailedJobRegistry, ScheduledJobRegistry

from tests.worker.room import Room, key_of
from worker.queue import BookingJob
from worker.records import BookingStatus
from worker.rq_worker import BookingWorker
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper
from worker.turn import UnexpectedFailure


def lose(room: Room) -> str:
    """Deliver a booking whose job RQ then loses; the job's id."""
    room.deliver()
    (job,) = room.house.queue.job_ids
    cast("Redis", room.house.store).delete("rq:queue:bookings")
    return job


def test_a_lost_job_is_replaced(room: Room) -> None:
    lost = lose(room)
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(room.house).sweep() == [key_of()]
    record = room.record()
    assert record.job != lost
    assert room.house.queue.job_ids == [record.job]
    assert room.to_rest().status is BookingStatus.DRAFTED


def test_a_job_that_was_lost_while_it_waited_is_replaced(room: Room) -> None:
    room.fault("too_many_requests")
    lose(room)
    room.turn()
    assert room.record().status is BookingStatus.WAITING
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(room.house).sweep() == [key_of()]
    assert room.record().attempts == 1


def test_a_young_record_is_left_alone(room: Room) -> None:
    lose(room)
    room.clock.go_on(seconds=SETTLED_IN_SECONDS - 1)
    assert Sweeper(room.house).sweep() == []


def test_a_booking_that_is_worked_on_is_left_alone(room: Room) -> None:
    lose(room)
    room.clock.go_on(hours=1)
    room.house.ledger.lock(key_of(), "worker", seconds=50)
    assert Sweeper(room.house).sweep() == []


def test_a_queued_job_is_left_alone(room: Room) -> None:
    room.deliver()
    room.clock.go_on(hours=1)
    assert Sweeper(room.house).sweep() == []
    assert len(room.house.queue) == 1


def test_a_scheduled_job_is_left_alone(room: Room) -> None:
    job = lose(room)
    registry = ScheduledJobRegistry(queue=room.house.queue, job_class=BookingJob)  # type: ignore[no-untyped-call]
    registry.schedule(
        BookingJob.fetch(job, connection=cast("Redis", room.house.store), serializer=room.house.queue.serializer),
        datetime.now(UTC) + timedelta(hours=8),
    )
    room.clock.go_on(hours=1)
    assert Sweeper(room.house).sweep() == []


@pytest.mark.parametrize("data", [{}, {"status": "cancelled"}, {"property_ref": "casa-9"}, {"status": "blocked"}])
def test_a_booking_at_rest_is_left_alone(room: Room, data: dict[str, Any]) -> None:
    lose(room)
    room.deliver(**data, guest_note="newer")
    room.to_rest()
    room.clock.go_on(hours=1)
    assert Sweeper(room.house).sweep() == []


def test_one_process_at_a_time_sweeps(room: Room) -> None:
    first, second = Sweeper(room.house), Sweeper(room.house)
    first.sweep_when_due()
    lost = lose(room)
    room.clock.go_on(hours=1)
    second.sweep_when_due()
    first.sweep_when_due()
    assert room.record().job == lost
    room.house.store.delete("fs:sweep")
    second.sweep_when_due()
    assert room.record().job != lost


def test_a_killed_workers_job_is_not_left_among_rqs_own(room: Room) -> None:
    room.deliver()
    store, queue = cast("Redis", room.house.store), room.house.queue
    worker = BookingWorker(queue, between_jobs=lambda: None)
    found = worker.dequeue_job_and_maintain_ttl(None)
    assert found
    job, _ = found
    worker.prepare_execution(job)
    worker.prepare_job_execution(job)
    assert store.zcard("rq:wip:bookings") == 1
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(room.house).sweep() == [key_of()]
    assert store.zcard("rq:wip:bookings") == 0
    assert store.keys(f"rq:*{job.id}*") == []


def test_what_is_due_beside_the_lost_jobs_is_done_with_them(room: Room) -> None:
    """A trial of a paused account, and a look at its drafts."""
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    room.deliver()
    room.turn()
    sweeper = Sweeper(room.house)
    sweeper.sweep_when_due()
    cast("Redis", room.house.store).delete("fs:sweep", "rq:queue:bookings")
    room.clock.go_on(hours=1)
    sweeper.sweep_when_due()
    jobs = [
        BookingJob.fetch(job, connection=cast("Redis", room.house.store), serializer=room.house.queue.serializer)
        for job in room.house.queue.job_ids
    ]
    assert [(job.func_name, job.args) for job in jobs] == [
        ("worker.jobs.converge_booking", [key_of()]),
        ("worker.jobs.look_at_drafts", ["casa"]),
    ]


def test_what_rq_counts_as_failed_is_only_what_failed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise ValueError("odd")

    store, queue = cast("Redis", room.house.store), room.house.queue
    room.deliver(1)
    failed = room.record(1).job
    with monkeypatch.context() as patched:
        patched.setattr("worker.turn.meaning_of", fail)
        with pytest.raises(UnexpectedFailure):
            room.turn(1)
    room.drafted(2)
    abandoned = room.record(2).job
    evil = Queue("bookings", connection=store, serializer=queue.serializer).enqueue_call("os.system", job_id="evil")
    registry = FailedJobRegistry(queue=queue)
    for job in (failed, abandoned, evil.id):
        registry.add(BookingJob.fetch(job, connection=store, serializer=queue.serializer), ttl=-1)
    Sweeper(room.house).forget_abandoned_jobs()
    assert sorted(registry.get_job_ids()) == sorted([failed, evil.id])
