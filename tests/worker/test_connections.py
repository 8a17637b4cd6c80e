"""Connections: webhook URLs and secrets, shown once, replaced without a gap."""

import pytest

from mapping.errors import UserError
from tests.worker.room import everything
from worker.services import Services

SECRET = "whsec_" + "A" * 40


def accepts(house: Services, *tokens: str | None) -> list[bool]:
    return [token is not None and house.connections.read(token) is not None for token in tokens]


def test_a_token_names_its_connection_and_secrets(house: Services) -> None:
    issued = house.connections.add("casa", "generic", [SECRET], now=house.clock())
    assert issued.token
    known = house.connections.read(issued.token)
    assert known
    assert (known.connection, known.secrets) == (issued.connection, [SECRET])
    assert len(bytes.fromhex(issued.token)) >= 16
    assert house.connections.read("0" * 48) is None


def test_a_secret_that_is_ours_to_choose_is_shown_once(house: Services) -> None:
    issued = house.connections.add("casa", "generic", [], now=house.clock())
    assert issued.secret
    assert house.connections.secrets(issued.connection.id) == [issued.secret]
    assert house.connections.add("casa", "generic", [SECRET], now=house.clock()).secret is None


def test_tokens_and_secrets_are_not_readable_in_the_store(house: Services) -> None:
    issued = house.connections.add("casa", "generic", [SECRET], now=house.clock())
    rotated = house.connections.rotate(issued.connection.id, [], new_url=True, drop_old=False)
    written = everything(house.store)
    for shown in (issued.token, rotated.token, rotated.secret, SECRET):
        assert shown
        assert shown.encode() not in written


def test_a_second_connection_has_an_id_of_its_own(house: Services) -> None:
    ids = [house.connections.add("casa", "smoobu", [], now=house.clock()).connection.id for _ in range(3)]
    assert ids == ["casa-smoobu", "casa-smoobu-2", "casa-smoobu-3"]
    assert [found.id for found in house.connections.all()] == ids


def test_an_old_secret_is_valid_until_it_is_dropped(house: Services) -> None:
    old = house.connections.add("casa", "lodgify", ["old"], now=house.clock())
    name = old.connection.id
    assert house.connections.rotate(name, ["new"], new_url=False, drop_old=False).token is None
    assert house.connections.secrets(name) == ["new", "old"]
    house.connections.rotate(name, [], new_url=False, drop_old=True)
    assert house.connections.secrets(name) == ["new"]
    house.connections.rotate(name, ["newest"], new_url=False, drop_old=True)
    assert house.connections.secrets(name) == ["newest"]
    assert accepts(house, old.token) == [True]


def test_an_old_url_is_valid_until_it_is_dropped(house: Services) -> None:
    old = house.connections.add("casa", "smoobu", [], now=house.clock())
    new = house.connections.rotate(old.connection.id, [], new_url=False, drop_old=False)
    assert accepts(house, old.token, new.token) == [True, True]
    newest = house.connections.rotate(old.connection.id, [], new_url=False, drop_old=True)
    assert accepts(house, old.token, new.token, newest.token) == [False, False, True]


def test_dropping_old_urls_without_a_new_one_keeps_the_newest(house: Services) -> None:
    old = house.connections.add("casa", "lodgify", ["secret"], now=house.clock())
    other = house.connections.add("casa", "lodgify", ["secret"], now=house.clock())
    new = house.connections.rotate(old.connection.id, [], new_url=True, drop_old=False)
    house.connections.rotate(old.connection.id, [], new_url=False, drop_old=True)
    assert accepts(house, old.token, new.token, other.token) == [False, True, True]
    assert house.connections.secrets(old.connection.id) == ["secret"]


def test_a_removed_connection_knows_no_token(house: Services) -> None:
    issued = house.connections.add("casa", "smoobu", [], now=house.clock())
    with house.connections.passing_token(issued.connection.id) as passing:
        assert accepts(house, issued.token, passing) == [True, True]
        house.connections.remove(issued.connection.id)
        assert accepts(house, issued.token, passing) == [False, False]
    assert house.connections.all() == []
    with pytest.raises(UserError, match="There is no connection casa-smoobu"):
        house.connections.get(issued.connection.id)


def test_a_token_that_came_while_its_connection_was_removed_is_unknown(house: Services) -> None:
    issued = house.connections.add("casa", "smoobu", [], now=house.clock())
    house.connections.remove(issued.connection.id)
    with house.connections.passing_token(issued.connection.id) as passing:
        assert accepts(house, passing) == [False]


def test_a_passing_token_passes(house: Services) -> None:
    issued = house.connections.add("casa", "smoobu", [], now=house.clock())
    with house.connections.passing_token(issued.connection.id) as passing:
        assert accepts(house, passing) == [True]
    assert accepts(house, passing, issued.token) == [False, True]


@pytest.mark.parametrize(
    ("vendor", "given", "sentence"),
    [
        ("smoobu", ["x"], "leave the secret out"),
        ("lodgify", ["two words"], "one word on one line"),
        ("hostaway", ["no-colon"], "login:password"),
        ("generic", ["short"], "whsec_"),
        ("nobody", [], "There is no channel manager nobody"),
    ],
)
def test_a_secret_that_cannot_be_is_refused_in_a_sentence(
    house: Services, vendor: str, given: list[str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        house.connections.add("casa", vendor, given, now=house.clock())
    assert house.connections.all() == []
