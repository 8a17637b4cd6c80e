"""`faturasync keys`: the keys that encrypt what is in the store, and how they are changed while everything runs."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from mapping.errors import UserError
from worker.cli.context import KEY_FILE, environment, json_option, opened, print_json, print_rows, who, with_keys
from worker.embedded import EmbeddedStore, put_in_front, store_for_a_moment
from worker.presence import SeenProcess, check_all_seal_alike, everybody
from worker.rekeying import Tally, look
from worker.rekeying import rotate as rotate_
from worker.services import Services, services
from worker.store import connect
from worker.vault import fresh_key

CLOSED = "No key opens what is named above: put the one that sealed it back, behind the others, or set it again."

IN_VARIABLES = """\
In FATURASYNC_SECRET_KEYS of every receiver, worker and console, a comma between the keys:
1. put it behind the others and restart them, one after the other: each can read now what another one writes next;
2. put it in front of the others and restart them again;
3. run, with these keys in this terminal: faturasync keys rotate
Where you stop everything before you start it again, leave out the first step."""

IN_FILE = """\
Here the keys are in a file of their own, so that you need none of yours: stop `faturasync up`, run
`faturasync keys rotate --new`, which makes one there, and start it again. Where you want to set FATURASYNC_SECRET_KEYS
instead, put this one in front of what is in {path}."""


@click.group()
def keys() -> None:
    """The keys that encrypt API keys, secrets and guests' data."""


@keys.command()
def new() -> None:
    """Print a fresh key, and how it comes into use."""
    found = environment()
    in_file = not (found.redis_url or found.secret_keys)
    click.echo(fresh_key())
    click.echo(IN_FILE.format(path=found.data / KEY_FILE) if in_file else IN_VARIABLES, err=True)


@keys.command()
@click.option("--new", "is_new", is_flag=True, help="Make a key first, where they are in a file of FATURASYNC_DATA.")
def rotate(*, is_new: bool) -> None:
    """Encrypt everything in the store with the newest key, while everything runs. Safe to stop and to run again."""
    with _opened_with_new_key() if is_new else opened() as house:
        check_all_seal_alike(house)
        with _progress("Encrypting") as tell:
            tally = rotate_(house, who=who(), tell=tell)
        _name(tally)
        click.echo(
            f"{tally.renewed} values were encrypted anew with {house.vault.fingerprints[0]}, "
            f"{tally.by_key[0]} had been already, {len(tally.closed)} could not be opened."
        )
        check_all_seal_alike(house)  # what was started meanwhile
    if tally.closed:
        raise UserError(CLOSED)


@keys.command()
@json_option
def check(*, as_json: bool) -> None:
    """Tell how many values each key opens, and which keys can be taken out. Keys are told by fingerprints."""
    with opened() as house:
        with _progress("Looking") as tell:
            tally = look(house, tell=tell)
        running = everybody(house)
    names = house.vault.fingerprints
    alike = all(process.seals_with(names[0]) for process in running)
    spare = [number for number in _older(tally) if alike and not tally.by_key[number]]
    if as_json:
        _show_json(names, tally, spare, running)
    else:
        _show(names, tally, spare)
        for process in running:
            for problem in _problems(names, process):
                click.echo(f"The {process.name} {problem}")
        _name(tally)
        click.echo(_advice(tally, spare))
    if tally.closed:
        raise UserError(CLOSED)


def _problems(names: Sequence[str], process: SeenProcess) -> Iterator[str]:
    """What is not as it should be with the keys of a process."""
    for missing in [name for name in names if name not in process.keys]:
        yield f"does not have the key {missing}: give it all keys and restart it."
    if set(names) <= set(process.keys) and not process.seals_with(names[0]):
        yield f"seals with the key {process.keys[0]}: give it the keys in this order and restart it."


def _show_json(names: Sequence[str], tally: Tally, spare: list[int], running: list[SeenProcess]) -> None:
    print_json(
        {
            "keys": [
                {"position": number + 1, "fingerprint": name, "opens": opens, "can_be_taken_out": number in spare}
                for number, (name, opens) in enumerate(zip(names, tally.by_key, strict=True))
            ],
            "not_opened": [str(place) for place in tally.closed],
            "processes": [{"process": process.name, "fingerprints": list(process.keys)} for process in running],
        }
    )


def _older(tally: Tally) -> range:
    return range(1, len(tally.by_key))


def _show(names: Sequence[str], tally: Tally, spare: list[int]) -> None:
    told = ["newest", *("can be taken out" if number in spare else "needed" for number in _older(tally))]
    rows = [(str(number + 1), names[number], str(opens), told[number]) for number, opens in enumerate(tally.by_key)]
    print_rows("Keys", ("key", "fingerprint", "opens", ""), rows, empty="")


def _advice(tally: Tally, spare: list[int]) -> str:
    if any(tally.by_key[number] for number in _older(tally)):
        return "Run faturasync keys rotate, then older keys can be taken out."
    if spare:
        return "Keep what you take out for as long as you keep backups from before: they need it."
    return f"{tally.values} values, nothing to do."


def _name(tally: Tally) -> None:
    for place in tally.closed:
        click.echo(f"Not opened: {place}", err=True)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[Tally], None]]:
    """A bar for people; what is given with each tally moves it."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[values]} values"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=1.0, values=0)
        yield lambda tally: progress.update(task, completed=tally.part, values=tally.values)


@contextmanager
def _opened_with_new_key() -> Iterator[Services]:
    """The services of an embedded set-up that does not run, with a new key in front of those in its file."""
    found = environment()
    if found.redis_url or found.secret_keys:
        raise UserError(
            "FATURASYNC_SECRET_KEYS has the keys here: put a new one in front there. See: faturasync keys new"
        )
    with store_for_a_moment(found.data) as url:
        if EmbeddedStore(found.data).is_lasting():
            raise UserError(
                "Stop `faturasync up` first: what runs would not know the new key. Then run this, and start it again."
            )
        with_keys(found)  # where there is none yet, there is one to be in front of
        put_in_front(found.data, KEY_FILE, fresh_key())
        yield services(replace(with_keys(found), redis_url=url), connect(url))
