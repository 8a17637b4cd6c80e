"""Copies of the embedded store: taken while it works, put back by another one, and what is refused."""

import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from redis.exceptions import ResponseError

from mapping.errors import UserError
from mapping.settings import Settings
from tests.waiting import until
from worker.accounts import Account, Accounts
from worker.backup import back_up, restore
from worker.embedded import EmbeddedStore
from worker.environment import Environment
from worker.lapses import lapse, look_for_a_lapse
from worker.store import Store, connect
from worker.store_version import NewerStore
from worker.vault import Vault, fresh_key

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    with EmbeddedStore(folder) as server, closing(connect(server.url)) as store:
        yield store


@pytest.fixture
def own(environment: Environment, tmp_path: Path) -> Environment:
    """The environment of an embedded store."""
    return replace(environment, redis_url=None, data=tmp_path / "data")


def test_a_copy_is_of_one_moment_while_the_store_is_written_and_rewritten(own: Environment, tmp_path: Path) -> None:
    over = threading.Event()
    written = [0]

    def write() -> None:
        with closing(connect(server.url)) as client:
            while not over.is_set():
                with client.pipeline(transaction=True) as pipe:
                    pipe.hset("one", "number", written[0] + 1)
                    pipe.set("filler", "x" * 1000)
                    pipe.hset("two", "number", written[0] + 1)
                    pipe.execute()
                written[0] += 1

    bounds = []
    with EmbeddedStore(own.data) as server, closing(connect(server.url)) as store:
        writer = threading.Thread(target=write)
        writer.start()
        for number in range(4):
            until(lambda at_least=written[0] + 20: written[0] >= at_least, what="writes")  # type: ignore[misc]
            with suppress(ResponseError):  # the last one still goes on
                cast("Any", store).bgrewriteaof()
            before = written[0]
            back_up(store, own.data, tmp_path / f"copy-{number}")
            bounds.append((before, written[0] + 1))
        over.set()
        writer.join()
    for number, (least, most) in enumerate(bounds):
        restore(own, tmp_path / f"copy-{number}", now=NOW)
        with opened(own.data) as store:
            one, two = store.hget("one", "number"), store.hget("two", "number")
        assert one == two
        assert least <= int(one or 0) <= most


def test_a_copy_is_for_its_owner_only_and_replaces_no_other(own: Environment, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with opened(own.data) as store:
        store.set("a", "1")
        assert back_up(store, own.data, copy) == copy.stat().st_size > 0
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with pytest.raises(UserError, match="There is a file"):
            back_up(store, own.data, copy)
        with pytest.raises(UserError, match="cannot be written"):
            back_up(store, own.data, tmp_path / "nowhere" / "copy")
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy"]


def test_what_was_there_is_kept_aside_and_the_store_knows_that_it_may_have_forgotten(
    own: Environment, tmp_path: Path
) -> None:
    with opened(own.data) as store:
        look_for_a_lapse(store, now=NOW)
        back_up(store, own.data, tmp_path / "copy")
        store.set("later", "1")
    known, aside = restore(own, tmp_path / "copy", now=NOW.replace(hour=13))
    assert known == NOW
    assert aside
    with opened(own.data) as store:
        found = lapse(store)
        assert found
        assert (found.since, found.until) == (NOW, NOW.replace(hour=13))
        assert store.get("later") is None
    for each in aside.iterdir():
        assert each.name in {"appendonlydir", "appendonly.aof"}
    (own.data / "again").mkdir()
    for each in aside.iterdir():
        each.rename(own.data / "again" / each.name)
    with opened(own.data / "again") as store:
        assert store.get("later") == b"1"
    assert {path.name for path in own.data.iterdir()} >= {"appendonlydir", "lock"}
    assert not list(own.data.glob("restoring-*"))


def untouched(own: Environment, copy: Path, error: type[UserError], match: str) -> None:
    with opened(own.data) as store:
        store.set("mine", "1")
    with pytest.raises(error, match=match):
        restore(own, copy, now=NOW)
    with opened(own.data) as store:
        assert store.get("mine") == b"1"
    assert not list(own.data.glob("*restor*"))


def test_a_copy_that_other_keys_seal_is_refused(own: Environment, tmp_path: Path) -> None:
    with opened(tmp_path / "other") as store:
        Accounts(store, Vault([fresh_key()])).add(Account(name="casa", subdomain="casa", settings=Settings()), "key")
        back_up(store, tmp_path / "other", tmp_path / "copy")
    untouched(own, tmp_path / "copy", UserError, "The API key of account casa cannot be decrypted")


def test_a_copy_of_a_newer_store_is_refused(own: Environment, tmp_path: Path) -> None:
    with opened(tmp_path / "other") as store:
        store.set("fs:version", "99 9.8.7")
        back_up(store, tmp_path / "other", tmp_path / "copy")
    untouched(own, tmp_path / "copy", NewerStore, "start FaturaSync 9.8.7 or newer")


@pytest.mark.parametrize("content", [b"", b"not a copy", b"*1\r\n$7\r\nNONSENS\r\n"])
def test_what_is_no_copy_is_refused(own: Environment, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy").write_bytes(content)
    untouched(own, tmp_path / "copy", UserError, "is no copy|does not start")


def test_a_copy_goes_into_any_other_store_as_commands(own: Environment, store: Store, tmp_path: Path) -> None:
    """How one moves to a Redis of one's own: redis-cli --pipe."""
    with opened(own.data) as embedded:
        Accounts(embedded, Vault(own.secret_keys)).add(
            Account(name="casa", subdomain="casa", settings=Settings()), "the-key"
        )
        embedded.hset("binary", "field", bytes(range(256)))
        back_up(embedded, own.data, tmp_path / "copy")
    connection = cast("Any", store).connection_pool.get_connection()
    connection.send_packed_command([(tmp_path / "copy").read_bytes()])
    connection.send_command("ECHO", "the end")
    while connection.read_response() != b"the end":
        pass
    cast("Any", store).connection_pool.release(connection)
    assert Accounts(store, Vault(own.secret_keys)).api_key("casa") == "the-key"
    assert store.hget("binary", "field") == bytes(range(256))
