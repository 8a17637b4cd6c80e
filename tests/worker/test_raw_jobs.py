"""RQ's jobs as they are shown: none of their values is told but what they are for, and what is done to one loses nothing."""

import signal
from collections.abc import Iterator
from typing import cast

import pytest
from redis import Redis
from rq import Queue
from rq.registry import ScheduledJobRegistry

from mapping.errors import UserError
from tests.worker.room import API_KEY, GUEST, Room, key_of
from worker.jobs import equip
from worker.queue import BookingJob
from worker.raw_jobs import LISTS, RawJob, delete, enqueue_again, find, lengths, page, told_error
from worker.records import BookingStatus
from worker.rq_worker import BookingWorker
from worker.sweeper import SETTLED_IN_SECONDS, Sweeper


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """RQ takes signals for itself; give them back."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


def work(room: Room) -> None:
    equip(room.workshop)
    BookingWorker(room.house.queue, between_jobs=lambda: None).work(burst=True, logging_level="CRITICAL")


def fetched(room: Room, job_id: str) -> BookingJob:
    queue = room.house.queue
    return cast("BookingJob", BookingJob.fetch(job_id, connection=queue.connection, serializer=queue.serializer))


def only(room: Room, name: str) -> RawJob:
    (job,) = page(room.house.queue, name, skip=0, limit=10)
    return job


def failed(room: Room, monkeypatch: pytest.MonkeyPatch) -> RawJob:
    """A booking's job that met an error of our own, whose text holds a guest's name."""

    def fail(*_given: object, **_named: object) -> None:
        raise ValueError(f"odd: {GUEST} {API_KEY}")

    room.deliver()
    with monkeypatch.context() as patched:
        patched.setattr("worker.turn.meaning_of", fail)
        work(room)
    return only(room, "failed")


def test_each_list_is_told_with_its_length(room: Room) -> None:
    assert lengths(room.house.queue) == dict.fromkeys(LISTS, 0)
    room.deliver(1)
    room.deliver(2)
    assert lengths(room.house.queue)["queued"] == 2
    work(room)
    assert lengths(room.house.queue)["finished"] == 2
    (second,) = page(room.house.queue, "finished", skip=1, limit=1)
    assert second.status == "finished"
    assert [job.about for job in page(room.house.queue, "finished", skip=0, limit=9)].count(second.about) == 1


def test_a_job_tells_what_it_is_for_and_when(room: Room) -> None:
    room.deliver()
    job = only(room, "queued")
    assert (job.id, job.function, job.about, job.is_converging) == (
        room.record().job, "worker.jobs.converge_booking", key_of(), True
    )  # fmt: skip
    assert (job.status, job.error, job.may_be_enqueued, job.may_be_deleted) == ("queued", (), False, True)
    assert job.enqueued_at
    assert job.ended_at is None
    work(room)
    ended = find(room.house.queue, job.id)
    assert ended
    assert ended.ended_at
    assert ended.worker
    store = cast("Redis", room.house.store)
    ScheduledJobRegistry(queue=room.house.queue).add(fetched(room, job.id))  # type: ignore[no-untyped-call]
    store.zadd("rq:scheduled:bookings", {job.id: 1_900_000_000})
    store.hset(f"rq:job:{job.id}", "status", "scheduled")
    due = only(room, "scheduled").due_at
    assert due
    assert due.timestamp() == 1_900_000_000


def test_a_failed_jobs_places_are_told_and_no_value(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    job = failed(room, monkeypatch)
    assert job.error[0].startswith("worker.turn.UnexpectedFailure: ValueError at ")
    assert any("turn.py:" in place for place in job.error[1:])
    assert GUEST not in str(job)
    assert API_KEY not in str(job)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ("killed", ["killed"]),
        ("work-horse terminated unexpectedly; 9", []),
        ("  File \"/a/b/c.py\", line 3, in run\n    x = f(secret)\nKeyError: 'Ágata'", ["KeyError", "c.py:3 run"]),
        (
            "rq.exceptions.AbandonedJobError: Moved to FailedJobRegistry",
            ["rq.exceptions.AbandonedJobError: Moved to FailedJobRegistry"],
        ),
        ("mapping.errors.UserError: at http://a/?api_key=abc", ["mapping.errors.UserError: at http://a/?api_key=***"]),
    ],
)
def test_an_error_is_told_without_the_values_in_it(text: str, told: list[str]) -> None:
    assert told_error(text) == told


def test_a_failed_job_is_enqueued_again_and_only_such_a_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    job = failed(room, monkeypatch)
    assert job.may_be_enqueued
    enqueue_again(room.house, job.id, who="Rita")
    work(room)
    assert room.record().status is BookingStatus.DRAFTED
    for job_id in (job.id, "nothing"):
        with pytest.raises(UserError, match="not among the failed ones"):
            enqueue_again(room.house, job_id, who="Rita")
    assert [(act.who, act.what, act.about) for act in room.house.audit.acts()] == [("Rita", "job-enqueued", job.id)]


def test_a_strangers_job_is_named_and_never_enqueued_again(room: Room) -> None:
    queue = room.house.queue
    evil = Queue("bookings", connection=queue.connection, serializer=queue.serializer).enqueue_call(
        "os.system", args=("rm -rf /",), job_id="evil"
    )
    found = find(queue, evil.id)
    assert found
    assert (found.function, found.about, found.is_converging) == ("os.system", "", False)
    assert "rm -rf" not in str(found)
    work(room)
    assert [job.id for job in page(queue, "failed", skip=0, limit=9)] == [evil.id]
    with pytest.raises(UserError):
        enqueue_again(room.house, evil.id, who="Rita")
    delete(room.house, evil.id, who="Rita")
    assert lengths(queue)["failed"] == 0


def test_what_a_deleted_job_was_for_gets_another_one(room: Room) -> None:
    room.deliver()
    job = only(room, "queued")
    delete(room.house, job.id, who="Rita")
    assert find(room.house.queue, job.id) is None
    assert lengths(room.house.queue)["queued"] == 0
    room.clock.go_on(seconds=SETTLED_IN_SECONDS)
    assert Sweeper(room.house).sweep() == [key_of()]
    work(room)
    assert room.record().status is BookingStatus.DRAFTED
    assert [(act.who, act.what, act.about) for act in room.house.audit.acts()] == [("Rita", "job-deleted", job.id)]


def test_a_job_that_is_worked_on_is_not_deleted(room: Room) -> None:
    room.deliver()
    worker = BookingWorker(room.house.queue, between_jobs=lambda: None)
    found = worker.dequeue_job_and_maintain_ttl(None)
    assert found
    worker.prepare_execution(found[0])
    worker.prepare_job_execution(found[0])
    running = only(room, "running")
    assert (running.about, running.may_be_deleted) == (key_of(), False)
    with pytest.raises(UserError, match="A worker is at work on the job"):
        delete(room.house, running.id, who="Rita")


def test_a_job_that_cannot_be_read_is_shown_and_can_be_deleted(room: Room) -> None:
    room.deliver()
    job = room.record().job
    store = cast("Redis", room.house.store)
    store.hset(f"rq:job:{job}", "created_at", "yesterday")
    store.zadd("rq:failed:bookings", {job: 1_900_000_000})
    for name in ("queued", "failed"):
        assert (only(room, name).id, only(room, name).status) == (job, "?")
    delete(room.house, job, who="Rita")
    assert store.keys(f"rq:*{job}*") == []
    assert {name: number for name, number in lengths(room.house.queue).items() if number} == {}
