"""FaturaSync's processes as they are run for real: a folder of their own, an empty HOME, free ports, logs in files."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.waiting import until
from worker.sandbox.journal import JOURNAL

ROOT = Path(__file__).parents[1]
PROC = Path("/proc")
PLAIN: Mapping[str, Any] = {"trust_env": False, "verify": False}
"""For HTTP on this machine: no proxy, and no certificates, which take longer to load than most requests."""


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens at the port."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def is_up(url: str) -> bool:
    """Whether `url` answers with success."""
    try:
        return httpx.get(url, **PLAIN, timeout=5).is_success
    except httpx.TransportError:
        return False


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Processes:
    """Commands and long-running processes that share one environment. As a context it ends whatever is left."""

    def __init__(self, folder: Path, **variables: str) -> None:
        """`folder` gets `home`, `data` and `logs`; `variables` are put over the environment."""
        self.folder, self.data, self.home, self.logs = folder, folder / "data", folder / "home", folder / "logs"
        self.home.mkdir(parents=True)
        self.logs.mkdir()
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(self.home),
            "FATURASYNC_DATA": str(self.data),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error::ResourceWarning",
            "LOG_FORMAT": "json",
            **{name: os.environ[name] for name in (JOURNAL,) if name in os.environ},
            **variables,
        }
        self.started: list[subprocess.Popen[bytes]] = []
        self.program = "worker.cli"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.started:
            process.kill()
            process.wait()
        for pid in self.pids():  # what they started themselves, each in a session of its own
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def run(self, *words: str, given: str | bytes = b"", code: int = 0, **variables: str) -> Said:
        """`faturasync WORDS...` to its end, `given` on its standard input."""
        text = given.encode() if isinstance(given, str) else given
        done = subprocess.run(
            self.command(*words), input=text, env=self.environment | variables, cwd=self.folder,
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        said = Said(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert said.code == code, f"{words}: {said}"
        return said

    def start(self, name: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        """`faturasync WORDS...` in the background; what it says goes to the file `name` in `logs`."""
        return self.start_other(name, self.command(*words), **variables)

    def start_other(self, name: str, command: Sequence[str], **variables: str) -> subprocess.Popen[bytes]:
        """The same of any command."""
        with (self.logs / name).open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environment | variables, cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        return process

    def command(self, *words: str) -> Sequence[str]:
        """How `faturasync` is started without being installed."""
        return [sys.executable, "-m", self.program, *words]

    def log(self, name: str) -> str:
        """All that the process of this name has said."""
        return (self.logs / name).read_text()

    def pids(self, word: str = "") -> list[int]:
        """The living processes of this environment whose command line has `word` in it."""
        return [pid for pid, words in self.command_lines().items() if word in words]

    def children(self, parent: int, word: str) -> list[int]:
        """Those of `pids` that this process started itself."""
        return [pid for pid in self.pids(word) if _parent(pid) == parent]

    def command_lines(self) -> Mapping[int, str]:
        """The command line of each living process of this environment, whoever started it."""
        return dict(self._command_lines())

    def _command_lines(self) -> Iterator[tuple[int, str]]:
        mark = f"FATURASYNC_DATA={self.data}".encode()
        for folder in PROC.glob("[0-9]*"):
            with suppress(OSError):  # the store writes its title over its environment; its folder is where it stands
                if mark in (folder / "environ").read_bytes() or (folder / "cwd").readlink() == self.data:
                    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if words:  # a zombie has none
                        yield int(folder.name), words


def end(process: subprocess.Popen[bytes], *, seconds: float = 30.0) -> int:
    """Ask `process` to stop, as Procfile runners do; its exit code."""
    process.terminate()
    return process.wait(seconds)


def end_all(processes: Iterable[subprocess.Popen[bytes]], *, seconds: float = 30.0) -> None:
    """Ask those that still run to stop, all at once; each ends with exit code 0."""
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.terminate()
    assert {process.wait(seconds) for process in running} <= {0}


def _parent(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def kill(pid: int) -> None:
    """`kill -9`, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid), what=f"the end of process {pid}")


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not, once its last thread is gone."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" or len(list((PROC / str(pid) / "task").iterdir())) > 1
    except OSError:
        return False


@contextmanager
def sandbox(processes: Processes, *accounts: tuple[str, str]) -> Iterator[str]:
    """A sandbox with these accounts and keys; its address."""
    port = free_port()
    named = ",".join(f"{name}:{key}" for name, key in accounts)
    process = processes.start("sandbox", "sandbox", "--port", str(port), SANDBOX_ACCOUNTS=named)
    url = f"http://127.0.0.1:{port}"
    until(lambda: is_up(f"{url}/_sandbox/healthz"), what="the sandbox")
    yield url
    end(process)
