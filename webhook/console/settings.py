"""Settings: all InvoiceXpress accounts, and connecting another. No page ever shows a key again."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mapping.errors import UserError
from mapping.settings import Settings
from webhook.console.audit import audit
from webhook.console.forms import go_to
from webhook.console.known import Known, known_accounts
from webhook.console.login import who
from webhook.console.refusals import API_PAGE, Told, connected, subdomain_in, told
from worker import connecting
from worker.accounts import NAME_PATTERN, Account
from worker.letting import all_unknown_listings
from worker.services import Services
from worker.webhook_urls import health

PROVIDERS = ("invoicexpress",)
"""Who makes the documents; there is one so far."""

Answer = str | Response | tuple[str, int]


def settings_pages(house: Services) -> Blueprint:
    """The pages `/settings` and `/settings/connect`."""
    pages = Blueprint("settings", __name__, url_prefix="/settings")

    @pages.get("")
    def accounts() -> Answer:
        found = known_accounts(house)
        return (
            render_template("console/settings.html", accounts=found, attention=_attention(house, found))
            if found
            else _form()
        )

    @pages.route("/connect", methods=["GET", "POST"])
    def connect() -> Answer:
        return _connect(house) if request.method == "POST" else _form()

    return pages


def _attention(house: Services, found: Sequence[Known]) -> Mapping[str, Mapping[str, int]]:
    """What of each account waits for a person."""
    unknown = all_unknown_listings(house)
    states = health(house, [each for known in found for each in known.connections])
    return {
        known.account.name: {
            "listings": len(unknown.get(known.account.name, [])),
            "connections": sum(states[each.id].needs_a_look for each in known.connections),
        }
        for known in found
    }


def _form(
    problems: Mapping[str, str] | None = None, refused: Told | None = None, status: int = HTTPStatus.OK
) -> Answer:
    return (
        render_template(
            "console/connect.html",
            problems=problems or {},
            refused=refused,
            form=request.form,
            api_page=API_PAGE,
        ),
        status,
    )


def _connect(house: Services) -> Answer:
    form = {name: request.form.get(name, "").strip() for name in ("provider", "api_key", "subdomain", "name")}
    problems = _missing(form)
    subdomain = subdomain_in(form["subdomain"], problems)
    name = form["name"] or _free_name(house, subdomain)
    if subdomain and not NAME_PATTERN.fullmatch(name):
        problems["name"] = _("Made of a-z, 0-9 and hyphens, 40 at most, such as casa-do-rio.")
    elif subdomain and any(each.name == name for each in house.accounts.all()):
        problems["name"] = _("There is an account of this name already.")
    if problems:
        return _form(problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    new = Account(name=name, subdomain=subdomain, settings=Settings())
    try:
        connecting.connect(house, new, form["api_key"], who=who())
    except UserError as error:
        audit("account-refused", account=name, subdomain=subdomain)
        refused = told(error, subdomain)
        return _form(refused.problems, refused, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    audit("account-connected", account=name, subdomain=subdomain)
    flash(connected(new))
    return go_to(url_for("account.page", name=name))


def _missing(form: Mapping[str, str]) -> dict[str, str]:
    problems = {}
    if form["provider"] not in PROVIDERS:
        problems["provider"] = _("Choose who makes your documents.")
    if not form["api_key"]:
        problems["api_key"] = _("Paste the API key.")
    return problems


def _free_name(house: Services, subdomain: str) -> str:
    """A name for an account that was given none: its subdomain's, with a number where there is one already."""
    wanted = re.sub(r"[^a-z0-9-]", "", subdomain)[:36].strip("-") or "account"
    taken = {each.name for each in house.accounts.all()}
    return next(name for name in (wanted, *(f"{wanted}-{number}" for number in range(2, 999))) if name not in taken)
