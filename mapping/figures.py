"""How the amount of a draft came about: every figure, and where it came from. Rules: portuguese-invoicing.md 1.5."""

from dataclasses import dataclass
from decimal import Decimal

from mapping.booking import Booking, Channel
from mapping.fields import to_cents
from mapping.price import Price
from mapping.reasons import Reason
from mapping.settings import Basis, Prices, Settings
from mapping.taxation import Taxation

EURO = "EUR"
"""What drafts are in."""
FROM_PAYLOAD = "payload"
NO_COMMISSION = "none"
UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Worth:
    """How many euros one unit of a currency is: 1, or the owner's word."""

    currency: str  # ISO 4217
    euros: Decimal


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Kept with the draft so that later settings do not rewrite history. Euros, to the cent."""

    price: Price
    worth: Worth  # of the currency that the channel manager's price was in
    gross: Decimal | None  # what the guest pays for the stay, no tourist tax; None where only the payout is known
    commission: Decimal | None  # None where it is not known and not needed
    commission_source: str  # "payload", "15 % (setting)", "none" or "unknown"
    net: Decimal | None  # gross less the commission; None where that is not known
    basis: Basis
    is_basis_chosen: bool  # by the owner; else it is the default
    prices: Prices
    tax: Taxation

    @property
    def amount(self) -> Decimal:
        """What is billed for the stay, cleaning and extras included: IVA inside, or without as `prices` says."""
        amount = self.gross if self.basis is Basis.GROSS else self.net
        if amount is None:
            raise RuntimeError("The amount of this basis is not known.")
        return amount


def figures_of(booking: Booking, price: Price, settings: Settings, tax: Taxation, worth: Worth) -> Figures | Reason:
    """The figures of `price`, which is in euros by now, or why they cannot be known."""
    chosen = settings.basis_of(booking.channel)
    basis = chosen or Basis.NET
    percent = settings.commission.get(booking.channel)
    commission, source = _commission(price, percent, booking.channel)
    if price.is_payout:
        net: Decimal | None = price.stay
        gross = None if commission is None else price.stay + commission
    else:
        gross, net = price.stay, None if commission is None else price.stay - commission
    amount = gross if basis is Basis.GROSS else net
    if amount is None:
        return Reason.NO_COMMISSION
    if amount <= 0:
        return Reason.COMMISSION_TOO_HIGH if price.stay > 0 else Reason.NO_PRICE
    return Figures(
        price=price,
        worth=worth,
        gross=gross,
        commission=commission,
        commission_source=source,
        net=net,
        basis=basis,
        is_basis_chosen=chosen is not None,
        prices=settings.prices or Prices.WITH_IVA,
        tax=tax,
    )


def _commission(price: Price, percent: Decimal | None, channel: Channel) -> tuple[Decimal | None, str]:
    """What the channel keeps, and who says so: the body, else the owner's percentage; a direct booking has none."""
    if price.commission is not None:
        return price.commission, FROM_PAYLOAD
    if percent is not None:
        gross = price.stay / (1 - percent / 100) if price.is_payout else price.stay
        return to_cents(gross * percent / 100), f"{percent:f} % (setting)"
    if channel is Channel.DIRECT:
        return Decimal(0), NO_COMMISSION
    return None, UNKNOWN
