"""A hex HMAC of the body in a header."""

import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery
from mapping.signatures.scheme import RandomBytes, Scheme, any_equal, one_word


@dataclass(frozen=True, kw_only=True)
class HmacHex(Scheme):
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
        if not any_equal(given, [self._signature(delivery.body, secret) for secret in secrets]):
            raise UnverifiedDelivery(f"The header {self.header} does not fit the body and the connection's secret.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The one header; none without a secret, where there need not be one."""
        del delivery_id, now
        headers = {self.header: self._signature(body, secret)} if secret or self.signs else {}
        return Delivery(body=body, headers=headers)

    def fresh_secret(self, random: RandomBytes) -> str:
        """32 random bytes in hex."""
        return random(32).hex()

    def accept(self, secret: str) -> str:
        """Any text without spaces in it."""
        return one_word(secret)

    def _signature(self, body: bytes, secret: str) -> str:
        return self.prefix + hmac.new(secret.encode(), self.message(body), self.digest).hexdigest()


def ruby_base64(body: bytes) -> bytes:
    """Base64 as Ruby's `encode64` writes it: a newline after every 60 characters (45 bytes) and at the end."""
    return b"".join(binascii.b2a_base64(body[start : start + 45]) for start in range(0, len(body), 45))
