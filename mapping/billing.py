"""From figures to the lines of a draft, and what a person should know about them."""

from collections.abc import Iterator
from decimal import Decimal

from mapping.booking import Booking
from mapping.draft import UNIT_PRICE_STEP, DraftLine, InvoiceDraft, total_of, unit_price
from mapping.draft_warnings import DraftWarning, WarningSlug
from mapping.figures import Figures
from mapping.guest import Client
from mapping.iva import location_of
from mapping.settings import Language, Prices, Settings, TouristTax
from mapping.taxation import NOT_SUBJECT
from mapping.wording import ITEM_NAMES, description, observations

APART_NAMES = {Language.PT: "Limpeza e extras", Language.EN: "Cleaning and extras"}
TOURIST_TAX_NAMES = {Language.PT: "Taxa municipal turística", Language.EN: "Municipal tourist tax"}


def invoice_draft(booking: Booking, client: Client, figures: Figures, settings: Settings) -> InvoiceDraft:
    """The draft: one line for the stay, and others only where the owner wants them and they are sure."""
    language = settings.language or Language.PT
    tax, price = figures.tax, figures.price
    apart = price.apart if _may_split(figures, settings) else Decimal(0)
    # The channel's commission comes off the stay: cleaning and extras keep their price, at what is often a higher rate.
    text = description(booking, language, settings.registration)
    stay = _line(ITEM_NAMES[language], figures.amount - apart, tax.stay, figures.prices, text)
    others = [_line(APART_NAMES[language], apart, tax.apart, figures.prices)] if apart else []
    exemption = tax.exemption
    if price.tourist_tax and settings.tourist_tax is TouristTax.OWN_LINE and exemption is None:
        others.append(_line(TOURIST_TAX_NAMES[language], price.tourist_tax, Decimal(0), figures.prices))
        exemption = NOT_SUBJECT
    return InvoiceDraft(
        client_name=client.name,
        client_country=client.country,
        client_tax_number=client.tax_number,
        is_anonymous=client.is_anonymous,
        item_name=stay.item_name,
        description=stay.description,
        unit_price=stay.unit_price,
        rate=stay.rate,
        region=tax.region,
        total=total_of((stay, *others)),
        apart=tuple(others),
        observations=_observations(booking, settings),
        sequence=settings.sequence,
        exemption=exemption,
    )


def warnings_of(figures: Figures, settings: Settings) -> Iterator[DraftWarning]:
    """What is odd about the draft that `invoice_draft` makes of the same figures and settings."""
    price = figures.price
    found = location_of(settings.postal_code) if settings.postal_code else None
    if found and settings.location and found is not settings.location:
        facts = {"postal_code": settings.postal_code or "", "found": found.value, "location": settings.location.value}
        yield DraftWarning(slug=WarningSlug.POSTAL_CODE, facts=facts)
    if price.is_payout:
        yield DraftWarning(slug=WarningSlug.PAYOUT)
    if settings.own_line_rate and price.apart and not _may_split(figures, settings):
        yield DraftWarning(slug=WarningSlug.PARTS)
    if settings.tourist_tax is TouristTax.OWN_LINE:
        if price.tourist_tax and figures.tax.exemption:
            facts = {"amount": f"{price.tourist_tax:.2f}", "exemption": figures.tax.exemption}
            yield DraftWarning(slug=WarningSlug.TOURIST_TAX_BESIDE_EXEMPTION, facts=facts)
        if price.tourist_tax_on_top:
            facts = {"amount": f"{price.tourist_tax_on_top:.2f}"}
            yield DraftWarning(slug=WarningSlug.TOURIST_TAX_ON_TOP, facts=facts)


def _observations(booking: Booking, settings: Settings) -> str | None:
    if settings.observations is None:
        return None
    return observations(settings.observations, booking, settings.language or Language.PT, settings.registration) or None


def _may_split(figures: Figures, settings: Settings) -> bool:
    """Whether cleaning and extras get their own line: the parts are sure, and leave something for the stay."""
    price = figures.price
    return bool(settings.own_line_rate and price.adds_up and not price.is_payout and 0 < price.apart < figures.amount)


def _line(name: str, amount: Decimal, rate: Decimal, prices: Prices, text: str | None = None) -> DraftLine:
    price = amount.quantize(UNIT_PRICE_STEP) if prices is Prices.WITHOUT_IVA else unit_price(amount, rate)
    return DraftLine(item_name=name, description=text or name, unit_price=price, rate=rate)
