"""The demo that `scripts/demo` runs: everything on this machine, with sample bookings of three channel managers."""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

from cryptography.fernet import Fernet
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from mapping.errors import FaturaSyncError
from tests.samples import Case, load_cases, load_setup
from worker.cli.main import faturasync

CHANNEL_MANAGERS = ("smoobu", "lodgify", "hostaway")
CASES = (
    "created-airbnb", "created-booking", "created-direct", "madeira-before-rate-change", "madeira-after-rate-change",
    "azores", "changed", "cancelled", "tourist-tax", "accents-and-emoji", "owner-stay", "location-missing",
)  # fmt: skip
SANDBOX_KEY = "sandbox-demo-key"
DEMO_PASSWORD = "demo"  # noqa: S105 of a console on loopback that shows invented guests
REST_SECONDS = 90
COLUMNS = {
    "sample": 20, "guest": 12, "check-in": 10, "nights": 6, "amount": 8, "IVA": 3, "becomes": 14, "expected": 8,
}  # fmt: skip
"""Of the table, with what each needs at least."""
AT_REST = {"drafted", "final", "cancelled", "ignored", "parked", "failed"}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A case, and the connection that it is delivered to."""

    case: Case
    connection: str
    booking: str


def main() -> int:
    """Run the demo; returns the exit code."""
    arguments = _arguments()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _interrupt)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory(prefix="faturasync-demo-") as folder:
        _set_environment(Path(folder), arguments.sandbox_port)
        with _everything(Path(folder), arguments) as addresses:
            if addresses is None:
                return 1
            good = _run(console)
            print(addresses.replace("is CONSOLE_PASSWORD", os.environ.get("CONSOLE_PASSWORD", "")), flush=True)
            if not arguments.once:
                print("Everything stays up. Ctrl-C stops it.", flush=True)
                _wait_for_ctrl_c()
    return 0 if good or not arguments.once else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end by itself; exit code 0 if all came out as expected")
    parser.add_argument("--port", type=int, default=8000, help="the receiver's (%(default)s)")
    parser.add_argument("--console-port", type=int, default=8001, help="(%(default)s)")
    parser.add_argument("--sandbox-port", type=int, default=8002, help="(%(default)s)")
    return parser.parse_args()


def _set_environment(folder: Path, sandbox_port: int) -> None:
    """The demo's own folder and keys; `REDIS_URL` is taken if it is set."""
    os.environ["FATURASYNC_DATA"] = str(folder / "data")
    os.environ["INVOICEXPRESS_URL"] = f"http://127.0.0.1:{sandbox_port}/{{account}}"
    os.environ["LOG_FORMAT"] = "json"
    os.environ.pop("PORT", None)
    if os.environ.get("REDIS_URL"):  # the embedded set-up makes its own
        os.environ.setdefault("FATURASYNC_SECRET_KEYS", Fernet.generate_key().decode())
        os.environ.setdefault("CONSOLE_PASSWORD", DEMO_PASSWORD)


@contextmanager
def _everything(folder: Path, arguments: argparse.Namespace) -> Iterator[str | None]:
    """`faturasync up --sandbox` for as long as the context lasts; its addresses, or None if it did not come up."""
    ports = [
        "--port",
        arguments.port,
        "--console-port",
        arguments.console_port,
        "--sandbox-port",
        arguments.sandbox_port,
    ]
    os.environ["FATURASYNC_PUBLIC_URL"] = f"http://127.0.0.1:{arguments.port}"
    account = os.environ["DEMO_ACCOUNT"] = f"demo-{secrets.token_hex(3)}"
    os.environ["SANDBOX_ACCOUNTS"] = f"{account}:{SANDBOX_KEY}"
    log = (folder / "log").open("w+")
    command = [sys.executable, "-m", "worker.cli", "up", "--sandbox", *map(str, ports)]
    # Its own session: Ctrl-C is for the demo, which then stops it in order.
    up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)
    try:
        greeting = []
        for line in up.stdout or ():
            if line.startswith("Ready."):
                break
            greeting.append(line)
        if up.poll() is not None or not greeting:
            up.wait()
            log.seek(0)
            sys.stderr.write(
                next((line for line in reversed(log.readlines()) if "Error" in line), "It did not start.\n")
            )
            yield None
        else:
            yield "".join(greeting)
    finally:
        up.terminate()
        up.wait()
        log.close()


def _run(console: Console) -> bool:
    """Set the account up, deliver the samples, and show what becomes of them; whether all is as expected."""
    account = os.environ["DEMO_ACCOUNT"]
    samples = _set_up(account)
    progress = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console)
    delivered = progress.add_task("Delivered over HTTP", total=sum(len(sample.case.bodies) for sample in samples))
    at_rest = progress.add_task("At rest", total=len(samples))
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        for sample in samples:
            for body in sample.case.bodies:
                _command("deliver", _file(body), "--connection", sample.connection)
                progress.advance(delivered)
                live.update(Group(_table(samples, _bookings(account)), progress))
        deadline = time.monotonic() + REST_SECONDS
        while time.monotonic() < deadline:
            bookings = _bookings(account)
            done = sum(bookings.get(sample.booking, {}).get("status") in AT_REST for sample in samples)
            progress.update(at_rest, completed=done)
            live.update(Group(_table(samples, bookings), progress))
            if done == len(samples):
                break
            time.sleep(0.1)
    bookings = _bookings(account)
    console.print(_table(samples, bookings))
    good = [sample for sample in samples if _as_expected(sample, bookings)]
    console.print(f"{len(good)} of {len(samples)} sample bookings came out as expected.\n")
    return len(good) == len(samples)


def _set_up(account: str) -> list[Sample]:
    _command("account", "add", account, "--subdomain", account, "--api-key-file", _file(SANDBOX_KEY.encode()))
    cases = {(case.channel_manager, case.name): case for case in load_cases()}
    samples = []
    for channel_manager in CHANNEL_MANAGERS:
        setup = load_setup(channel_manager)
        for place in setup["properties"]:
            location = ["--location", place["location"]] if place["location"] else []
            listings = [word for listing in place["listings"] for word in ("--listing", f"{channel_manager}:{listing}")]
            _command("property", "add", account, place["name"], *location, *listings)
        for channel, percent in setup["commission"].items():
            _command("account", "set", account, "--commission", f"{channel}={percent}")
        secret = ["--secret-file", _file(secrets.token_hex(16).encode())] if channel_manager == "lodgify" else []
        made = json.loads(_command("connection", "add", account, channel_manager, "--json", *secret))
        for name in CASES:
            case = cases[channel_manager, name]
            booking = f"{account}:{(case.result or {})['booking']}"
            samples.append(Sample(case=case, connection=made["connection"], booking=booking))
    return samples


def _table(samples: Sequence[Sample], bookings: dict[str, dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column, narrowest in COLUMNS.items():
        right = column in {"nights", "amount", "IVA"}
        table.add_column(column, no_wrap=True, min_width=narrowest, justify="right" if right else "left")
    for sample in samples:
        booking = bookings.get(sample.booking)
        if booking is None:
            table.add_row(sample.case.id)
            continue
        document = booking["document"]
        at_rest = booking["status"] in AT_REST
        table.add_row(
            sample.case.id,
            booking["guest"] or "",
            booking["check_in"],
            str((date.fromisoformat(booking["check_out"]) - date.fromisoformat(booking["check_in"])).days),
            f"{booking['amount']} €" if booking["amount"] else "",
            f"{booking['rate']} %" if booking["rate"] else "",
            f"draft {document['id']}" if document else f"{booking['status']} {booking['reason'] or ''}",
            {True: "[green]yes[/]", False: "[red]no[/]"}[_as_expected(sample, bookings)] if at_rest else "",
        )
    return table


def _as_expected(sample: Sample, bookings: dict[str, dict[str, Any]]) -> bool:
    booking, expected = bookings.get(sample.booking), sample.case.result
    if booking is None or expected is None:
        return False
    draft = expected["draft"]
    figures = (draft["total"], draft["rate"], draft["commission"]) if draft else None
    found = (booking["amount"], booking["rate"], booking["commission"]) if booking["document"] else None
    return (booking["status"], booking["reason"], found) == (expected["status"], expected["reason"], figures)


def _bookings(account: str) -> dict[str, dict[str, Any]]:
    return {each["booking"]: each for each in json.loads(_command("bookings", "--account", account, "--json"))}


def _command(*arguments: str) -> str:
    """What the command `faturasync` prints, run in this process: a new one for each would take a second."""
    printed = StringIO()
    with redirect_stdout(printed):
        faturasync(list(arguments), standalone_mode=False)
    return printed.getvalue()


def _file(content: bytes) -> str:
    """A file with this content, in the demo's own folder."""
    path = Path(os.environ["FATURASYNC_DATA"]).parent / secrets.token_hex(8)
    path.write_bytes(content)
    return str(path)


def _interrupt(_sign: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _wait_for_ctrl_c() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("Stopping ...")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except FaturaSyncError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
