"""`faturasync connection`: webhook URLs, one for each account at each channel manager."""

import click

from mapping.channel_managers import channel_managers
from mapping.errors import UserError
from worker.cli.context import json_option, opened, print_json, print_rows, read_secret, who
from worker.connections import Issued, vendor_of
from worker.services import Services
from worker.webhook_urls import (
    connect,
    disconnect,
    drop_old,
    lacks_credentials,
    lacks_secret,
    set_credentials,
    webhook_url,
)
from worker.webhook_urls import rotate as rotate_

secret_option = click.option(
    "--secret-file", metavar="FILE", help="The secret that the channel manager made, one a line; - is standard input."
)

credentials_option = click.option(
    "--credentials-file",
    metavar="FILE",
    help="What its channel manager is asked with for bookings that it only names; - is standard input.",
)


@click.group()
def connection() -> None:
    """Webhook URLs that channel managers push to."""


@connection.command()
@click.argument("account")
@click.argument("channel_manager")
@secret_option
@credentials_option
@json_option
def add(
    account: str, channel_manager: str, secret_file: str | None, credentials_file: str | None, *, as_json: bool
) -> None:
    """Make a webhook URL. It and its secret are shown this once."""
    with opened() as services:
        services.accounts.get(account)  # told before anything is asked for
        vendor_of(channel_manager)
        credentials = read_secret(credentials_file, "Credentials") if credentials_file else None
        secrets = _secrets(secret_file)
        issued = connect(services, account, channel_manager, secrets, credentials=credentials, who=who())
        _show_once(services, issued, as_json=as_json)


@connection.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """All connections; never their secrets."""
    with opened() as services:
        found, valid = services.connections.all(), services.connections.valid_of_all()
    if as_json:
        print_json(
            [
                {
                    "connection": each.id,
                    "account": each.account,
                    "channel_manager": each.channel_manager,
                    "created_at": each.created_at.isoformat(),
                    "last_delivery_at": each.last_delivery_at.isoformat() if each.last_delivery_at else None,
                    "valid_urls": valid[each.id][0],
                    "valid_secrets": valid[each.id][1],
                }
                for each in found
            ]
        )
        return
    rows = [
        (
            each.id,
            each.account,
            channel_managers()[each.channel_manager].title,
            f"{each.last_delivery_at:%Y-%m-%d %H:%M} UTC" if each.last_delivery_at else "never",
            _overlap(*valid[each.id]),
        )
        for each in found
    ]
    columns = ("connection", "account", "channel manager", "last delivery", "old and new are valid")
    print_rows("Connections", columns, rows, empty="No connections yet. See: faturasync connection add -h")
    if any(_overlap(*valid[each.id]) for each in found):
        click.echo("Once deliveries come with the new one, end the old: faturasync connection drop-old CONNECTION")


@connection.command()
@click.argument("connection_id", metavar="CONNECTION")
@secret_option
@click.option("--url", "new_url", is_flag=True, help="A new webhook URL too.")
@click.option("--drop-old", is_flag=True, help="End the old ones at once, as where one was seen by others.")
@json_option
def rotate(connection_id: str, secret_file: str | None, *, new_url: bool, drop_old: bool, as_json: bool) -> None:
    """Give a connection a new secret (or URL, where its channel manager does not sign). Old ones stay valid as well."""
    with opened() as services:
        given = _secrets(secret_file)
        vendor = vendor_of(services.connections.get(connection_id).channel_manager)
        if vendor.scheme.signs and not (vendor.scheme.secret_is_ours or given or new_url):
            raise UserError(
                f"{vendor.title} makes the secret: bring it here with --secret-file FILE, or ask for a new URL with --url."
            )
        issued = rotate_(services, connection_id, given, new_url=new_url, drop_old=drop_old, who=who())
        _show_once(services, issued, as_json=as_json)


@connection.command("drop-old")
@click.argument("connection_id", metavar="CONNECTION")
def drop_old_(connection_id: str) -> None:
    """End all but a connection's newest secret and URL, once deliveries come with these."""
    with opened() as services:
        drop_old(services, connection_id, who=who())
    click.echo(f"Only the newest webhook URL and secret of {connection_id} are valid now.")


@connection.command("set")
@click.argument("connection_id", metavar="CONNECTION")
@credentials_option
def set_(connection_id: str, credentials_file: str | None) -> None:
    """Give a connection new credentials; bookings that waited for them go on."""
    with opened() as services:
        services.connections.get(connection_id)  # told before anything is asked for
        given = read_secret(credentials_file, "Credentials")
        going = set_credentials(services, connection_id, given, who=who())
    click.echo(f"Set {connection_id}. {len(going)} bookings are tried again.")


@connection.command()
@click.argument("connection_id", metavar="CONNECTION")
def remove(connection_id: str) -> None:
    """Forget a connection: its webhook URL is unknown from now on."""
    with opened() as services:
        disconnect(services, connection_id, who=who())
    click.echo(f"Removed {connection_id}.")


def _overlap(urls: int, secrets: int) -> str:
    """What there are several of that are valid beside each other, while they are renewed."""
    several = {"URLs": urls, "secrets": secrets}
    return ", ".join(f"{number} {what}" for what, number in several.items() if number > 1)


def _secrets(secret_file: str | None) -> list[str]:
    return read_secret(secret_file, "Secret").splitlines() if secret_file else []


def _show_once(services: Services, issued: Issued, *, as_json: bool) -> None:
    made = issued.connection
    url = webhook_url(services, issued)
    if as_json:
        print_json({"connection": made.id, "url": url, "secret": issued.secret})
        return
    click.echo(f"Connection   {made.id}")
    if url:
        click.echo(f"Webhook URL  {url}")
    if issued.secret:
        click.echo(f"Secret       {issued.secret}")
    if url or issued.secret:
        click.echo("Keep what is new: it is not shown again.")
    title = vendor_of(made.channel_manager).title
    if lacks_credentials(services, made):
        click.echo(
            f"{title} only says which booking changed. Until you bring what it is to be asked with, bookings are "
            f"parked: faturasync connection set {made.id} --credentials-file FILE"
        )
    if lacks_secret(services, made):
        click.echo(
            f"{title} makes the secret when you give it this URL. Until you bring it here, deliveries are refused: "
            f"faturasync connection rotate {made.id} --secret-file FILE"
        )
