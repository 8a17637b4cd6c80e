"""Rounds of deliveries, faults and kills on real processes, until the minutes are over: `scripts/chaos`."""

import logging
import secrets
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import structlog
from rich.console import Console
from rich.table import Table

from tests.chaos.checks import Wrong
from tests.chaos.plan import Kill, make_plan
from tests.chaos.rounds import Result, run_round

STORM_SECONDS = 30.0
PATIENCE_SECONDS = 420.0
RARE = [Kill.FROZEN.value, Kill.FORGETFUL.value]
LARGEST_SEED = 1_000_000


@click.command()
@click.option("--minutes", default=5.0, show_default=True, type=click.FloatRange(0), help="Begin no round after this.")
@click.option("--seed", type=int, help="Of the first round; the next have the next numbers.  [default: by chance]")
@click.option("--bookings", default=200, show_default=True, type=click.IntRange(1), help="In a round.")
@click.option("--storm", default=STORM_SECONDS, show_default=True, type=click.FloatRange(5), help="Its seconds.")
@click.option("--hurry", is_flag=True, help="When calm, give waiting bookings new attempts at once.")
@click.option(
    "--rare",
    multiple=True,
    type=click.Choice(RARE),
    help="Also this, once in a round: it takes over a minute. Repeatable.",
)
def main(minutes: float, seed: int | None, bookings: int, storm: float, *, hurry: bool, rare: tuple[str, ...]) -> None:
    """Exit code 1 if anything is not as it must be; then the logs are kept."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    first = secrets.randbelow(LARGEST_SEED) if seed is None else seed
    console.print(f"seed {first}")
    results: list[Result] = []
    deadline = time.monotonic() + 60 * minutes
    while not results or time.monotonic() < deadline:
        folder = Path(tempfile.mkdtemp(prefix="faturasync-chaos-"))
        plan = make_plan(first + len(results), bookings=bookings, seconds=storm, rare=list(map(Kill, rare)))
        try:
            result = run_round(plan, folder / "round", hurry=hurry, patience=PATIENCE_SECONDS)
        except AssertionError as error:
            console.print(f"round {plan.seed} broke off: {error}\n  logs: {folder}", markup=False)
            sys.exit(1)
        results.append(result)
        console.print(_line(result))
        for told in (*result.differences, *result.notes):
            console.print(f"  {told}", markup=False)
        if result.differences:
            console.print(f"  logs: {folder}")
        else:
            shutil.rmtree(folder)
    console.print(_table(results))
    sys.exit(any(result.differences for result in results))


def _line(result: Result) -> str:
    end = f"[red]{len(result.differences)} differences[/]" if result.differences else "[green]all as it must be[/]"
    return (
        f"round {result.seed}: {result.bookings} bookings, {result.documents} documents, {result.deliveries} deliveries, "
        f"{sum(result.faults.values()) // 2} faults, {sum(result.kills.values())} kills, {result.seconds:.0f} s: {end}"
    )


def _table(results: Sequence[Result]) -> Table:
    table = Table("", "all rounds", title="Chaos", title_justify="left")
    for fault, count in sorted(sum((Counter(each.faults) for each in results), Counter[str]()).items()):
        table.add_row(fault, str(count))
    for kill, count in sorted(sum((Counter(each.kills) for each in results), Counter()).items()):
        table.add_row(f"kill: {kill}", str(count))
    table.add_section()
    table.add_row("bookings", str(sum(each.bookings for each in results)))
    table.add_row("  of these not cancelled", str(sum(each.live for each in results)))
    table.add_row("documents", str(sum(each.documents for each in results)))
    table.add_row("deliveries acknowledged", str(sum(each.deliveries for each in results)))
    table.add_row("  refused or unanswered, and sent again", str(sum(each.refused for each in results)))
    table.add_row(
        "  acknowledged by a store that may have forgotten them", str(sum(each.told_again for each in results))
    )
    table.add_section()
    for kind in Wrong:
        table.add_row(kind.value, str(sum(each.wrong(kind) for each in results)))
    seconds = [each for result in results for each in result.recovery]
    table.add_section()
    table.add_row("seconds to recover: median", f"{statistics.median(seconds):.1f}" if seconds else "")
    table.add_row("seconds to recover: longest", f"{max(seconds):.1f}" if seconds else "")
    table.add_row("  bookings that had to", str(len(seconds)))
    return table


if __name__ == "__main__":
    main()
