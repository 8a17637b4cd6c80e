"""The benchmarks: each figure alone, or all of them in under ten minutes.

scripts/bench [FIGURE ...] [--long]
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click

from tests.benchmarks.report import Row, write

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
FIGURES: Mapping[str, str] = {
    "receiver": "requests a second, and how long they take at a fixed rate",
    "worker": "drafts a second and CPU for each",
    "latency": "from webhook to draft, when nothing else is to be done",
    "requests": "requests to InvoiceXpress for each booking",
    "fairness": "a large account's backlog beside small ones'",
    "growth": "bytes and times as the ledger grows; with --long to a million bookings",
    "memory": "each process's memory as deliveries come; with --long a million of them",
}


@click.command(epilog="\b\n" + "\n".join(f"{name:10} {what}" for name, what in FIGURES.items()))
@click.argument("figures", nargs=-1, type=click.Choice(list(FIGURES)))
@click.option(
    "--long", "is_long", is_flag=True, help="As many bookings and deliveries as the goals name: over an hour."
)
def main(figures: Sequence[str], is_long: bool) -> None:
    """Measure FIGURES, or all of them, and write their tables into docs/performance.md."""
    for name in figures or FIGURES:
        click.echo(f"== {name}: {FIGURES[name]}")
        measure: Callable[..., Iterable[Row]] = import_module(f"tests.benchmarks.{name}").measure
        rows = []
        for row in measure(is_long=is_long):
            rows.append(row)
            click.echo("  " + "  ".join(cell for cell in row.cells if cell))
        write(PAGE, name, rows, today=datetime.now(UTC).date())


if __name__ == "__main__":
    sys.exit(main())
