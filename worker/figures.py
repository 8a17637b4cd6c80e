"""The figures of a draft as they are kept with its booking and shown: texts, and sentences for people."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from mapping.desired import Draft
from mapping.draft import InvoiceDraft
from mapping.figures import EURO
from mapping.settings import Prices

CORRECTED = "corrected"
"""The source of a figure that a person corrected."""


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


def explained(figures: Mapping[str, str]) -> Mapping[str, str]:
    """The figures for people: what each is, and where it came from."""
    had = {name: f"{figures.get(name, '?')} €" for name in ("total_guest", "amount", "total", "unit_price")}
    payout = figures.get("price_is") == "host_payout"
    exchange = f", {figures['currency']} at {figures['exchange']} € (setting)" if "exchange" in figures else ""
    who = figures.get("total_guest_source", "channel manager")
    inside = figures.get("prices") != Prices.WITHOUT_IVA
    iva = f"IVA of {figures['rate']} % inside" if inside else "IVA on top"
    return {
        "Host receives" if payout else "Guest pays": f"{had['total_guest']} ({who}{exchange})",
        "Tourist tax": _tourist_tax(figures),
        "Deposit": _unless_zero(figures, "deposit", "never invoiced, taken out"),
        "Cleaning and extras": _unless_zero(figures, "cleaning", "part of the price"),
        "Gross": f"{figures['gross']} €" if "gross" in figures else "not known",
        "Commission": _commission(figures),
        "Net": f"{figures['net']} €" if "net" in figures else "not known",
        "Basis": f"{figures['basis']} ({figures.get('basis_source', 'default')})",
        "Amount": f"{had['amount']} {figures['basis']}, {iva}",
        "IVA": f"{figures['rate']} % ({figures.get('rate_source', 'location')})",
        "Exemption": figures.get("exemption", ""),
        "Unit price": f"{had['unit_price']} without IVA",
        "Total": had["total"],
    }


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


def _commission(figures: Mapping[str, str]) -> str:
    if "commission" not in figures:
        return "not known, and not needed"
    return f"{figures['commission']} € ({figures['commission_source']})"


def _tourist_tax(figures: Mapping[str, str]) -> str:
    if Decimal(figures.get("tourist_tax_on_top", 0)):
        return f"{figures['tourist_tax_on_top']} € on top of the price, left out"
    return _unless_zero(figures, "tourist_tax", "inside the price, not in the base of IVA")


def _unless_zero(figures: Mapping[str, str], name: str, what: str) -> str:
    return f"{figures[name]} € ({what})" if Decimal(figures.get(name, 0)) else ""
