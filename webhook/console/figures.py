"""A draft's figures in the reader's language: each with what it is, and where it came from."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from mapping.iva import Category, Location
from webhook.console.formats import day, money, percent
from webhook.console.texts import Facts
from worker.corrections import Correction
from worker.figures import Figure, figures_told

LABELS: Mapping[str, str] = {
    "guest_total": _l("The guest pays"),
    "host_payout": _l("The host receives"),
    "tourist_tax": _l("Tourist tax"),
    "deposit": _l("Deposit"),
    "cleaning": _l("Cleaning and extras"),
    "gross": _l("Gross"),
    "commission": _l("Commission"),
    "net": _l("Net"),
    "basis": _l("Basis"),
    "amount": _l("Amount of the draft"),
    "rate": _l("IVA rate"),
    "exemption": _l("Reason of exemption"),
    "unit_price": _l("Unit price"),
    "total": _l("Total of the document"),
}
NOTES: Mapping[str, str] = {
    "channel_manager": _l("as the channel manager says"),
    "corrected": _l("corrected by a person"),
    "exchange": _l("{currency} at {exchange} €, from the settings"),
    "tax_on_top": _l("on top of the price, left out"),
    "tax_inside": _l("inside the price, no IVA on it"),
    "deposit": _l("never invoiced"),
    "cleaning": _l("part of the price"),
    "not_needed": _l("not needed"),
    "commission_payload": _l("as the channel manager says"),
    "commission_none": _l("none on direct bookings"),
    "commission_corrected": _l("corrected by a person"),
    "commission_unknown": _l("not known"),
    "commission_setting": _l("{rate} of the price, from the settings"),
    "setting": _l("as the settings say"),
    "default": _l("what counts unless the settings say otherwise"),
    "net": _l("net"),
    "gross": _l("gross"),
    "iva_inside": _l("IVA of {rate} inside"),
    "iva_on_top": _l("IVA on top"),
    "without_iva": _l("without IVA"),
    "as_said": "{source}",
}
BASES: Mapping[str, tuple[str, str]] = {
    "net": (_l("net"), _l("without the channel’s commission")),
    "gross": (_l("gross"), _l("the commission stays in")),
}
LOCATIONS: Mapping[str, str] = {
    Location.MAINLAND: _l("mainland"),
    Location.MADEIRA: _l("Madeira"),
    Location.AZORES: _l("the Azores"),
}
CATEGORIES: Mapping[str, str] = {
    Category.REDUCED: _l("reduced rate"),
    Category.INTERMEDIATE: _l("intermediate rate"),
    Category.NORMAL: _l("normal rate"),
}
FIELDS: Mapping[str, str] = {
    "total_guest": _l("the total"),
    "commission": _l("the commission"),
    "guest_name": _l("the guest’s name"),
    "guest_country": _l("the guest’s country"),
    "guest_tax_id": _l("the guest’s tax number"),
    "rate": _l("the IVA rate"),
}
"""What can be corrected, inside a sentence."""
CORRECTED = {"guest_total": "total_guest", "host_payout": "total_guest", "commission": "commission", "rate": "rate"}
"""Figures that a correction of this field is shown beside."""

RATE_SOURCE = re.compile(
    r"(?P<category>\w+) rate(?P<by>| \(corrected\)), (?P<where>\w+), since (?P<since>[\d-]+): (?P<law>.+), (?P<link>https\S+)"
)
OTHER_SOURCES: Mapping[str, str] = {
    "location": _l("as the property’s location says"),
    "M10, CIVA art. 53 (setting)": _l("exempt by CIVA art. 53, from the settings"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure as it is shown. `link` is the law that a rate stands in."""

    name: str
    label: str
    value: str
    notes: str
    link: str = ""
    law: str = ""
    correction: Correction | None = None


def rows(figures: Mapping[str, str], corrections: Mapping[str, Correction]) -> Iterator[Row]:
    """Every figure that there is something to say of."""
    basis = figures.get("basis")
    for figure in figures_told(figures):
        notes, law, link = _source(figure)
        correction = corrections.get(CORRECTED.get(figure.name, ""))
        if figure.name == "commission" and basis == "gross" and figure.value:
            notes = f"{notes}, {_('not taken off')}"
        value = _value(figure, figures)
        label = str(LABELS[figure.name])
        yield Row(name=figure.name, label=label, value=value, notes=notes, link=link, law=law, correction=correction)


def correction_value(value: str | None, field: str, currency: str | None = "EUR") -> str:
    """What a correction, or the channel manager instead of it, says of a field."""
    if value is None:
        return str(_("nothing"))
    if field in {"total_guest", "commission"}:
        return money(value, currency)
    return percent(value) if field == "rate" else value


def _value(figure: Figure, figures: Mapping[str, str]) -> str:
    if figure.unit == "%":
        return percent(figure.value)
    if figure.name == "basis":
        return str(BASES[str(figure.value)][0]) if figure.value in BASES else figure.value or ""
    if figure.unit == "":
        return figure.value or ""
    is_taken = {
        "deposit": True,
        "tourist_tax": figure.notes[0][0] == "tax_inside" if figure.notes else False,
        "commission": figures.get("basis") != "gross",
    }.get(figure.name, False)
    value = f"-{figure.value}" if is_taken and figure.value else figure.value
    return money(value, places=4 if figure.name == "unit_price" else 2)


def _source(figure: Figure) -> tuple[str, str, str]:
    """Where a figure comes from, and the law with its link where it is one."""
    if figure.name == "rate":
        said = figure.notes[0][1]["source"]
        law = RATE_SOURCE.fullmatch(said)
        return (
            (_rate_words(law.groupdict()), law["law"], law["link"])
            if law
            else (str(OTHER_SOURCES.get(said, said)), "", "")
        )
    what = [str(BASES[str(figure.value)][1])] if figure.name == "basis" and figure.value in BASES else []
    return ", ".join([*what, *(_note(slug, facts) for slug, facts in figure.notes if slug in NOTES)]), "", ""


def _rate_words(told: Mapping[str, str]) -> str:
    words = [str(CATEGORIES.get(told["category"], told["category"])), str(LOCATIONS.get(told["where"], told["where"]))]
    words += [str(_("in force since %(day)s", day=day(told["since"])))]
    return ", ".join([str(NOTES["corrected"]), *words] if told["by"] else words)


def _note(slug: str, facts: Mapping[str, str]) -> str:
    said = {name: percent(fact) if name == "rate" and fact != "?" else fact for name, fact in facts.items()}
    return str(NOTES[slug]).format_map(Facts(said))


FIGURE_FILTERS: dict[str, Callable[..., Any]] = {
    "correction_value": correction_value,
    "field": lambda name: FIELDS[name],
}
"""What templates may use."""
