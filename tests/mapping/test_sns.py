"""Amazon SNS: signed here as Amazon signs, with a certificate of our own in the place of Amazon's."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError
from mapping.signatures import Sns

SNS = Sns()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:reservations"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certified(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")]), datetime.now(UTC)
    built = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1,
        not_valid_before=now, not_valid_after=now + timedelta(days=1),
    )  # fmt: skip
    return built.sign(key, SHA256()).public_bytes(Encoding.PEM)


CERTIFICATE = certified(KEY)

NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": TOPIC,
    "Subject": "Reservation",
    "Message": '{"action":"new_reservation"}',
    "Timestamp": "2026-05-02T00:54:06.655Z",
    "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
    "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
}
CONFIRMATION = {
    "Type": "SubscriptionConfirmation",
    "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
    "Token": "2336412f37",
    "TopicArn": TOPIC,
    "Message": "You have chosen to subscribe to the topic.",
    "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn="
    + TOPIC
    + "&Token=2336412f37",
    "Timestamp": "2026-04-26T20:45:04.751Z",
    "SigningCertURL": NOTIFICATION["SigningCertURL"],
}


def signed(envelope: dict[str, Any], *names: str, version: str = "1") -> Delivery:
    """As Amazon signs: each name and value on a line of its own, in this order."""
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names)
    digest: HashAlgorithm = {"1": SHA1(), "2": SHA256()}[version]
    signature = base64.b64encode(KEY.sign(text.encode(), padding.PKCS1v15(), digest)).decode()
    body = json.dumps({**envelope, "SignatureVersion": version, "Signature": signature}).encode()
    return Delivery(body=body, certificate=CERTIFICATE)


def notification(**changes: Any) -> Delivery:
    envelope = {**NOTIFICATION, **changes}
    return signed(envelope, "Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


def changed(delivery: Delivery, **changes: Any) -> Delivery:
    return replace(delivery, body=json.dumps({**json.loads(delivery.body), **changes}).encode())


def is_accepted(delivery: Delivery, *secrets: str) -> bool:
    try:
        SNS.verify(delivery, secrets)
    except UnverifiedDelivery:
        return False
    return True


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_amazon_signs_is_accepted(version: str) -> None:
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    assert is_accepted(signed(NOTIFICATION, *names, version=version))
    without_subject = {name: value for name, value in NOTIFICATION.items() if name != "Subject"}
    assert is_accepted(signed(without_subject, *(name for name in names if name != "Subject"), version=version))
    confirmed = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    assert is_accepted(signed(CONFIRMATION, *confirmed, version=version))


@pytest.mark.parametrize(
    "changes",
    [
        {"Message": '{"action":"cancel"}'}, {"MessageId": "1"}, {"Subject": "Other"}, {"Timestamp": "2026-05-03T00:00:00Z"},
        {"TopicArn": TOPIC + "x"}, {"Type": "SubscriptionConfirmation"}, {"Type": "Other"}, {"Type": None},
        {"SignatureVersion": "2"}, {"SignatureVersion": "3"}, {"SignatureVersion": 1}, {"SignatureVersion": None},
        {"Signature": ""}, {"Signature": "!"}, {"Signature": "AAAA"}, {"Signature": None}, {"Message": "\ud800"},
    ],
)  # fmt: skip
def test_whatever_was_changed_is_refused(changes: dict[str, Any]) -> None:
    assert not is_accepted(changed(notification(), **changes))


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b'"text"'])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    assert not is_accepted(Delivery(body=body, certificate=CERTIFICATE))
    with pytest.raises(UnverifiedDelivery):
        SNS.certificate_at(Delivery(body=body))


def test_another_certificate_is_refused_and_so_is_none() -> None:
    other = certified(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    curve = certified(ec.generate_private_key(ec.SECP256R1()))
    for certificate in (None, b"", b"-----BEGIN CERTIFICATE-----\n", other, curve):
        assert not is_accepted(replace(notification(), certificate=certificate))


@pytest.mark.parametrize(
    "host", ["sns.eu-west-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"]
)
def test_a_certificate_is_fetched_from_amazon(host: str) -> None:
    url = f"https://{host}/SimpleNotificationService-0a1B.pem"
    assert SNS.certificate_at(notification(SigningCertURL=url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com.example.org/SimpleNotificationService-0.pem",
        "https://example.org/SimpleNotificationService-0.pem",
        "https://example.org/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.amazonaws.com.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@example.org/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/other/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem\n",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-0.pem",
        "https://[::1]/SimpleNotificationService-0.pem", "", "x",
    ],
)  # fmt: skip
def test_a_certificate_from_anywhere_else_is_refused(url: str) -> None:
    with pytest.raises(UnverifiedDelivery, match="SigningCertURL"):
        SNS.certificate_at(notification(SigningCertURL=url))


def test_only_a_confirmation_is_to_be_confirmed_and_only_at_amazon() -> None:
    confirmation = Delivery(body=json.dumps(CONFIRMATION).encode())
    assert SNS.confirmation_at(confirmation) == CONFIRMATION["SubscribeURL"]
    assert SNS.confirmation_at(notification()) is None
    unsubscribed = changed(confirmation, Type="UnsubscribeConfirmation")
    assert SNS.confirmation_at(unsubscribed) is None, "its SubscribeURL would subscribe again"
    for url in ("https://example.org/?Action=ConfirmSubscription", "http://sns.eu-west-1.amazonaws.com/?a=b", ""):
        with pytest.raises(UnverifiedDelivery, match="SubscribeURL"):
            SNS.confirmation_at(changed(confirmation, SubscribeURL=url))


def test_a_secret_names_the_one_topic() -> None:
    other = TOPIC.replace("reservations", "strangers")
    assert is_accepted(notification(), TOPIC)
    assert is_accepted(notification(), other, TOPIC)
    assert not is_accepted(notification(), other)
    assert SNS.accept(f" {TOPIC}\n") == TOPIC
    for wrong in ("reservations", "arn:aws:sqs:eu-west-1:123456789012:reservations", "", "two words"):
        with pytest.raises(UserError):
            SNS.accept(wrong)


def test_a_sample_is_signed_as_amazon_would() -> None:
    sample = SNS.sign(json.dumps(NOTIFICATION).encode(), TOPIC, delivery_id="", now=datetime.now(UTC))
    assert is_accepted(sample, TOPIC)
    assert SNS.certificate_at(sample)
    assert not is_accepted(replace(sample, certificate=CERTIFICATE), TOPIC)
    for body in (b"", b"[]", b"\xff"):
        assert SNS.sign(body, "", delivery_id="", now=datetime.now(UTC)).body == body
