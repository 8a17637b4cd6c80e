"""One InvoiceXpress account: what belongs to it, its key, its settings, its end."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mapping.errors import UserError
from mapping.settings import NET_NOTE, Basis
from webhook.console.audit import audit
from webhook.console.forms import go_to, told_going
from webhook.console.known import Known, one
from webhook.console.login import who
from webhook.console.refusals import API_PAGE, Told, connected, subdomain_in, told
from webhook.console.setting_forms import ACCOUNT, CHANNELS, PROPERTY, read, summary, typed, usual
from worker import connecting
from worker.letting import unknown_listings
from worker.services import Services
from worker.webhook_urls import health

Answer = str | Response | tuple[str, int]


def account_pages(house: Services) -> Blueprint:
    """The pages under `/settings/account/<name>`."""
    pages = Blueprint("account", __name__, url_prefix="/settings/account/<name>")

    @pages.get("")
    def page(name: str) -> Answer:
        return _page(house, one(house, name))

    @pages.post("/check")
    def check(name: str) -> Answer:
        return _check(house, one(house, name))

    @pages.route("/key", methods=["GET", "POST"])
    def key(name: str) -> Answer:
        found = one(house, name)
        return _change_key(house, found) if request.method == "POST" else _key_form(found)

    @pages.route("/settings", methods=["GET", "POST"])
    def choices(name: str) -> Answer:
        found = one(house, name)
        return _change_settings(house, found) if request.method == "POST" else _settings_form(found)

    @pages.get("/remove")
    def remove(name: str) -> Answer:
        return render_template("console/account_remove.html", known=one(house, name))

    @pages.post("/remove")
    def removed(name: str) -> Answer:
        connecting.disconnect(house, one(house, name).account.name, who=who())
        audit("account-removed", account=name)
        flash(_("The account %(name)s was removed.", name=name))
        return go_to(url_for("settings.accounts"))

    return pages


def _page(house: Services, known: Known) -> Answer:
    return render_template(
        "console/account.html",
        known=known,
        settings=summary(known.account.settings, ACCOUNT),
        summary_of=lambda place: summary(place.settings, PROPERTY),
        health=health(house, known.connections),
        unknown=unknown_listings(house, known.account.name),
        is_net=known.account.settings.basis is not Basis.GROSS,
        net_note=_(NET_NOTE),
        now=house.clock(),
    )


def _check(house: Services, known: Known) -> Answer:
    account = known.account
    try:
        connecting.check_kept(house, account.name)
    except UserError as error:
        audit("account-checked", account=account.name, outcome="refused")
        refused = told(error, account.subdomain)
        flash(f"{refused.title}. {refused.sentence}", "error")
    else:
        audit("account-checked", account=account.name, outcome="connected")
        flash(connected(account))
    return go_to(url_for(".page", name=account.name))


def _key_form(
    known: Known,
    problems: Mapping[str, str] | None = None,
    refused: Told | None = None,
    status: int = HTTPStatus.OK,
) -> Answer:
    form = request.form or {"subdomain": known.account.subdomain}
    page = "console/account_key.html"
    told = {"known": known, "problems": problems or {}, "refused": refused, "form": form, "api_page": API_PAGE}
    return render_template(page, **told), status


def _change_key(house: Services, known: Known) -> Answer:
    form = {name: request.form.get(name, "").strip() for name in ("api_key", "subdomain")}
    problems: dict[str, str] = {}
    subdomain = subdomain_in(form["subdomain"], problems)
    if problems:
        return _key_form(known, problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    changed = replace(known.account, subdomain=subdomain)
    try:
        going = connecting.change(house, changed, api_key=form["api_key"] or None, who=who())
    except UserError as error:
        audit("account-refused", account=changed.name, subdomain=subdomain)
        refused = told(error, subdomain)
        return _key_form(known, refused.problems, refused, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    audit("account-changed", account=changed.name, subdomain=subdomain, new_key=bool(form["api_key"]))
    flash(told_going(going, connected(changed)))
    return go_to(url_for(".page", name=changed.name))


def _settings_form(known: Known, problems: Mapping[str, str] | None = None, status: int = HTTPStatus.OK) -> Answer:
    return (
        render_template(
            "console/account_settings.html",
            known=known,
            groups=ACCOUNT,
            values=request.form or typed(known.account.settings, ACCOUNT),
            usual=lambda field: usual(field, None),
            problems=problems or {},
            channels=CHANNELS,
            net_note=_(NET_NOTE),
        ),
        status,
    )


def _change_settings(house: Services, known: Known) -> Answer:
    settings, problems = read(request.form, ACCOUNT, known.account.settings)
    if problems:
        return _settings_form(known, problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    going = connecting.change(house, replace(known.account, settings=settings), who=who())
    audit("account-changed", account=known.account.name)
    flash(told_going(going, _("Saved.")))
    return go_to(url_for(".page", name=known.account.name))
