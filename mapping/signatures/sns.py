"""Amazon SNS: a signature in the body, by a certificate that Amazon publishes; and a subscription that is to be confirmed.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. SNS knows no window of time: it tries
again for an hour with the time of the first attempt. The certificate counts because of where it is fetched from: over
TLS from a host of Amazon's.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from mapping.delivery import Delivery, json_body
from mapping.errors import UnreadableDelivery, UnverifiedDelivery, UserError
from mapping.signatures.scheme import RandomBytes, Scheme, any_equal, one_word

# What is signed, in this order; Subject only where there is one.
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
DIGESTS: Mapping[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 by SignatureVersion; 1 is Amazon's default

_HOST = r"https://sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-zA-Z]+\.pem")
_SUBSCRIPTION = re.compile(_HOST + r"/\?[!-~]+")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]+:[A-Za-z0-9_.-]+")


@dataclass(frozen=True, kw_only=True)
class Sns(Scheme):
    """Amazon's signature of each message. A secret is the ARN of the one topic that may deliver.

    Amazon signs for everybody's topics: without a secret, what tells them apart is the token in the URL alone. Where
    `takes_raw`, the same goes for a message that comes without Amazon's envelope ("raw message delivery"), which nobody has
    signed: a module must not believe what such a one says of a booking. A connection with a secret takes none.
    """

    takes_raw: bool = False
    signs: bool = False
    secret_is_ours: bool = False

    def certificate_at(self, delivery: Delivery) -> str | None:
        """`SigningCertURL`, where it is a certificate of SNS on a host of Amazon's; None for a raw message."""
        if self._is_raw(delivery.body):
            return None
        url = _envelope(delivery.body).get("SigningCertURL", "")
        if not _CERTIFICATE.fullmatch(url):
            raise UnverifiedDelivery("SigningCertURL is missing, or no certificate on a host of Amazon SNS.")
        return url

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Compare the topic with the secrets, and the signature with the certificate that `delivery` comes with."""
        if self._is_raw(delivery.body) and not secrets:
            return
        envelope = _envelope(delivery.body)
        if secrets and not any_equal(envelope.get("TopicArn", ""), secrets):
            raise UnverifiedDelivery("The message is of another topic than the connection's secret names.")
        digest = DIGESTS.get(envelope.get("SignatureVersion", ""))
        if digest is None or envelope.get("Type") not in SIGNED or delivery.certificate is None:
            raise UnverifiedDelivery("The message has no signature of a kind that Amazon SNS makes.")
        try:
            key = x509.load_pem_x509_certificate(delivery.certificate).public_key()
            signature = base64.b64decode(envelope.get("Signature", ""), validate=True)
            if not isinstance(key, rsa.RSAPublicKey):
                raise UnverifiedDelivery("The certificate's key is not of the kind that Amazon SNS signs with.")
            key.verify(signature, _signed_text(envelope), padding.PKCS1v15(), digest)
        except (ValueError, InvalidSignature):
            raise UnverifiedDelivery("The signature does not fit the message and Amazon's certificate.") from None

    def confirmation_at(self, delivery: Delivery) -> str | None:
        """`SubscribeURL` of what confirms a subscription."""
        envelope = _envelope(delivery.body)
        if envelope.get("Type") != "SubscriptionConfirmation":
            return None
        url = envelope.get("SubscribeURL", "")
        if not _SUBSCRIPTION.fullmatch(url):
            raise UnverifiedDelivery("SubscribeURL is missing, or not on a host of Amazon SNS.")
        return url

    def sign(self, body: bytes, secret: str, *, delivery_id: str, now: datetime) -> Delivery:
        """The message signed with a key of this process's own, whose certificate comes with the delivery."""
        headers = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-id": delivery_id}
        try:
            is_message = bool(_object(body)) and not self._is_raw(body)
        except UnverifiedDelivery:
            is_message = False
        if not is_message:
            return Delivery(body=body, headers=headers)
        envelope = json.loads(body)  # numbers as they are
        key, certificate = _own_key(now.year)
        envelope |= {"SignatureVersion": "2", "SigningCertURL": OWN_CERTIFICATE_AT}
        if secret:
            envelope["TopicArn"] = secret
        signature = key.sign(_signed_text(envelope), padding.PKCS1v15(), SHA256())
        envelope["Signature"] = base64.b64encode(signature).decode()
        return Delivery(body=json.dumps(envelope).encode(), headers=headers, certificate=certificate)

    def fresh_secret(self, random: RandomBytes) -> str:
        """The ARN of a topic that nobody has."""
        return f"arn:aws:sns:eu-west-1:000000000000:{random(16).hex()}"

    def accept(self, secret: str) -> str:
        """A topic's ARN."""
        word = one_word(secret)
        if not _TOPIC.fullmatch(word):
            raise UserError("The secret must be the topic's ARN, such as arn:aws:sns:eu-west-1:123456789012:name.")
        return word

    def _is_raw(self, body: bytes) -> bool:
        return self.takes_raw and "Type" not in _object(body)


OWN_CERTIFICATE_AT = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem"
"""Where a sample says that its certificate is; there is none, so a receiver knows only what it is given."""


def _envelope(body: bytes) -> Mapping[str, str]:
    """The message's fields that are text."""
    return {name: value for name, value in _object(body).items() if isinstance(value, str)}


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json_body(body)
    except UnreadableDelivery:
        found = None
    if not isinstance(found, dict):
        raise UnverifiedDelivery("The body is no message of Amazon SNS.")
    return found


def _signed_text(envelope: Mapping[str, Any]) -> bytes:
    names = SIGNED.get(envelope.get("Type", ""), ())
    return "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope).encode("utf-8", "replace")


@cache
def _own_key(year: int) -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sample")])
    start = datetime(year, 1, 1)  # noqa: DTZ001 certificates are in UTC
    made = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=start,
        not_valid_after=start + timedelta(days=800),
    ).sign(key, SHA256())
    return key, made.public_bytes(Encoding.PEM)
