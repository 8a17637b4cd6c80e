from collections.abc import Callable

import pytest

from tests.cli.conftest import KEY, Run
from worker.services import Services

Fails = Callable[..., str]


def test_a_property_has_a_location_listings_and_settings(run: Run, casa: str, house: Services) -> None:
    said = run(
        "property", "add", casa, "Solar", "--location", "azores", "--listing", "lodgify:1", "--listing", "smoobu:2",
        "--commission", "booking=12,5", "--language", "en",
    )  # fmt: skip
    assert said.out == "Added Solar.\n"
    assert run("property", "list", "--json").json == [
        {"account": "casa", "property": "Casa da Ria", "listings": ["smoobu:2210045"], "location": "mainland",
         "commission": {}},
        {"account": "casa", "property": "Solar", "listings": ["lodgify:1", "smoobu:2"], "location": "azores",
         "commission": {"booking": "12.5"}, "language": "en"},
    ]  # fmt: skip
    found = house.properties.with_listing(casa, "smoobu", "2")
    assert found
    assert found.name == "Solar"


def test_properties_are_listed_by_account(run: Run, casa: str) -> None:
    run("account", "add", "b", "--subdomain", "quinta", given=KEY)
    run("property", "add", "b", "Monte [da] Lua", "--location", "madeira")
    assert [each["property"] for each in run("property", "list", "--account", "b", "--json").json] == ["Monte [da] Lua"]
    assert "Monte [da] Lua" in run("property", "list").out
    assert run("property", "list", "--account", casa).out.count("casa") == 1


def test_without_properties_it_says_what_to_do(run: Run) -> None:
    assert run("property", "list").out == "No properties yet. See: faturasync property add -h\n"


def test_set_adds_listings_and_changes_what_is_said(run: Run, casa: str) -> None:
    run("property", "set", casa, "Casa da Ria", "--listing", "generic:ria", "--language", "en")
    run("property", "set", casa, "Casa da Ria", "--listing", "generic:ria", "--commission", "vrbo=8")
    assert run("property", "list", "--json").json == [
        {"account": "casa", "property": "Casa da Ria", "listings": ["smoobu:2210045", "generic:ria"],
         "location": "mainland", "commission": {"vrbo": "8"}, "language": "en"}
    ]  # fmt: skip


def test_a_removed_property_frees_its_listings(run: Run, fails: Fails, casa: str) -> None:
    assert run("property", "remove", casa, "Casa da Ria").out == "Removed Casa da Ria.\n"
    run("property", "add", casa, "Other", "--listing", "smoobu:2210045")
    assert fails("property", "remove", casa, "Casa da Ria") == (
        'The account casa has no property "Casa da Ria". See: faturasync property list'
    )


@pytest.mark.parametrize("listing", ["2210045", "smoobu", "smoobu:", "nobody:1", ":1", ""])
def test_a_listing_names_a_channel_manager_and_an_id(fails: Fails, casa: str, listing: str) -> None:
    sentence = "A listing is CHANNEL_MANAGER:ID, such as smoobu:2210045; channel managers are "
    assert fails("property", "add", casa, "Solar", "--listing", listing).startswith(sentence)
    assert fails("property", "set", casa, "Casa da Ria", "--listing", listing).startswith(sentence)


def test_names_and_listings_are_taken_once(fails: Fails, casa: str) -> None:
    assert fails("property", "add", casa, "Solar", "--listing", "smoobu:2210045") == (
        'The listing smoobu:2210045 belongs to the property "Casa da Ria" already.'
    )
    assert fails("property", "add", casa, "Casa da Ria") == (
        'The account casa has a property "Casa da Ria" already. Change it: faturasync property set casa "Casa da Ria"'
    )


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_name_has_a_length(fails: Fails, casa: str, name: str) -> None:
    assert fails("property", "add", casa, name) == "A property's name has 1 to 100 characters."


def test_an_unknown_property_is_named(fails: Fails, casa: str) -> None:
    for words in (("set", casa, "No"), ("remove", casa, "No")):
        assert fails("property", *words) == 'The account casa has no property "No". See: faturasync property list'


def test_an_unknown_location_is_wrong_usage(run: Run, casa: str) -> None:
    assert "'porto' is not one of" in run("property", "set", casa, "Casa da Ria", "--location", "porto", code=2).err


def test_a_property_has_words_of_its_own_over_its_accounts(run: Run, casa: str, house: Services) -> None:
    run("account", "set", casa, "--missing-guest", "final-consumer", "--sequence", "AL", "--observations", "Obrigado!")
    run("property", "set", casa, "Casa da Ria", "--registration", "AL 12345", "--sequence", "AL2026",
        "--missing-guest", "park")  # fmt: skip
    (told,) = run("property", "list", "--json").json
    assert (told["registration"], told["sequence"], told["missing_guest"]) == ("12345/AL", "AL2026", "park")
    found = house.properties.get(casa, "Casa da Ria").settings.over(house.accounts.get(casa).settings)
    assert (found.sequence, found.observations, found.missing_guest) == ("AL2026", "Obrigado!", "park")


def test_observations_that_name_what_is_not_known_are_refused(fails: Fails, casa: str) -> None:
    assert fails("account", "set", casa, "--observations", "{guest}") == (
        "--observations: may name {channel}, {check_in}, {check_out}, {guests}, {nights}, {property}, {reference}, "
        "{registration} in braces, and nothing else."
    )


def test_a_registration_is_a_propertys(run: Run, casa: str) -> None:
    assert "No such option" in run("account", "set", casa, "--registration", "12345/AL", code=2).err
