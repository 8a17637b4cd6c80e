"""What a figure tells: rows of a table, printed as they are measured and written into `docs/performance.md`."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

HEADINGS = ("what", "FaturaSync", "beside it", "ratio", "goal", "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. Numbers stand with their unit; `ratio` with its spread."""

    what: str
    ours: str
    other: str = ""
    ratio: str = ""
    goal: str = ""
    is_met: bool | None = None  # None where there is no goal

    @property
    def cells(self) -> Sequence[str]:
        """As they stand in the table."""
        *texts, is_met = astuple(self)
        return [*texts, "" if is_met is None else "met" if is_met else "missed"]


def machine() -> str:
    """What it was measured on."""
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores, {found[1] if found else 'unknown'}"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(page: Path, figure: str, rows: Sequence[Row], *, today: date) -> None:
    """Put the rows where `page` has this figure's place; what is written around it stays."""
    begin, end = f"<!-- {figure} -->", f"<!-- end of {figure} -->"
    text = page.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n\n{table(rows)}\n\n{today}, {machine()}.\n\n{end}{after}")
