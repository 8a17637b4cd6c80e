"""`faturasync doctor`."""

import sys
from collections.abc import Mapping

import click
from rich.text import Text

from worker.cli.context import console, json_option, opened, plain, print_json
from worker.doctor import Finding, Level, examine

MARKS: Mapping[Level, tuple[str, str]] = {
    Level.GOOD: ("ok", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.FAULT: ("FAULT", "bold red"),
}


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Look at store, keys, accounts, clock, workers and connections: a line each, and what to do. Exit code 1 on a fault."""
    found = []
    with opened() as services:
        for finding in examine(services):
            found.append(finding)
            if not as_json:
                console().print(_line(finding), soft_wrap=True)
    if as_json:
        print_json([{"place": each.place, "level": each.level, "said": each.said, "todo": each.todo} for each in found])
    if any(each.level is Level.FAULT for each in found):
        sys.exit(1)


def _line(finding: Finding) -> Text:
    word, style = MARKS[finding.level]
    told = " ".join(filter(None, (finding.said, finding.todo)))
    return Text.assemble(Text(f"{word:8}", style), plain(f"{finding.place}: {told}"))
