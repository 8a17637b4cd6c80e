"""Guests' data are dropped by real workers beside their jobs, also in an older store and whenever one is killed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Processes, end, kill
from tests.waiting import until
from tests.worker import canary
from tests.worker.indexed import index_by_records, index_in
from tests.worker.room import Room, key_of
from worker.environment import Environment
from worker.resting import REST
from worker.retention import AT_ONCE
from worker.services import utc_now

COUNT = AT_ONCE + 15
OPEN, RECENT = 900, 901


@pytest.fixture
def processes(environment: Environment, tmp_path: Path) -> Processes:
    return Processes(
        tmp_path / "processes",
        REDIS_URL=environment.redis_url or "",
        FATURASYNC_SECRET_KEYS=",".join(environment.secret_keys),
        INVOICEXPRESS_URL="http://127.0.0.1:9/{account}",
        RETENTION_DAYS="30",
    )


def cancelled(room: Room, number: int, **data: object) -> None:
    """A booking whose stay ended and that came to rest at the room's time."""
    day = room.clock.now.date()
    stay = {"check_in": str(day - timedelta(days=9)), "check_out": str(day - timedelta(days=5))}
    room.drafted(number, **{**canary.GUEST, **stay, "status": "cancelled", **data})


def leave_what_the_version_before_wrote(room: Room) -> None:
    store: Any = room.house.store
    store.delete(REST, *store.keys("rq:*"))  # what the jobs were for is done
    for name in store.keys("fs:booking:*"):
        store.hdel(name, "ends", "over")
    for name in store.keys("fs:delivery:*"):
        store.hdel(name, *[field for field in store.hkeys(name) if field.startswith(b"of ")])


def gone(room: Room, keys: list[str]) -> int:
    """How many went; the next sweep need not wait for the seconds between two."""
    room.house.store.delete("fs:sweep")
    return len(room.house.ledger.dropped(keys))


def test_killed_workers_let_each_guest_go_whole_or_not_at_all(room: Room, processes: Processes) -> None:
    room.clock.now = utc_now() - timedelta(days=60)
    for number in range(COUNT):
        cancelled(room, number)
    room.drafted(OPEN, guest_name="Rui Aberto")
    room.clock.now = utc_now() - timedelta(days=10)
    cancelled(room, RECENT, **{**dict.fromkeys(canary.GUEST), "guest_name": "Ana Recente"})
    leave_what_the_version_before_wrote(room)
    keys = [key_of(number) for number in range(COUNT)]
    with processes:
        killed = processes.start("killed", "worker")
        until(lambda: gone(room, keys), what="the first to go")
        kill(killed.pid)
        for record in room.house.ledger.many(keys):
            bodies = [room.house.deliveries.body(each) for each in room.house.ledger.deliveries(record.key)]
            is_kept = [bool(record.booking and record.booking.guest_name), all(bodies), any(bodies)]
            assert is_kept == [record.dropped is None] * 3
        survivor = processes.start("survivor", "worker")
        until(lambda: gone(room, keys) == COUNT, what="all to go")
        assert end(survivor) == 0
    assert canary.opened(room.house) == set()
    assert [room.booking(number).guest_name for number in (OPEN, RECENT)] == ["Rui Aberto", "Ana Recente"]
    assert index_in(room.house) == index_by_records(room.house)
