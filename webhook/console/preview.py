"""A draft before it is made: what it would say, and a form that corrects what the channel manager said of the booking."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from mapping.errors import UserError
from mapping.iva import Category
from webhook.console.audit import audit
from webhook.console.booking import known, may_be_corrected
from webhook.console.figures import CATEGORIES, LOCATIONS, rows
from webhook.console.formats import day, percent
from webhook.console.languages import language
from webhook.console.login import who
from webhook.console.texts import Facts, reason_todo
from worker.correcting import REFUSALS, Refused, rates_to_choose, refusals, told_now
from worker.corrections import FIELDS, RATE, Correction
from worker.decisions import make_draft
from worker.previewing import Preview, preview
from worker.records import Record
from worker.services import Services

NUMBERS = frozenset({"total_guest", "commission"})
FIELD_LABELS: Mapping[str, str] = {
    "total_guest": _l("Amount"),
    "commission": _l("Commission"),
    "guest_name": _l("Guest’s name"),
    "guest_country": _l("Country"),
    "guest_tax_id": _l("Tax number"),
    RATE: _l("IVA rate"),
}
HINTS: Mapping[str, str] = {
    "total_guest": _l("The price as the channel manager means it, such as 612.50."),
    "commission": _l("What the channel keeps of it; 0 where that is nothing."),
    "guest_country": _l("Two letters such as DE; empty for none."),
    "guest_tax_id": _l("Empty for none."),
    RATE: _l("Only what the law knows where the property lies."),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the form. `told` is what the channel manager says of it by now; `choices` are a menu's.

    `was` is what counts when the form is opened. The form sends it back.
    """

    name: str
    label: str
    value: str
    was: str
    told: str | None
    hint: str = ""
    problem: str = ""
    correction: Correction | None = None
    is_dropped: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the form says: new values, and corrections that are to go. `outdated`: fields that say something else by now."""

    values: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    outdated: frozenset[str] = frozenset()


def add_preview(pages: Blueprint, house: Services) -> None:
    """The page, for a booking that may still be corrected."""

    @pages.get("/preview/<path:key>")
    def preview(key: str) -> str | Response:
        return _page(house, _open(house, key), Sent())

    @pages.post("/preview/<path:key>")
    def correct(key: str) -> str | Response | tuple[str | Response, HTTPStatus]:
        record = _open(house, key)
        told = _told(house, record)
        if told is None:
            return _page(house, record, Sent())
        sent = _sent(record, told)
        found = refusals(house, key, sent.given)
        if found:
            return _page(house, record, sent, found), HTTPStatus.UNPROCESSABLE_ENTITY
        if request.form.get("do") != "save":
            return _page(house, record, sent)
        if sent.outdated:  # what would be made is not what the person saw
            return _page(house, record, sent), HTTPStatus.CONFLICT
        changed = make_draft(house, key, sent.given, drop=sent.drop, who=who())
        audit("draft-asked", booking=key, corrected=",".join(changed))
        flash(
            _("Saved. FaturaSync is about to bring the draft to it.")
            if changed
            else _("FaturaSync is about to make the draft.")
        )
        return redirect(url_for("bookings.booking", key=key), HTTPStatus.SEE_OTHER)


def _open(house: Services, key: str) -> Record:
    record = known(house, key)
    if not may_be_corrected(record):
        abort(
            HTTPStatus.CONFLICT,
            _("There is no draft to be previewed: the booking was not read yet, or its document is final."),
        )
    return record


def _told(house: Services, record: Record) -> Mapping[str, str | None] | None:
    """What the channel manager says by now; None where that cannot be read."""
    try:
        return told_now(house, record.key)
    except UserError:
        return None


def _page(
    house: Services, record: Record, sent: Sent, problems: Mapping[str, Refused] = MappingProxyType({})
) -> str | Response:
    told = _told(house, record)
    if told is None:
        flash(_("The booking cannot be corrected before it could be read."), "warning")
        return redirect(url_for("bookings.booking", key=record.key), HTTPStatus.SEE_OTHER)
    found = None if problems else preview_of(house, record, sent)
    text, command = ("", "")
    if found and found.reason:
        text, command = reason_todo(found.reason, found.facts)
    return render_template(
        "console/preview.html",
        record=record,
        fields=_fields(house, record, told, sent, problems),
        problems=problems,
        preview=found,
        rows=list(rows(found.figures, {})) if found and found.draft else [],
        todo=(text, command),
        is_changed=bool(sent.given or sent.drop),
        outdated=[FIELD_LABELS[name] for name in FIELD_LABELS if name in sent.outdated],
    )


def preview_of(house: Services, record: Record, sent: Sent) -> Preview:
    """What would come of it."""
    return preview(house, record, sent.given, drop=sent.drop)


def _sent(record: Record, told: Mapping[str, str | None]) -> Sent:
    """What the form says that it did not say when it was opened: what nobody touched is no person's word."""
    form = request.form
    now = {field: _counts(record, told, field) for field in FIELDS if field in form}
    was = {field: form.get(f"was-{field}", value) for field, value in now.items()}
    given = {field: form[field].strip() for field in now if form[field].strip() != _written(field, was[field])}
    values = dict(given)
    drop = tuple(field for field in record.corrections if field in form.getlist("drop"))
    if RATE in given and not given[RATE]:  # "as the location says" is no value but the end of a correction
        del given[RATE]
        drop = (*dict.fromkeys((*drop, *({RATE} & record.corrections.keys()))),)
    outdated = frozenset(field for field in now if was[field] != now[field])
    return Sent(values=values, given=given, drop=drop, outdated=outdated)


def _counts(record: Record, told: Mapping[str, str | None], field: str) -> str:
    """What counts of a field by now, on one line: browsers send no line break of a field back as it was."""
    correction = record.corrections.get(field)
    value = correction.value if correction and correction.told == told[field] else told[field]
    return " ".join((value or "").split())


def _written(field: str, value: str) -> str:
    """A field's value as the form shows it."""
    return _number(value) if field in NUMBERS else value


def _number(text: str) -> str:
    return text.replace(".", ",") if language() == "pt" else text


def _fields(
    house: Services, record: Record, told: Mapping[str, str | None], sent: Sent, problems: Mapping[str, Refused]
) -> list[Field]:
    rates = rates_to_choose(house, record.key)
    choices = (
        [(f"{rates.of(each):f}", f"{percent(rates.of(each))} · {CATEGORIES[each]}") for each in Category]
        if rates
        else []
    )
    by_law = _("As the property’s location says: %(rate)s", rate=percent(rates.reduced)) if rates else ""
    return [
        Field(
            name=name,
            label=str(label),
            value=sent.values.get(name, _written(name, _counts(record, told, name))),
            was=_counts(record, told, name),
            told=told[name],
            hint=str(HINTS.get(name, "")),
            problem=refusal_text(problems[name]) if name in problems else "",
            correction=record.corrections.get(name),
            is_dropped=name in sent.drop,
            choices=(("", by_law), *choices) if name == RATE else (),
        )
        for name, label in FIELD_LABELS.items()
        if name != RATE or rates
    ]


def refusal_text(refusal: Refused) -> str:
    """Why a value cannot be, in the reader's language."""
    facts = dict(refusal.facts)
    for name in {"label", "wrong"} & facts.keys():
        facts[name] = str(_(facts[name]))
    if refusal.slug == "no-rate":
        facts |= {"day": day(facts["day"]), "location": str(LOCATIONS.get(facts["location"], facts["location"]))}
    return str(_(REFUSALS[refusal.slug])).format_map(Facts(facts))
