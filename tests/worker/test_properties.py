"""Properties: names, settings, and the listings that mean them."""

import pytest

from mapping.errors import UserError
from mapping.settings import Settings
from worker.properties import Property
from worker.services import Services

MADEIRA = Settings.model_validate({"location": "madeira"})


def casa(name: str = "Casa", *listings: str, account: str = "ana") -> Property:
    return Property(account=account, name=name, settings=MADEIRA, listings=listings)


def test_a_property_is_found_by_its_listings(house: Services) -> None:
    levada = casa("Levada Velha", "smoobu:1", "generic:a:b")
    house.properties.add(levada)
    assert house.properties.with_listing("ana", "smoobu", "1") == levada
    assert house.properties.with_listing("ana", "generic", "a:b") == levada
    assert house.properties.with_listing("ana", "lodgify", "1") is None
    assert house.properties.with_listing("rui", "smoobu", "1") is None


def test_a_room_may_be_a_property_of_its_own(house: Services) -> None:
    whole, room = casa("Casa", "smoobu:1"), casa("Quarto", "smoobu:1/2")
    house.properties.add(whole)
    assert house.properties.with_listing("ana", "smoobu", "1/2", "1") == whole
    house.properties.add(room)
    assert house.properties.with_listing("ana", "smoobu", "1/2", "1") == room
    assert house.properties.with_listing("ana", "smoobu", "1/3", "1") == whole


def test_the_properties_of_an_account_are_by_name(house: Services) -> None:
    for name in ("Sol", "Lua", "Mar"):
        house.properties.add(casa(name))
    house.properties.add(casa("Alheia", account="rui"))
    assert [found.name for found in house.properties.of("ana")] == ["Lua", "Mar", "Sol"]


def test_a_listing_that_is_taken_is_refused_and_nothing_changes(house: Services) -> None:
    house.properties.add(casa("Sol", "smoobu:1"))
    with pytest.raises(UserError, match='The listing smoobu:1 belongs to the property "Sol" already'):
        house.properties.add(casa("Lua", "smoobu:2", "smoobu:1"))
    assert [found.name for found in house.properties.of("ana")] == ["Sol"]
    assert house.properties.with_listing("ana", "smoobu", "2") is None


def test_a_change_of_listings_frees_the_old_ones(house: Services) -> None:
    house.properties.add(casa("Sol", "smoobu:1", "smoobu:2"))
    house.properties.save(casa("Sol", "smoobu:2", "smoobu:3"))
    found = [house.properties.with_listing("ana", "smoobu", number) for number in "123"]
    assert [each is not None for each in found] == [False, True, True]
    house.properties.add(casa("Lua", "smoobu:1"))


def test_a_removed_propertys_listings_are_free(house: Services) -> None:
    house.properties.add(casa("Sol", "smoobu:1"))
    house.properties.remove("ana", "Sol")
    assert house.properties.with_listing("ana", "smoobu", "1") is None
    house.properties.add(casa("Lua", "smoobu:1"))
    with pytest.raises(UserError, match='has no property "Sol"'):
        house.properties.remove("ana", "Sol")


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_that_cannot_be_is_refused(house: Services, name: str) -> None:
    with pytest.raises(UserError, match="1 to 100 characters"):
        house.properties.add(casa(name))


def test_a_name_that_is_taken_is_refused(house: Services) -> None:
    house.properties.add(casa("Sol"))
    with pytest.raises(UserError, match='has a property "Sol" already'):
        house.properties.add(casa("Sol", "smoobu:1"))


@pytest.mark.parametrize("listing", ["1", "nobody:1", "smoobu:", ":1", ""])
def test_a_listing_that_cannot_be_is_refused(house: Services, listing: str) -> None:
    with pytest.raises(UserError, match="A listing is CHANNEL_MANAGER:ID"):
        house.properties.add(casa("Sol", listing))
    assert house.properties.of("ana") == []
