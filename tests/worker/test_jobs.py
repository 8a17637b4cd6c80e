"""Jobs as RQ runs them: what may run, what comes back, what fails and how little of it is told."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as StoreIsAway
from redis.exceptions import TimeoutError as StoreIsSlow
from rq import Queue
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, ScheduledJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException

from mapping.errors import UserError
from mapping.reasons import Reason
from tests.waiting import until
from tests.worker.room import API_KEY, GUEST, Room, everything, key_of
from worker.jobs import converge_booking, equip
from worker.queue import CONVERGE, QUEUE, BookingJob, enqueue_commands
from worker.records import BookingStatus
from worker.rq_worker import AT_ONCE, POLL_SECONDS, BookingWorker, _TimeLimit
from worker.services import Services
from worker.sweeper import Sweeper
from worker.waits import JOB_SECONDS, LOOK_SECONDS
from worker.work import work as work_until_told


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """RQ takes signals for itself; give them back."""
    before = {sign: signal.getsignal(sign) for sign in (signal.SIGINT, signal.SIGTERM)}
    yield
    for sign, handler in before.items():
        signal.signal(sign, handler)


@pytest.fixture
def work(room: Room) -> Callable[[], BookingWorker]:
    """Let a real worker run every job that is queued."""
    equip(room.workshop)

    def burst() -> BookingWorker:
        worker = BookingWorker(room.house.queue, between_jobs=lambda: None)
        worker.work(burst=True, logging_level="WARNING")
        return worker

    return burst


def redis(house: Services) -> Redis:
    return cast("Redis", house.store)


def fetched(house: Services, job: str) -> Job:
    return BookingJob.fetch(job, connection=redis(house), serializer=JSONSerializer)


def come_due(house: Services) -> None:
    """What RQ's scheduler does when the time has come."""
    for job in _scheduled(house):
        redis(house).zadd(f"rq:scheduled:{QUEUE}", {job: 1})
    scheduler = RQScheduler([house.queue], connection=redis(house), serializer=house.queue.serializer)
    scheduler.prepare_registries([QUEUE])
    scheduler.enqueue_scheduled_jobs()  # type: ignore[no-untyped-call]


def _scheduled(house: Services) -> list[str]:
    return ScheduledJobRegistry(queue=house.queue).get_job_ids()  # type: ignore[no-untyped-call]


def _failed(house: Services) -> list[str]:
    return FailedJobRegistry(queue=house.queue).get_job_ids()


def test_a_delivery_becomes_a_draft(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.deliver()
    job = room.record().job
    work()
    assert room.record().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1
    assert fetched(room.house, job).get_status() is JobStatus.FINISHED
    assert room.house.queue.job_ids == []


def test_a_job_is_what_rq_itself_would_have_written(room: Room) -> None:
    room.deliver()
    ours = room.record().job
    store = redis(room.house)
    Queue(QUEUE, connection=store, serializer=JSONSerializer, job_class=BookingJob).enqueue_call(
        CONVERGE,
        args=(key_of(),),
        job_id="theirs",
        timeout=JOB_SECONDS,
        result_ttl=60,
        description="converge a booking",
        meta={"delivery": room.record().newest, "account": "casa"},
    )
    assert room.house.queue.job_ids == [ours, "theirs"]
    assert store.smembers("rq:queues") == {f"rq:queue:{QUEUE}".encode()}
    raw = [cast("dict[bytes, bytes]", store.hgetall(f"rq:job:{name}")) for name in (ours, "theirs")]
    times = {b"created_at", b"enqueued_at"}
    assert [{k: v for k, v in each.items() if k not in times} for each in raw[:1]] == [
        {k: v for k, v in each.items() if k not in times} for each in raw[1:]
    ]
    assert raw[0].keys() == raw[1].keys()
    mine, other = fetched(room.house, ours), fetched(room.house, "theirs")
    assert (mine.func, mine.args, mine.kwargs, mine.timeout) == (other.func, other.args, other.kwargs, other.timeout)
    assert mine.meta == {"delivery": room.record().newest, "account": "casa"}


def test_commands_for_a_job_write_nothing_by_themselves(house: Services) -> None:
    commands = enqueue_commands(house.queue, "casa:generic:R-1", job_id="j", delivery="d")
    assert {command[0] for command in commands} == {b"SADD", b"HSET", b"RPUSH"}
    assert redis(house).dbsize() == 0


def test_the_queue_is_one_and_speaks_json(house: Services) -> None:
    worker = BookingWorker(house.queue, between_jobs=lambda: None)
    assert worker.queue_names() == [QUEUE]
    assert worker.serializer is JSONSerializer
    assert worker.job_class is BookingJob


@pytest.mark.parametrize(
    ("func", "args"),
    [
        ("os.system", ["touch {}"]),
        ("pathlib.Path.touch", ["{}"]),
        ("worker.jobs.equip", ["{}"]),
        ("os.system", []),
    ],
)
def test_a_job_that_names_another_function_is_refused(
    room: Room, work: Callable[[], BookingWorker], tmp_path: Path, func: str, args: list[str]
) -> None:
    canary = tmp_path / "canary"
    filled = [word.format(canary) for word in args]
    plain = Queue(QUEUE, connection=redis(room.house), serializer=JSONSerializer)
    job = plain.enqueue_call(func, args=filled, job_id="evil")
    room.deliver()
    work()
    assert not canary.exists()
    assert _failed(room.house) == [job.id]
    result = fetched(room.house, "evil").latest_result()
    assert result
    assert "ForbiddenJob" in (result.exc_string or "")
    assert room.record().status is BookingStatus.DRAFTED, "the worker went on"


@pytest.mark.parametrize("data", [b"", b"not json", b'["worker.jobs.converge_booking", null, [], {}]', b"[]"])
def test_a_job_that_cannot_be_read_stops_no_worker(room: Room, work: Callable[[], BookingWorker], data: bytes) -> None:
    room.house.queue.enqueue_call(CONVERGE, args=("x",), job_id="odd")
    redis(room.house).hset("rq:job:odd", "data", data)
    room.deliver()
    work()
    assert room.record().status is BookingStatus.DRAFTED
    assert _failed(room.house) == ["odd"]


def test_the_job_runs_nowhere_else() -> None:
    with pytest.raises(RuntimeError, match="as a job of `faturasync worker` only"):
        converge_booking(key_of())


def test_what_has_to_wait_is_scheduled_and_comes_back(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1)
    room.deliver()
    job = room.record().job
    work()
    record = room.record()
    assert (record.status, record.reason, record.attempts) == (BookingStatus.WAITING, Reason.UNAVAILABLE, 1)
    assert _scheduled(room.house) == [job]
    assert fetched(room.house, job).get_status() is JobStatus.SCHEDULED
    due = ScheduledJobRegistry(queue=room.house.queue).get_scheduled_time(job)  # type: ignore[no-untyped-call]
    created = fetched(room.house, job).created_at
    assert 14 <= (due - created).total_seconds() <= 20

    room.clock.go_on(seconds=60)
    come_due(room.house)
    work()
    assert room.record().status is BookingStatus.DRAFTED
    assert room.record().attempts == 0
    assert _scheduled(room.house) == []


def test_a_job_that_waits_is_superseded_by_a_newer_state(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.fault("delay_without_commit", method="GET")
    room.deliver()
    old = room.record().job
    work()
    room.deliver(total_guest="212.00")
    work()
    assert room.record().status is BookingStatus.DRAFTED
    room.requests()
    before = everything(room.house.store)
    come_due(room.house)
    work()
    assert room.requests() == {}
    assert fetched(room.house, old).get_status() is JobStatus.FINISHED
    assert room.record().status is BookingStatus.DRAFTED
    assert before.count(b"drafted") == everything(room.house.store).count(b"drafted")


def test_spent_waits_are_a_failure_with_its_reason_and_no_more_jobs(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1, times=99)
    room.deliver()
    for _ in range(12):
        work()
        room.clock.go_on(hours=9)
        come_due(room.house)
    record = room.record()
    assert (record.status, record.reason) == (BookingStatus.FAILED, Reason.UNAVAILABLE)
    assert "504" in (record.todo or "")
    assert (_scheduled(room.house), room.house.queue.job_ids, _failed(room.house)) == ([], [], [])


def test_a_job_that_takes_too_long_waits(room: Room, work: Callable[[], BookingWorker]) -> None:
    def ring(request: httpx.Request) -> None:
        if request.method == "POST":
            raise JobTimeoutException("Task exceeded maximum timeout value (50 seconds)")

    room.wire.after = ring  # the alarm rings when the document is made and its answer is not read
    room.deliver()
    work()
    record = room.record()
    assert (record.status, record.reason, record.attempts) == (BookingStatus.WAITING, Reason.UNAVAILABLE, 1)
    assert record.trail.claim
    assert not room.house.ledger.is_locked(key_of())
    room.wire.after = lambda _request: None
    room.clock.go_on(seconds=60)
    come_due(room.house)
    work()
    assert room.record().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def test_rqs_own_alarm_is_a_wait(
    room: Room, work: Callable[[], BookingWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.queue.JOB_SECONDS", 1)

    def hang(_request: httpx.Request) -> None:
        while True:
            time.sleep(0.01)

    room.wire.before = hang
    room.deliver()
    work()
    assert room.record().status is BookingStatus.WAITING
    assert _scheduled(room.house) == [room.record().job]


def test_a_second_job_of_a_booking_gives_its_place_to_others(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.deliver()
    room.house.ledger.lock(key_of(), "somebody", seconds=50)
    work()
    record = room.record()
    assert (record.status, record.begun, record.attempts) == (BookingStatus.QUEUED, False, 0)
    assert _scheduled(room.house) == [record.job]
    assert room.requests() == {}
    room.house.ledger.unlock(key_of(), "somebody")
    come_due(room.house)
    work()
    assert room.record().status is BookingStatus.DRAFTED


def test_a_retry_while_a_job_is_at_work_costs_nothing(room: Room, work: Callable[[], BookingWorker]) -> None:
    def ask(request: httpx.Request) -> None:
        if request.method == "POST":
            room.house.ledger.requeue(key_of(), job="asked-for", now=room.clock())

    room.wire.before = ask
    room.deliver()
    work()
    assert room.record().job == "asked-for"
    assert room.record().status is BookingStatus.DRAFTED
    assert room.requests()["POST /invoices.json"] == 1
    assert len(room.documents()) == 1


def test_a_state_that_comes_while_a_job_is_at_work_is_worked_on_too(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    def change(request: httpx.Request) -> None:
        if request.method == "POST":
            room.deliver(total_guest="212.00")

    room.wire.before = change
    room.deliver()
    work()
    assert room.record().status is BookingStatus.DRAFTED
    assert f"{room.document()['total']:.2f}" == "212.00"


def canaries(written: str | bytes) -> list[str]:
    text = written if isinstance(written, str) else written.decode(errors="replace")
    return [word for word in (GUEST, "Canária", API_KEY) if word in text]


@pytest.mark.parametrize("at", ["worker.turn.meaning_of", "worker.turn.tax_names", "worker.attempt.differences"])
def test_an_unexpected_error_is_a_failure_that_tells_its_place_and_nothing_else(
    room: Room,
    work: Callable[[], BookingWorker],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    at: str,
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise ValueError(f"cannot parse {GUEST} with {API_KEY}")

    monkeypatch.setattr(at, fail)
    room.deliver()
    job = room.record().job
    work()
    record = room.record()
    assert (record.status, record.reason) == (BookingStatus.FAILED, Reason.UNEXPECTED)
    assert record.facts["words"].startswith("ValueError at test_jobs.py:")
    assert _failed(room.house) == [job]
    result = fetched(room.house, job).latest_result()
    assert result
    assert "UnexpectedFailure: ValueError at test_jobs.py:" in (result.exc_string or "")
    assert canaries(result.exc_string or "") == []
    assert "UnexpectedFailure" in caplog.text
    assert canaries(caplog.text) == []
    assert canaries(everything(room.house.store)) == []


def test_an_unreadable_record_tells_nothing_either(
    room: Room, work: Callable[[], BookingWorker], caplog: pytest.LogCaptureFixture
) -> None:
    room.deliver()
    job = room.record().job
    odd = room.house.vault.seal(
        f'{{"guest_name": "{GUEST}", "of_a_later_version": 1}}'.encode(), about=f"booking {key_of()}"
    )
    room.house.store.hset(f"fs:booking:{key_of()}", "booking", odd)
    work()
    assert room.house.store.hget(f"fs:booking:{key_of()}", "status") == b"failed"
    assert _failed(room.house) == [job]
    result = fetched(room.house, job).latest_result()
    assert result
    assert "UnexpectedFailure: ValidationError" in (result.exc_string or "")
    assert canaries((result.exc_string or "") + caplog.text) == []


def test_an_error_while_the_failure_is_written_down_does_not_tell_of_the_first(
    room: Room,
    work: Callable[[], BookingWorker],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise ValueError(GUEST)

    def lose(*_given: Any, **_named: Any) -> bool:
        raise ConnectionError("the store is away")

    monkeypatch.setattr("worker.turn.meaning_of", fail)
    monkeypatch.setattr("worker.ledger.Ledger.settle", lose)
    room.deliver()
    work()
    assert "the store is away" in caplog.text
    assert canaries(caplog.text) == []


def test_a_booking_without_its_account_is_a_failure_in_a_sentence(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    room.deliver()
    room.house.accounts.remove("casa")
    work()
    record = room.record()
    assert (record.status, record.reason) == (BookingStatus.FAILED, Reason.UNEXPECTED)
    assert "There is no account casa" in (record.todo or "")
    assert _failed(room.house) == []


def test_a_booking_whose_delivery_is_gone_is_a_failure_in_a_sentence(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    taken = room.deliver()
    room.house.store.delete(f"fs:delivery:{taken.delivery}")
    work()
    assert "is not kept any more" in (room.record().todo or "")


def test_a_booking_whose_delivery_reads_otherwise_now_is_a_failure_in_a_sentence(
    room: Room, work: Callable[[], BookingWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    room.deliver()
    room.house.store.hset(f"fs:booking:{key_of()}", "source_id", "R-2")
    work()
    record = room.record()
    assert (record.status, record.reason) == (BookingStatus.FAILED, Reason.UNREADABLE)
    assert "does not tell of this booking any more" in (record.todo or "")


def test_what_happens_between_jobs_happens_when_there_are_none(room: Room) -> None:
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        if len(beats) == 2:
            room.deliver()

    equip(room.workshop)
    worker = BookingWorker(room.house.queue, between_jobs=beat)
    worker.work(max_jobs=1, logging_level="WARNING")
    assert len(beats) == 2
    assert room.record().status is BookingStatus.DRAFTED


@pytest.mark.parametrize("error", [StoreIsAway, StoreIsSlow])
def test_a_worker_outlives_a_short_absence_of_the_store(
    room: Room, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    absences = [error("away")]

    def look() -> None:
        if absences:
            raise absences.pop()

    monkeypatch.setattr("worker.rq_worker.POLL_SECONDS", 1)
    equip(room.workshop)
    room.deliver()
    worker = BookingWorker(room.house.queue, between_jobs=look)
    assert worker.work(max_jobs=1, logging_level="WARNING")
    assert room.record().status is BookingStatus.DRAFTED


def test_a_worker_has_so_many_bookings_at_once_and_finishes_them_when_it_is_to_stop(room: Room) -> None:
    numbers = range(1, AT_ONCE + 3)
    equip(room.workshop)
    worker = BookingWorker(room.house.queue, between_jobs=lambda: None)
    together = threading.Barrier(AT_ONCE, action=lambda: os.kill(os.getpid(), signal.SIGTERM))

    def stop(request: httpx.Request) -> None:
        if request.method == "POST":
            together.wait(20)  # it breaks, and the booking waits, unless all are asked for at the same time
            until(lambda: worker.shall_stop, what="the request to stop")

    room.wire.before = stop
    for number in numbers:
        room.deliver(number, guest_name=f"Hóspede {number}")
    worker.work(logging_level="WARNING")
    statuses = [room.record(number).status for number in numbers]
    assert statuses == [BookingStatus.DRAFTED] * AT_ONCE + [BookingStatus.QUEUED] * 2
    assert room.house.queue.job_ids == [room.record(number).job for number in numbers[AT_ONCE:]]
    assert not worker.executions


def test_a_scheduler_is_forked_only_when_no_thread_is_at_work(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread holds at that moment, such as a lock, the new process would wait for without end."""
    forks: list[BookingStatus] = []
    monkeypatch.setattr(RQScheduler, "start", lambda _: forks.append(room.record().status))
    equip(room.workshop)
    worker = BookingWorker(room.house.queue, between_jobs=lambda: None)

    def hold(request: httpx.Request) -> None:
        if request.method == "POST":
            asked.set()
            until(waited.is_set, what="the main thread at its wait")

    def wait_for(running: list[Future[bool]]) -> None:
        waited.set()
        wait(running)

    asked, waited = threading.Event(), threading.Event()
    room.wire.before = hold
    room.deliver()
    found = worker.dequeue_job_and_maintain_ttl(POLL_SECONDS)
    assert found
    worker.execute_job(*found)
    assert asked.wait(20)
    monkeypatch.setattr("worker.rq_worker.wait", wait_for)
    worker._start_scheduler()
    assert forks == [BookingStatus.DRAFTED]


def test_what_no_job_could_be_ended_for_ends_the_worker(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(BookingWorker, "handle_job_success", fail)
    monkeypatch.setattr(BookingWorker, "handle_job_failure", fail)
    equip(room.workshop)
    room.deliver()
    worker = BookingWorker(room.house.queue, between_jobs=lambda: None)
    worker.work(logging_level="CRITICAL")
    assert not worker.shall_stop
    assert not worker.executions
    assert room.record().status is BookingStatus.DRAFTED


def test_a_limit_of_time_strikes_the_job_and_nothing_after_it() -> None:
    """The strike comes while the limit is lifted: RQ's own would hit whatever the thread does next."""

    class Slow(_TimeLimit):
        def handle_death_penalty(self) -> None:
            strikes.set()
            time.sleep(0.2)
            super().handle_death_penalty()  # type: ignore[no-untyped-call]

    strikes = threading.Event()
    with Slow(0.01, JobTimeoutException):  # type: ignore[no-untyped-call]
        assert strikes.wait(5)
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:  # any of these could be struck
        pass


@pytest.mark.parametrize(("parent", "goes_on"), [("other", False), ("this", True), (None, True)])
def test_a_worker_ends_when_its_supervisor_does(
    room: Room, monkeypatch: pytest.MonkeyPatch, parent: str | None, goes_on: bool
) -> None:
    monkeypatch.setattr("os.getppid", lambda: "this")
    equip(room.workshop)
    worker = BookingWorker(room.house.queue, between_jobs=lambda: None, supervisor=parent)
    room.deliver()
    assert worker.work(max_jobs=1, logging_level="WARNING") is goes_on
    assert room.record().status is (BookingStatus.DRAFTED if goes_on else BookingStatus.QUEUED)


def test_a_worker_that_ends_by_itself_says_so(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_sweeper: Sweeper) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(Sweeper, "sweep_when_due", fail)
    with pytest.raises(UserError, match="The worker ended by itself"):
        work_until_told(room.house.environment)


def test_a_job_leaves_nothing_behind_for_long(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1)
    room.deliver()
    work()
    room.clock.go_on(seconds=60)
    come_due(room.house)
    work()
    assert room.record().status is BookingStatus.DRAFTED
    store = redis(room.house)
    left = {key: store.ttl(key) for key in store.keys("rq:*") if room.record().job.encode() in key}
    assert {key: ttl for key, ttl in left.items() if not 0 <= ttl <= 200} == {}


def test_an_absence_of_the_store_in_the_middle_of_an_attempt_is_waited_for(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = room.house.ledger.write_trail
    absences = [StoreIsAway("away")]

    def write(*given: Any) -> None:
        if room.documents() and absences:
            raise absences.pop()
        written(*given)

    monkeypatch.setattr(room.house.ledger, "write_trail", write)
    room.deliver()
    assert room.turn()
    record = room.record()
    assert (record.status, record.reason) == (BookingStatus.WAITING, Reason.STORE_WAS_AWAY)
    room.go_on(seconds=60)
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert len(room.documents()) == 1


def look_due(room: Room) -> None:
    """An hour later: a look at the account's drafts is enqueued."""
    sweeper = Sweeper(room.house)
    for _ in range(2):
        sweeper.sweep_when_due()
        room.house.store.delete("fs:sweep")
        room.clock.go_on(seconds=LOOK_SECONDS)


def test_a_worker_looks_at_the_drafts_once_an_hour(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.drafted()
    room.act("finalize")
    look_due(room)
    work()
    assert room.record().status is BookingStatus.FINAL
    assert room.house.queue.job_ids == []


def test_a_look_that_invoicexpress_does_not_answer_is_taken_later(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    room.drafted()
    room.act("finalize")
    room.fault("delay_without_commit", method="GET", seconds=1)
    look_due(room)
    work()
    assert len(_scheduled(room.house)) == 1
    come_due(room.house)
    work()
    assert room.record().status is BookingStatus.FINAL


def test_a_look_at_a_refused_account_is_given_up_until_the_next(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.drafted()
    room.house.accounts.change(room.house.accounts.get("casa"), api_key="wrong")
    look_due(room)
    work()
    assert _scheduled(room.house) == []
    assert _failed(room.house) == []
    assert room.record().status is BookingStatus.DRAFTED


def test_who_comes_back_from_the_line_is_before_those_who_would_only_be_told_to_wait(
    room: Room, work: Callable[[], BookingWorker]
) -> None:
    room.house.store.set("fs:hold:casa", "1", px=60_000)
    room.deliver(1)
    work()
    assert room.record(1).reason is Reason.IN_LINE
    room.deliver(2)
    room.deliver(3)
    come_due(room.house)
    assert room.house.queue.job_ids == [room.record(number).job for number in (1, 2, 3)]


def test_a_look_over_the_accounts_limit_comes_back(room: Room, work: Callable[[], BookingWorker]) -> None:
    room.drafted()
    room.house.store.set("fs:hold:casa", "1", px=60_000)
    look_due(room)
    work()
    assert len(_scheduled(room.house)) == 1
    assert room.requests() == {"GET /taxes.json": 1, "POST /invoices.json": 1}
