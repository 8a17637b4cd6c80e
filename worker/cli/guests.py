"""`faturasync guest`: what is kept about a guest, for one who asks for it, and erasing it at once."""

import click

from mapping.errors import UserError
from worker.cli.context import opened, print_json, who
from worker.guests import THE_HOSTS, bookings_of
from worker.guests import erase as erase_guest
from worker.guests import export as export_guest


@click.group()
def guest() -> None:
    """Export or erase what is kept about a guest."""


@guest.command()
@click.argument("words", nargs=-1)
@click.option("--booking", "keys", metavar="KEY", multiple=True, help="The guest of this booking (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="Print nothing beside the JSON, not even on standard error.")
def export(words: tuple[str, ...], keys: tuple[str, ...], *, as_json: bool) -> None:
    """All that is kept about a guest, as JSON: by WORDS of the name, or by booking.

    The file holds a guest's data: give it to nobody else.
    """
    if bool(words) == bool(keys):
        raise click.UsageError("Give words of the guest's name, or --booking KEY.")
    with opened() as services:
        named = keys or bookings_of(services, " ".join(words))
        found = export_guest(services, named, who=who())
    if not found:
        raise UserError(
            "Nothing is kept about a guest of that name. Earlier or other spellings are found by booking: --booking KEY"
        )
    print_json(found)
    if not as_json:
        click.echo(f"Bookings: {len(found)}. {THE_HOSTS}", err=True)


@guest.command()
@click.option("--booking", "keys", metavar="KEY", multiple=True, required=True, help="Of this booking (repeatable).")
@click.option("--even-if-open", is_flag=True, help="Also where the booking is not at rest and may still need them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(keys: tuple[str, ...], *, even_if_open: bool, yes: bool) -> None:
    """Erase at once what is kept about the guest of a booking; the facts of its invoice stay."""
    if not yes:
        question = f"Erase what is kept about the guest of {', '.join(keys)}? It cannot be brought back."
        click.confirm(question, abort=True, err=True)
    with opened() as services:
        erased = erase_guest(services, keys, who=who(), even_if_open=even_if_open)
    for each in erased:
        click.echo(f"Erased what was kept about the guest of {each.key}.")
        if each.beside:
            click.echo(
                f"  A body that tells of it too is kept for {', '.join(each.beside)}. Erase: "
                f"faturasync guest erase {' '.join(f'--booking {key}' for key in each.beside)}"
            )
    documents = [f"{each.document.id} ({each.document.state})" for each in erased if each.document]
    if documents:
        click.echo(f"In InvoiceXpress: {', '.join(documents)}. {THE_HOSTS}")
