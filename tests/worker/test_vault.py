"""The vault: what it seals opens with any of its keys, in its own place only."""

import base64

import pytest

from mapping.errors import UserError
from worker.vault import Vault, fresh_key

OLD, NEW = fresh_key(), fresh_key()


@pytest.mark.parametrize("about", ["account casa", "", "a\0b", "número 7/é"])
@pytest.mark.parametrize("plain", [b"", b"\0", b"guest" * 1000])
def test_what_was_sealed_opens(plain: bytes, about: str) -> None:
    vault = Vault([NEW])
    assert vault.open(vault.seal(plain, about=about), about=about) == plain


def test_what_was_sealed_is_not_readable_and_never_twice_the_same() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(b"Agata Canaria", about="booking 1")
    assert b"Canaria" not in sealed + base64.urlsafe_b64decode(sealed)
    assert vault.seal(b"Agata Canaria", about="booking 1") != sealed


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    assert after.open(before.seal(b"x", about="a"), about="a") == b"x"
    assert Vault([NEW]).open(after.seal(b"x", about="a"), about="a") == b"x"


def test_the_old_key_alone_does_not_open_what_the_new_one_sealed() -> None:
    sealed = Vault([NEW, OLD]).seal(b"x", about="booking 7")
    with pytest.raises(UserError, match=r"The booking 7 cannot be decrypted: put the key .* back"):
        Vault([OLD]).open(sealed, about="booking 7")


@pytest.mark.parametrize(
    "elsewhere", ["API key of account rival", "API key of account casa2", "API key of account cas"]
)
def test_a_value_that_was_moved_does_not_open(elsewhere: str) -> None:
    vault = Vault([NEW])
    sealed = vault.seal(b"x", about="API key of account casa")
    with pytest.raises(UserError, match="stored for something else"):
        vault.open(sealed, about=elsewhere)


def test_a_value_that_was_changed_does_not_open() -> None:
    vault = Vault([NEW])
    sealed = vault.seal(b"x", about="a")
    with pytest.raises(UserError, match="cannot be decrypted"):
        vault.open(sealed[:-5] + b"AAAA=", about="a")


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "é" * 44], ["A" * 43]])
def test_unusable_keys_are_said_in_a_sentence(keys: list[str]) -> None:
    with pytest.raises(UserError, match="FATURASYNC_SECRET_KEYS must hold Fernet keys"):
        Vault(keys)
