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
    TOURIST_TAX_BESIDE_EXEMPTION = "tourist-tax-beside-exemption"
    TOURIST_TAX_ON_TOP = "tourist-tax-on-top"
    TAX_REMITTED = "tax_remitted_by_channel"


# {names} are facts that go with the warning.
SENTENCES: Final[Mapping[str, str]] = {
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
    WarningSlug.TOURIST_TAX_BESIDE_EXEMPTION: (
        "The tourist tax of {amount} € is left out: its line needs the reason M99, and InvoiceXpress takes one exemption "
        "reason for a document, which has {exemption} already. Invoice it in a document of its own."
    ),
    WarningSlug.TOURIST_TAX_ON_TOP: (
        "The tourist tax of {amount} € is not part of the price, so it is left out: if you collect it yourself, add it."
    ),
    WarningSlug.TAX_REMITTED: "The channel pays a tax of this stay to the municipality itself; it is not billed.",
}


@dataclass(frozen=True, kw_only=True)
class DraftWarning:
    """One warning about one draft."""

    slug: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence for a person; a channel manager's own slug that is not known here speaks for itself."""
        known = SENTENCES.get(self.slug)
        return known.format_map(self.facts) if known else f"{self.slug.replace('_', ' ').capitalize()}."
