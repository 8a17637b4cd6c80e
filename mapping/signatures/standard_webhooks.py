"""Standard Webhooks, which Svix sends under names of its own; and the secret as a bearer token for who cannot sign.

https://www.standardwebhooks.com. The library checks that the time in the headers is within five minutes of its own clock.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook, WebhookVerificationError

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError
from mapping.signatures.scheme import RandomBytes, Scheme, any_equal, one_word

NAMES = ("id", "timestamp", "signature")


@dataclass(frozen=True, kw_only=True)
class StandardWebhooks(Scheme):
    """The three headers, each name after `prefix` (Guesty, whose webhooks are Svix's: `svix-`)."""

    prefix: str = "webhook-"
    signs: bool = True
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare the signatures in the header with what each secret makes of id, time and body."""
        found = {f"webhook-{name}": delivery.headers.get(self.prefix + name, "") for name in NAMES}
        if not any(_is_signed(delivery.body, found, secret) for secret in secrets):
            raise UnverifiedDelivery(
                f"The signature in {self.prefix}signature does not fit the body, the time and the connection's secret."
            )

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The three headers."""
        signature = Webhook(secret).sign(delivery_id, now, body.decode())
        values = (delivery_id, str(int(now.timestamp())), signature)
        headers = {self.prefix + name: value for name, value in zip(NAMES, values, strict=True)}
        return Delivery(body=body, headers=headers)

    def fresh_secret(self, random: RandomBytes) -> str:
        """`whsec_` and 32 random bytes (the specification asks for 24 to 64)."""
        return "whsec_" + base64.b64encode(random(32)).decode()

    def accept(self, secret: str) -> str:
        """`whsec_` and base64 of 24 to 64 bytes."""
        word = one_word(secret)
        try:
            key = base64.b64decode(word.removeprefix("whsec_"), validate=True)
        except ValueError:
            key = b""
        if not (word.startswith("whsec_") and 24 <= len(key) <= 64):
            raise UserError("The secret must be whsec_ followed by base64 of 24 to 64 bytes.")
        return word


@dataclass(frozen=True, kw_only=True)
class StandardWebhooksOrBearer(StandardWebhooks):
    """Standard Webhooks, or the secret itself as a bearer token for senders that cannot sign (generic)."""

    secret_is_ours: bool = True

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Standard Webhooks where its signature header is there, else the bearer token."""
        if "webhook-signature" in delivery.headers:
            super().verify(delivery, secrets)
            return
        scheme, _, token = delivery.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise UnverifiedDelivery("Send the Standard Webhooks headers, or the secret as Authorization: Bearer.")
        if not any_equal(token.strip(), secrets):
            raise UnverifiedDelivery("The bearer token is not the connection's secret.")


def _is_signed(body: bytes, headers: Mapping[str, str], secret: str) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # a bare ValueError for a signature without a comma
        return False
    return True
