"""Svix, as Guesty's webhooks are sent: signed by Svix's own library."""

from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from svix.webhooks import Webhook, WebhookVerificationError

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery
from mapping.signatures import StandardWebhooks

SVIX = StandardWebhooks(prefix="svix-")
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"event":"reservation.updated.v2","data":{"reservationId":"665f00000000000000000001"}}'


def sent(body: bytes = BODY, *, secret: str = SECRET, at: datetime | None = None) -> Delivery:
    """As Svix sends."""
    moment = at or datetime.now(UTC)
    headers = {
        "svix-id": "msg_demo1",
        "svix-timestamp": str(int(moment.timestamp())),
        "svix-signature": Webhook(secret).sign("msg_demo1", moment, body.decode()),
    }
    return Delivery(body=body, headers=headers)


def is_accepted(delivery: Delivery, *secrets: str) -> bool:
    try:
        SVIX.verify(delivery, secrets)
    except UnverifiedDelivery:
        return False
    return True


def test_vector() -> None:
    """Section 3 of the shared reference channel-managers.md."""
    at = datetime.fromtimestamp(1767225600, UTC)
    signature = "v1,I1S+wjmIrHEE85+aOpq+nxYf6fH64uLpvd6EY1JwEZM="
    assert SVIX.sign(BODY, SECRET, delivery_id="msg_demo1", now=at).headers["svix-signature"] == signature
    assert sent(at=at).headers["svix-signature"] == signature


def test_what_svix_sends_is_accepted_with_any_of_the_secrets() -> None:
    assert is_accepted(sent(), SECRET)
    assert is_accepted(sent(), OTHER, SECRET)
    assert not is_accepted(sent(), OTHER)
    assert not is_accepted(sent())


def test_what_we_sign_svix_accepts() -> None:
    made = SVIX.sign(BODY, SECRET, delivery_id="msg_1", now=datetime.now(UTC))
    Webhook(SECRET).verify(made.body, dict(made.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(made.body, dict(made.headers))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_outside_of_five_minutes_it_is_refused(minutes: int) -> None:
    assert not is_accepted(sent(at=datetime.now(UTC) + timedelta(minutes=minutes)), SECRET)


def test_standard_webhooks_own_names_are_not_svixs() -> None:
    now = datetime.now(UTC)
    signature = standardwebhooks.Webhook(SECRET).sign("msg_1", now, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    assert not is_accepted(Delivery(body=BODY, headers=headers), SECRET)
    assert not is_accepted(Delivery(body=BODY, headers={"authorization": f"Bearer {SECRET}"}), SECRET)
