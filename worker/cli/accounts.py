"""`faturasync account`: hosts' InvoiceXpress accounts."""

from dataclasses import replace
from typing import Any

import click

from mapping.iva import time_zone
from mapping.settings import NET_NOTE, Basis, Regime
from worker.accounts import Account, with_settings
from worker.adoption import Adoption
from worker.cli.context import json_option, opened, print_json, print_rows, read_secret, who
from worker.cli.settings import limit_option, read_settings, regime_option, shared_settings, told
from worker.connecting import change, check_kept, clean_subdomain, connect, disconnect, listed
from worker.records import BookingStatus
from worker.retries import set_going
from worker.services import Services
from worker.turnover import turnover, turnover_warnings
from worker.views import account_json, warnings_json

key_option = click.option(
    "--api-key-file", metavar="FILE", help="The InvoiceXpress API key; - is standard input. Without it you are asked."
)
KEY_PROMPT = "InvoiceXpress API key"


@click.group()
def account() -> None:
    """Hosts' InvoiceXpress accounts."""


@account.command()
@click.argument("name")
@click.option(
    "--subdomain", required=True, help="casa, of https://casa.app.invoicexpress.com; the address is fine too."
)
@key_option
@limit_option
@regime_option
@shared_settings
def add(name: str, subdomain: str, api_key_file: str | None, **settings: str | None) -> None:
    """Connect a host's InvoiceXpress account. InvoiceXpress is asked before it is stored."""
    new = Account(name=name, subdomain=clean_subdomain(subdomain), settings=read_settings(**settings))  # type: ignore[arg-type]
    with opened() as services:
        services.accounts.check_free(name)  # told before the key is asked for
        connect(services, new, read_secret(api_key_file, KEY_PROMPT), who=who())
        click.echo(f"Connected: {name} is the InvoiceXpress account {new.subdomain}.")
    if new.settings.basis is not Basis.GROSS:
        click.echo(f"Drafts are net of the channel's commission (--basis net). {NET_NOTE}", err=True)


@account.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """All accounts; never their keys."""
    with opened() as services:
        found = services.accounts.all()
        exempt = {each.name: _turnover(services, each) for each in found if each.settings.regime is Regime.ART53}
    if as_json:
        print_json([{**account_json(each), **exempt.get(each.name, {})} for each in found])
        return
    rows = [(each.name, each.subdomain, told(each.settings)) for each in found]
    print_rows(
        "Accounts", ("account", "subdomain", "settings"), rows, empty="No accounts yet. See: faturasync account add -h"
    )
    for name, so_far in exempt.items():
        click.echo(f"{name}: drafts of {so_far['turnover']} € for stays that end in {so_far['year']}.")
        for warning in so_far["warnings"]:
            click.echo(f"  {warning['sentence']}")


@account.command()
@click.argument("name")
def check(name: str) -> None:
    """Ask InvoiceXpress whether the account's key and subdomain are good."""
    with opened() as services:
        found = check_kept(services, name)
    click.echo(f"Connected: {name} is the InvoiceXpress account {found.subdomain}.")


@account.command("set")
@click.argument("name")
@click.option("--subdomain", help="Another InvoiceXpress account.")
@key_option
@limit_option
@regime_option
@shared_settings
def set_(name: str, subdomain: str | None, api_key_file: str | None, **settings: str | None) -> None:
    """Change settings; without any, or with --api-key-file, take a new API key."""
    said = read_settings(**settings)  # type: ignore[arg-type]
    with opened() as services:
        changed = with_settings(services.accounts.get(name), said)
        if subdomain:
            changed = replace(changed, subdomain=clean_subdomain(subdomain))
        new_key = api_key_file is not None or not (subdomain or (said.model_fields_set and said != read_settings()))
        api_key = read_secret(api_key_file, KEY_PROMPT) if new_key else None
        going = change(services, changed, api_key=api_key, who=who())
    click.echo(f"Set. {len(going)} bookings that were stuck go on." if going else "Set.")


@account.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget an account, its key and its connections; drafts in InvoiceXpress stay as they are."""
    with opened() as services:
        disconnect(services, name, who=who())
    click.echo(f"Removed {name}.")


@click.command()
@click.argument("account")
def adopt(account: str) -> None:
    """Find an account's documents by our references, for a store that was restored or lost something.

    Their bookings take them for their own as soon as they come again, and no second one is made.
    """
    with opened() as services:
        owner = services.accounts.get(account)
        adoption = Adoption(services.store, account, clock=services.clock)
        found = listed(services, owner, services.accounts.api_key(account), adoption)
        going = set_going(services, _without_their_document(services, account, adoption), who=who())
    click.echo(f"{found} bookings have documents in InvoiceXpress. {len(going)} that did not know theirs go on.")


def _without_their_document(services: Services, account: str, adoption: Adoption) -> list[str]:
    without = (key for key, trail in services.ledger.trails(account, *BookingStatus) if trail.document is None)
    return [key for key in without if adoption.existing(*key.split(":", 2)[1:])]


def _turnover(services: Services, account: Account) -> dict[str, Any]:
    """What an exempt host's drafts of this year come to, and what to know about it."""
    today = services.clock().astimezone(time_zone(None)).date()
    amount = turnover(services, account.name, today.year)
    warnings = warnings_json(turnover_warnings(account, amount, today))
    return {"year": today.year, "turnover": f"{amount:.2f}", "warnings": warnings}
