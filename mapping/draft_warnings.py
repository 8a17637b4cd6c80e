"""What is odd about a draft that is made all the same: a stable slug, and the sentence for the person who reviews it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class WarningSlug(StrEnum):
    """The slugs that scripts and the console rely on, as `warnings`."""

    POSTAL_CODE = "postal-code-elsewhere"
    PAYOUT = "price-is-the-payout"
    PARTS = "parts-do-not-add-up"
    TOTAL_MISMATCH = "total_mismatch"
    TOURIST_TAX_BESIDE_EXEMPTION = "tourist-tax-beside-exemption"
    TOURIST_TAX_ON_TOP = "tourist-tax-on-top"
    TURNOVER_NEAR = "turnover-near-limit"
    TURNOVER_NEXT_YEAR = "turnover-over-limit"
    TURNOVER_AT_ONCE = "turnover-over-limit-at-once"
    TAX_REMITTED = "tax_remitted_by_channel"
    TAX_NUMBER = "tax-number-left-off"
    RELAY_EMAIL = "relay_email"
    PARTIAL_NAME = "partial_name"


TOLD_BY_CHANNEL_MANAGERS = (WarningSlug.TAX_REMITTED, WarningSlug.TOTAL_MISMATCH)
"""Those that stand in `Booking.warnings`. What anybody else puts there is not ours to print."""

# {names} are facts that go with the warning.
SENTENCES: Final[Mapping[WarningSlug, str]] = {
    WarningSlug.POSTAL_CODE: (
        "The postal code {postal_code} lies in {found}, but the property's location is {location}, which decides the IVA "
        "rate. Correct the one that is wrong."
    ),
    WarningSlug.PAYOUT: (
        "The price is what the host receives: the commission is out of it already and was not deducted a second time."
    ),
    WarningSlug.PARTS: (
        "The parts that the channel manager lists do not come to the price, so cleaning and extras stay in the stay's line."
    ),
    WarningSlug.TOTAL_MISMATCH: (
        "The parts that the channel manager lists do not come to its price. The price was billed: compare the two."
    ),
    WarningSlug.TOURIST_TAX_BESIDE_EXEMPTION: (
        "The tourist tax of {amount} € is left out: its line needs the reason M99, and InvoiceXpress takes one exemption "
        "reason for a document, which has {exemption} already. Invoice it in a document of its own."
    ),
    WarningSlug.TOURIST_TAX_ON_TOP: (
        "The tourist tax of {amount} € is not part of the price, so it is left out: if you collect it yourself, add it."
    ),
    WarningSlug.TURNOVER_NEAR: (
        "The drafts of this year come to {turnover} €, over 80 % of the {limit} € up to which art. 53 exempts ({law}). What "
        "was invoiced elsewhere comes on top."
    ),
    WarningSlug.TURNOVER_NEXT_YEAR: (
        "The drafts of this year come to {turnover} €, over the {limit} € of art. 53 ({law}): the normal regime begins with "
        "the next year. Tell the tax authority, and then: faturasync account set {account} --regime normal"
    ),
    WarningSlug.TURNOVER_AT_ONCE: (
        "The drafts of this year come to {turnover} €, over {limit} € ({law}): the exemption is over, and the invoice that "
        "crosses has to carry IVA. Ask your accountant, and then: faturasync account set {account} --regime normal"
    ),
    WarningSlug.TAX_REMITTED: "The channel pays a tax of this stay to the municipality itself; it is not billed.",
    WarningSlug.TAX_NUMBER: (
        "The guest gave a tax number that is not valid, so it was left off. Ask the guest: it cannot be added once the "
        "document is finalised."
    ),
    WarningSlug.RELAY_EMAIL: "The guest's e-mail address is the channel's relay: do not send the document there.",
    WarningSlug.PARTIAL_NAME: "The guest's name has one word only: it may not be whole yet.",
}


@dataclass(frozen=True, kw_only=True)
class DraftWarning:
    """One warning about one draft."""

    slug: WarningSlug
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence for a person."""
        return SENTENCES[self.slug].format_map(self.facts)
