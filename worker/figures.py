"""The figures of a draft as they are kept with its booking and shown: texts, and sentences for people."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from mapping.desired import Draft
from mapping.draft import InvoiceDraft
from mapping.figures import EURO
from mapping.settings import Prices

CORRECTED = "corrected"
"""The source of a figure that a person corrected."""

Note = tuple[str, Mapping[str, str]]
"""One of `NOTES` and the facts that it names."""

LABELS: Final[Mapping[str, str]] = {
    "guest_total": "Guest pays",
    "host_payout": "Host receives",
    "tourist_tax": "Tourist tax",
    "deposit": "Deposit",
    "cleaning": "Cleaning and extras",
    "gross": "Gross",
    "commission": "Commission",
    "net": "Net",
    "basis": "Basis",
    "amount": "Amount",
    "rate": "IVA",
    "exemption": "Exemption",
    "unit_price": "Unit price",
    "total": "Total",
}
NOTES: Final[Mapping[str, str]] = {
    "channel_manager": "channel manager",
    "corrected": "corrected",
    "exchange": "{currency} at {exchange} € (setting)",
    "tax_on_top": "on top of the price, left out",
    "tax_inside": "inside the price, not in the base of IVA",
    "deposit": "never invoiced, taken out",
    "cleaning": "part of the price",
    "not_needed": "not needed",
    "commission_payload": "payload",
    "commission_none": "none on direct bookings",
    "commission_corrected": "corrected",
    "commission_unknown": "not known",
    "commission_setting": "{rate} % (setting)",
    "setting": "setting",
    "default": "default",
    "net": "net",
    "gross": "gross",
    "iva_inside": "IVA of {rate} % inside",
    "iva_on_top": "IVA on top",
    "without_iva": "without IVA",
    "as_said": "{source}",
}


def told_figures(made: Draft, *, corrected: Collection[str] = ()) -> Mapping[str, str]:
    """Each figure by its name: money in euros, rates in percent. What is not known is left out.

    `corrected` are the booking's fields that a person's word counts for.
    """
    draft, figures = made.draft, made.figures
    price, tax = figures.price, figures.tax
    told = {
        "total_guest": _euros(price.total),
        "total_guest_source": CORRECTED if "total_guest" in corrected else None,
        "price_is": "host_payout" if price.is_payout else "guest_total",
        "currency": figures.worth.currency,
        "exchange": None if figures.worth.currency == EURO else f"{figures.worth.euros:f}",
        "tourist_tax": _euros(price.tourist_tax),
        "tourist_tax_on_top": _euros(price.tourist_tax_on_top),
        "deposit": _euros(price.deposit),
        "cleaning": _euros(price.apart),
        "gross": _euros(figures.gross),
        "commission": _euros(figures.commission),
        "commission_source": CORRECTED if "commission" in corrected else figures.commission_source,
        "net": _euros(figures.net),
        "basis": figures.basis.value,
        "basis_source": "setting" if figures.is_basis_chosen else "default",
        "prices": figures.prices.value,
        "amount": _euros(figures.amount),
        "rate": f"{draft.rate:f}",
        "rate_source": tax.source,
        "exemption": draft.exemption,
        "unit_price": f"{draft.unit_price:f}",
        "total": _euros(draft.total),
    }
    return {name: text for name, text in told.items() if text is not None}


def _euros(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure for people: what it is, and `notes` on where it comes from and what became of it.

    The console has words of its own, in its reader's language, for each of `LABELS` and `NOTES`.
    """

    name: str
    value: str | None  # None: not known
    unit: str = "€"
    notes: tuple[Note, ...] = ()

    @property
    def label(self) -> str:
        """What it is called."""
        return LABELS[self.name]

    def __str__(self) -> str:
        value = "not known" if self.value is None else f"{self.value} {self.unit}".rstrip()
        notes = ", ".join(NOTES[slug].format_map(facts) for slug, facts in self.notes)
        return f"{value} ({notes})" if notes else value


def figures_told(figures: Mapping[str, str]) -> Iterator[Figure]:
    """Every figure that there is something to say of, in the order in which one follows from another."""
    payout = figures.get("price_is") == "host_payout"
    total = "host_payout" if payout else "guest_total"
    yield Figure(name=total, value=figures.get("total_guest"), notes=tuple(_total_notes(figures)))
    if Decimal(figures.get("tourist_tax_on_top", 0)):
        yield Figure(name="tourist_tax", value=figures["tourist_tax_on_top"], notes=(("tax_on_top", {}),))
    else:
        yield from _unless_zero(figures, "tourist_tax", "tax_inside")
    yield from _unless_zero(figures, "deposit", "deposit")
    yield from _unless_zero(figures, "cleaning", "cleaning")
    yield Figure(name="gross", value=figures.get("gross"))
    yield Figure(name="commission", value=figures.get("commission"), notes=(_commission_note(figures),))
    yield Figure(name="net", value=figures.get("net"))
    basis = figures.get("basis")
    yield Figure(name="basis", value=basis, unit="", notes=((figures.get("basis_source", "default"), {}),))
    inside = figures.get("prices") != Prices.WITHOUT_IVA
    iva: Note = ("iva_inside", {"rate": figures.get("rate", "?")}) if inside else ("iva_on_top", {})
    yield Figure(name="amount", value=figures.get("amount"), notes=((str(basis), {}), iva))
    rate_source: Note = ("as_said", {"source": figures.get("rate_source", "location")})
    yield Figure(name="rate", value=figures.get("rate"), unit="%", notes=(rate_source,))
    if "exemption" in figures:
        yield Figure(name="exemption", value=figures["exemption"], unit="")
    yield Figure(name="unit_price", value=figures.get("unit_price"), notes=(("without_iva", {}),))
    yield Figure(name="total", value=figures.get("total"))


def explained(figures: Mapping[str, str]) -> Mapping[str, str]:
    """The figures for the command line: what each is, and where it came from."""
    return {figure.label: str(figure) for figure in figures_told(figures)}


def lines_json(draft: InvoiceDraft) -> list[dict[str, str]]:
    """The draft's lines for scripts: unit prices in euros without IVA, rates in percent."""
    return [
        {
            "name": line.item_name,
            "description": line.description,
            "unit_price": f"{line.unit_price:f}",
            "rate": f"{line.rate:f}",
        }
        for line in draft.lines
    ]


def line_text(line: Mapping[str, str]) -> str:
    """One of them for people."""
    return f"{line['name']}: {line['unit_price']} € and {line['rate']} % IVA. {line['description']}"


def _total_notes(figures: Mapping[str, str]) -> Iterator[Note]:
    yield ("corrected" if figures.get("total_guest_source") == CORRECTED else "channel_manager"), {}
    if "exchange" in figures:
        yield "exchange", {"currency": figures["currency"], "exchange": figures["exchange"]}


def _commission_note(figures: Mapping[str, str]) -> Note:
    if "commission" not in figures:
        return "not_needed", {}
    source = figures.get("commission_source", "?")
    rate, in_percent, _ = source.partition(" % (setting)")
    if in_percent:
        return "commission_setting", {"rate": rate}
    return (f"commission_{source}", {}) if f"commission_{source}" in NOTES else ("as_said", {"source": source})


def _unless_zero(figures: Mapping[str, str], name: str, note: str) -> Iterator[Figure]:
    if Decimal(figures.get(name, 0)):
        yield Figure(name=name, value=figures[name], notes=((note, {}),))
