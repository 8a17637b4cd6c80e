"""Proofs that are the same for every delivery: nothing but the URL's token, a header of the host's, HTTP Basic."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError
from mapping.signatures.scheme import RandomBytes, Scheme, any_equal, login_and_password

_HEADER_NAME = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True, kw_only=True)
class TokenAlone(Scheme):
    """The vendor signs nothing: the token in the webhook URL is all that proves it (Smoobu)."""

    signs: bool = False
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Nothing more to prove."""

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """No header."""
        del secret, delivery_id, now
        return Delivery(body=body)

    def fresh_secret(self, random: RandomBytes) -> str:
        """There is none."""
        del random
        return ""

    def accept(self, secret: str) -> str:
        """Always `UserError`: there is no secret to keep."""
        del secret
        raise UserError("This channel manager does not sign: leave the secret out, the webhook URL proves alone.")


@dataclass(frozen=True, kw_only=True)
class StaticHeader(Scheme):
    """A header that the host types in at the vendor, the same for every delivery (Beds24). A secret is `HEADER: VALUE`.

    A connection without a secret is proven by the token in its URL alone.
    """

    signs: bool = False
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Look for the header of any of the secrets, with its value."""
        found = [any_equal(delivery.headers.get(_header(each), "").strip(), [_value(each)]) for each in secrets]
        if secrets and not any(found):
            raise UnverifiedDelivery("The header that the connection's secret names is missing, or its value is wrong.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The one header; none without a secret."""
        del delivery_id, now
        return Delivery(body=body, headers={_header(secret): _value(secret)} if secret else {})

    def fresh_secret(self, random: RandomBytes) -> str:
        """`X-FaturaSync-Secret: ` and 32 random bytes in hex."""
        return f"X-FaturaSync-Secret: {random(32).hex()}"

    def accept(self, secret: str) -> str:
        """`HEADER: VALUE` in ASCII, neither of them empty."""
        text = secret.strip()
        if not (_HEADER_NAME.fullmatch(_header(text)) and _value(text) and text.isascii() and text.isprintable()):
            raise UserError("The secret must be one line, HEADER: VALUE, as set at the channel manager.")
        return text


@dataclass(frozen=True, kw_only=True)
class Basic(Scheme):
    """HTTP Basic with a login and password that the host chooses (Hostaway). A secret is `login:password`."""

    signs: bool = True
    secret_is_ours: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare the Authorization header with each login and password."""
        given = delivery.headers.get("authorization", "").strip()
        if not given:
            raise UnverifiedDelivery("The Authorization header is missing.")
        if not any_equal(given, [_basic(secret) for secret in secrets]):
            raise UnverifiedDelivery("The login and password are not the connection's.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The Authorization header."""
        del delivery_id, now
        return Delivery(body=body, headers={"authorization": _basic(secret)})

    def fresh_secret(self, random: RandomBytes) -> str:
        """The login `faturasync` and a random password."""
        return f"faturasync:{random(24).hex()}"

    def accept(self, secret: str) -> str:
        """`login:password`, neither of them empty."""
        return login_and_password(secret)


def _header(secret: str) -> str:
    return secret.partition(":")[0].strip().lower()


def _value(secret: str) -> str:
    return secret.partition(":")[2].strip()


def _basic(secret: str) -> str:
    return "Basic " + base64.b64encode(secret.encode()).decode()
