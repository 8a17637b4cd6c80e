"""What lines and documents add up to: full precision, rounded once (reference 2.4, 13.17)."""

from dataclasses import dataclass
from decimal import Decimal

from worker.sandbox.amounts import rounded
from worker.sandbox.records import Line

_HUNDRED = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class LineSums:
    """The amounts of one line, in full precision."""

    subtotal: Decimal  # before the discount
    discount: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        """Without IVA, after the discount."""
        return self.subtotal - self.discount

    @property
    def total(self) -> Decimal:
        """With IVA."""
        return self.net + self.tax


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The amounts of a document, to the cent."""

    sum: Decimal
    discount: Decimal
    before_taxes: Decimal
    taxes: Decimal
    total: Decimal


def sums_of(line: Line) -> LineSums:
    """Unit price x quantity, less its discount, and the tax on that."""
    subtotal = line.unit_price * line.quantity
    discount = subtotal * line.discount / _HUNDRED
    return LineSums(subtotal=subtotal, discount=discount, tax=(subtotal - discount) * line.tax.value / _HUNDRED)


def totals_of(lines: tuple[Line, ...], global_discount: tuple[str, Decimal] | None = None) -> Totals:
    """Lines are added first and rounded after; a global discount lowers net and tax alike."""
    sums = [sums_of(line) for line in lines]
    subtotal = sum((line.subtotal for line in sums), Decimal())
    net = sum((line.net for line in sums), Decimal())
    tax = sum((line.tax for line in sums), Decimal())
    left = _left_by(global_discount, net)
    return Totals(
        sum=rounded(subtotal),
        discount=rounded(subtotal - net * left),
        before_taxes=rounded(net * left),
        taxes=rounded(tax * left),
        total=rounded((net + tax) * left),
    )


def _left_by(global_discount: tuple[str, Decimal] | None, net: Decimal) -> Decimal:
    if global_discount is None or not net:
        return Decimal(1)
    kind, value = global_discount
    return 1 - value / (_HUNDRED if kind == "percentage" else net)
