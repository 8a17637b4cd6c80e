"""How a delivery proves who sent it: one small record per scheme, over the raw bytes, in constant time.

Every scheme takes several secrets, so that one can be rotated while deliveries with the old one still arrive.
Sources: shared reference channel-managers.md section 3; https://www.standardwebhooks.com for generic.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from standardwebhooks import Webhook, WebhookVerificationError

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError

RandomBytes = Callable[[int], bytes]

_HEADER_NAME = re.compile(r"[a-z0-9-]+")


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

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """The headers with which the vendor would send `body`."""

    def fresh_secret(self, random: RandomBytes) -> str:
        """A new secret of the form that the vendor's page takes."""

    def accept(self, secret: str) -> str:
        """`secret` as it is to be kept, or `UserError` with what its form must be."""


@dataclass(frozen=True, kw_only=True)
class TokenAlone:
    """The vendor signs nothing: the token in the webhook URL is all that proves it (Smoobu)."""

    signs: bool = False
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Nothing more to prove."""

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """No header."""
        del body, secret, delivery_id, now
        return {}

    def fresh_secret(self, random: RandomBytes) -> str:
        """There is none."""
        del random
        return ""

    def accept(self, secret: str) -> str:
        """Always `UserError`: there is no secret to keep."""
        del secret
        raise UserError("This channel manager does not sign: leave --secret-file out, the webhook URL is the secret.")


@dataclass(frozen=True, kw_only=True)
class HmacHex:
    """A hex HMAC of the raw body in one header (Lodgify: `ms-signature: sha256=<hex>`).

    Where not every vendor's account `signs` (Hospitable), a connection with a secret still takes nothing unsigned.
    `message` is what the vendor makes of the body before it signs (Smily: `ruby_base64`).
    """

    header: str
    prefix: str = ""
    digest: str = "sha256"
    message: Callable[[bytes], bytes] = bytes
    signs: bool = True
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare the header, in either case of its letters, with what each secret makes."""
        if not (secrets or self.signs):
            return
        given = delivery.headers.get(self.header, "").strip().lower()
        if not given:
            raise UnverifiedDelivery(f"The header {self.header} is missing.")
        if not _any_equal(given, [self._signature(delivery.body, secret) for secret in secrets]):
            raise UnverifiedDelivery(f"The header {self.header} does not fit the body and the connection's secret.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """The one header; none without a secret, where there need not be one."""
        del delivery_id, now
        return {self.header: self._signature(body, secret)} if secret or self.signs else {}

    def fresh_secret(self, random: RandomBytes) -> str:
        """32 random bytes in hex."""
        return random(32).hex()

    def accept(self, secret: str) -> str:
        """Any text without spaces in it."""
        return _one_word(secret)

    def _signature(self, body: bytes, secret: str) -> str:
        return self.prefix + hmac.new(secret.encode(), self.message(body), self.digest).hexdigest()


@dataclass(frozen=True, kw_only=True)
class StaticHeader:
    """A header that the host types in at the vendor, the same for every delivery (Beds24). A secret is `HEADER: VALUE`.

    A connection without a secret is proven by the token in its URL alone.
    """

    signs: bool = False
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Look for the header of any of the secrets, with its value."""
        found = [_any_equal(delivery.headers.get(_header(each), "").strip(), [_value(each)]) for each in secrets]
        if secrets and not any(found):
            raise UnverifiedDelivery("The header that the connection's secret names is missing, or its value is wrong.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """The one header; none without a secret."""
        del body, delivery_id, now
        return {_header(secret): _value(secret)} if secret else {}

    def fresh_secret(self, random: RandomBytes) -> str:
        """`X-FaturaSync-Secret: ` and 32 random bytes in hex."""
        return f"X-FaturaSync-Secret: {random(32).hex()}"

    def accept(self, secret: str) -> str:
        """`HEADER: VALUE` in ASCII, neither of them empty."""
        text = secret.strip()
        if not (_HEADER_NAME.fullmatch(_header(text)) and _value(text) and text.isascii() and text.isprintable()):
            raise UserError("The secret file must hold one line: HEADER: VALUE, as set at the channel manager.")
        return text


@dataclass(frozen=True, kw_only=True)
class Basic:
    """HTTP Basic with a login and password that the host chooses (Hostaway). A secret is `login:password`."""

    signs: bool = True
    secret_is_ours: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare the Authorization header with each login and password."""
        given = delivery.headers.get("authorization", "").strip()
        if not given:
            raise UnverifiedDelivery("The Authorization header is missing.")
        if not _any_equal(given, [_basic(secret) for secret in secrets]):
            raise UnverifiedDelivery("The login and password are not the connection's.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """The Authorization header."""
        del body, delivery_id, now
        return {"authorization": _basic(secret)}

    def fresh_secret(self, random: RandomBytes) -> str:
        """The login `faturasync` and a random password."""
        return f"faturasync:{random(24).hex()}"

    def accept(self, secret: str) -> str:
        """`login:password`, neither of them empty."""
        login, colon, password = secret.strip().partition(":")
        if not (login and colon and password):
            raise UserError("The secret file must hold one line: login:password, as set at the channel manager.")
        return secret.strip()


@dataclass(frozen=True, kw_only=True)
class StandardWebhooksOrBearer:
    """Standard Webhooks headers, or the secret itself as a bearer token for senders that cannot sign (generic).

    The library checks that `webhook-timestamp` is within five minutes of its own clock.
    """

    signs: bool = True
    secret_is_ours: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Standard Webhooks where its signature header is there, else the bearer token."""
        if "webhook-signature" in delivery.headers:
            if not any(_is_signed(delivery, secret) for secret in secrets):
                raise UnverifiedDelivery(
                    "The Standard Webhooks signature does not fit the body, the time and the connection's secret."
                )
            return
        scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise UnverifiedDelivery("Send the Standard Webhooks headers, or the secret as Authorization: Bearer.")
        if not _any_equal(token.strip(), secrets):
            raise UnverifiedDelivery("The bearer token is not the connection's secret.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Mapping[str, str]:
        """The three Standard Webhooks headers."""
        return {
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(delivery_id, now, body.decode()),
        }

    def fresh_secret(self, random: RandomBytes) -> str:
        """`whsec_` and 32 random bytes (the specification asks for 24 to 64)."""
        return "whsec_" + base64.b64encode(random(32)).decode()

    def accept(self, secret: str) -> str:
        """`whsec_` and base64 of 24 to 64 bytes."""
        word = _one_word(secret)
        try:
            key = base64.b64decode(word.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not (word.startswith("whsec_") and 24 <= len(key) <= 64):
            raise UserError("The secret must be whsec_ followed by base64 of 24 to 64 bytes.")
        return word


def ruby_base64(body: bytes) -> bytes:
    """Base64 as Ruby's `encode64` writes it: a newline after every 60 characters (45 bytes) and at the end."""
    return b"".join(binascii.b2a_base64(body[start : start + 45]) for start in range(0, len(body), 45))


def _is_signed(delivery: Delivery, secret: str) -> bool:
    try:
        Webhook(secret).verify(delivery.body, dict(delivery.headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # a bare ValueError for a signature without a comma
        return False
    return True


def _header(secret: str) -> str:
    return secret.partition(":")[0].strip().lower()


def _value(secret: str) -> str:
    return secret.partition(":")[2].strip()


def _basic(secret: str) -> str:
    return "Basic " + base64.b64encode(secret.encode()).decode()


def _any_equal(given: str, expected: Sequence[str]) -> bool:
    """Compare with every candidate, so that the time does not tell which one was close."""
    found = False
    for candidate in expected:
        found |= hmac.compare_digest(
            hashlib.sha256(given.encode()).digest(), hashlib.sha256(candidate.encode()).digest()
        )
    return found


def _one_word(secret: str) -> str:
    word = secret.strip()
    if not word or any(character.isspace() for character in word):
        raise UserError("The secret must be one word on one line.")
    return word
