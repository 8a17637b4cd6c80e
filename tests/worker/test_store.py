"""What is said about a store that is not as careful as it should be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from redis import Redis

from mapping.errors import UserError
from worker.store import Store, check, connect, started_at


@pytest.fixture
def server(store: Store) -> Iterator[Redis]:
    client = cast("Redis", store)
    before = client.config_get("append*") | client.config_get("maxmemory-policy")
    yield client
    for name in ("appendonly", "appendfsync", "maxmemory-policy"):
        client.config_set(name, before[name] or "")


def test_a_careful_store_gets_no_warning(store: Store) -> None:
    assert check(store) == []


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("appendonly", "no", "Set appendonly yes."),
        ("appendfsync", "everysec", "Set appendfsync always."),
        ("appendfsync", "no", "Set appendfsync always."),
        ("maxmemory-policy", "allkeys-lru", "Set maxmemory-policy noeviction."),
    ],
)
def test_each_way_to_lose_bookings_is_told_with_its_cure(
    server: Redis, store: Store, setting: str, value: str, advice: str
) -> None:
    server.config_set(setting, value)
    (warning,) = check(store)
    assert warning.endswith(advice)


def test_a_store_that_does_not_answer_is_a_sentence() -> None:
    with pytest.raises(UserError, match="The store does not answer"):
        check(connect("redis://127.0.0.1:1/0"))


def test_the_start_of_the_store_is_told_to_the_second(store: Store) -> None:
    now = datetime.now(UTC)
    running = timedelta(seconds=cast("Redis", store).info("server")["uptime_in_seconds"])
    assert abs(started_at(store, now=now) - (now - running)) <= timedelta(seconds=1)
