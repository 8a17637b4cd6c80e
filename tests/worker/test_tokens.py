"""Access tokens for a channel manager that wants OAuth 2: asked for as seldom as can be."""

from collections.abc import Callable

import httpx
import pytest

from mapping.fetch import ClientCredentials, bearer, client_id_and_secret
from mapping.reasons import Reason
from tests.worker.desk import DRAFTED, SOURCE, UNAVAILABLE, Desk, answers_with
from tests.worker.room import everything
from worker.connections import vendor_of
from worker.records import BookingStatus

GIVEN = "canary-client:canary-secret"
GRANT = ClientCredentials(path="/oauth2/token", scope="bookings", a_day=3)
REFUSED = (BookingStatus.PARKED, Reason.CREDENTIALS_REFUSED)


@pytest.fixture(autouse=True)
def takes_tokens(desk: Desk, become: Callable[..., None]) -> None:
    become(token=GRANT, headers=bearer, accept=client_id_and_secret)
    desk.vendor.credentials = GIVEN
    desk.room.house.credentials.set(desk.connection.id, vendor_of("channex"), f"{GIVEN}\n")


def asked(desk: Desk) -> list[str]:
    return [f"{request.method} {request.url.path}" for request in desk.vendor.asked]


def ring(desk: Desk, number: int) -> tuple[BookingStatus, Reason | None]:
    """Tell of another booking, and what became of it."""
    source = f"{SOURCE[:-4]}{number:04}"
    desk.tell(answers_with(booking_id=source), source)
    desk.ring(source)
    desk.turn(source)
    record = desk.record(f"casa:channex:{source}")
    return record.status, record.reason


def test_one_token_serves_every_booking(desk: Desk) -> None:
    assert [ring(desk, number) for number in range(5)] == [DRAFTED] * 5
    assert asked(desk).count("POST /oauth2/token") == 1
    assert [request.headers["authorization"] for request in desk.vendor.asked[1:]] == ["Bearer canary-token-1"] * 5


def test_a_token_that_is_not_taken_any_more_is_asked_for_anew(desk: Desk) -> None:
    ring(desk, 1)
    desk.vendor.tokens.append("canary-token-of-somebody-else")
    assert ring(desk, 2) == DRAFTED
    assert desk.vendor.tokens[-1] == "canary-token-3"


def test_a_token_ends_before_its_vendor_says_so(desk: Desk) -> None:
    ring(desk, 1)
    left = desk.room.house.store.ttl("fs:access-token:casa-channex")  # type: ignore[attr-defined]
    assert 24 * 3600 - 310 < left <= 24 * 3600 - 300


def test_refused_credentials_park_and_are_not_sent_for_each_booking(desk: Desk) -> None:
    desk.vendor.credentials = "canary-client:another"
    assert [ring(desk, number) for number in range(4)] == [REFUSED] * 4
    assert asked(desk) == ["POST /oauth2/token"]
    desk.room.house.credentials.set(desk.connection.id, vendor_of("channex"), "canary-client:another")
    assert ring(desk, 5) == DRAFTED


def test_a_fresh_token_that_is_refused_is_a_refusal(desk: Desk) -> None:
    def refuse() -> httpx.Response | None:
        return httpx.Response(401) if desk.vendor.asked[-1].method == "GET" else None

    desk.vendor.trouble = refuse
    assert [ring(desk, number) for number in range(4)] == [REFUSED] * 4
    assert asked(desk).count("POST /oauth2/token") == 2, "the first, and one to see whether it was only that one"


def test_no_more_tokens_are_asked_for_than_a_day_allows(desk: Desk) -> None:
    for number in range(5):
        desk.vendor.tokens.append("canary-token-of-somebody-else")
        desk.room.house.credentials.drop_token(desk.connection.id)
        outcome = ring(desk, number)
        assert outcome == (DRAFTED if number < GRANT.a_day else UNAVAILABLE)
    assert asked(desk).count("POST /oauth2/token") == GRANT.a_day


def test_while_one_worker_asks_the_others_wait(desk: Desk) -> None:
    assert desk.room.house.credentials.may_ask_for_token(desk.connection.id)
    assert ring(desk, 1) == UNAVAILABLE
    assert asked(desk) == []
    desk.room.house.credentials.has_asked(desk.connection.id)
    assert ring(desk, 2) == DRAFTED


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={}), httpx.Response(200, json=[]), httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"access_token": None, "expires_in": 60}), httpx.Response(500), httpx.Response(302),
        httpx.Response(200, json={"access_token": "a\nb", "expires_in": 60}),
        httpx.Response(200, json={"access_token": "good", "expires_in": "soon"}), httpx.Response(429),
    ],
)  # fmt: skip
def test_an_answer_without_a_token_waits(desk: Desk, answer: httpx.Response) -> None:
    desk.vendor.trouble = lambda: answer
    assert ring(desk, 1) == UNAVAILABLE
    assert {f"{request.method}" for request in desk.vendor.asked} == {"POST"}


def test_neither_token_nor_secret_is_readable_in_the_store(desk: Desk) -> None:
    assert ring(desk, 1) == DRAFTED
    written = everything(desk.room.house.store)
    for word in ("canary-token-1", "canary-secret", "canary-client"):
        assert word.encode() not in written


def test_a_removed_connection_leaves_no_token(desk: Desk) -> None:
    ring(desk, 1)
    desk.room.house.connections.remove(desk.connection.id)
    assert not desk.room.house.store.exists("fs:access-token:casa-channex")
