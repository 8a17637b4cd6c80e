"""Numbers as InvoiceXpress reads, rounds and writes them; Decimal all the way (reference 2.4, 13.14, 13.17)."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 12
_ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}


def read_number(given: object) -> Decimal | None:
    """A JSON number or numeric text as Decimal; None for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal):
        return None
    try:
        number = Decimal(given)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < _LARGEST else None


def rounded(number: Decimal, decimals: int = 2, how: object = "half_up") -> Decimal:
    """`number` with at most `decimals` decimals."""
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=_ROUNDINGS[str(how)])


def written(number: Decimal) -> str:
    """The text of a unit price, quantity or rate: at least one decimal, no needless zeros."""
    whole, _, decimals = f"{number:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"
