"""`faturasync property`: what is let, where it lies, and which of the vendors' listings mean it."""

from dataclasses import replace

import click

from worker.cli.context import json_option, opened, print_json, print_rows, who
from worker.cli.settings import (
    location_option,
    postal_code_option,
    read_settings,
    registration_option,
    shared_settings,
    told,
)
from worker.letting import change, forget, let
from worker.properties import Property
from worker.views import property_json

listing_option = click.option(
    "--listing",
    "listings",
    multiple=True,
    metavar="CHANNEL_MANAGER:ID",
    help="The channel manager's id of it, such as smoobu:2210045; may be given several times.",
)


@click.group("property")
def property_() -> None:
    """Properties and their settings."""


@property_.command()
@click.argument("account")
@click.argument("name")
@location_option
@postal_code_option
@registration_option
@listing_option
@shared_settings
def add(account: str, name: str, listings: tuple[str, ...], **settings: str | None) -> None:
    """Add a property to an account."""
    new = Property(account=account, name=name, settings=read_settings(**settings), listings=listings)  # type: ignore[arg-type]
    with opened() as services:
        going = let(services, new, who=who())
    click.echo(f"Added {name}.{_told_going(going)}")


@property_.command("list")
@click.option("--account", help="Only this account's.")
@json_option
def list_(account: str | None, *, as_json: bool) -> None:
    """All properties."""
    with opened() as services:
        accounts = [services.accounts.get(account)] if account else services.accounts.all()
        found = [each for owner in accounts for each in services.properties.of(owner.name)]
    if as_json:
        print_json([property_json(each) for each in found])
        return
    rows = [(each.account, each.name, told(each.settings), " ".join(each.listings)) for each in found]
    empty = "No properties yet. See: faturasync property add -h"
    print_rows("Properties", ("account", "property", "settings", "listings"), rows, empty=empty)


@property_.command("set")
@click.argument("account")
@click.argument("name")
@location_option
@postal_code_option
@registration_option
@listing_option
@shared_settings
def set_(account: str, name: str, listings: tuple[str, ...], **settings: str | None) -> None:
    """Change a property's settings; listings are added to those it has."""
    said = read_settings(**settings)  # type: ignore[arg-type]
    with opened() as services:
        found = services.properties.get(account, name)
        merged = tuple(dict.fromkeys((*found.listings, *listings)))
        changed = replace(found, settings=said.over(found.settings), listings=merged)
        going = change(services, changed, who=who())
    click.echo(f"Set.{_told_going(going)}")


@property_.command()
@click.argument("account")
@click.argument("name")
def remove(account: str, name: str) -> None:
    """Forget a property; drafts that it has stay as they are."""
    with opened() as services:
        forget(services, account, name, who=who())
    click.echo(f"Removed {name}.")


def _told_going(going: list[str]) -> str:
    return f" {len(going)} bookings that were stuck go on." if going else ""
