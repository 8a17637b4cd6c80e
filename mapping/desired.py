"""From a booking and its owner's settings to what should exist in InvoiceXpress, or why nothing should."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from mapping.billing import invoice_draft, warnings_of
from mapping.booking import Booking, Status
from mapping.draft import InvoiceDraft
from mapping.draft_warnings import DraftWarning
from mapping.figures import EURO, Figures, Worth, figures_of
from mapping.guest import UnclearClient, client_of
from mapping.iva import Location, time_zone
from mapping.price import price_of
from mapping.reasons import Reason
from mapping.settings import DraftAt, MissingGuest, Settings
from mapping.taxation import taxation


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft should exist, and it should say just this. `warnings` are for the person who reviews it."""

    draft: InvoiceDraft
    figures: Figures
    warnings: tuple[DraftWarning, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotYet:
    """`then` should exist from this day on, as it begins where the property lies."""

    day: date
    location: Location
    then: Draft

    @property
    def moment(self) -> datetime:
        """When that is, in UTC."""
        return datetime.combine(self.day, time(), time_zone(self.location)).astimezone(UTC)


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


def desired(
    booking: Booking,
    settings: Settings | None,
    *,
    default_currency: str | None,
    now: datetime,
    rate: Decimal | None = None,
) -> Desired:
    """What should exist for `booking` at the moment `now`.

    `settings` are the property's over its account's, or None where no property has the booking's listing.
    `default_currency` is what the price is in when neither the booking nor the settings say, or None to ask.
    `rate` is the stay's rate in percent where a person said one.
    """
    if booking.is_test:
        return Nothing(reason=Reason.TEST_BOOKING)
    if booking.status in NOT_OURS:
        return Nothing(reason=NOT_OURS[booking.status], facts={"status": booking.status_raw or "?"})
    kept_out = _kept_out(booking, settings) if settings else None
    if kept_out:
        return kept_out
    if booking.status is Status.CONFIRMED:
        return _in_pieces(booking) or _confirmed(booking, settings, default_currency, now, rate)
    if booking.status is Status.NO_SHOW:
        return PersonMustDecide(reason=Reason.NO_SHOW)
    if booking.cancellation_fee:
        fee = f"{booking.cancellation_fee} {booking.currency or ''}".strip()
        return PersonMustDecide(reason=Reason.CANCELLED_WITH_MONEY_KEPT, facts={"fee": fee})
    return Nothing()


def _kept_out(booking: Booking, settings: Settings) -> Nothing | PersonMustDecide | None:
    """Whether the owner's start date keeps the booking out; None where it does not."""
    if settings.start_date is None:
        return None
    facts = {"start_date": settings.start_date.isoformat()}
    made_at = booking.booked_at or booking.created_at
    # Who arrives before the start date has booked before it; who arrives later may have.
    made = made_at.astimezone(time_zone(settings.location)).date() if made_at else booking.check_in
    if made < settings.start_date:
        return Nothing(reason=Reason.BEFORE_START_DATE, facts=facts)
    if made_at or booking.status is not Status.CONFIRMED:
        return None
    return PersonMustDecide(reason=Reason.NO_BOOKING_DATE, facts=facts)


def _in_pieces(booking: Booking) -> PersonMustDecide | None:
    if booking.stays and booking.stays > 1:
        return PersonMustDecide(reason=Reason.SEVERAL_STAYS, facts={"stays": str(booking.stays)})
    return None


def _confirmed(
    booking: Booking, settings: Settings | None, default_currency: str | None, now: datetime, rate: Decimal | None
) -> Desired:
    if booking.total_guest == 0:
        return Nothing(reason=Reason.NO_PRICE)
    if settings is None:
        return PersonMustDecide(reason=Reason.UNKNOWN_LISTING)
    if booking.total_guest is None or booking.total_guest < 0:
        return PersonMustDecide(reason=Reason.NO_PRICE)
    worth = _worth(booking.currency or settings.currency or default_currency, settings)
    if isinstance(worth, PersonMustDecide):
        return worth
    if settings.location is None:
        return PersonMustDecide(reason=Reason.NO_LOCATION)
    tax = taxation(settings, settings.location, booking.check_out, rate=rate)
    if tax is None:
        facts = {"location": settings.location.value, "day": booking.check_out.isoformat()}
        return PersonMustDecide(reason=Reason.NO_RATE, facts=facts)
    client = client_of(booking, settings.missing_guest or MissingGuest.PARK)
    if isinstance(client, UnclearClient):
        return PersonMustDecide(reason=client.reason, facts=client.facts)
    price = price_of(booking, booking.total_guest).times(worth.euros)
    figures = figures_of(booking, price, settings, tax, worth)
    if isinstance(figures, Reason):
        return PersonMustDecide(reason=figures, facts={"channel": booking.channel.value})
    draft = Draft(
        draft=invoice_draft(booking, client, figures, settings),
        figures=figures,
        warnings=(*warnings_of(figures, settings), *client.warnings),
    )
    day = _first_day(booking, settings)
    if day and now.astimezone(time_zone(settings.location)).date() < day:
        return NotYet(day=day, location=settings.location, then=draft)
    return draft


def _worth(currency: str | None, settings: Settings) -> Worth | PersonMustDecide:
    if currency is None:
        return PersonMustDecide(reason=Reason.NO_CURRENCY)
    euros = Decimal(1) if currency == EURO else settings.exchange.get(currency)
    if euros is None:
        return PersonMustDecide(reason=Reason.FOREIGN_CURRENCY, facts={"currency": currency})
    return Worth(currency=currency, euros=euros)


def _first_day(booking: Booking, settings: Settings) -> date | None:
    """The day from which the draft should exist; None where it may at once."""
    days = {DraftAt.CHECK_IN: booking.check_in, DraftAt.CHECK_OUT: booking.check_out}
    return days.get(settings.draft_at or DraftAt.CONFIRMATION)
