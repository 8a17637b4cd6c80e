"""Countries as InvoiceXpress spells them, over every code of ISO 3166."""

from importlib.resources import files

import pytest

from mapping.countries import COUNTRY_NAMES, iso_country
from worker.sandbox.countries import COUNTRIES

# The IANA's copy of ISO 3166, which comes with the time zones.
LINES = (files("tzdata.zoneinfo") / "iso3166.tab").read_text(encoding="utf-8").splitlines()
ISO_CODES = sorted(line.split("\t")[0] for line in LINES if line and not line.startswith("#"))
UNKNOWN_TO_INVOICEXPRESS = {"AQ", "AX", "BL", "BQ", "BV", "GS", "MF", "PM", "SS", "SX", "TF", "TK", "TO", "UM", "VG"}


def test_every_country_has_invoicexpress_name_or_is_known_to_have_none() -> None:
    assert len(ISO_CODES) == 249
    assert {code for code in ISO_CODES if code not in COUNTRY_NAMES} == UNKNOWN_TO_INVOICEXPRESS
    assert set(COUNTRY_NAMES) <= set(ISO_CODES)


@pytest.mark.parametrize("code", ISO_CODES)
def test_every_name_is_one_that_invoicexpress_takes(code: str) -> None:
    assert code in UNKNOWN_TO_INVOICEXPRESS or COUNTRY_NAMES[code] in COUNTRIES


def test_no_two_countries_have_one_name() -> None:
    assert len(set(COUNTRY_NAMES.values())) == len(COUNTRY_NAMES)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("PT", "Portugal"),
        ("GB", "UK"),
        ("US", "United States"),
        ("MO", "Macau"),
        ("CI", "Côte d’Ivoire"),
        ("KR", "Korea, South"),
        ("CZ", "Czech Republic"),
        ("TR", "Turkey"),
        ("MK", "Macedonia (Former Yug. Rep.)"),
        ("CD", "Congo, Democratic Republic"),
    ],
)
def test_names_are_the_vendors_own_and_not_todays(code: str, name: str) -> None:
    assert COUNTRY_NAMES[code] == name


def test_codes_that_people_write_mean_their_country() -> None:
    assert [iso_country(code) for code in ("UK", "EL", "XI", "DE", None)] == ["GB", "GR", "GB", "DE", None]
