"""`faturasync pause` and `resume`."""

import click

from worker.cli.context import opened, who
from worker.pausing import pause as pause_account
from worker.pausing import resume as resume_account


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
