"""The guest's tax number: labelled, valid, with its country; never a telephone number or a reference."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import Booking
from mapping.tax_numbers import DUMMY, LABEL, Doubt, TaxNumber, _folded, is_nif, tax_number

NIF = "501964843"
PORTUGUESE = TaxNumber(number=NIF, country="PT")


def booking(**fields: str | None) -> Booking:
    known = {
        "source_id": "88001122",
        "status": "confirmed",
        "property_ref": "7",
        "check_in": "2026-08-03",
        "check_out": "2026-08-07",
    }
    return Booking.model_validate({**known, **fields})


@pytest.mark.parametrize(
    "note",
    [
        "NIF 501964843",
        "nif: 501 964 843. Tel 912345678",
        "O meu nº de contribuinte é 501.964.843, obrigado",
        "Contribuinte n.º 501964843",
        "número de identificação fiscal: 501964843",
        "NIPC PT501964843",
        "N.I.F.: PT 501 964 843",
        "NIF501964843",
        "NIF:\n501964843\n",
        "Fatura com NIF １２ não, com NIF ５０１９６４８４３",
        "Tax ID number: 501964843 912345678",
        "My VAT number is 501964843",
        "NIF 501964842, digo NIF 501964843",
    ],
)
def test_labelled_nif_is_taken(note: str) -> None:
    assert tax_number(booking(guest_note=note)) == PORTUGUESE


def test_telephone_number_behind_a_tax_number_is_left_there() -> None:
    told = booking(guest_note="NIF 501 964 843 912 345 678", guest_phone="+351 912 345 678")
    assert tax_number(told) == PORTUGUESE


@pytest.mark.parametrize("field", ["501964843", "PT501964843", " 501 964 843 ", "NIF 501964843"])
@pytest.mark.parametrize("country", [None, "PT"])
def test_field_for_the_tax_number_needs_no_label(field: str, country: str | None) -> None:
    assert tax_number(booking(guest_tax_id=field, guest_country=country)) == PORTUGUESE


@pytest.mark.parametrize(
    "note",
    [
        "501964843",
        "Please call 501964843",
        "contribuinte tel. 501964843",
        "NIF / phone: 501964843",
        "VAT invoice please, booking 501964843",
        "btw 501964843",
        "VAT 23 % included, 2 guests arriving 15h30",
        "Manifesto 501964843",
        "NIF vai por mensagem para +351 501964843",
        "NIF +501964843",
        "",
    ],
)
def test_number_without_a_label_is_none(note: str) -> None:
    assert tax_number(booking(guest_note=note)) is None


@pytest.mark.parametrize(
    ("fields", "number", "country"),
    [
        ({"guest_note": "VAT: DE136695976"}, "DE136695976", "DE"),
        ({"guest_note": "VAT DE 136 695 976 and a cot please"}, "DE136695976", "DE"),
        ({"guest_note": "VAT number is 136695976", "guest_country": "DE"}, "136695976", "DE"),
        ({"guest_tax_id": "136695976", "guest_country": "DE"}, "136695976", "DE"),
        ({"guest_note": "NIF B58378431", "guest_country": "ES"}, "B58378431", "ES"),
        ({"guest_note": "Codice fiscale: RCCMNL83S18D969H", "guest_country": "IT"}, "RCCMNL83S18D969H", "IT"),
        ({"guest_note": "n° TVA FR 40 303 265 045"}, "FR40303265045", "FR"),
        ({"guest_note": "VAT no 995525828MVA", "guest_country": "NO"}, "NO995525828MVA", "NO"),
        ({"guest_note": "VAT EL 094259216"}, "EL094259216", "GR"),
        ({"guest_note": "vat GB980780684", "guest_country": "UK"}, "GB980780684", "GB"),
        ({"guest_note": "CPF 390.533.447-05", "guest_country": "BR"}, "39053344705", "BR"),
        ({"guest_note": "tax id 3123456789", "guest_country": "UA"}, "3123456789", "UA"),  # nobody can check it
        ({"guest_note": "VAT: DE136695976", "guest_country": "PT"}, "DE136695976", "DE"),
        ({"guest_note": "NIF 501964843", "guest_country": "FR"}, "501964843", "PT"),
        ({"guest_tax_id": "PT501964843", "guest_country": "DE"}, "501964843", "PT"),
    ],
)
def test_number_comes_with_the_country_that_gave_it(fields: dict[str, str], number: str, country: str) -> None:
    assert tax_number(booking(**fields)) == TaxNumber(number=number, country=country)


@pytest.mark.parametrize(
    "fields",
    [
        {"guest_note": "NIF: 501964842"},
        {"guest_note": "NIF 123456789"},
        {"guest_note": "NIF 000000000"},
        {"guest_note": "NIF: 00351 912 345 678"},
        {"guest_tax_id": "Passport X1234567"},
        {"guest_note": "VAT 136695976"},
        {"guest_note": "VAT DE136695977"},
        {"guest_note": "VAT number 136695977", "guest_country": "DE"},
        {"guest_note": "VAT number 501964843", "guest_country": "DE"},  # a German's, by its label and country
        {"guest_note": "tax id 12345678901234567890123456789", "guest_country": "UA"},
        {"guest_note": "NIF 501964843", "guest_phone": "+351 501 964 843"},
        {"guest_tax_id": "501964843", "guest_phone": "501964843"},
        {"guest_note": "Tax ID 00351501964843", "guest_phone": "501964843", "guest_country": "UA"},
        {"guest_note": "Tax ID: 501964843", "ota_reference": "501964843"},
        {"guest_note": "NIF 501-964-843", "source_id": "501964843"},
    ],
)
def test_labelled_number_that_is_not_valid_is_doubted(fields: dict[str, str]) -> None:
    assert tax_number(booking(**fields)) is Doubt.INVALID


@pytest.mark.parametrize(
    "note", ["NIF B58378431", "CPF 390.533.447-05", "VAT 12345678", "codice fiscale RCCMNL83S18D969H"]
)
def test_foreign_number_of_an_unknown_country_is_asked_about(note: str) -> None:
    assert tax_number(booking(guest_note=note)) is Doubt.WITHOUT_COUNTRY


@pytest.mark.parametrize("field", ["999999990", "NIF 999999990", "n/a", "-", "0", None])
def test_final_consumers_number_is_none(field: str | None) -> None:
    assert tax_number(booking(guest_tax_id=field)) is None


def test_dummy_and_unknown_prefixes_are_no_nif() -> None:
    assert is_nif(NIF)
    assert not is_nif("123456789")
    assert not is_nif("PT501964843")
    assert not any(is_nif(f"4{number:07}{digit}") for number in (0, 1234567) for digit in range(10))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def with_check_digit(digits: str) -> str:
    """The NIF that begins with these eight digits (portuguese-invoicing.md 1.9)."""
    rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
    return f"{digits}{0 if rest < 2 else 11 - rest}"


NIFS = st.tuples(st.sampled_from([1, 2, 3, 5, 6, 8]), st.integers(0, 9_999_999)).map(
    lambda parts: with_check_digit(f"{parts[0]}{parts[1]:07}")
)


@given(TEXT.filter(lambda text: not LABEL.search(_folded(text))), NIFS, TEXT, NIFS)
def test_no_number_without_a_label_ever_becomes_a_tax_number(before: str, number: str, name: str, phone: str) -> None:
    note = f"{before} {number} tel {phone} {before}"
    found = booking(guest_note=note, guest_name=f"{name} {number}", guest_phone=phone, ota_reference=number)
    assert not isinstance(tax_number(found), TaxNumber)


@given(st.sampled_from(["NIF", "VAT", "Tax ID", "Contribuinte nº"]), NIFS, st.booleans())
def test_no_telephone_number_or_reference_ever_becomes_a_tax_number(label: str, number: str, is_phone: bool) -> None:
    other = {"guest_phone": f"+351 {number}"} if is_phone else {"ota_reference": number}
    assert tax_number(booking(guest_note=f"{label}: {number}", guest_tax_id=number, **other)) is Doubt.INVALID


@given(NIFS)
def test_every_number_with_its_check_digit_is_a_nif_unless_it_is_the_dummy(number: str) -> None:
    assert is_nif(number) is (number != DUMMY)
    wrong = f"{number[:8]}{(int(number[8]) + 1) % 10}"
    assert not is_nif(wrong)


@given(TEXT, TEXT)
def test_whatever_is_taken_was_written(note: str, field: str) -> None:
    found = tax_number(booking(guest_note=note, guest_tax_id=field))
    if isinstance(found, TaxNumber):
        assert re.fullmatch("[0-9A-Z]{7,20}", found.number)
        assert found.country != "PT" or is_nif(found.number)
