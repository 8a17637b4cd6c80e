"""Connections: webhook URLs of channel managers. A URL and a secret are shown in the answer that makes them, and never again."""

import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mapping.channel_managers import ChannelManager, channel_managers
from mapping.errors import UserError
from webhook.console.audit import audit
from webhook.console.forms import came_before, go_to, once, said, told_going
from webhook.console.known import one
from webhook.console.login import who
from webhook.console.vendors import Secret, guide, has_guide, parts_of, proof_of, secret_of
from worker.connections import Connection, Issued
from worker.services import Services
from worker.webhook_urls import connect, disconnect, drop_old, health, new_url, rotate, set_credentials, webhook_url

Answer = str | Response | tuple[str, int]


def connections_pages(house: Services) -> Blueprint:
    """The pages about channel managers under `/settings`."""
    pages = Blueprint("connections", __name__, url_prefix="/settings")

    @pages.get("/account/<account>/channel-manager")
    def choose(account: str) -> Answer:
        return render_template("console/connection_choose.html", known=one(house, account), vendors=_vendors())

    @pages.route("/account/<account>/channel-manager/<name>", methods=["GET", "POST"])
    def new(account: str, name: str) -> Answer:
        one(house, account)
        return _make(house, account, name) if request.method == "POST" else _form(account, name)

    @pages.get("/connection/<connection_id>")
    def page(connection_id: str) -> Answer:
        return _page(house, _one(house, connection_id))

    @pages.post("/connection/<connection_id>/<act>")
    def act(connection_id: str, act: str) -> Answer:
        if act not in ACTS:
            abort(HTTPStatus.NOT_FOUND)
        return ACTS[act](house, _one(house, connection_id))

    @pages.get("/connection/<connection_id>/remove")
    def remove(connection_id: str) -> Answer:
        found = _one(house, connection_id)
        return render_template(
            "console/connection_remove.html", connection=found, vendor=_vendor(found.channel_manager)
        )

    @pages.get("/guide/<name>")
    def steps(name: str) -> Answer:
        if not has_guide(name):
            abort(HTTPStatus.NOT_FOUND)
        return render_template("console/guide.html", vendor=_vendor(name), guide=guide(name))

    return pages


def _vendors() -> Sequence[tuple[str, ChannelManager]]:
    return sorted(channel_managers().items(), key=lambda each: (each[0] == "generic", each[1].title))


def _vendor(name: str) -> ChannelManager:
    found = channel_managers().get(name)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, _("There is no such channel manager."))
    return found


def _one(house: Services, connection_id: str) -> Connection:
    try:
        return house.connections.get(connection_id)
    except UserError as error:
        abort(HTTPStatus.NOT_FOUND, said(error))


def _facts(name: str) -> Mapping[str, object]:
    """What templates say about a channel manager."""
    vendor = _vendor(name)
    return {
        "name": name,
        "vendor": vendor,
        "secret": secret_of(vendor).value,
        "proof": proof_of(vendor),
        "gaps": _(vendor.gaps),
        "has_guide": has_guide(name),
    }


def _form(account: str, name: str, problems: Mapping[str, str] | None = None, status: int = HTTPStatus.OK) -> Answer:
    told = {"account": account, "problems": problems or {}, "once": once}
    return render_template("console/connection_new.html", **told, **_facts(name)), status


def _make(house: Services, account: str, name: str) -> Answer:
    vendor = _vendor(name)
    given, credentials = _given_secrets(vendor), request.form.get("credentials", "").strip()
    problems = _problems(vendor, given, credentials)
    if problems:
        return _form(account, name, problems, HTTPStatus.UNPROCESSABLE_ENTITY)
    if came_before(house):
        flash(
            _("That connection was made already, and its URL shown then. If it is lost, make a new one there."),
            "warning",
        )
        return go_to(url_for("account.page", name=account))
    issued = connect(house, account, name, given, credentials=credentials or None, who=who())
    audit("connection-added", connection=issued.connection.id)
    return _shown_once(house, issued, fresh=given if "fresh" in request.form else [])


def _problems(vendor: ChannelManager, given: Sequence[str], credentials: str) -> Mapping[str, str]:
    problems: dict[str, str] = {}
    try:
        for each in given:
            vendor.scheme.accept(each)
    except UserError as error:
        problems["secret"] = said(error)
    try:
        if credentials:
            vendor.accept_credentials(credentials)
    except UserError as error:
        problems["credentials"] = said(error)
    return problems


def _page(house: Services, found: Connection, problems: Mapping[str, str] | None = None) -> Answer:
    urls, kept = house.connections.valid(found.id)
    page = render_template(
        "console/connection.html",
        connection=found,
        health=health(house, [found])[found.id],
        urls=urls,
        secrets=kept,
        has_credentials=house.credentials.of(found.id) is not None,
        problems=problems or {},
        now=house.clock(),
        once=once,
        **_facts(found.channel_manager),
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK


def _shown_once(house: Services, issued: Issued, *, fresh: Sequence[str] = ()) -> Answer:
    """The only page that ever has them."""
    name = issued.connection.channel_manager
    secret = issued.secret or next(iter(fresh), None)
    return render_template(
        "console/connection_issued.html",
        connection=issued.connection,
        url=webhook_url(house, issued),
        parts=parts_of(_vendor(name), secret) if secret else [],
        **_facts(name),
    )


def _shown_before(found: Connection) -> Answer:
    """A page that showed something was loaded again: what it showed is still what is valid."""
    flash(_("It was made already, and shown then. If it is lost, make a new one."), "warning")
    return go_to(url_for(".page", connection_id=found.id))


def _renew_secret(house: Services, found: Connection) -> Answer:
    vendor = _vendor(found.channel_manager)
    given, kind = _given_secrets(vendor), secret_of(vendor)
    is_made_here = kind is Secret.OURS or (kind is Secret.HEADER and "fresh" in request.form)
    if not given and not is_made_here:
        return _page(house, found, {"secret": _("Paste the secret.")})
    if is_made_here and came_before(house):
        return _shown_before(found)
    try:
        issued = rotate(house, found.id, given, new_url=False, who=who())
    except UserError as error:
        return _page(house, found, {"secret": said(error)})
    audit("connection-rotated", connection=found.id, what="secret")
    if is_made_here:
        return _shown_once(house, issued, fresh=given)
    flash(_("The secret is kept. Older ones are valid too until you end them."))
    return go_to(url_for(".page", connection_id=found.id))


def _renew_url(house: Services, found: Connection) -> Answer:
    if came_before(house):
        return _shown_before(found)
    issued = new_url(house, found.id, who=who())
    audit("connection-rotated", connection=found.id, what="url")
    return _shown_once(house, issued)


def _drop(house: Services, found: Connection) -> Answer:
    drop_old(house, found.id, who=who())
    audit("connection-rotated", connection=found.id, what="old dropped")
    flash(_("Only the newest webhook URL and secret are valid now."))
    return go_to(url_for(".page", connection_id=found.id))


def _bring_credentials(house: Services, found: Connection) -> Answer:
    given = request.form.get("credentials", "").strip()
    if not given:
        return _page(house, found, {"credentials": _("Paste the credentials.")})
    try:
        going = set_credentials(house, found.id, given, who=who())
    except UserError as error:
        return _page(house, found, {"credentials": said(error)})
    audit("connection-set", connection=found.id)
    flash(told_going(going, _("The credentials are kept.")))
    return go_to(url_for(".page", connection_id=found.id))


def _remove(house: Services, found: Connection) -> Answer:
    disconnect(house, found.id, who=who())
    audit("connection-removed", connection=found.id)
    flash(_("The connection %(id)s was removed.", id=found.id))
    return go_to(url_for("account.page", name=found.account))


ACTS = {
    "secret": _renew_secret,
    "url": _renew_url,
    "drop-old": _drop,
    "credentials": _bring_credentials,
    "remove": _remove,
}
"""What can be done to a connection."""


def _given_secrets(vendor: ChannelManager) -> list[str]:
    if "fresh" in request.form and secret_of(vendor) is Secret.HEADER:
        return [vendor.scheme.fresh_secret(secrets.token_bytes)]
    return [line.strip() for line in request.form.get("secret", "").splitlines() if line.strip()]
