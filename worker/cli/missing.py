"""`faturasync missing`."""

import sys

import click

from worker.cli.context import json_option, opened, print_json, print_rows
from worker.lapses import NEVER, Lapse
from worker.missing import Found, Missing, ToAsk, What
from worker.missing import as_json as missing_json
from worker.missing import missing as find_missing

TEXTS = {
    What.UNKNOWN_BOOKING: "the booking is not known here",
    What.UNKNOWN_DOCUMENT: "its booking does not know it",
    What.CHANGED: "says something else than what is known to have been sent",
    What.STATE: "is in another state than is known",
    What.GONE: "is gone, and was a draft as far as is known",
}


@click.command()
@json_option
def missing(*, as_json: bool) -> None:
    """What InvoiceXpress has and the store does not know: after a copy was put back, what has to be sent again.

    Each account's documents are read, and remembered: no booking that comes again gets a second one.
    """
    with opened() as services:
        found = find_missing(services)
    if as_json:
        print_json(missing_json(found))
    else:
        _print(found)
    if found.problems:
        sys.exit(1)


def _print(found: Missing) -> None:
    if found.lapse:
        click.echo(_told(found.lapse))
    rows = [_row(each) for each in found.documents]
    columns = ("account", "reference", "document", "state", "date", "amount", "what")
    print_rows("Documents", columns, rows, empty="InvoiceXpress has nothing of ours that is not known here.")
    if found.connections:
        asked = [_asked(each) for each in found.connections]
        print_rows(
            "Have them send again", ("connection", "channel manager", "all since (UTC)", "heard last"), asked, empty=""
        )
    for account, problem in found.problems.items():
        click.echo(f"Error: {account} could not be asked: {problem}", err=True)


def _told(found: Lapse) -> str:
    since = "An older time" if found.since == NEVER else f"{found.since:%d/%m/%Y %H:%M:%S}"
    return (
        f"{since} to {found.until:%d/%m/%Y %H:%M:%S} UTC: of this time the store knows nothing; it was away, or a copy was put "
        "back."
    )


def _row(each: Found) -> tuple[str, ...]:
    day = f"{each.day:%d/%m/%Y}" if each.day else ""
    amount = f"{each.total:.2f}" if each.total is not None else ""
    return each.account, each.reference, str(each.document), each.state, day, amount, TEXTS[each.what]


def _asked(each: ToAsk) -> tuple[str, ...]:
    since = f"{each.since:%d/%m/%Y %H:%M:%S}" if each.since and each.since != NEVER else "ever"
    last = f"{each.last_delivery_at:%d/%m/%Y %H:%M:%S}" if each.last_delivery_at else "never"
    return each.connection, each.channel_manager, since, last
