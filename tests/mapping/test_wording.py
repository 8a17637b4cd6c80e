"""A draft's words: the stay's days always, the rest as far as it fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.booking import Booking
from mapping.settings import Language
from mapping.wording import description, printable


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


AIRBNB = {"property_name": "Casa da Ria T2", "ota": "airbnb", "ota_reference": "HMQ2ZX8K4T"}


DAYS = {
    Language.PT: "Serviço de alojamento de 03/08/2026 a 07/08/2026 (4 noites).",
    Language.EN: "Accommodation service from 03/08/2026 to 07/08/2026 (4 nights).",
}


@pytest.mark.parametrize(
    ("language", "registration", "rest"),
    [
        (Language.PT, None, "Casa da Ria T2. Airbnb HMQ2ZX8K4T."),
        (Language.EN, None, "Casa da Ria T2. Airbnb HMQ2ZX8K4T."),
        (Language.PT, "12345/AL", "Casa da Ria T2. Registo 12345/AL. Airbnb HMQ2ZX8K4T."),
        (Language.EN, "12345/AL", "Casa da Ria T2. Registration 12345/AL. Airbnb HMQ2ZX8K4T."),
    ],
)
def test_description_tells_days_property_registration_and_reference(
    language: Language, registration: str | None, rest: str
) -> None:
    assert description(booking(**AIRBNB), language, registration) == f"{DAYS[language]} {rest}"


def test_description_leaves_out_what_is_not_known() -> None:
    told = booking(check_out="2026-08-04")
    assert description(told, Language.PT) == "Serviço de alojamento de 03/08/2026 a 04/08/2026 (1 noite)."


def test_it_is_the_propertys_name_that_is_cut() -> None:
    told = booking(**{**AIRBNB, "property_name": "Casa com vista para o rio " * 20})
    text = description(told, Language.PT, "12345/AL")
    assert 235 < len(text) <= 255
    assert text.startswith("Serviço de alojamento de 03/08/2026 a 07/08/2026 (4 noites). Casa com vista")
    assert text.endswith(" Registo 12345/AL. Airbnb HMQ2ZX8K4T.")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(TEXT, TEXT, st.sampled_from(Language), st.none() | st.just("12345/AL"))
def test_every_description_fits_and_has_the_days(
    place: str, reference: str, language: Language, registration: str | None
) -> None:
    text = description(booking(property_name=place, ota_reference=reference), language, registration)
    assert len(text) <= 255
    assert all(character <= "\uffff" and character.isprintable() for character in text)
    assert text == " ".join(text.split())
    assert "03/08/2026" in text
    assert "07/08/2026" in text


def test_emoji_and_what_is_not_seen_are_left_out() -> None:
    assert printable("Zoë 🌊 Ångström\n🏄") == "Zoë Ångström"
    assert printable("Ana ❤️ 👨‍👩‍👧 Rui\x00\u202e") == "Ana ❤ Rui"
