"""Which processes run, and what secret keys they have: each says so every few seconds for as long as it lives.

A value that is sealed with a key which one of them does not have is lost to it, so that nobody rotates before all have it.
"""

import atexit
import json
import os
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from redis import RedisError

from mapping.errors import UserError
from worker.environment import Environment
from worker.keyspace import FS
from worker.services import Services
from worker.store import Store, connect
from worker.vault import Vault
from worker.waits import JOB_SECONDS
from worker.workers import seen_workers

NAMES = f"{FS}:processes"
SAYS_SECONDS = 5
BELIEVED_SECONDS = 15
AT_WORK_SECONDS = JOB_SECONDS + 20  # a worker says nothing while it waits for the end of its jobs
WORKER = "worker"

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class SeenProcess:
    """A process that lives, or died a moment ago. `keys` are the fingerprints of its secret keys, newest first."""

    name: str
    keys: tuple[str, ...]

    def seals_with(self, fingerprint: str) -> bool:
        """Whether that is its newest key."""
        return self.keys[:1] == (fingerprint,)


class Presence:
    """One process's word."""

    def __init__(self, store: Store, keys: Sequence[str], kind: str) -> None:
        """`keys` are the fingerprints of its secret keys; `kind` is what it is, such as receiver."""
        self._store = store
        self._word = json.dumps(list(keys))
        self._name = process_name(kind, socket.gethostname(), os.getpid())
        self._seconds = AT_WORK_SECONDS if kind == WORKER else BELIEVED_SECONDS
        self._said_at = float("-inf")

    def say(self) -> None:
        """Say that the process lives, unless it did so a moment ago."""
        if time.monotonic() - self._said_at < SAYS_SECONDS:
            return
        with self._store.pipeline(transaction=True) as pipe:
            pipe.sadd(NAMES, self._name)
            pipe.set(_key(self._name), self._word, ex=self._seconds)
            pipe.execute()
        self._said_at = time.monotonic()

    def end(self) -> None:
        """Say that the process is going; where the store is away, it is forgotten by itself."""
        with suppress(RedisError), self._store.pipeline(transaction=True) as pipe:
            pipe.srem(NAMES, self._name)
            pipe.delete(_key(self._name))
            pipe.execute()


def say_in_background(environment: Environment, kind: str) -> None:
    """From now on say for this process that it lives, until it ends."""
    store = connect(environment.redis_url or "")
    presence = Presence(store, Vault(environment.secret_keys).fingerprints, kind)

    def go_on() -> None:
        while True:
            try:
                presence.say()
            except RedisError as error:
                log.debug("presence-waits-for-the-store", error=type(error).__name__)
            time.sleep(SAYS_SECONDS)

    def end() -> None:
        presence.end()
        store.close()

    threading.Thread(target=go_on, daemon=True).start()
    atexit.register(end)


def processes(store: Store) -> list[SeenProcess]:
    """Those that live, by name."""
    names = sorted(name.decode() for name in store.smembers(NAMES))
    with store.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.get(_key(name))
        words = dict(zip(names, pipe.execute(), strict=True))
    gone = [name for name, word in words.items() if word is None]
    if gone:
        store.srem(NAMES, *gone)
    return [SeenProcess(name=name, keys=tuple(json.loads(word))) for name, word in words.items() if word]


def everybody(services: Services) -> list[SeenProcess]:
    """The same, and the workers that do not say what keys they have, as those of an older version: with none."""
    said = processes(services.store)
    names = {process.name for process in said}
    now = services.clock()
    workers = [process_name(WORKER, each.host, each.pid) for each in seen_workers(services.queue) if each.is_alive(now)]
    return [*said, *(SeenProcess(name=name, keys=()) for name in workers if name not in names)]


def check_all_seal_alike(services: Services) -> None:
    """Raise `UserError` if a process that lives seals with another key than we do: its values would stay as they are."""
    newest = services.vault.fingerprints[0]
    for process in everybody(services):
        if not process.seals_with(newest):
            raise UserError(
                f"The {process.name} seals with {_told(process)}, and this command with {newest}: give all processes the "
                "same FATURASYNC_SECRET_KEYS, newest first, restart them, then rotate."
            )


def process_name(kind: str, host: str, pid: int | None) -> str:
    """How a process is called."""
    return f"{kind} {host} {pid}"


def _told(process: SeenProcess) -> str:
    return f"the key {process.keys[0]}" if process.keys else "a key that it does not tell (an older version)"


def _key(name: str) -> str:
    return f"{FS}:process:{name}"
