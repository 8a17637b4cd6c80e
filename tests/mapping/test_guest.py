"""Whom a draft is for: a guest with a name, or nobody in particular; never a placeholder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import RELAY_DOMAINS, Booking
from mapping.guest import Client, UnclearClient, client_name, client_of, is_placeholder
from mapping.reasons import Reason, todo
from mapping.settings import MissingGuest
from mapping.wording import shortened

PARK, FINAL = MissingGuest.PARK, MissingGuest.FINAL_CONSUMER


def booking(**fields: str | None) -> Booking:
    known = {
        "source_id": "1",
        "status": "confirmed",
        "property_ref": "7",
        "check_in": "2026-08-03",
        "check_out": "2026-08-07",
        "guest_name": "Ingrid Solberg",
    }
    return Booking.model_validate({**known, **fields})


def the_client(missing: MissingGuest = PARK, **fields: str | None) -> Client:
    found = client_of(booking(**fields), missing)
    assert isinstance(found, Client)
    return found


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        " ",
        "Airbnb",
        "AIRBNB GUEST",
        "Booking.com",
        "Guest",
        "Hóspede",
        "Reserved",
        "Airbnb (Not available)",
        "Reserved - HMQ2ZX8K4T",
        "HMQ2ZX8K4T",
        "CLOSED - Not available",
        "N/A",
        "no name",
        "Sem nome",
        "Unknown Guest",
        "Consumidor Final",
        "-",
        "12345",
        "🌊",
        "🌊️",
        "iris.998877@guest.booking.com",
    ],
)
def test_placeholder_never_becomes_a_client(name: str | None) -> None:
    nobody = booking(guest_name=name, ota_reference="HMQ2ZX8K4T")
    assert client_of(nobody, PARK) == UnclearClient(reason=Reason.NO_GUEST_NAME)
    assert client_of(nobody, FINAL) == Client(name="Consumidor final", is_anonymous=True)


@pytest.mark.parametrize(
    "name",
    ["Christopher Guest", "Ana Reserva Pinto", "Na Li", "王芳", "Ólafur", "D. João VI", "Airbnb Maria", "Hóspede 12"],
)
def test_name_with_a_word_of_a_placeholder_in_it_is_a_name(name: str) -> None:
    assert the_client(guest_name=name).name == name


def test_guest_with_a_tax_number_and_no_name_is_never_a_final_consumer() -> None:
    found = client_of(booking(guest_name="Guest", guest_tax_id="501964843"), FINAL)
    assert found == UnclearClient(reason=Reason.NO_GUEST_NAME)


def test_client_has_a_name_a_country_and_a_tax_number_and_nothing_else() -> None:
    told = the_client(
        guest_country="PT",
        guest_tax_id="501964843",
        guest_email="ingrid@example.org",
        guest_phone="+47 912 34 567",
        guest_address="Storgata 1",
        guest_city="Oslo",
    )
    assert told == Client(name="Ingrid Solberg", country="Portugal", tax_number="501964843")


@pytest.mark.parametrize("domain", RELAY_DOMAINS)
def test_relay_address_is_no_name_and_goes_nowhere(domain: str) -> None:
    address = f"ingrid.123@{domain}"
    assert the_client(guest_email=address) == Client(name="Ingrid Solberg")
    assert isinstance(client_of(booking(guest_name=address, guest_email=address), PARK), UnclearClient)


@pytest.mark.parametrize(
    ("country", "name"),
    [
        ("NO", "Norway"),
        ("GB", "UK"),
        ("UK", "UK"),
        ("KR", "Korea, South"),
        ("XK", None),
        ("SS", None),
        ("ZZ", None),
        (None, None),
    ],
)
def test_country_is_invoicexpress_name_or_is_left_off(country: str | None, name: str | None) -> None:
    assert the_client(guest_country=country) == Client(name="Ingrid Solberg", country=name)


def test_tax_number_brings_its_own_country() -> None:
    assert the_client(guest_country="FR", guest_note="NIF 501964843").country == "Portugal"
    german = the_client(guest_country="PT", guest_note="VAT DE136695976")
    assert (german.country, german.tax_number) == ("Germany", "DE136695976")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"guest_tax_id": "B58378431"}, "the channel manager did not say which"),
        ({"guest_tax_id": "600123456", "guest_country": "XK"}, "InvoiceXpress has no name for that country"),
    ],
)
def test_tax_number_without_a_country_that_invoicexpress_knows_is_asked_about(fields: dict[str, str], why: str) -> None:
    found = client_of(booking(**fields), FINAL)
    assert found == UnclearClient(reason=Reason.NO_TAX_COUNTRY, facts={"why": why})
    assert why in todo(found.reason, found.facts)
    assert fields["guest_tax_id"] not in todo(found.reason, found.facts)


def test_tax_number_that_is_not_valid_is_left_off_with_a_warning() -> None:
    told = the_client(guest_tax_id="501964842")
    assert (told.tax_number, [warning.slug for warning in told.warnings]) == (None, ["tax-number-left-off"])
    assert "501964842" not in told.warnings[0].sentence
    assert [warning.slug for warning in the_client(FINAL, guest_name=None, guest_tax_id="501964842").warnings] == [
        "tax-number-left-off"
    ]


def test_long_name_is_cut_at_a_word() -> None:
    assert the_client(guest_name="Maria " * 30).name == ("Maria " * 16).strip()
    assert shortened("x" * 120, 100) == "x" * 100


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(TEXT)
def test_every_name_fits_into_invoicexpress(text: str) -> None:
    name = client_name(booking(guest_name=text))
    assert len(name) <= 100
    assert all(character <= "\uffff" and character.isprintable() for character in name)
    assert name == " ".join(name.split())
    assert not name or not is_placeholder(name)


@given(st.lists(st.from_regex(r"\A[A-Z][a-z]{1,9}\Z"), min_size=8, max_size=40))
def test_name_is_cut_only_between_words(words: list[str]) -> None:
    name = client_name(booking(guest_name=" ".join(words)))
    assert not name or words[: len(name.split())] == name.split()
