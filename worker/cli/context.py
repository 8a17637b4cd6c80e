"""What every command shares: the services on the right store, reading secrets, printing tables or JSON."""

import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from mapping.errors import UserError
from worker.embedded import EmbeddedStore, kept_secret, store_for_a_moment
from worker.environment import Environment, read_environment
from worker.logs import configure_logging
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def environment() -> Environment:
    """What the variables say; from here on the log goes where it should."""
    found = read_environment(os.environ, terminal=sys.stderr.isatty())
    configure_logging(found.log_format)
    return found


@contextmanager
def opened() -> Iterator[Services]:
    """The services; the embedded store is started for as long as the context lasts where nothing else runs it."""
    found = environment()
    if found.redis_url:
        yield services(with_keys(found), connect(found.redis_url))
        return
    with store_for_a_moment(found.data) as url:
        yield services(replace(with_keys(found), redis_url=url), connect(url))


def on_running_store() -> Environment:
    """The environment of a process that is to last: its store must be there already. Raises `UserError` if not."""
    found = environment()
    if found.redis_url:
        return with_keys(found)
    store = EmbeddedStore(found.data)
    if not store.is_lasting():
        raise UserError(f"No store runs in {found.data}. Start everything with `faturasync up`, or set REDIS_URL.")
    return replace(with_keys(found), redis_url=store.url)


def with_keys(found: Environment) -> Environment:
    """`found` with secret keys and the console's password: from the variables, else the embedded set-up's own files."""
    if found.redis_url:
        if not found.secret_keys:
            raise UserError(
                "FATURASYNC_SECRET_KEYS must be set where REDIS_URL is: it encrypts API keys and guests' data. Make one: "
                'python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
            )
        return found
    keys = found.secret_keys or (kept_secret(found.data, "secret-key", fresh_key)[0],)
    password = found.console_password or kept_secret(found.data, "console-password", fresh_password)[0]
    return replace(found, secret_keys=keys, console_password=password)


def fresh_password() -> str:
    """A password that a person can type."""
    return secrets.token_urlsafe(12)


def read_secret(path: str | None, prompt: str) -> str:
    """A secret from the file (`-` is standard input), else from what is piped in, else from a hidden prompt."""
    if path and path != "-":
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"The file {path} cannot be read ({type(error).__name__}).") from None
    elif path == "-" or not sys.stdin.isatty():
        text = sys.stdin.read()
    else:
        text = str(click.prompt(prompt, hide_input=True))
    if not text.strip():
        raise UserError(f"{prompt}: nothing was given.")
    return text.strip()


def read_body(path: str) -> bytes:
    """The file's bytes (`-` is standard input)."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"The file {path} cannot be read ({error.strerror}).") from None


def console() -> Console:
    """Where results go: as wide as the terminal, or for another program as wide as a line gets."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 400)


def print_json(value: Any) -> None:
    """For scripts."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    """A table that people like to read, or `empty` where there is nothing."""
    if not rows:
        click.echo(empty)
        return
    table = Table(
        *columns, title=title if sys.stdout.isatty() else None, box=None, title_justify="left", pad_edge=False
    )
    for row in rows:
        table.add_row(*row)
    console().print(table)
