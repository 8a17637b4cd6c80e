"""What is wrong with the surroundings: the store, the variables, the ports, the terminal."""

import os
import pty
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.cli.conftest import KEY, Run
from tests.processes import Processes, free_port
from tests.waiting import until
from worker.vault import fresh_key

Fails = Callable[..., str]

AWAY = "Start Redis, or correct REDIS_URL."
MAKE_KEYS = "Make one: python3 -c"


def everywhere() -> list[tuple[str, ...]]:
    """A command of each kind, on free ports."""
    ports = [str(free_port()) for _ in range(4)]
    return [
        ("account", "list"), ("bookings",), ("worker",), ("receiver", "--port", ports[0]),
        ("console", "--port", ports[1]), ("up", "--port", ports[2], "--console-port", ports[3]),
    ]  # fmt: skip


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "run") as found:
        yield found


@pytest.mark.parametrize("url", ["localhost", "http://127.0.0.1:6379", "redis://127.0.0.1:port", "redis://[::1"])
def test_a_redis_url_that_is_none_gets_an_example(fails: Fails, url: str) -> None:
    for words in everywhere():
        assert fails(*words, REDIS_URL=url, CONSOLE_PASSWORD="x").startswith(
            "REDIS_URL must be an address such as redis://127.0.0.1:6379/0"
        )


@pytest.mark.parametrize("scheme", ["unix:///no/such.sock", "redis://:canary@127.0.0.1:{port}/0"])
def test_a_store_that_does_not_answer_is_told_so(fails: Fails, scheme: str) -> None:
    for words in everywhere():
        sentence = fails(*words, REDIS_URL=scheme.format(port=free_port()), CONSOLE_PASSWORD="x")
        assert sentence.startswith("The store does not answer")
        assert sentence.endswith(AWAY)
        assert "canary" not in sentence


@pytest.mark.parametrize("keys", ["", " , "])
def test_a_store_elsewhere_needs_secret_keys(fails: Fails, keys: str) -> None:
    for words in everywhere():
        sentence = fails(*words, FATURASYNC_SECRET_KEYS=keys)
        assert sentence.startswith("FATURASYNC_SECRET_KEYS must be set where REDIS_URL is")
        assert MAKE_KEYS in sentence


@pytest.mark.parametrize(
    "keys",
    ["canary", "canary-é", f"{fresh_key()},canary", fresh_key()[:-4]],
    ids=["short", "not ASCII", "the second", "cut off"],
)
def test_malformed_secret_keys_are_told_and_not_shown(fails: Fails, keys: str) -> None:
    for words in everywhere():
        sentence = fails(*words, FATURASYNC_SECRET_KEYS=keys, CONSOLE_PASSWORD="x")
        assert sentence.startswith("FATURASYNC_SECRET_KEYS must hold Fernet keys")
        assert keys.rpartition(",")[2] not in sentence


def test_a_store_elsewhere_needs_a_console_password(fails: Fails) -> None:
    for words in everywhere()[-2:]:
        assert fails(*words) == "CONSOLE_PASSWORD must be set where REDIS_URL is: it opens the console."


def test_lost_secret_keys_are_told(fails: Fails, casa: str) -> None:
    assert "put the key that was in FATURASYNC_SECRET_KEYS when it was stored back" in fails(
        "account", "check", casa, FATURASYNC_SECRET_KEYS=fresh_key()
    )


def test_an_old_key_behind_a_new_one_opens_what_it_sealed(run: Run, casa: str, variables: dict[str, str]) -> None:
    run("account", "check", casa, FATURASYNC_SECRET_KEYS=f"{fresh_key()}, {variables['FATURASYNC_SECRET_KEYS']}")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "none", "PORT must be a number from 1 to 65535."),
        ("PORT", "0", "PORT must be a number from 1 to 65535."),
        ("PORT", "65536", "PORT must be a number from 1 to 65535."),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be json or console."),
        (
            "INVOICEXPRESS_URL",
            "https://casa.app.invoicexpress.com",
            "INVOICEXPRESS_URL must be an address with {account}",
        ),
        ("FATURASYNC_PUBLIC_URL", "hooks.example.pt", "FATURASYNC_PUBLIC_URL must be an address such as"),
    ],
)
def test_a_variable_that_cannot_be_is_named(fails: Fails, name: str, value: str, sentence: str) -> None:
    assert fails("account", "list", **{name: value}).startswith(sentence)


@pytest.mark.parametrize("words", [("receiver",), ("console",), ("sandbox",), ("up",), ("up", "--sandbox")])
def test_a_port_that_is_taken_is_told(fails: Fails, words: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = f"Port {port} on 127.0.0.1 cannot be used (Address already in use). Choose another one, or stop what has it."
        given = fails(*words, "--port", str(port), CONSOLE_PASSWORD="x").splitlines()
        assert given[-1] == sentence
        assert fails(*words, PORT=str(port), CONSOLE_PASSWORD="x") == sentence


@pytest.mark.parametrize("flag", ["--console-port", "--sandbox-port"])
def test_ups_other_ports_are_looked_at_too(fails: Fails, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("up", "--sandbox", "--port", str(free_port()), "--console-port", str(free_port()), flag, port)
        assert fails(*words, CONSOLE_PASSWORD="x").startswith(f"Port {port} on 127.0.0.1 cannot be used")


def test_two_services_cannot_share_a_port(fails: Fails) -> None:
    sentence = "Receiver, console and sandbox need a port each: --port, --console-port, --sandbox-port."
    assert fails("up", "--port", "8001") == sentence
    assert fails("up", "--sandbox", "--port", "9000", "--console-port", "9001", "--sandbox-port", "9000") == sentence


def test_a_host_that_is_not_here_is_told(fails: Fails) -> None:
    for host in ("192.0.2.1", "no-such-host.invalid"):
        assert fails("up", "--host", host).startswith(f"Port 8000 on {host} cannot be used (")


@pytest.mark.parametrize("words", [("worker",), ("receiver",), ("console",)])
def test_without_a_store_a_process_says_how_to_get_one(processes: Processes, words: tuple[str, ...]) -> None:
    said = processes.run(*words, code=1)
    assert said.err == (
        f"Error: No store runs in {processes.data}. Start everything with `faturasync up`, or set REDIS_URL.\n"
    )


def test_a_folder_that_cannot_be_used_is_told(fails: Fails, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    sentence = fails("account", "list", REDIS_URL="", FATURASYNC_DATA=str(tmp_path / "file"))
    assert sentence == f"The folder {tmp_path}/file cannot be used (File exists). Choose another FATURASYNC_DATA."


# The terminal


@pytest.mark.parametrize("words", [(), ("account",), ("no-such-command",), ("account", "add"), ("show",)])
def test_wrong_usage_is_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words, code=2)
    assert "Traceback" not in said.err
    assert said.err


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("up", "-h"), ("account", "add", "--help"), ("--version",)])
def test_help_is_exit_code_0(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).out


@pytest.mark.parametrize("words", [("account", "list", "--json"), ("account", "list"), ("--help",)])
def test_a_reader_that_leaves_early_gets_no_traceback(processes: Processes, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        processes.command(*words), env=processes.environment, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_key_is_asked_for_and_not_shown(
    processes: Processes, house: object, sandbox: object, variables: dict[str, str]
) -> None:
    with Terminal(processes, "account", "add", "casa", "--subdomain", "casa", **variables) as terminal:
        until(lambda: "InvoiceXpress API key: " in terminal.seen(), what="the question")
        os.write(terminal.keyboard, f"{KEY}\n".encode())
        assert terminal.process.wait(20) == 0
        said = terminal.seen()
    assert "Connected: casa is the InvoiceXpress account casa." in said
    assert KEY not in said


def test_a_question_that_is_interrupted_ends_in_a_word(
    processes: Processes, house: object, variables: dict[str, str]
) -> None:
    with Terminal(processes, "account", "add", "casa", "--subdomain", "casa", **variables) as terminal:
        until(lambda: "InvoiceXpress API key: " in terminal.seen(), what="the question")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.process.wait(20) == 1
        said = terminal.seen()
    assert said.rstrip().endswith("Error: Stopped.")
    assert "Traceback" not in said


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, processes: Processes, *words: str, **variables: str) -> None:
        self.keyboard, other = pty.openpty()
        os.set_blocking(self.keyboard, False)
        # Who runs the tests in the background may ignore SIGINT, and so would the command.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            processes.command(*words), env=processes.environment | variables, stdin=other, stdout=other, stderr=other,
            start_new_session=True,
        )  # fmt: skip
        signal.signal(signal.SIGINT, before)
        os.close(other)
        self._seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.keyboard)

    def seen(self) -> str:
        """All that it has shown."""
        try:
            while part := os.read(self.keyboard, 4096):
                self._seen += part
        except (BlockingIOError, OSError):
            pass
        return self._seen.decode()
