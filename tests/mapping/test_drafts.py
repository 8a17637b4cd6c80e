"""What is billed: to the cent, at the property's rate, in words that carry the stay's days."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import Booking
from mapping.draft import document_total, unit_price

RATES = [Decimal(rate) for rate in (4, 5, 6, 9, 12, 13, 16, 22, 23)]


def booking(**fields: object) -> Booking:
    known = {
        "source_id": "1",
        "status": "confirmed",
        "property_ref": "7",
        "check_in": "2026-08-03",
        "check_out": "2026-08-07",
        "guest_name": "Ingrid Solberg",
    }
    return Booking.model_validate({**known, **fields})


def round_once(price: Decimal, rate: Decimal) -> int:
    """InvoiceXpress's total of one line, in cents, by another arithmetic than the program's."""
    exact = Fraction(price) * (100 + Fraction(rate))
    whole, rest = divmod(exact, 1)
    return whole + (1 if rest >= Fraction(1, 2) else 0)


@given(st.integers(min_value=1, max_value=1_000_000), st.sampled_from(RATES))
def test_every_amount_is_reached_to_the_cent_at_every_rate(cents: int, rate: Decimal) -> None:
    amount = Decimal(cents) / 100
    price = unit_price(amount, rate)
    assert price == price.quantize(Decimal("0.0001"))
    assert round_once(price, rate) == cents
    assert document_total(price, rate) == amount


def test_states_are_ordered_by_number_and_by_moment() -> None:
    assert booking(sequence="9").version < booking(sequence="10").version
    early, late = booking(modified_at="2026-05-19T18:42:31+01:00"), booking(modified_at="2026-05-19T18:00:00Z")
    assert early.version < late.version
    assert booking().version == ""


def test_two_decimals_would_lose_a_cent() -> None:
    amount, rate = Decimal("100.08"), Decimal(6)
    rounded = unit_price(amount, rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert document_total(rounded, rate) != amount
    assert document_total(unit_price(amount, rate), rate) == amount
