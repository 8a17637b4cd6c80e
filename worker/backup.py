"""Copies of the embedded store, and putting one back.

A copy is the store's append-only file at one moment: plain commands, which every version of Redis and Valkey can read. The
secret keys are not in it. A Redis of one's own is copied by its own means (docs/backup.md).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from redis import Redis

from mapping.errors import UserError
from worker.accounts import Accounts
from worker.embedded import EmbeddedStore
from worker.environment import Environment
from worker.lapses import kept_until, note_copy
from worker.store import Store, connect
from worker.store_version import refuse_newer
from worker.vault import Vault

LOG = "appendonly.aof"  # all of it up to Redis 6.2; newer ones take it over into LOG_FOLDER
LOG_FOLDER = "appendonlydir"
MANIFEST = f"{LOG_FOLDER}/{LOG}.manifest"
PAUSE_MILLISECONDS = 2000  # at most, for which writes wait: as long as it takes to see how long the files are


def back_up(store: Store, folder: Path, file: Path) -> int:
    """Copy the store that runs in `folder` to the new `file`, as it is at one moment; its length in bytes.

    Raises `UserError` if there is such a file, or it cannot be written.
    """
    if file.exists():
        raise UserError(f"There is a file {file} already. Choose another name.")
    with ExitStack() as stack, _told(file):
        parts = _parts(cast("Redis", store), folder, stack)
        if not any(length for _, length in parts):
            raise UserError(f"The store in {folder} has nothing in it. Is FATURASYNC_DATA the folder that you mean?")
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.") as copy:  # for its owner only
            for part, length in parts:
                _copy(part, copy, length)
            copy.flush()
            os.fsync(copy.fileno())
            os.link(copy.name, file)
            return copy.tell()


def restore(environment: Environment, file: Path, *, now: datetime) -> tuple[datetime | None, Path | None]:
    """Put a copy back in place of what the stopped store of `environment` holds.

    Returns up to when the copy knows what happened, and the folder into which what was there is moved, if there was any.
    Raises `UserError`, and nothing is changed, if the store runs, or the copy cannot be read with the secret keys there are.
    """
    data = environment.data
    with (
        EmbeddedStore(data, runs=False),
        _told(data),
        tempfile.TemporaryDirectory(dir=data, prefix="restoring-") as name,
    ):
        _read_file(file, Path(name) / LOG)
        until = _checked(Path(name), environment, now=now)
        aside = _moved_aside(data, now)
        for each in (LOG_FOLDER, LOG):
            if (Path(name) / each).exists():
                (Path(name) / each).rename(data / each)
    return until, aside


def _checked(folder: Path, environment: Environment, *, now: datetime) -> datetime | None:
    """Load the copy and see that it can be worked with; until when it knows."""
    with EmbeddedStore(folder) as server, closing(connect(server.url)) as store:
        refuse_newer(store)
        accounts = Accounts(store, Vault(environment.secret_keys))
        for account in accounts.all():
            accounts.api_key(account.name)
        until = kept_until(store)
        note_copy(store, now=now)
    return until


def _moved_aside(data: Path, now: datetime) -> Path | None:
    found = [data / name for name in (LOG_FOLDER, LOG) if (data / name).exists()]
    if not found:
        return None
    aside = Path(tempfile.mkdtemp(dir=data, prefix=f"before-restore-{now:%Y%m%dT%H%M%SZ}-"))
    for each in found:
        each.rename(aside / each.name)
    return aside


def _parts(client: Redis, folder: Path, stack: ExitStack) -> Sequence[tuple[IO[bytes], int]]:
    """The files of the log, open, and how long each is at one moment at which no command is half written."""
    # Writes wait, and what was written before is in the files: the store answers only after that (appendfsync always).
    client.client_pause(PAUSE_MILLISECONDS, all=False)
    try:
        while True:
            try:
                files = [stack.enter_context((folder / name).open("rb")) for name in _names(folder)]
            except FileNotFoundError:  # it was rewritten just now, and there are others
                continue
            return [(file, os.fstat(file.fileno()).st_size) for file in files]
    finally:
        client.client_unpause()


def _names(folder: Path) -> Iterator[str]:
    """The log's files, in the order in which they are read. A rewritten one is still listed for a moment, as history."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        yield LOG
        return
    for line in manifest.read_text().splitlines():
        words = line.split()
        facts = dict(zip(words[::2], words[1::2], strict=False))
        if facts.get("type") in {"b", "i"}:
            yield f"{LOG_FOLDER}/{facts['file']}"


def _copy(part: IO[bytes], copy: IO[bytes], length: int) -> None:
    while length and (piece := part.read(min(length, 1 << 20))):
        copy.write(piece)
        length -= len(piece)


def _read_file(file: Path, copy: Path) -> None:
    try:
        with file.open("rb") as opened:
            if opened.read(1) != b"*":
                raise UserError(f"The file {file} is no copy that `faturasync backup` made.")
        shutil.copyfile(file, copy)
    except OSError as error:
        raise UserError(f"The file {file} cannot be read ({error.strerror}).") from None


@contextmanager
def _told(place: Path) -> Iterator[None]:
    """Say in one sentence what the system has against writing there."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{place} cannot be written ({error.strerror}).") from None
