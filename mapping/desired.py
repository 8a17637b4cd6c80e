"""From a booking and its owner's settings to what should exist in InvoiceXpress, or why nothing should."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mapping.booking import Booking, Channel, Status
from mapping.draft import (
    ITEM_NAMES,
    Figures,
    InvoiceDraft,
    client_name,
    description,
    document_total,
    unit_price,
)
from mapping.fields import to_cents
from mapping.iva import REGIONS, reduced_rate
from mapping.reasons import Reason
from mapping.settings import Language, Settings

PLACEHOLDER_NAMES = frozenset(
    {"airbnb", "booking", "booking.com", "expedia", "guest", "hóspede", "n/a", "not available", "reserved", "vrbo"}
)
"""What channels and calendars write where a name should be."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft should exist, and it should say just this."""

    draft: InvoiceDraft
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class NotYet:
    """A draft should exist from this day on."""

    day: date


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No draft should exist: the booking was cancelled (`reason` is None), or is not ours to invoice."""

    reason: Reason | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PersonMustDecide:
    """What should exist cannot be known without a person."""

    reason: Reason
    facts: Mapping[str, str] = field(default_factory=dict)


Desired = Draft | NotYet | Nothing | PersonMustDecide

NOT_OURS = {
    Status.OWNER_STAY: Reason.OWNER_STAY,
    Status.BLOCKED: Reason.BLOCKED,
    Status.PENDING: Reason.NOT_CONFIRMED,
    Status.INQUIRY: Reason.NOT_CONFIRMED,
    Status.UNKNOWN: Reason.UNKNOWN_STATUS,
}


def desired(booking: Booking, settings: Settings | None, *, default_currency: str | None) -> Desired:
    """What should exist for `booking`.

    `settings` are the property's over its account's, or None where no property has the booking's listing.
    `default_currency` is what the price is in when neither the booking nor the settings say, or None to ask.
    """
    if booking.status is Status.CONFIRMED:
        return _confirmed(booking, settings, default_currency)
    if booking.status is Status.NO_SHOW:
        return PersonMustDecide(reason=Reason.NO_SHOW)
    if booking.status is Status.CANCELLED:
        if booking.cancellation_fee:
            fee = f"{booking.cancellation_fee} {booking.currency or ''}".strip()
            return PersonMustDecide(reason=Reason.CANCELLED_WITH_MONEY_KEPT, facts={"fee": fee})
        return Nothing()
    return Nothing(reason=NOT_OURS[booking.status], facts={"status": booking.status_raw or "?"})


def _confirmed(booking: Booking, settings: Settings | None, default_currency: str | None) -> Desired:
    if settings is None:
        return PersonMustDecide(reason=Reason.UNKNOWN_LISTING)
    if not booking.total_guest or booking.total_guest < 0:
        return PersonMustDecide(reason=Reason.NO_PRICE)
    currency = booking.currency or settings.currency or default_currency
    if currency is None:
        return PersonMustDecide(reason=Reason.NO_CURRENCY)
    if currency != "EUR":
        return PersonMustDecide(reason=Reason.FOREIGN_CURRENCY, facts={"currency": currency})
    if settings.location is None:
        return PersonMustDecide(reason=Reason.NO_LOCATION)
    rate = reduced_rate(settings.location, booking.check_out)
    if rate is None:
        facts = {"location": settings.location.value, "day": booking.check_out.isoformat()}
        return PersonMustDecide(reason=Reason.NO_RATE, facts=facts)
    name = client_name(booking)
    if name.casefold() in PLACEHOLDER_NAMES or not any(character.isalpha() for character in name):
        return PersonMustDecide(reason=Reason.NO_GUEST_NAME)
    figures = _figures(booking, booking.total_guest, settings)
    if figures is None:
        return PersonMustDecide(reason=Reason.NO_COMMISSION, facts={"channel": booking.channel.value})
    if figures.amount <= 0:
        return PersonMustDecide(reason=Reason.COMMISSION_TOO_HIGH)
    language = settings.language or Language.PT
    price = unit_price(figures.amount, rate)
    draft = InvoiceDraft(
        client_name=name,
        item_name=ITEM_NAMES[language],
        description=description(booking, language),
        unit_price=price,
        rate=rate,
        region=REGIONS[settings.location],
        total=document_total(price, rate),
    )
    return Draft(draft=draft, figures=figures)


def _figures(booking: Booking, total_guest: Decimal, settings: Settings) -> Figures | None:
    """The net amount after tourist tax and commission, or None where the commission cannot be known.

    A commission in the body wins over the owner's percentage; a direct booking has none.
    """
    tourist_tax = booking.tourist_tax or Decimal(0)
    if booking.total_includes_tourist_tax is False:
        tourist_tax = Decimal(0)
    price = total_guest - tourist_tax
    percent = settings.commission.get(booking.channel)
    if booking.commission is not None:
        commission, source = booking.commission, "payload"
    elif percent is not None:
        commission, source = to_cents(price * percent / 100), f"{percent} % (setting)"
    elif booking.channel is Channel.DIRECT:
        commission, source = Decimal(0), "none"
    else:
        return None
    return Figures(
        total_guest=total_guest,
        tourist_tax=tourist_tax,
        commission=commission,
        commission_source=source,
        amount=price - commission,
    )
