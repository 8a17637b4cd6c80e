"""Properties: what is let, its settings, the listings that mean it, and listings that none has yet."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from mapping.channel_managers import channel_managers
from mapping.errors import UserError
from mapping.settings import NET_NOTE, Settings
from webhook.console.audit import audit
from webhook.console.forms import go_to, said, told_going
from webhook.console.known import Known, one
from webhook.console.login import who
from webhook.console.setting_forms import CHANNELS, PROPERTY, read, typed, usual
from worker.letting import change, forget, give, let
from worker.properties import Property
from worker.services import Services

NAME_LENGTH = 100
EMPTY_ROWS = 2
"""For as many more listings there is room on the form; who has more saves and comes back."""

Answer = str | Response | tuple[str, int]


def properties_pages(house: Services) -> Blueprint:
    """The pages under `/settings/account/<account>/property`."""
    pages = Blueprint("properties", __name__, url_prefix="/settings/account/<account>")

    @pages.route("/property/new", methods=["GET", "POST"])
    def new(account: str) -> Answer:
        known = one(house, account)
        return _add(house, known) if request.method == "POST" else _form(known, _blank(account))

    @pages.route("/property", methods=["GET", "POST"])
    def page(account: str) -> Answer:
        known = one(house, account)
        found = _asked(known)
        return _change(house, known, found) if request.method == "POST" else _form(known, found, is_new=False)

    @pages.post("/listing")
    def listing(account: str) -> Answer:
        return _give(house, one(house, account))

    @pages.get("/property/remove")
    def remove(account: str) -> Answer:
        known = one(house, account)
        return render_template("console/property_remove.html", known=known, place=_asked(known))

    @pages.post("/property/remove")
    def removed(account: str) -> Answer:
        found = _asked(one(house, account))
        forget(house, account, found.name, who=who())
        audit("property-removed", account=account, property=found.name)
        flash(_("The property %(name)s was removed.", name=found.name))
        return go_to(url_for("account.page", name=account))

    return pages


def _blank(account: str) -> Property:
    """A property that is not there yet; the address may say of which listing it is to be."""
    listing = request.args.get("listing", "")
    listings = (listing,) if ":" in listing else ()
    return Property(account=account, name=request.args.get("title", ""), settings=Settings(), listings=listings)


def _asked(known: Known) -> Property:
    found = next((each for each in known.properties if each.name == request.args.get("name")), None)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, _("There is no such property."))
    return found


def _form(
    known: Known,
    place: Property,
    *,
    is_new: bool = True,
    problems: Mapping[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Answer:
    listings = _rows() if request.method == "POST" else [tuple(each.split(":", 1)) for each in place.listings]
    connected = {each.channel_manager for each in known.connections}
    return (
        render_template(
            "console/property.html",
            known=known,
            place=place,
            is_new=is_new,
            name=request.form.get("name", place.name),
            listings=[*listings, *[("", "")] * EMPTY_ROWS],
            vendors=sorted(channel_managers().items(), key=lambda each: (each[0] not in connected, each[1].title)),
            groups=PROPERTY,
            values=request.form or typed(place.settings, PROPERTY),
            usual=lambda field: usual(field, known.account.settings),
            problems=problems or {},
            channels=CHANNELS,
            net_note=_(NET_NOTE),
        ),
        status,
    )


def _add(house: Services, known: Known) -> Answer:
    account, name = known.account.name, " ".join(request.form.get("name", "").split())
    settings, problems = read(request.form, PROPERTY, Settings())
    if not 0 < len(name) <= NAME_LENGTH:
        problems["name"] = _("A property’s name has 1 to 100 characters.")
    elif any(each.name == name for each in known.properties):
        problems["name"] = _("There is a property of this name already.")
    place = Property(account=account, name=name, settings=settings, listings=_listings())
    if not problems:
        try:
            going = let(house, place, who=who())
        except UserError as error:
            problems["listings"] = said(error)
    if problems:
        return _form(known, _blank(account), problems=problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    audit("property-added", account=account, property=name)
    flash(told_going(going, _("The property %(name)s was added.", name=name)))
    return go_to(url_for("account.page", name=account))


def _change(house: Services, known: Known, found: Property) -> Answer:
    settings, problems = read(request.form, PROPERTY, found.settings)
    changed = Property(account=found.account, name=found.name, settings=settings, listings=_listings())
    if not problems:
        try:
            going = change(house, changed, who=who())
        except UserError as error:
            problems["listings"] = said(error)
    if problems:
        return _form(known, found, is_new=False, problems=problems, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    audit("property-changed", account=found.account, property=found.name)
    flash(told_going(going, _("Saved.")))
    return go_to(url_for("account.page", name=found.account))


def _give(house: Services, known: Known) -> Answer:
    """An unknown listing to a property that is there."""
    account, name, listing = known.account.name, request.form.get("property", ""), request.form.get("listing", "")
    try:
        going = give(house, account, name, listing, who=who())
    except UserError as error:
        flash(said(error), "error")
    else:
        audit("listing-given", account=account, property=name, listing=listing)
        flash(told_going(going, _("%(name)s has the listing %(listing)s now.", name=name, listing=listing)))
    return go_to(url_for("account.page", name=account))


def _rows() -> Sequence[tuple[str, ...]]:
    vendors, ids = request.form.getlist("listing_of"), request.form.getlist("listing_id")
    return [(vendor, text.strip()) for vendor, text in zip(vendors, ids, strict=False) if text.strip()]


def _listings() -> tuple[str, ...]:
    return tuple(dict.fromkeys(":".join(row) for row in _rows()))
