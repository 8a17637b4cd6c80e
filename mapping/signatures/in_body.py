"""A login and password that stand in the body itself (Rentals United)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery
from mapping.signatures.scheme import RandomBytes, Scheme, any_equal, login_and_password


@dataclass(frozen=True, kw_only=True)
class InBody(Scheme):
    """The same login and password in every body. A secret is `login:password`.

    `found` gives what stands in a body, None where nothing does or where it cannot be read; `put` writes it into one. A
    connection without a secret is proven by the token in its URL alone.
    """

    found: Callable[[bytes], str | None]
    put: Callable[[bytes, str], bytes]
    content_type: str
    signs: bool = False
    secret_is_ours: bool = False

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare what stands in the body with each secret."""
        if secrets and not any_equal(self.found(delivery.body) or "", secrets):
            raise UnverifiedDelivery("The login and password in the body are missing, or not the connection's.")

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The body with the login and password in it; as it is without a secret."""
        del delivery_id, now
        return Delivery(body=self.put(body, secret) if secret else body, headers={"content-type": self.content_type})

    def fresh_secret(self, random: RandomBytes) -> str:
        """The login `faturasync` and a random password of 40 digits in hex, as the vendor makes them."""
        return f"faturasync:{random(20).hex().upper()}"

    def accept(self, secret: str) -> str:
        """`login:password`, neither of them empty."""
        return login_and_password(secret)
