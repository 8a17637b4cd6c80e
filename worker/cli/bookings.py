"""`faturasync bookings`, `show` and `retry`."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from mapping.errors import UserError
from worker.cli.context import console, json_option, opened, plain, print_json, print_rows, who
from worker.corrections import RATE, Correction
from worker.figures import explained, line_text, lines_json
from worker.index import Filters
from worker.records import BookingStatus, Record
from worker.retries import matching, retry_filtered
from worker.retries import retry as retry_bookings
from worker.services import Services
from worker.stuck import retry_all, retry_cause
from worker.turnover import with_turnover
from worker.views import as_json as record_json
from worker.views import corrections_json

COLOURS = {
    BookingStatus.DRAFTED: "green",
    BookingStatus.FINAL: "green",
    BookingStatus.PARKED: "yellow",
    BookingStatus.FAILED: "red",
}
GONE = "the guest's data are not kept any more, so there is nothing to try again until the channel manager sends the booking anew."
status_option = click.option("--status", type=click.Choice([each.value for each in BookingStatus]), help="Only these.")
reason_option = click.option("--reason", help="Only those parked, ignored or failed for this reason.")


@click.command()
@click.option("--account", help="Only this account's.")
@status_option
@reason_option
@json_option
def bookings(account: str | None, status: str | None, reason: str | None, *, as_json: bool) -> None:
    """Every booking on a line, the one that changed last first."""
    with opened() as services:
        found = matching(services, account=account, status=status, reason=reason)
        unreadable = services.deliveries.unreadable()
    if as_json:
        print_json([record_json(record) for record in found])
        return
    columns = ("booking", "guest", "stay", "property", "amount", "status", "draft or reason")
    print_rows("Bookings", columns, [_row(record) for record in found], empty="No bookings.")
    if unreadable:
        click.echo(
            f"{len(unreadable)} deliveries cannot be read: {' '.join(unreadable)}. See: faturasync show DELIVERY"
        )


@click.command()
@click.argument("booking")
@json_option
def show(booking: str, *, as_json: bool) -> None:
    """One booking whole: deliveries, what was computed, what InvoiceXpress answered, what to do."""
    with opened() as services:
        record = services.ledger.get(booking)
        if record is None:
            _show_delivery(services, booking, as_json=as_json)
            return
        record = with_turnover(services, record)
        history = services.ledger.history(booking)
        deliveries = services.ledger.deliveries(booking)
    if as_json:
        more = {"history": history, "delivery_ids": deliveries, "corrections": corrections_json(record)}
        print_json({**record_json(record), "figures": dict(record.figures), **more})
        return
    _print_facts(record, deliveries)
    for line in history:
        said = ", ".join(f"{name} {value}" for name, value in line.items() if name not in {"at", "event"} and value)
        click.echo(f"  {line['at']}  {line['event']}{': ' if said else ''}{said}")


@click.command()
@click.argument("names", metavar="BOOKING...", nargs=-1)
@click.option(
    "--all",
    "all_",
    is_flag=True,
    help="Every parked or failed booking, and every delivery that was unreadable; with --reason also what waits for that.",
)
@status_option
@reason_option
@click.option("--cause", help="Those that are stuck alike, by the cause that `queues --json` names.")
def retry(names: tuple[str, ...], status: str | None, reason: str | None, cause: str | None, *, all_: bool) -> None:
    """Try bookings again; safe at any time."""
    if sum(map(bool, (names, all_, cause))) != 1:
        raise click.UsageError("Name bookings, or use --all or --cause.")
    with opened() as services:
        if cause:
            done = retry_cause(services, cause, who=who())
        elif all_ and not (status or reason):
            done = retry_all(services, who=who())
        elif all_:
            done = retry_filtered(
                services, Filters(status=BookingStatus(status) if status else None, reason=reason), who=who()
            )
        else:
            done = retry_bookings(services, dict.fromkeys(names), who=who())
        dropped = services.ledger.dropped(names)
    missing = [name for name in names if name not in done and name not in dropped]
    click.echo(f"{len(done)} bookings are tried again.")
    if missing:
        raise UserError(f"There is no booking {', '.join(missing)}. See: faturasync bookings")
    if dropped:
        raise UserError(f"{', '.join(sorted(dropped))}: {GONE}")


def _row(record: Record) -> tuple[str | Text, ...]:
    booking, document = record_json(record), record.trail.document
    colour = COLOURS.get(record.status, "default")
    why = f"{document.state} {document.id}" if document and not record.reason else record.reason or ""
    return (
        record.key,
        booking["guest"] or "",
        _stay(booking),
        record.property_name or "",
        f"{amount} €" if (amount := record.figures.get("amount")) else "",
        plain(record.status, colour),
        why,
    )


def _stay(told: dict[str, Any]) -> str:
    return f"{told['check_in']} to {told['check_out']}" if told["check_in"] else "not fetched yet"


def _print_facts(record: Record, deliveries: list[str]) -> None:
    told, figures, trail = record_json(record), record.figures, record.trail
    facts = {
        "Booking": record.key,
        "Guest": f"data dropped on {record.dropped.at:%Y-%m-%d}" if record.dropped else told["guest"] or "",
        "Stay": f"{_stay(told)}, {record.property_name or 'no property'}",
        "Channel": " ".join(part for part in (told["channel"], told["channel_reference"]) if part),
        "Status": record.status.value + (f" ({record.reason})" if record.reason else ""),
        "What to do": record.todo or "",
    }
    if figures:
        facts |= explained(figures)
    if trail.sent:
        lines = map(line_text, lines_json(trail.sent.draft))
        facts |= {f"Line {number}": line for number, line in enumerate(lines, 1)}
    facts |= {
        f"Corrected {number}": _correction_text(each) for number, each in enumerate(record.corrections.values(), 1)
    }
    facts |= {f"Warning {number}": sentence for number, sentence in enumerate(record.warnings.values(), 1)}
    if trail.claim:
        facts["Reference"] = trail.claim.reference
    if trail.document:
        facts["Document"] = f"{trail.document.id} ({trail.document.state}) {trail.document.url}"
    facts["Deliveries"] = f"{record.deliveries} received; states from {' '.join(deliveries)}"
    _print_pairs(facts)


def _correction_text(correction: Correction) -> str:
    value, told = (text or "none" for text in (correction.value, correction.told))
    instead = "" if correction.field == RATE else f" instead of {told}"
    return f"{correction.field} {value}{instead}, by {correction.who} at {correction.at:%Y-%m-%d %H:%M} UTC"


def _show_delivery(services: Services, delivery_id: str, *, as_json: bool) -> None:
    try:
        stored = services.deliveries.get(delivery_id)
    except UserError:
        raise UserError(f"There is no booking or delivery {delivery_id}. See: faturasync bookings") from None
    facts = {
        "Delivery": stored.id,
        "Connection": stored.connection,
        "Received": stored.received_at.isoformat(timespec="seconds"),
        "Outcome": stored.outcome,
        "Answers": "kept" if stored.is_answered else "",
        "Problems": "; ".join(f"{problem.path} {problem.message}" for problem in stored.problems),
    }
    if as_json:
        print_json({name.lower(): value for name, value in facts.items()})
    else:
        _print_pairs(facts)


def _print_pairs(facts: dict[str, str]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value:
            table.add_row(plain(name, "bold"), plain(value))
    console().print(table)
