"""`faturasync backup` and `restore`: copies of the embedded store."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from mapping.errors import UserError
from worker.backup import back_up
from worker.backup import restore as put_back
from worker.cli.context import environment, with_keys
from worker.embedded import store_for_a_moment
from worker.environment import Environment
from worker.services import utc_now
from worker.store import connect

file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@file_argument
def backup(file: Path) -> None:
    """Copy the embedded store, as it is at this moment, to a new FILE. Everything may go on meanwhile.

    The secret keys are not in it, and nothing of it can be read without them: keep them in another place.
    """
    found = _embedded()
    with store_for_a_moment(found.data) as url, closing(connect(url)) as store:
        length = back_up(store, found.data, file)
    click.echo(f"Copied {length} bytes to {file}. Keep {found.data / 'secret-key'} too, but not beside it.")


@click.command()
@file_argument
def restore(file: Path) -> None:
    """Put a FILE that `backup` made back in place of the embedded store, which must be stopped."""
    found = with_keys(_embedded())
    until, aside = put_back(found, file.absolute(), now=utc_now())
    click.echo(f"Put back. {_known(until)}")
    if aside:
        click.echo(f"What was there is in {aside}; delete it once you do not need it.")
    click.echo("Start everything, then ask what has to be sent again: faturasync missing")


def _known(until: datetime | None) -> str:
    return f"It knows what happened until {until:%d/%m/%Y %H:%M:%S} UTC." if until else "It does not say of when it is."


def _embedded() -> Environment:
    found = environment()
    if found.redis_url:
        raise UserError("The store is a Redis of yours (REDIS_URL), which has its own means for that: docs/backup.md")
    return found
