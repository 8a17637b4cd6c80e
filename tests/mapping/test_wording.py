"""A draft's words: the stay's days always, the rest as far as it fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mapping.booking import Booking
from mapping.settings import Language, MissingGuest, Settings
from mapping.wording import description, observations, printable


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


def test_observations_are_the_owners_words_with_the_bookings_facts() -> None:
    told = booking(**AIRBNB, adults=2, children=1)
    text = (
        "{channel} {reference}: {guests} hóspedes, {nights}, {check_in}-{check_out}. {property} ({registration}) {{AL}}"
    )
    assert observations(text, told, Language.PT, "12345/AL") == (
        "Airbnb HMQ2ZX8K4T: 3 hóspedes, 4 noites, 03/08/2026-07/08/2026. Casa da Ria T2 (12345/AL) {AL}"
    )
    assert observations("Ref. {reference} {guests}", booking(), Language.EN) == "Ref."


@given(TEXT, TEXT)
def test_every_observation_fits(text: str, reference: str) -> None:
    said = observations(
        text.replace("{", "").replace("}", "") + "{reference}", booking(ota_reference=reference), Language.PT
    )
    assert len(said) <= 255
    assert said == printable(said)


@pytest.mark.parametrize(
    "text",
    ["{guest}", "{}", "{0}", "{check_in.year}", "{reference!r}", "{nights:>9}", "{", "}", "{property", "{{{x}}}"],
)
def test_observations_that_name_anything_else_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="in braces, and nothing else"):
        Settings(observations=text)


@given(TEXT)
def test_whatever_is_accepted_can_be_written(text: str) -> None:
    try:
        settings = Settings(observations=text)
    except ValidationError:
        return
    observations(settings.observations or "", booking(), Language.PT)


@pytest.mark.parametrize("text", ["12345", "12345/AL", "AL 12345", "12345 / al", "AL n.º 12345", "al-12345/AL"])
def test_a_registration_is_written_in_one_way(text: str) -> None:
    assert Settings(registration=text).registration == "12345/AL"


def test_a_registration_of_another_kind_stays_as_it_is() -> None:
    assert Settings(registration="RRAL 123").registration == "RRAL 123"


def test_a_propertys_words_go_over_its_accounts() -> None:
    account = Settings(sequence="AL", observations="Obrigado", missing_guest=MissingGuest.PARK)
    place = Settings(sequence="PRAIA", registration="12345/AL", missing_guest=MissingGuest.FINAL_CONSUMER)
    both = place.over(account)
    assert (both.sequence, both.observations, both.registration) == ("PRAIA", "Obrigado", "12345/AL")
    assert both.missing_guest is MissingGuest.FINAL_CONSUMER
