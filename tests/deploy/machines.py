"""What stands around the processes where FaturaSync is deployed: systemd, which holds a socket, and a reverse proxy."""

import socket
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import httpx

from tests.processes import PLAIN, Processes

FIRST_SOCKET = 3
"""The file that systemd hands a socket over as (sd_listen_fds(3))."""

HANDED_OVER = f"""
import os, sys
os.dup2(int(sys.argv[1]), {FIRST_SOCKET})
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def start_on_socket(
    processes: Processes, name: str, listening: socket.socket, *words: str, **variables: str
) -> subprocess.Popen[bytes]:
    """`faturasync WORDS...` on a socket that stays open whatever becomes of the process, as a socket unit's does."""
    with (processes.logs / name).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", HANDED_OVER, str(listening.fileno()), *processes.command(*words)],
            env=processes.environment | variables, cwd=processes.folder, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, pass_fds=[listening.fileno()], start_new_session=True,
        )  # fmt: skip
    processes.started.append(process)
    return process


@dataclass
class Proxy:
    """A reverse proxy as docs/deploy.md sets it up: one upstream after the other, and the next one where one is gone.

    It counts what the upstreams did, by their addresses: answers by status, and connections that failed by error.
    """

    upstreams: list[str]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    _turn: "count[int]" = field(default_factory=count)
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(
            **PLAIN, timeout=30, limits=httpx.Limits(max_keepalive_connections=0), headers={"Connection": "close"}
        )
    )

    def post(self, path: str, content: bytes, headers: dict[str, str]) -> int:
        """The status that the sender gets; 502 where no upstream answers."""
        upstreams, first = list(self.upstreams), next(self._turn)
        for turn in range(len(upstreams)):
            upstream = upstreams[(first + turn) % len(upstreams)]
            try:
                answer = self._client.post(upstream + path, content=content, headers=headers)
            except httpx.TransportError as error:
                self.failed[upstream, type(error).__name__] += 1
                continue
            self.answered[upstream, answer.status_code] += 1
            return answer.status_code
        return 502

    def close(self) -> None:
        """Let go of all connections."""
        with suppress(OSError):
            self._client.close()


def accepts(address: tuple[str, int]) -> bool:
    """Whether something takes connections in there."""
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionError:
        return False
    return True
