"""How InvoiceXpress's refusals of an account are told, and which fields of a form they are about."""

from dataclasses import dataclass

from flask_babel import gettext as _

from mapping.errors import UserError
from webhook.console.forms import said
from worker.accounts import Account
from worker.connecting import AccountNotFound, InvalidApiKey, clean_subdomain

API_PAGE = "https://www.app.invoicexpress.com/users/api"
"""Where InvoiceXpress shows who is logged in their account's name and key (https://invoicexpress.com/api-v2, Authentication)."""


def subdomain_in(given: str, problems: dict[str, str]) -> str:
    """The subdomain in what was given, which may be an address; "" and a problem of its field where there is none."""
    try:
        return clean_subdomain(given)
    except UserError as error:
        problems["subdomain"] = said(error)
        return ""


def connected(account: Account) -> str:
    """What is said once InvoiceXpress has taken an account's key."""
    return str(
        _(
            "Connected: %(name)s is the InvoiceXpress account %(subdomain)s.",
            name=account.name,
            subdomain=account.subdomain,
        )
    )


@dataclass(frozen=True, kw_only=True)
class Told:
    """A refusal: a few words, what to do, and the fields that are wrong, or may be."""

    title: str
    sentence: str
    fields: tuple[str, ...] = ()

    @property
    def problems(self) -> dict[str, str]:
        """The fields with a mark, and no words of their own."""
        return dict.fromkeys(self.fields, "")


def told(error: UserError, subdomain: str) -> Told:
    """What InvoiceXpress said of a key and a subdomain, and what to do."""
    if isinstance(error, InvalidApiKey):
        sentence = _(
            "InvoiceXpress does not take this key for the account %(subdomain)s. It answers in the same way where no account "
            "has that subdomain, so check both.",
            subdomain=subdomain,
        )
        return Told(title=_("Invalid API key"), sentence=sentence, fields=("api_key", "subdomain"))
    if isinstance(error, AccountNotFound):
        sentence = _(
            "InvoiceXpress has no account at the address %(subdomain)s. Copy the subdomain from the address at which you log "
            "in: casa, of https://casa.app.invoicexpress.com.",
            subdomain=subdomain,
        )
        return Told(title=_("Account not found"), sentence=sentence, fields=("subdomain",))
    return Told(title=_("InvoiceXpress could not be asked"), sentence=said(error))
