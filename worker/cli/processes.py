"""`faturasync up`, `receiver`, `worker`, `console` and `sandbox`: one process type each, or all in one terminal."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

import click
import httpx
import structlog

from mapping.errors import UserError
from worker.announcing import Announcer
from worker.cli.context import environment, on_running_store, with_keys
from worker.embedded import EmbeddedStore
from worker.environment import Environment
from worker.presence import say_in_background
from worker.serving import address, check_port, serve
from worker.store import check, connect
from worker.store_version import take_over
from worker.supervisor import Program, Supervisor, own_environment
from worker.watch import watch_in_background
from worker.work import work

RECEIVER = "webhook.receiver:from_environment()"
CONSOLE = "webhook.console:from_environment()"
SANDBOX = "worker.sandbox.app:from_environment()"

DEFAULT_PUBLIC_URL = "http://127.0.0.1:8000"  # where no variable says otherwise
SANDBOX_ACCOUNT = "demo"
SANDBOX_KEY = "sandbox-demo-key"
ALL_RANKS = {"worker": 1, "receiver": 2, "console": 2, "sandbox": 3}
"""What `up` stops first: workers, so that they finish their jobs; the store after all of these."""

host_option = click.option("--host", default="127.0.0.1", show_default=True)
processes_option = click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))

log = structlog.get_logger()


@click.command()
@host_option
@click.option("--port", type=click.IntRange(1, 65535), help="Default: PORT, or 8000.")
@processes_option
def receiver(host: str, port: int | None, processes: int) -> None:
    """Receive deliveries."""
    found = _exported(on_running_store())
    _warn(found)
    serve(RECEIVER, host=host, port=port or found.port or 8000, processes=processes, beside=_beside(found, "receiver"))


@click.command()
@host_option
@click.option("--port", type=click.IntRange(1, 65535), help="Default: PORT, or 8001.")
def console(host: str, port: int | None) -> None:
    """Show bookings in the browser."""
    found = _exported(_with_password(on_running_store()))
    _warn(found)
    serve(CONSOLE, host=host, port=port or found.port or 8001, beside=_beside(found, "console"))


@click.command()
@host_option
@click.option("--port", type=click.IntRange(1, 65535), help="Default: PORT, or 8002.")
def sandbox(host: str, port: int | None) -> None:
    """Serve an InvoiceXpress to try things with; it forgets everything when it stops."""
    found = environment()
    port = port or found.port or 8002
    check_port(host, port)
    click.echo(f"Sandbox  http://{host}:{port}/  INVOICEXPRESS_URL=http://{host}:{port}/{{account}}", err=True)
    serve(SANDBOX, host=host, port=port, threads=64)


@click.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64))
def worker(processes: int) -> None:
    """Work on bookings. Stops warmly on SIGTERM: what is begun is finished first."""
    found = _exported(on_running_store())
    _warn(found)
    if processes == 1:
        work(found)
        return
    Announcer(found.alarms.addresses)  # unusable ones are told here, and not by each process that is started
    program = [Program(name=f"worker {number}", command=_command("worker")) for number in range(1, processes + 1)]
    with Supervisor(program, environment=own_environment(), tend=_nothing) as supervisor:
        supervisor.watch()


@click.command()
@click.option("--sandbox", "with_sandbox", is_flag=True, help="With an InvoiceXpress to try things with.")
@host_option
@click.option("--port", type=click.IntRange(1, 65535), help="The receiver's. Default: PORT, or 8000.")
@click.option("--console-port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option("--sandbox-port", default=8002, show_default=True, type=click.IntRange(1, 65535))
@processes_option
def up(
    host: str, port: int | None, console_port: int, sandbox_port: int, processes: int, *, with_sandbox: bool
) -> None:
    """Run everything in this terminal, on a store of its own unless REDIS_URL is set. Ctrl-C stops it."""
    found = environment()
    port = port or found.port or 8000
    ports = [port, console_port, *([sandbox_port] if with_sandbox else [])]
    if len(set(ports)) < len(ports):
        raise UserError("Receiver, console and sandbox need a port each: --port, --console-port, --sandbox-port.")
    for each in ports:
        check_port(host, each)
    public = (
        {} if os.environ.get("FATURASYNC_PUBLIC_URL") else {"FATURASYNC_PUBLIC_URL": f"http://{address(host, port)}"}
    )
    if with_sandbox:
        public["INVOICEXPRESS_URL"] = f"http://{address(host, sandbox_port)}/{{account}}"
        public["SANDBOX_ACCOUNTS"] = os.environ.get("SANDBOX_ACCOUNTS") or f"{SANDBOX_ACCOUNT}:{SANDBOX_KEY}"
    os.environ.update(public)
    os.environ.pop("PORT", None)
    programs = [
        *(_program("worker", str(number)) for number in range(1, processes + 1)),
        _program("receiver", "", "--host", host, "--port", str(port)),
        _program("console", "", "--host", host, "--port", str(console_port)),
        *([_program("sandbox", "", "--host", host, "--port", str(sandbox_port))] if with_sandbox else []),
    ]
    with ExitStack() as stack:
        store = None if found.redis_url else stack.enter_context(EmbeddedStore(found.data))
        ready = _exported(_with_password(replace(with_keys(found), redis_url=store.url if store else found.redis_url)))
        _warn(ready)
        Announcer(ready.alarms.addresses)  # as above
        tend = store.restart_if_dead if store else _nothing
        supervisor = stack.enter_context(Supervisor(programs, environment=own_environment(), tend=tend))
        addresses = [address(host, each) for each in ports]
        client = stack.enter_context(httpx.Client(timeout=5, trust_env=False))  # no proxy: they are here
        if supervisor.watch(until=lambda: _answer(client, *addresses)):
            _greet(
                *addresses, password="is CONSOLE_PASSWORD" if found.console_password else ready.console_password or ""
            )
            supervisor.watch()
        click.echo("Stopping: workers finish what they have begun.", err=True)


def _beside(found: Environment, kind: str) -> Callable[[], None]:
    """What a process that serves does beside it: look for alarms, and say that it lives and what secret keys it has.

    Raises `UserError` for unusable addresses.
    """
    announcer = Announcer(found.alarms.addresses)

    def start() -> None:
        watch_in_background(found, announcer)
        say_in_background(found, kind)

    return start


def _greet(receiver: str, console: str, sandbox: str | None = None, *, password: str) -> None:
    click.echo(f"Receiver  http://{receiver}")
    if (url := os.environ["FATURASYNC_PUBLIC_URL"]) != DEFAULT_PUBLIC_URL:
        click.echo(f"          in other terminals: export FATURASYNC_PUBLIC_URL='{url}'")
    click.echo(f"Console   http://{console}  password {password}")
    if sandbox:
        name, _, key = os.environ["SANDBOX_ACCOUNTS"].split(",")[0].partition(":")
        click.echo(f"Sandbox   http://{sandbox}  subdomain {name}, API key {key}")
        click.echo(f"          in other terminals: export INVOICEXPRESS_URL='{os.environ['INVOICEXPRESS_URL']}'")
    click.echo("Ready. Ctrl-C stops everything.")
    sys.stdout.flush()


def _answer(client: httpx.Client, receiver: str, console: str, sandbox: str | None = None) -> bool:
    pages = [f"{receiver}/readyz", f"{console}/healthz", *([f"{sandbox}/_sandbox/healthz"] if sandbox else [])]
    try:
        return all(client.get(f"http://{page}").is_success for page in pages)
    except httpx.RequestError:
        return False


def _with_password(found: Environment) -> Environment:
    if not found.console_password:
        raise UserError("CONSOLE_PASSWORD must be set where REDIS_URL is: it opens the console.")
    return found


def _program(kind: str, name: str, *arguments: str) -> Program:
    return Program(name=f"{kind} {name}".strip(), command=_command(kind, *arguments), stop_rank=ALL_RANKS[kind])


def _command(*arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", "worker.cli", *arguments]


def _exported(found: Environment) -> Environment:
    """Put what was found into the variables: the processes started from here read them there."""
    os.environ["REDIS_URL"] = found.redis_url or ""
    os.environ["FATURASYNC_SECRET_KEYS"] = ",".join(found.secret_keys)
    os.environ["LOG_FORMAT"] = found.log_format
    if found.console_password:
        os.environ["CONSOLE_PASSWORD"] = found.console_password
    return found


def _warn(found: Environment) -> None:
    """Take the store over, and tell what is not as it should be in it. Raises `UserError` if it cannot be used."""
    store = connect(found.redis_url or "")
    warnings = check(store)
    take_over(store)
    for warning in warnings:
        log.warning("store", warning=warning)


def _nothing() -> None:
    """Nothing to tend."""
