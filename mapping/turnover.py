"""How near a small business comes to the end of its exemption (CIVA art. 53; portuguese-invoicing.md 1.3).

The program knows only the drafts that it made itself: what it says is a lower bound, and each sentence says so.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mapping.draft_warnings import DraftWarning, WarningSlug

NEAR = Decimal("0.8")
"""The part of the limit from which on it is time to think of next year."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Euros of turnover in a calendar year, in force from a day on, and the law that says so."""

    valid_from: date
    next_year: Decimal  # above it the normal regime begins with the next year
    at_once: Decimal | None  # above it the very invoice that crosses carries IVA; no such limit before July 2025
    law: str
    link: str


# Newest first.
LIMITS = (
    Limits(
        valid_from=date(2025, 7, 1),
        next_year=Decimal(15000),
        at_once=Decimal(18750),
        law="Decreto-Lei 35/2025",
        link="https://www.accountservice.pt/l/regime-de-isencao-artigo-53o",
    ),
    Limits(
        valid_from=date(2025, 1, 1),
        next_year=Decimal(15000),
        at_once=None,
        law="CIVA art. 53 no. 1",
        link="https://info.portaldasfinancas.gov.pt/pt/informacao_fiscal/codigos_tributarios/civa_rep/Pages/iva53.aspx",
    ),
    Limits(
        valid_from=date(2024, 1, 1),
        next_year=Decimal(14500),
        at_once=None,
        law="CIVA art. 53 no. 1",
        link="https://info.portaldasfinancas.gov.pt/pt/informacao_fiscal/codigos_tributarios/civa_rep/Pages/iva53.aspx",
    ),
)


def limits_on(day: date) -> Limits | None:
    """The limits in force on `day`; None before the table begins."""
    return next((limits for limits in LIMITS if limits.valid_from <= day), None)


def turnover_warning(account: str, turnover: Decimal, limits: Limits) -> DraftWarning | None:
    """The most urgent thing to say about the account's turnover of a year so far, or None."""
    facts = {"account": account, "turnover": f"{turnover:.2f}", "law": limits.law}
    if limits.at_once is not None and turnover > limits.at_once:
        return DraftWarning(slug=WarningSlug.TURNOVER_AT_ONCE, facts={**facts, "limit": f"{limits.at_once:.2f}"})
    facts["limit"] = f"{limits.next_year:.2f}"
    if turnover > limits.next_year:
        return DraftWarning(slug=WarningSlug.TURNOVER_NEXT_YEAR, facts=facts)
    if turnover >= limits.next_year * NEAR:
        return DraftWarning(slug=WarningSlug.TURNOVER_NEAR, facts=facts)
    return None
