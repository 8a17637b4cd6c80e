"""What a booking's price is made of, before anybody's settings decide what of it is billed."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from mapping.booking import Booking, Line, LineKind, PriceIs, is_tourist_tax
from mapping.fields import to_cents

PARTS = frozenset(LineKind) - {LineKind.COMMISSION, LineKind.PAYMENT}
"""Kinds of lines that a price adds up from."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """The parts of one booking's price, in one currency, to the cent."""

    total: Decimal  # what the channel manager calls the price
    is_payout: bool  # the commission is out of it already
    commission: Decimal | None  # as the channel manager says
    tourist_tax: Decimal  # inside the total
    tourist_tax_on_top: Decimal
    deposit: Decimal  # inside the total; never billed
    apart: Decimal  # cleaning and extras inside the total
    adds_up: bool  # the parts that the channel manager lists come to the total, to the cent

    @property
    def stay(self) -> Decimal:
        """What is left for the stay, cleaning and extras included: neither tourist tax nor a deposit is in it."""
        return self.total - self.tourist_tax - self.deposit

    def times(self, rate: Decimal) -> "Price":
        """The same in another currency; `rate` is what one unit is worth in it."""
        amounts = {
            field.name: to_cents(amount * rate)
            for field in fields(self)
            if isinstance(amount := getattr(self, field.name), Decimal)
        }
        return replace(self, **amounts)  # type: ignore[arg-type]  # only amounts are changed


def price_of(booking: Booking, total: Decimal) -> Price:
    """The parts of `total`, the booking's price.

    Deductions count whichever sign they are written with. A price that is equal to the payout, although the channel
    keeps a commission, is the payout: it must not be deducted twice.
    """
    commission = None if booking.commission is None else abs(booking.commission)
    inside, on_top = _tourist_tax(booking)
    return Price(
        total=total,
        is_payout=booking.price_is is PriceIs.HOST_PAYOUT or bool(commission and booking.payout == total),
        commission=commission,
        tourist_tax=inside,
        tourist_tax_on_top=on_top,
        deposit=_deposit(booking, total),
        apart=_cleaning(booking) + _sum(booking, lambda line: _kind(line) is LineKind.EXTRA and _is_inside(line)),
        adds_up=_adds_up(booking, total),
    )


def _tourist_tax(booking: Booking) -> tuple[Decimal, Decimal]:
    """The tourist tax inside the price and the one on top; one of which is not known where it is counts as inside."""
    if booking.tourist_tax is not None:
        tax = abs(booking.tourist_tax)
        return (Decimal(0), tax) if booking.total_includes_tourist_tax is False else (tax, Decimal(0))
    inside = _sum(booking, lambda line: _kind(line) is LineKind.TOURIST_TAX and _is_inside(line))
    return inside, _sum(booking, lambda line: _kind(line) is LineKind.TOURIST_TAX) - inside


def _deposit(booking: Booking, total: Decimal) -> Decimal:
    """The deposit inside the price: one that is said to be in it, or without which the parts fall short of it."""
    said = _sum(booking, lambda line: line.kind is LineKind.DEPOSIT and line.included_in_total is True)
    others = _sum(booking, lambda line: line.kind in PARTS - {LineKind.DEPOSIT} and _is_inside(line))
    unsaid = _sum(booking, lambda line: line.kind is LineKind.DEPOSIT and line.included_in_total is None)
    return said + (unsaid if others + said + unsaid == total else 0)


def _cleaning(booking: Booking) -> Decimal:
    if booking.cleaning is not None:
        return booking.cleaning
    return _sum(booking, lambda line: line.kind is LineKind.CLEANING and _is_inside(line))


def _adds_up(booking: Booking, total: Decimal) -> bool:
    if not any(line.kind in PARTS for line in booking.lines):
        return True
    parts = _sum(booking, lambda line: line.kind in PARTS - {LineKind.DEPOSIT} and _is_inside(line))
    cleaning = _sum(booking, lambda line: line.kind is LineKind.CLEANING and _is_inside(line))
    return parts + _deposit(booking, total) == total and _cleaning(booking) == cleaning


def _kind(line: Line) -> LineKind:
    """The line's kind; a tourist tax that the channel manager took for something else is told by its label."""
    could_be = line.kind in {LineKind.TAX, LineKind.EXTRA, LineKind.OTHER}
    return LineKind.TOURIST_TAX if could_be and is_tourist_tax(line.label) else line.kind


def _is_inside(line: Line) -> bool:
    return line.included_in_total is not False


def _sum(booking: Booking, fits: Callable[[Line], bool]) -> Decimal:
    return sum((line.amount for line in booking.lines if line.amount and fits(line)), Decimal(0))
