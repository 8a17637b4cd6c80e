"""What a way of proving a delivery can do, and how secrets are compared."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from mapping.delivery import Delivery
from mapping.errors import UserError

RandomBytes = Callable[[int], bytes]


class Scheme(Protocol):
    """What a channel manager's way of proving itself can do."""

    @property
    def signs(self) -> bool:
        """Whether a secret must prove a delivery; if not, the URL's token alone does where no secret was given."""

    @property
    def secret_is_ours(self) -> bool:
        """Whether we choose the secret (then a connection starts with a fresh one) or the vendor does."""

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Raise `UnverifiedDelivery` unless one of `secrets` proves the delivery."""

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """What the vendor would send for `body`: its headers, and its proof inside the body where that is its place."""

    def fresh_secret(self, random: RandomBytes) -> str:
        """A new secret of the form that the vendor's page takes."""

    def accept(self, secret: str) -> str:
        """`secret` as it is to be kept, or `UserError` with what its form must be."""

    def certificate_at(self, delivery: Delivery) -> str | None:
        """Where the certificate is that proves the delivery, before `verify`; None where there is no need of one.

        Raises `UnverifiedDelivery` for an address that is not the vendor's.
        """
        del delivery
        return None

    def confirmation_at(self, delivery: Delivery) -> str | None:
        """The address that has to be asked before more is delivered, where a delivery that was proven says so."""
        del delivery
        return None


def any_equal(given: str, expected: Sequence[str]) -> bool:
    """Compare with every candidate, so that the time does not tell which one was close."""
    found = False
    for candidate in expected:
        found |= hmac.compare_digest(
            hashlib.sha256(given.encode()).digest(), hashlib.sha256(candidate.encode()).digest()
        )
    return found


def one_word(secret: str) -> str:
    """`secret` without the white space around it. Raises `UserError` for more than one word, or none."""
    word = secret.strip()
    if not word or any(character.isspace() for character in word):
        raise UserError("The secret must be one word on one line.")
    return word


def login_and_password(secret: str) -> str:
    """`login:password`, neither of them empty, or `UserError`."""
    login, colon, password = secret.strip().partition(":")
    if not (login and colon and password):
        raise UserError("The secret must be one line, login:password, as set at the channel manager.")
    return secret.strip()
