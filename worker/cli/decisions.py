"""`faturasync correct`, `ignore` and `draft`: what a person decides about one booking."""

import click

from worker.cli.context import opened, who
from worker.correcting import correct as correct_booking
from worker.decisions import draft_now
from worker.decisions import ignore as ignore_booking

FLAGS = {
    "total": "total_guest",
    "commission": "commission",
    "guest": "guest_name",
    "country": "guest_country",
    "tax_number": "guest_tax_id",
    "rate": "rate",
}
"""The flags' names, and what they are called in JSON and histories."""
DROPPED = {flag.replace("_", "-"): field for flag, field in FLAGS.items()}


@click.command()
@click.argument("booking")
@click.option("--total", metavar="AMOUNT", help="The price, as the channel manager means it: 612.50.")
@click.option("--commission", metavar="AMOUNT", help="What the channel keeps of it; 0 where that is nothing.")
@click.option("--guest", metavar="NAME", help="The guest's name.")
@click.option("--country", metavar="CODE", help='The guest\'s country, two letters such as DE; "" for none.')
@click.option("--tax-number", metavar="NUMBER", help='The guest\'s tax number; "" for none.')
@click.option("--rate", metavar="PERCENT", help="The stay's rate of IVA, one of those where the property lies.")
@click.option("--drop", "dropped", multiple=True, type=click.Choice(list(DROPPED)), help="Take a correction back.")
def correct(booking: str, dropped: tuple[str, ...], **given: str | None) -> None:
    """Correct what a channel manager said of a booking, and try it again at once.

    A correction stays until the channel manager changes that very field.
    """
    said = {FLAGS[flag]: value for flag, value in given.items() if value is not None}
    if not said and not dropped:
        raise click.UsageError("Say what to correct, or what to --drop.")
    with opened() as services:
        changed = correct_booking(services, booking, said, drop=[DROPPED[flag] for flag in dropped], who=who())
    if changed:
        click.echo(f"Corrected {', '.join(changed)}. The booking is tried again.")
    else:
        click.echo("That is what the booking says already.")


@click.command()
@click.argument("booking")
def ignore(booking: str) -> None:
    """Ignore a booking, whatever its channel manager says of it, until it is tried again.

    A draft that it has in InvoiceXpress is left as it is.
    """
    with opened() as services:
        document = ignore_booking(services, booking, who=who())
    left = f" Its document {document.id} in InvoiceXpress is left as it is." if document else ""
    click.echo(f"Ignored.{left} To bring it back: faturasync retry {booking}")


@click.command()
@click.argument("booking")
def draft(booking: str) -> None:
    """Make a booking's draft now, although the day on which its settings want it has not come."""
    with opened() as services:
        draft_now(services, booking, who=who())
    click.echo("Its draft is made now.")
