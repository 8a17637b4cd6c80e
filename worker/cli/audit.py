"""`faturasync audit`."""

from collections.abc import Iterator

import click

from worker.audit import Act, act_json, changes
from worker.cli.context import json_option, opened, print_json, print_rows


@click.command()
@click.option(
    "--about", default="", metavar="TEXT", help="Only what has TEXT in its name: a booking, account, property."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="How many, from the newest.")
@json_option
def audit(*, about: str, limit: int, as_json: bool) -> None:
    """Who changed, retried, corrected or paused what, and when; the newest first. It is kept for good."""
    with opened() as services:
        acts = services.audit.acts(about=about, limit=limit)
    if as_json:
        print_json([act_json(act) for act in acts])
        return
    rows = [(f"{act.at:%Y-%m-%d %H:%M:%S}", act.who, act.what, act.about, "\n".join(_changes(act))) for act in acts]
    print_rows(
        "Audit", ("when (UTC)", "who", "what", "about", "from what to what"), rows, empty="Nothing was done yet."
    )


def _changes(act: Act) -> Iterator[str]:
    for name, was, became in changes(act):
        yield f"{name}: {was} -> {became or 'none'}" if was else f"{name}: {became}"
