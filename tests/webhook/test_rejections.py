"""Deliveries that are not taken in: each is counted by why, strangers make up no label, and it costs next to nothing."""

from typing import cast

import pytest
from flask.testing import FlaskClient
from redis import Redis

from mapping.settings import Settings
from webhook.receiver import LARGEST_BODY, create_receiver
from worker.accounts import Account
from worker.connections import Issued
from worker.counters import COUNTERS, counted_so_far
from worker.services import Services


@pytest.fixture
def client(house: Services) -> FlaskClient:
    return create_receiver(house).test_client()


@pytest.fixture
def issued(house: Services) -> Issued:
    house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), "k-1")
    return house.connections.add("casa", "generic", [], now=house.clock())


def path(issued: Issued) -> str:
    return f"/webhooks/generic/{issued.token}"


def rejected(house: Services) -> dict[str, int]:
    house.counters.flush(house.store)
    return {" ".join(what[1:]): number for what, number in counted_so_far(house.store).items() if what[0] == "rejected"}


def test_each_is_counted_by_why(client: FlaskClient, house: Services, issued: Issued) -> None:
    bearer = {"Authorization": f"Bearer {issued.secret}"}
    for status, body, headers in (
        (401, b"{}", {}),
        (401, b"{}", {"Authorization": "Bearer wrong"}),
        (422, b"{}", bearer),
        (413, b"x" * (LARGEST_BODY + 1), bearer),
    ):
        assert client.post(path(issued), data=body, headers=headers).status_code == status
    cut = client.post(path(issued), data=b"{", headers=bearer, environ_overrides={"CONTENT_LENGTH": "9"})
    assert cut.status_code == 400
    assert client.post(f"/webhooks/smoobu/{issued.token}").status_code == 404
    assert rejected(house) == {
        "generic signature": 2, "generic invalid": 1, "generic too-large": 1, "generic broken": 1, "smoobu unknown-url": 1,
    }  # fmt: skip


def test_a_stranger_makes_up_no_label_and_grows_nothing(client: FlaskClient, house: Services, issued: Issued) -> None:
    for number in range(200):
        assert client.post(f"/webhooks/vendor{number}|x/token{number}").status_code == 404
        client.post(f"/nothing/{number}")
        client.put(path(issued))
    client.get("/webhooks/generic/unknown")
    assert rejected(house) == {"unknown unknown-url": 200}
    assert cast("Redis", house.store).hlen(COUNTERS) == 1


def test_however_many_they_are_nothing_is_written_for_each(
    client: FlaskClient, house: Services, issued: Issued
) -> None:
    store = cast("Redis", house.store)
    for _ in range(50):
        client.post(path(issued), data=b"{}")
    assert not store.exists(COUNTERS)
    before = store.info("commandstats").get("cmdstat_hincrby", {}).get("calls", 0)
    assert rejected(house) == {"generic signature": 50}
    assert store.info("commandstats")["cmdstat_hincrby"]["calls"] == before + 1
