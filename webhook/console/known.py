"""Accounts with all that belongs to them, as the pages tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import abort
from flask_babel import gettext as _

from worker.accounts import Account
from worker.connections import Connection
from worker.pauses import Pauses, PersonsPause, PersonsPauses, Refusal
from worker.properties import Property
from worker.services import Services


@dataclass(frozen=True, kw_only=True)
class Known:
    """An account with all that belongs to it, as the pages tell it."""

    account: Account
    address: str
    refusal: Refusal | None  # why InvoiceXpress refuses it as a whole
    paused_by: PersonsPause | None  # the person who paused it
    properties: Sequence[Property]
    connections: Sequence[Connection]


def known_accounts(house: Services) -> list[Known]:
    """Every account with what belongs to it."""
    found = house.accounts.all()
    refusals = Pauses(house.store).of([each.name for each in found])
    persons = PersonsPauses(house.store).all()
    connections = house.connections.all()
    return [
        Known(
            account=each,
            address=house.environment.invoicexpress_url.replace("{account}", each.subdomain),
            refusal=refusals.get(each.name),
            paused_by=persons.get(each.name),
            properties=house.properties.of(each.name),
            connections=[connection for connection in connections if connection.account == each.name],
        )
        for each in found
    ]


def one(house: Services, name: str) -> Known:
    """The account of this name, or a page that says that there is none."""
    found = next((each for each in known_accounts(house) if each.account.name == name), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, _("There is no account %(name)s.", name=name))
    return found
