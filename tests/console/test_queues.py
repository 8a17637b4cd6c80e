"""The page of queues: how the work stands, pauses that say what follows, and stuck bookings that are tried again."""

import html
import json
import re
from typing import cast

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mapping.reasons import Reason
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, parts_of, spaced, token
from worker.causes import groups
from worker.pauses import PersonsPauses
from worker.records import BookingStatus
from worker.rq_worker import BookingWorker
from worker.services import Services


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token(client, "/queues/stuck"), **form}, follow_redirects=True)


@pytest.fixture
def stuck(tell: Tell, settle: Settle, clock: FakeClock) -> list[str]:
    """Three that failed alike, one that is parked for something else, one that is as it should be."""
    keys = [tell(f"R-{number}") for number in range(5)]
    for key in keys[:3]:
        clock.go_on(minutes=1)
        settle(key, BookingStatus.FAILED, Reason.UNAVAILABLE, words="status <503>")
    settle(keys[3], BookingStatus.PARKED, Reason.NO_LOCATION)
    settle(keys[4], BookingStatus.DRAFTED)
    return keys


def statuses(house: Services, keys: list[str]) -> list[str]:
    return [str(record.status) for record in house.ledger.many(keys)]


def test_without_a_worker_it_says_what_to_start(user: FlaskClient) -> None:
    text = parts_of(user, "/queues")
    assert "No worker is alive: nothing goes on until one is started. faturasync worker" in text
    assert "Nothing is stuck." in text
    assert "No accounts yet." in text
    assert "RQ knows no worker." in text
    assert "Nothing was done in the last day." in text


def test_it_tells_how_the_work_stands(user: FlaskClient, tell: Tell, stuck: list[str], clock: FakeClock) -> None:
    tell("R-9")
    clock.go_on(minutes=3)
    text = parts_of(user, "/queues")
    assert "Queued 1 oldest for 3 min" in text
    assert "Failed 3" in text
    assert "Parked 1" in text
    assert "casa 1 0 0 4 0 of 780 – goes on" in text
    assert "As of 01/07/2026, 13:06:00, Lisbon time." in text


def test_a_worker_is_told_with_its_last_sign_of_life(house: Services, user: FlaskClient) -> None:
    worker = BookingWorker(house.queue, between_jobs=lambda: None)
    worker.register_birth()  # type: ignore[no-untyped-call]
    store = cast("Redis", house.store)
    store.hset(f"rq:worker:{worker.name}", "last_heartbeat", "2026-07-01T11:59:50.000000Z")
    text = parts_of(user, "/queues")
    assert "Alive: 1 of 1." in text
    assert f"{worker.name[:12]} process {worker.pid} on" in text
    assert "Alive just now" in text
    assert "RQ’s scheduler does not run just now" in text
    store.hset(f"rq:worker:{worker.name}", "last_heartbeat", "2026-07-01T11:50:00.000000Z")
    text = parts_of(user, "/queues")
    assert "Silent 10 minutes ago" in text
    assert "No worker is alive" in text


def test_what_is_stuck_alike_is_one_row_with_what_was_said(user: FlaskClient, stuck: list[str]) -> None:
    answer = user.get("/queues")
    rows = re.findall(r'<tr id="cause [0-9a-f]+">(.*?)</tr>', answer.text, re.DOTALL)
    told = [spaced(row) for row in rows]
    assert told[0].startswith("Failed InvoiceXpress does not answer status <503> 3 casa:generic:R-2")
    assert "Retry one" in told[0]
    assert "Retry all 3" in told[0]
    assert told[1].startswith("Parked no location 1 casa:generic:R-3")
    assert "Retry all" not in told[1]
    assert "status <503>" not in answer.text, "it is escaped"


def test_one_is_tried_again(house: Services, user: FlaskClient, stuck: list[str]) -> None:
    answer = post(user, "/queues/stuck", booking=stuck[1])
    assert "1 booking is tried again now." in spaced(answer.text)
    assert statuses(house, stuck) == ["failed", "queued", "failed", "parked", "drafted"]
    (line,) = [line for line in house.ledger.history(stuck[1]) if line["event"] == "retried"]
    assert line["who"] == NAME


def test_a_group_is_tried_again_after_it_was_said_what_follows(
    house: Services, user: FlaskClient, stuck: list[str]
) -> None:
    cause = groups(house.store)[0].cause.id
    text = parts_of(user, f"/queues/stuck?cause={cause}")
    assert "Retry 3 bookings" in text
    assert "It never makes a second draft" in text
    assert all(key in text for key in stuck[:3])
    answer = post(user, "/queues/stuck", cause=cause)
    assert "3 bookings are tried again now." in spaced(answer.text)
    assert statuses(house, stuck) == ["queued", "queued", "queued", "parked", "drafted"]
    assert user.get(f"/queues/stuck?cause={cause}").status_code == 404
    assert "0 bookings are tried again now." in spaced(post(user, "/queues/stuck", cause=cause).text)


def test_all_are_tried_again(house: Services, user: FlaskClient, stuck: list[str]) -> None:
    text = parts_of(user, "/queues/stuck")
    assert "Retry 4 bookings" in text
    assert "Every booking that failed or is parked." in text
    post(user, "/queues/stuck")
    assert statuses(house, stuck) == ["queued", "queued", "queued", "queued", "drafted"]
    assert [(act.who, act.what) for act in house.audit.acts()] == [(NAME, "retry")]


def test_a_large_group_names_some_and_tells_how_many(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    for number in range(23):
        settle(tell(f"R-{number}"), BookingStatus.PARKED, Reason.NO_LOCATION)
    text = parts_of(user, f"/queues/stuck?cause={groups(house.store)[0].cause.id}")
    assert text.count("casa:generic:R-") == 20
    assert "and 3 more" in text


def test_an_account_is_paused_and_resumed_after_it_was_said_what_follows(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle
) -> None:
    key = tell("R-1")
    text = parts_of(user, "/queues/accounts/casa")
    assert "Pause casa" in text
    assert "Deliveries are still taken in." in text
    assert f"casa is paused by {NAME}." in spaced(post(user, "/queues/accounts/casa/pause").text)
    assert PersonsPauses(house.store).all()["casa"].who == NAME
    assert f"Paused by {NAME}, just now" in parts_of(user, "/queues")
    settle(key, BookingStatus.WAITING, Reason.PAUSED)
    text = parts_of(user, "/queues/accounts/casa")
    assert "Resume casa" in text
    assert f"{NAME} paused it on" in text
    assert "1 booking that waits for this goes on at once" in text
    assert "casa goes on." in spaced(post(user, "/queues/accounts/casa/resume").text)
    assert statuses(house, [key]) == ["queued"]
    assert "goes on." not in spaced(post(user, "/queues/accounts/casa/resume").text)
    assert [(act.who, act.what, act.about) for act in house.audit.acts()] == [
        (NAME, "account-resumed", "casa"),
        (NAME, "account-paused", "casa"),
    ]


@pytest.mark.parametrize("path", ["/queues/accounts/rival/pause", "/queues/accounts/rival/resume"])
def test_an_account_that_is_none_cannot_be_paused(user: FlaskClient, path: str) -> None:
    assert post(user, path).status_code == 404
    assert user.get("/queues/accounts/rival").status_code == 404


def test_what_invoicexpress_refuses_is_told_with_the_next_trial(house: Services, user: FlaskClient, tell: Tell) -> None:
    tell("R-1")
    store, now = house.store, house.clock()
    store.hset("fs:pause:casa", mapping={"status": 401, "words": json.dumps(["<b>Chave</b>"]), "at": now.isoformat()})
    store.zadd("fs:paused", {"casa": now.timestamp() + 25})
    text = parts_of(user, "/queues")
    assert "API key refused <b>Chave</b> · next trial in 25 s" in text
    assert "<b>Chave</b>" not in user.get("/queues").text
    post(user, "/queues/accounts/casa/pause")
    assert "InvoiceXpress refused the account before (API key refused)" in parts_of(user, "/queues/accounts/casa")
    assert "next trial" not in parts_of(user, "/queues")


def test_the_last_day_is_drawn_and_told_in_words(
    house: Services, user: FlaskClient, tell: Tell, settle: Settle, clock: FakeClock
) -> None:
    key = tell("R-1")
    clock.go_on(seconds=4)
    settle(key, BookingStatus.FAILED, Reason.UNAVAILABLE)
    text = user.get("/queues").text
    assert len(re.findall(r'<rect class="failed"', text)) == 1
    assert len(re.findall(r'<circle class="half"', text)) == len(re.findall(r'<circle class="most"', text)) == 1
    told = [html.unescape(found) for found in re.findall(r'role="img" aria-label="([^"]+)"', text)]
    assert "In all 0 drafted, 0 updated, 0 withdrawn, 0 parked, 1 failed." in told[0]
    assert "Over the whole day 4 s and 5 s." in told[1]
    assert "01/07/2026, 13:00 0 0 0 0 1 4 s 5 s" in spaced(text).replace("\N{NO-BREAK SPACE}", " ")
    assert not re.search(r"<svg[^>]*>[^<]*<(script|style)", text)


def test_it_is_told_in_portuguese(user: FlaskClient, stuck: list[str]) -> None:
    text = parts_of(user, "/queues", "pt")
    for words in (
        "Paradas, por causa",
        "Falhou",
        "o InvoiceXpress não responde",
        "Tentar uma",
        "Não há nenhum worker vivo",
    ):
        assert words.lower() in text.lower(), words
    assert "O que acontece" in parts_of(user, "/queues/accounts/casa", "pt")
    assert "Tentar de novo 4 reservas" in parts_of(user, "/queues/stuck", "pt")
