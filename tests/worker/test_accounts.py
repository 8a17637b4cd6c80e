"""Accounts: hosts, and their sealed keys."""

import pytest

from mapping.errors import UserError
from mapping.settings import Settings
from tests.worker.room import everything
from worker.accounts import Account, with_settings
from worker.services import Services

CASA = Account(name="casa", subdomain="casa", settings=Settings.model_validate({"location": "madeira"}))


def test_an_account_is_kept_with_its_settings(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    assert house.accounts.get("casa") == CASA
    assert house.accounts.all() == [CASA]
    assert house.accounts.api_key("casa") == "the-key"


def test_a_key_is_neither_readable_in_the_store_nor_part_of_the_account(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    assert b"the-key" not in everything(house.store)
    assert "the-key" not in repr(house.accounts.get("casa"))


def test_a_key_that_was_moved_to_another_account_does_not_open(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    house.accounts.add(Account(name="rival", subdomain="rival", settings=Settings()), "another")
    house.store.hset("fs:account:rival", "api_key", house.store.hget("fs:account:casa", "api_key") or b"")
    with pytest.raises(UserError, match="stored for something else"):
        house.accounts.api_key("rival")


def test_a_change_keeps_the_key_unless_one_is_given(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    changed = with_settings(CASA, Settings.model_validate({"language": "en"}))
    house.accounts.change(changed)
    assert house.accounts.get("casa").settings == Settings.model_validate({"location": "madeira", "language": "en"})
    assert house.accounts.api_key("casa") == "the-key"
    house.accounts.change(changed, api_key="newer")
    assert house.accounts.api_key("casa") == "newer"


def test_a_removed_account_is_gone_with_its_key(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    house.accounts.remove("casa")
    assert house.accounts.all() == []
    for asked in (house.accounts.get, house.accounts.api_key, house.accounts.remove):
        with pytest.raises(UserError, match=r"There is no account casa\. See: faturasync account list"):
            asked("casa")


@pytest.mark.parametrize("name", ["", "Casa", "casa do rio", "-casa", "casa:b", "c" * 41, "ção", "casa\n"])
def test_what_cannot_be_a_name_is_refused(house: Services, name: str) -> None:
    with pytest.raises(UserError, match="a-z, 0-9 and hyphens"):
        house.accounts.add(Account(name=name, subdomain="casa", settings=Settings()), "the-key")


def test_a_name_that_is_taken_is_refused_and_nothing_changes(house: Services) -> None:
    house.accounts.add(CASA, "the-key")
    with pytest.raises(UserError, match="There is an account casa already"):
        house.accounts.add(Account(name="casa", subdomain="other", settings=Settings()), "another")
    assert house.accounts.get("casa") == CASA
    assert house.accounts.api_key("casa") == "the-key"
