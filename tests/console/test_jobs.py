"""RQ's own jobs as they are shown behind the log-in."""

import re
from typing import cast

import pytest
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue
from rq.registry import FailedJobRegistry
from rq.results import Result
from werkzeug.test import TestResponse

from tests.console.conftest import Tell
from tests.console.visits import NAME, parts_of, spaced, token
from webhook.console.jobs import PAGE_LENGTH
from worker.queue import BookingJob
from worker.services import Services


def post(client: FlaskClient, act: str, job: str, **form: str) -> TestResponse:
    data = {"csrf_token": token(client, "/queues/jobs"), "id": job, **form}
    return client.post(f"/queues/job/{act}", data=data, follow_redirects=True)


def fail(house: Services, job_id: str) -> None:
    """Let RQ take the job for failed."""
    queue = house.queue
    job = BookingJob.fetch(job_id, connection=queue.connection, serializer=queue.serializer)
    queue.remove(job_id)
    job.set_status("failed")  # type: ignore[arg-type]
    FailedJobRegistry(queue=queue).add(job, ttl=-1)
    Result.create_failure(job, 60, "  File \"/a/turn.py\", line 3, in go\nKeyError: 'Ágata'")


def test_each_list_is_a_page(house: Services, user: FlaskClient, tell: Tell) -> None:
    key = tell("R-1")
    job = house.ledger.job(key)
    text = parts_of(user, "/queues/jobs")
    assert "Queued 1 Running 0 Scheduled 0 Failed 0 Finished 0 Deferred 0 Cancelled 0" in text
    assert f"{job[:12]} Bring a booking’s draft to its state {key}" in text
    assert "There is no job in this list." in parts_of(user, "/queues/jobs?list=failed")
    assert f"{job[:12]}" in parts_of(user, "/queues/jobs?list=no-such-list&page=99")


def test_many_jobs_take_several_pages(user: FlaskClient, tell: Tell) -> None:
    for number in range(PAGE_LENGTH + 1):
        tell(f"R-{number}")
    text = parts_of(user, "/queues/jobs")
    assert text.count("casa:generic:R-") == PAGE_LENGTH
    assert "Page 1 of 2 After" in text
    assert parts_of(user, "/queues/jobs?page=2").count("casa:generic:R-") == 1


def test_a_failed_job_tells_its_places_and_no_values_and_is_enqueued_again(
    house: Services, user: FlaskClient, tell: Tell
) -> None:
    key = tell("R-1")
    job = house.ledger.job(key)
    fail(house, job)
    text = parts_of(user, f"/queues/job?id={job}")
    assert "Fault KeyError turn.py:3 go" in text
    assert "Ágata" not in user.get(f"/queues/job?id={job}").text
    assert "The job is in the queue again." in spaced(post(user, "enqueue", job, list="failed").text)
    assert house.queue.job_ids == [job]
    assert "The job is not among the failed ones any more." in spaced(post(user, "enqueue", job).text)
    assert [(act.who, act.what, act.about) for act in house.audit.acts()] == [(NAME, "job-enqueued", job)]


def test_a_job_is_deleted(house: Services, user: FlaskClient, tell: Tell) -> None:
    job = house.ledger.job(tell("R-1"))
    assert "is given another one within a minute" in parts_of(user, f"/queues/job?id={job}")
    assert "The job is deleted." in spaced(post(user, "delete", job).text)
    assert house.queue.job_ids == []
    assert user.get(f"/queues/job?id={job}").status_code == 404
    assert [(act.who, act.what, act.about) for act in house.audit.acts()] == [(NAME, "job-deleted", job)]


def test_a_strangers_job_and_one_that_cannot_be_read_are_shown_as_text(house: Services, user: FlaskClient) -> None:
    connection = cast("Redis", house.store)
    Queue("bookings", connection=connection, serializer=house.queue.serializer).enqueue_call(
        "os.system", args=("<img src=x>",), job_id="evil"
    )
    connection.rpush("rq:queue:bookings", "<script>alert(1)</script>")
    text = user.get("/queues/jobs").text
    assert not re.search(r"<script>alert|<img src=x", text)
    assert "evil os.system –" in spaced(text)
    assert "RQ cannot read it." in spaced(text)
    told = parts_of(user, "/queues/job?id=evil")
    assert "not one of FaturaSync’s: it is never run" in told
    assert "Enqueue again" not in told
    post(user, "delete", "<script>alert(1)</script>")
    assert house.queue.job_ids == ["evil"]


@pytest.mark.parametrize("path", ["/queues/job", "/queues/job?id=nothing", "/queues/job?id=%00"])
def test_a_job_that_is_none_is_not_found(user: FlaskClient, path: str) -> None:
    assert user.get(path).status_code == 404


def test_they_are_told_in_portuguese(house: Services, user: FlaskClient, tell: Tell) -> None:
    job = house.ledger.job(tell("R-1"))
    assert "Tarefas do RQ" in parts_of(user, "/queues/jobs", "pt")
    assert "Acertar o rascunho de uma reserva" in parts_of(user, f"/queues/job?id={job}", "pt")
