"""`faturasync account`: hosts' InvoiceXpress accounts."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from mapping.iva import time_zone
from mapping.settings import NET_NOTE, Basis, Regime
from worker.accounts import Account, with_settings
from worker.adoption import Adoption
from worker.audit import CHANGED
from worker.cli.context import json_option, opened, print_json, print_rows, read_secret, who
from worker.cli.settings import limit_option, read_settings, regime_option, settings_json, shared_settings, told
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpressPool
from worker.invoicexpress.subdomains import subdomain as clean_subdomain
from worker.pacing import LIMIT, Gate, Pass
from worker.pauses import Pauses, PersonsPauses
from worker.records import BookingStatus
from worker.retries import set_account_going, set_going
from worker.sequences import forget_sequences
from worker.services import Services
from worker.taxes import forget_taxes
from worker.turnover import turnover, turnover_warnings
from worker.views import warnings_json
from worker.waits import WINDOW_SECONDS

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
        services.accounts.check_free(name)
        api_key = read_secret(api_key_file, KEY_PROMPT)
        _ask_invoicexpress(services, new.subdomain, api_key)
        _take_over(services, new, api_key)
        services.accounts.add(new, api_key)
        services.audit.write(who(), "account-added", name, became=_told(new))
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
        print_json([{**_told(each), **exempt.get(each.name, {})} for each in found])
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
        found = services.accounts.get(name)
        _ask_invoicexpress(services, found.subdomain, services.accounts.api_key(name))
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
        before = services.accounts.get(name)
        changed = with_settings(before, said)
        new_subdomain = clean_subdomain(subdomain) if subdomain else changed.subdomain
        new_key = api_key_file is not None or not (subdomain or (said.model_fields_set and said != read_settings()))
        api_key = read_secret(api_key_file, KEY_PROMPT) if new_key else services.accounts.api_key(name)
        if new_key or subdomain:
            _ask_invoicexpress(services, new_subdomain, api_key)
        changed = replace(changed, subdomain=new_subdomain)
        if subdomain:
            _take_over(services, changed, api_key)
        services.accounts.change(changed, api_key=api_key)
        key = {"api_key": CHANGED} if new_key else {}
        services.audit.write(who(), "account-set", name, was=_told(before), became={**_told(changed), **key})
        forget_taxes(services.store, name)
        forget_sequences(services.store, name)
        Pauses(services.store).lift(name, now=services.clock())
        going = set_account_going(services, name, who=who())
    click.echo(f"Set. {len(going)} bookings that were stuck go on." if going else "Set.")


@account.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget an account, its key and its connections; drafts in InvoiceXpress stay as they are."""
    with opened() as services:
        services.accounts.remove(name)
        PersonsPauses(services.store).resume(name)  # another account of this name is not paused
        services.audit.write(who(), "account-removed", name)
        for connection in services.connections.all():
            if connection.account == name:
                services.connections.remove(connection.id)
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
        found = _listed(services, owner, services.accounts.api_key(account), adoption)
        going = set_going(services, _without_their_document(services, account, adoption), who=who())
    click.echo(f"{found} bookings have documents in InvoiceXpress. {len(going)} that did not know theirs go on.")


def _without_their_document(services: Services, account: str, adoption: Adoption) -> list[str]:
    without = (key for key, trail in services.ledger.trails(account, *BookingStatus) if trail.document is None)
    return [key for key in without if adoption.existing(*key.split(":", 2)[1:])]


def _take_over(services: Services, owner: Account, api_key: str) -> None:
    """Know what is in the account before the first booking asks: it may be ours, of a store that was lost."""
    forget_taxes(services.store, owner.name)
    forget_sequences(services.store, owner.name)
    adoption = Adoption(services.store, owner.name, clock=services.clock)
    adoption.forget()
    _listed(services, owner, api_key, adoption)


def _listed(services: Services, owner: Account, api_key: str, adoption: Adoption) -> int:
    who = Pass(account=owner.name, booking="", limit=owner.settings.limit or LIMIT, patience=WINDOW_SECONDS)
    gate = Gate(services.store, who, clock=services.clock)
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        return adoption.remember(pool.account(owner.subdomain, api_key, around=gate.request))


def _ask_invoicexpress(services: Services, subdomain: str, api_key: str) -> None:
    with closing(InvoiceXpressPool(services.environment.invoicexpress_url)) as pool:
        check_account(pool.account(subdomain, api_key))


def _turnover(services: Services, account: Account) -> dict[str, Any]:
    """What an exempt host's drafts of this year come to, and what to know about it."""
    today = services.clock().astimezone(time_zone(None)).date()
    amount = turnover(services, account.name, today.year)
    warnings = warnings_json(turnover_warnings(account, amount, today))
    return {"year": today.year, "turnover": f"{amount:.2f}", "warnings": warnings}


def _told(found: Account) -> dict[str, object]:
    return {"account": found.name, "subdomain": found.subdomain, **settings_json(found.settings)}
