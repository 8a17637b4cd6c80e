"""`faturasync queues`, `pause`, `resume` and `reminders`."""

import click

from worker.activity import together
from worker.cli.context import json_option, opened, print_json, print_rows, who
from worker.cli.overview import account_row, group_row, summary, worker_row
from worker.overview import activity, overview
from worker.overview_json import overview_json
from worker.pausing import pause as pause_account
from worker.pausing import resume as resume_account
from worker.reminders import MOST_BOOKINGS
from worker.reminders import as_json as reminder_json
from worker.reminders import reminders as find_reminders

FEW = 5  # bookings that a reminder names on the terminal


@click.command()
@json_option
def queues(*, as_json: bool) -> None:
    """How the work stands: the queue, each account's backlog and pauses, what is stuck, workers alive."""
    with opened() as services:
        found, day = overview(services), together(activity(services))
    if as_json:
        print_json(overview_json(found, day))
        return
    for line in summary(found, day):
        click.echo(line)
    accounts = [account_row(line) for line in found.accounts]
    print_rows(
        "Accounts",
        ("account", "queued", "waiting", "in line", "parked", "failed", "done", "paused"),
        accounts,
        empty="No accounts.",
    )
    print_rows(
        "Stuck",
        ("status", "bookings", "newest", "reason", "what was said", "for example"),
        [group_row(group) for group in found.stuck],
        empty="Nothing is stuck.",
    )
    workers = [worker_row(worker, found.at) for worker in found.workers]
    print_rows("Workers", ("worker", "process", "last sign of life", "works on"), workers, empty="No worker is known.")


@click.command()
@click.argument("account")
def pause(account: str) -> None:
    """Ask nothing for an account until it is resumed; its deliveries are taken in and its bookings wait."""
    with opened() as services:
        found = pause_account(services, account, who=who())
    click.echo(
        f"{account} is paused since {found.at:%Y-%m-%d %H:%M} UTC by {found.who}. Go on: faturasync resume {account}"
    )


@click.command()
@click.argument("account")
def resume(account: str) -> None:
    """Let a paused account's bookings go on."""
    with opened() as services:
        going = resume_account(services, account, who=who())
    click.echo(f"Resumed. {len(going)} bookings that waited go on." if going else "Resumed.")


@click.command()
@json_option
def reminders(*, as_json: bool) -> None:
    """What should be done soon: drafts to finalise, stays without a document, silent connections, the turnover's limit."""
    with opened() as services:
        found = find_reminders(services)
    if as_json:
        print_json([reminder_json(reminder) for reminder in found])
        return
    if not found:
        click.echo("Nothing to be reminded of.")
    for reminder in found:
        click.echo(f"{reminder.sentence}\n  {reminder.todo}")
        whys = {due.key: f": {due.sentence}" for due in reminder.due}
        for key in reminder.bookings[:FEW]:
            click.echo(f"  {key}{whys.get(key, '')}")
        if reminder.count > FEW:
            click.echo(f"  and {reminder.count - FEW} more; --json names up to {MOST_BOOKINGS}.")
