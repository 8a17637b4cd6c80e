"""What every command shares: the services on the right store, reading secrets, printing tables or JSON."""

import getpass
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from redis import RedisError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mapping.errors import UserError
from worker.embedded import EmbeddedStore, kept_secret, store_for_a_moment
from worker.environment import Environment, read_environment
from worker.logs import configure_logging
from worker.services import Services, services
from worker.store import connect
from worker.store_version import take_over
from worker.vault import Vault, fresh_key

KEY_FILE = "secret-key"
"""In the embedded set-up's folder: its secret keys, a line each, newest first."""

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
        yield _on_own_store(with_keys(found))
        return
    with store_for_a_moment(found.data) as url:
        yield _on_own_store(replace(with_keys(found), redis_url=url))


def _on_own_store(found: Environment) -> Services:
    """The services, on a store that no newer program has."""
    house = services(found, connect(found.redis_url or ""))
    with suppress(RedisError):  # whoever asks for something will hear of it
        take_over(house.store)
    return house


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
    else:
        keys = found.secret_keys or tuple(kept_secret(found.data, KEY_FILE, fresh_key).replace(",", " ").split())
        password = found.console_password or kept_secret(found.data, "console-password", fresh_password)
        found = replace(found, secret_keys=keys, console_password=password)
    Vault(found.secret_keys)  # malformed ones are told here, and not by each process that is started
    return found


def fresh_password() -> str:
    """A password that a person can type."""
    return secrets.token_urlsafe(12)


def who() -> str:
    """Who types, for the record: the name with which this machine knows them."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a user without a name, as in some containers
        return f"cli:{os.getuid()}"


def read_secret(path: str | None, prompt: str) -> str:
    """A secret from the file (`-` is standard input), else from what is piped in, else from a hidden prompt."""
    if path or not sys.stdin.isatty():
        try:
            text = read_body(path or "-").decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UserError(f"{prompt}: what was given is not UTF-8.") from None
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


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]], *, empty: str) -> None:
    """A table that people like to read, or `empty` where there is nothing."""
    if not rows:
        click.echo(empty)
        return
    table = Table(
        *columns, title=title if sys.stdout.isatty() else None, box=None, title_justify="left", pad_edge=False
    )
    for row in rows:
        table.add_row(*(plain(each) if isinstance(each, str) else each for each in row))
    console().print(table)


def plain(text: str, style: str = "") -> Text:
    """`text` as it is, whatever a guest is called: no markup, and nothing that a terminal would obey."""
    return Text("".join(each if each.isprintable() else " " for each in text), style)
