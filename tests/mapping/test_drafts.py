"""What is billed: to the cent, at the property's rate, in words that carry the stay's days."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import Booking
from mapping.draft import client_name, description, document_total, printable, shortened, unit_price
from mapping.settings import Language

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


def test_description_tells_days_property_and_reference() -> None:
    told = booking(property_name="Casa da Ria T2", ota="airbnb", ota_reference="HMQ2ZX8K4T")
    assert description(told, Language.PT) == (
        "Serviço de alojamento de 03/08/2026 a 07/08/2026 (4 noites). Casa da Ria T2. Airbnb HMQ2ZX8K4T."
    )
    assert description(told, Language.EN) == (
        "Accommodation service from 03/08/2026 to 07/08/2026 (4 nights). Casa da Ria T2. Airbnb HMQ2ZX8K4T."
    )


def test_description_leaves_out_what_is_not_known() -> None:
    told = booking(check_out="2026-08-04")
    assert description(told, Language.PT) == "Serviço de alojamento de 03/08/2026 a 04/08/2026 (1 noite)."


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(TEXT, TEXT)
def test_texts_fit_into_invoicexpress(name: str, place: str) -> None:
    told = booking(guest_name=name, property_name=place)
    for text, length in ((client_name(told), 100), (description(told, Language.PT), 255)):
        assert len(text) <= length
        assert all(ord(character) <= 0xFFFF for character in text)
        assert text == text.strip()


def test_long_name_is_cut_at_a_word() -> None:
    assert shortened("Maria " * 30, 100) == ("Maria " * 16).strip()
    assert shortened("x" * 120, 100) == "x" * 100


def test_emoji_are_left_out() -> None:
    assert printable("Zoë 🌊 Ångström\n🏄") == "Zoë Ångström"
