"""Each process says that it lives and what secret keys it has; a worker that does not say so has none that is known."""

import os
import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from redis import Redis

from mapping.errors import UserError
from worker.presence import (
    AT_WORK_SECONDS,
    BELIEVED_SECONDS,
    NAMES,
    Presence,
    SeenProcess,
    check_all_seal_alike,
    processes,
)
from worker.rq_worker import BookingWorker
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

HERE = f"{socket.gethostname()} {os.getpid()}"


def presence(house: Services, kind: str) -> Presence:
    return Presence(house.store, house.vault.fingerprints, kind)


def seconds_left(house: Services, kind: str) -> int:
    return cast("Redis", house.store).ttl(f"fs:process:{kind} {HERE}")


def test_who_has_said_so_lives_until_it_ends(house: Services) -> None:
    receiver, worker = presence(house, "receiver"), presence(house, "worker")
    receiver.say()
    worker.say()
    keys = house.vault.fingerprints
    assert processes(house.store) == [
        SeenProcess(name=f"receiver {HERE}", keys=keys),
        SeenProcess(name=f"worker {HERE}", keys=keys),
    ]
    receiver.end()
    assert [each.name for each in processes(house.store)] == [f"worker {HERE}"]


def test_who_was_killed_is_believed_for_a_moment_and_a_worker_for_as_long_as_a_job_takes(house: Services) -> None:
    for kind, seconds in (("receiver", BELIEVED_SECONDS), ("worker", AT_WORK_SECONDS)):
        presence(house, kind).say()
        assert seconds - 5 < seconds_left(house, kind) <= seconds
    house.store.delete(f"fs:process:receiver {HERE}")
    assert [each.name for each in processes(house.store)] == [f"worker {HERE}"]
    assert house.store.smembers(NAMES) == {f"worker {HERE}".encode()}


def test_it_is_not_said_at_every_turn(house: Services) -> None:
    receiver = presence(house, "receiver")
    receiver.say()
    house.store.delete(f"fs:process:receiver {HERE}")
    receiver.say()
    assert processes(house.store) == []


def test_to_end_without_a_store_is_no_fault(house: Services) -> None:
    Presence(connect("redis://127.0.0.1:1/0"), house.vault.fingerprints, "receiver").end()


def test_keys_are_told_by_fingerprints_alone(house: Services) -> None:
    key = fresh_key()
    both = services(replace(house.environment, secret_keys=(key, *house.environment.secret_keys)), house.store)
    presence(both, "receiver").say()
    said = cast("Any", house.store).get(f"fs:process:receiver {HERE}").decode()
    assert all(fingerprint in said for fingerprint in both.vault.fingerprints)
    assert not [each for each in both.environment.secret_keys if each[:8] in said or each.encode().hex()[:8] in said]


def test_a_worker_that_does_not_say_what_keys_it_has_is_no_good(house: Services) -> None:
    """One of an older version, which RQ knows."""
    worker = BookingWorker(house.queue, between_jobs=lambda: None)
    worker.register_birth()  # type: ignore[no-untyped-call]
    now = worker.last_heartbeat
    assert now
    with_clock = replace(house, clock=lambda: now)
    with pytest.raises(
        UserError, match=rf"^The worker {HERE} seals with a key that it does not tell \(an older version\)"
    ):
        check_all_seal_alike(with_clock)
    check_all_seal_alike(replace(house, clock=lambda: now + timedelta(seconds=AT_WORK_SECONDS + 1)))  # it was killed
    presence(house, "worker").say()
    check_all_seal_alike(with_clock)
    worker.register_death()
