import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError
from mapping.signatures import (
    Basic,
    HmacHex,
    Scheme,
    StandardWebhooksOrBearer,
    StaticHeader,
    TokenAlone,
    ruby_base64,
)

LODGIFY = HmacHex(header="ms-signature", prefix="sha256=")
HOSPITABLE = HmacHex(header="signature", signs=False)
HEADER = StaticHeader()
SMILY = HmacHex(header="x-content-signature", digest="sha1", message=ruby_base64)
GENERIC = StandardWebhooksOrBearer()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
BODY = b'{"type":"booking.created","data":{"guest_name":"Zo\xc3\xab"}}'

# Lodgify: section 3 of the shared reference channel-managers.md.
LODGIFY_BODY = b'[{"action":"booking_change","booking":{"type":"Booking","id":7100001,"status":"Booked"}}]'
LODGIFY_SIGNATURE = "sha256=9fadc8a1f8e394c1237f20adac507fb34903b8ba5102b8539d085ffa4874e069"


def is_accepted(scheme: Scheme, body: bytes, headers: dict[str, str], *secrets: str) -> bool:
    try:
        scheme.verify(Delivery(body=body, headers=headers), secrets)
    except UnverifiedDelivery:
        return False
    return True


def signed(secret: str = SECRET, *, sent: datetime | None = None, body: bytes = BODY) -> dict[str, str]:
    return dict(GENERIC.sign(body, secret, delivery_id="msg_1", now=sent or datetime.now(UTC)).headers)


def test_lodgify_vector() -> None:
    headers = LODGIFY.sign(LODGIFY_BODY, "lodgify-demo-secret", delivery_id="", now=datetime.now(UTC)).headers
    assert headers == {"ms-signature": LODGIFY_SIGNATURE}
    assert is_accepted(LODGIFY, LODGIFY_BODY, {"ms-signature": LODGIFY_SIGNATURE}, "lodgify-demo-secret")


def test_hospitable_vector() -> None:
    """Section 3 of the shared reference channel-managers.md."""
    signature = "cc99bf5947391ddb0d0d9866f5b9d3a68e8b273c5ac8f699b4ae2399a7433118"
    headers = HOSPITABLE.sign(b'{"foo":"bar"}', "123456", delivery_id="", now=datetime.now(UTC)).headers
    assert headers == {"signature": signature}
    assert is_accepted(HOSPITABLE, b'{"foo":"bar"}', {"signature": signature}, "123456")
    assert not is_accepted(HOSPITABLE, b'{"foo": "bar"}', {"signature": signature}, "123456")


@pytest.mark.parametrize("scheme", [HOSPITABLE, HEADER])
def test_where_a_signature_is_optional_a_secret_makes_it_required(scheme: Scheme) -> None:
    now, secret = datetime.now(UTC), scheme.fresh_secret(lambda count: bytes(range(count)))
    assert scheme.sign(BODY, "", delivery_id="", now=now).headers == {}
    assert is_accepted(scheme, BODY, {})
    assert not is_accepted(scheme, BODY, {}, secret)
    assert is_accepted(scheme, BODY, dict(scheme.sign(BODY, secret, delivery_id="", now=now).headers), secret)


@pytest.mark.parametrize("given", [{}, {"x-key": ""}, {"x-key": "two"}, {"x-other": "one"}, {"x-key": "é"}])
def test_another_header_is_refused(given: dict[str, str]) -> None:
    assert is_accepted(HEADER, BODY, {"x-key": " one "}, "X-Key: one")
    assert not is_accepted(HEADER, BODY, given, "X-Key: one")


def test_smily_vector() -> None:
    """Section 3 of the shared reference channel-managers.md."""
    body = (
        b'{"account_id":42,"event":"booking_updated","resource":{"links":{},"bookings":[{"id":80,"status":"Booked",'
        b'"final_price":"270.0","currency":"EUR"}],"meta":{}}}'
    )
    headers = SMILY.sign(body, "app-secret-demo", delivery_id="", now=datetime.now(UTC)).headers
    assert headers == {"x-content-signature": "93c70ae3b02a05de687b1c29bf37bfb42239df41"}
    assert is_accepted(SMILY, body, dict(headers), "app-secret-demo")
    assert not is_accepted(SMILY, body + b" ", dict(headers), "app-secret-demo")


@pytest.mark.parametrize(
    ("scheme", "secret", "body", "signature"),
    [
        (
            HmacHex(header="x-hub-signature-256", prefix="sha256="),
            "It's a Secret to Everybody",
            b"Hello, World!",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
        (
            HmacHex(header="stripe-signature", prefix="v1=", message=lambda body: b"1767225600." + body),
            "whsec_demo",
            b'{"id":"evt_demo"}',
            "v1=6fb1dd5cbd2c9d26a0898a374dc1719b214a8da1614c11f43b20a1e37539637c",
        ),
    ],
)
def test_vectors_of_others_that_sign_alike(scheme: HmacHex, secret: str, body: bytes, signature: str) -> None:
    """GitHub and Stripe, which no channel manager imitates so far: section 3 of the shared reference."""
    assert scheme.sign(body, secret, delivery_id="", now=datetime.now(UTC)).headers == {scheme.header: signature}
    assert is_accepted(scheme, body, {scheme.header: signature}, secret)


def test_ruby_breaks_base64_after_60_characters_and_at_the_end() -> None:
    assert ruby_base64(b"") == b""
    assert ruby_base64(b"a") == b"YQ==\n"
    assert ruby_base64(b"a" * 45) == b"YWFh" * 15 + b"\n"
    assert ruby_base64(b"a" * 46) == b"YWFh" * 15 + b"\nYQ==\n"


def test_hex_is_accepted_in_either_case() -> None:
    assert is_accepted(LODGIFY, LODGIFY_BODY, {"ms-signature": LODGIFY_SIGNATURE.upper()}, "lodgify-demo-secret")
    shouted = "sha256=" + LODGIFY_SIGNATURE.removeprefix("sha256=").upper()
    assert is_accepted(LODGIFY, LODGIFY_BODY, {"ms-signature": shouted}, "lodgify-demo-secret")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "sha256=",
        LODGIFY_SIGNATURE.removeprefix("sha256="),
        LODGIFY_SIGNATURE[:-1],
        LODGIFY_SIGNATURE + "0",
        "sha1=" + LODGIFY_SIGNATURE.removeprefix("sha256="),
        "sha256=é",
    ],
)
def test_lodgify_refuses_what_is_not_the_signature(given: str) -> None:
    assert not is_accepted(LODGIFY, LODGIFY_BODY, {"ms-signature": given}, "lodgify-demo-secret")


def test_standard_webhooks_vector() -> None:
    sent = datetime.fromtimestamp(1614265330, UTC)
    headers = GENERIC.sign(
        b'{"test": 2432232314}', SECRET, delivery_id="msg_p5jXN8AQM9LWM0D4loKWxJek", now=sent
    ).headers
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_signed_body_is_accepted_as_sent_only() -> None:
    assert is_accepted(GENERIC, BODY, signed(), SECRET)
    assert not is_accepted(GENERIC, BODY + b" ", signed(), SECRET)
    assert not is_accepted(GENERIC, BODY, signed(OTHER_SECRET), SECRET)
    assert not is_accepted(GENERIC, BODY, signed() | {"webhook-id": "msg_2"}, SECRET)


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=400)])
def test_a_time_too_far_off_is_refused(age: timedelta) -> None:
    assert not is_accepted(GENERIC, BODY, signed(sent=datetime.now(UTC) - age), SECRET)


@pytest.mark.parametrize("sent", ["", "yesterday", "NaN", "inf", "-1", "1e400", "9" * 30])
def test_a_time_that_is_none_is_refused(sent: str) -> None:
    assert not is_accepted(GENERIC, BODY, signed() | {"webhook-timestamp": sent}, SECRET)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(missing: str) -> None:
    headers = signed()
    del headers[missing]
    assert not is_accepted(GENERIC, BODY, headers, SECRET)


@pytest.mark.parametrize("given", ["", " ", "v1", "v1,", ",", "v1,a,b", "v1,!!!", "v1,é", "v2,AAAA", "v1a,AAAA v1"])
def test_malformed_signature_parts_are_refused(given: str) -> None:
    assert not is_accepted(GENERIC, BODY, signed() | {"webhook-signature": given}, SECRET)


def test_one_good_signature_among_several_is_enough() -> None:
    """A sender that rotates its secret signs with both."""
    headers = signed()
    old = signed(OTHER_SECRET)["webhook-signature"]
    headers["webhook-signature"] = f"v1a,AAAA {old} {headers['webhook-signature']}"
    assert is_accepted(GENERIC, BODY, headers, SECRET)


def test_a_body_that_is_not_text_is_refused() -> None:
    assert not is_accepted(GENERIC, b"\xff", signed(), SECRET)


def test_bearer_token_proves_too() -> None:
    assert is_accepted(GENERIC, BODY, {"authorization": f"Bearer {SECRET}"}, SECRET)
    assert is_accepted(GENERIC, BODY, {"authorization": f"bearer  {SECRET} "}, SECRET)


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {SECRET[:-1]}", SECRET, f"Basic {SECRET}", "Bearer é"]
)
def test_another_authorization_is_refused(given: str) -> None:
    assert not is_accepted(GENERIC, BODY, {"authorization": given}, SECRET)


def test_a_wrong_signature_is_not_saved_by_a_bearer_token() -> None:
    headers = signed(OTHER_SECRET) | {"authorization": f"Bearer {SECRET}"}
    assert not is_accepted(GENERIC, BODY, headers, SECRET)


@pytest.mark.parametrize(
    ("scheme", "old", "new"),
    [
        (LODGIFY, "old-secret", "new-secret"),
        (SMILY, "old-secret", "new-secret"),
        (Basic(), "login:old", "login:new"),
        (HEADER, "X-Old: old", "X-New: new"),
        (GENERIC, OTHER_SECRET, SECRET),
    ],
)
def test_both_secrets_count_while_one_is_rotated(scheme: Scheme, old: str, new: str) -> None:
    for secret in (old, new):
        headers = dict(scheme.sign(BODY, secret, delivery_id="msg_1", now=datetime.now(UTC)).headers)
        assert is_accepted(scheme, BODY, headers, new, old)
    assert not is_accepted(
        scheme, BODY, dict(scheme.sign(BODY, old, delivery_id="m", now=datetime.now(UTC)).headers), new
    )
    if scheme.signs:
        assert not is_accepted(
            scheme, BODY, dict(scheme.sign(BODY, old, delivery_id="m", now=datetime.now(UTC)).headers)
        )


@pytest.mark.parametrize(
    "given", ["", "Basic", "Basic !!!", "Basic " + base64.b64encode(b"login").decode(), "login:old"]
)
def test_another_login_is_refused(given: str) -> None:
    assert not is_accepted(Basic(), BODY, {"authorization": given}, "login:old")


def test_a_token_alone_needs_no_header_and_keeps_no_secret() -> None:
    assert is_accepted(TokenAlone(), BODY, {})
    with pytest.raises(UserError, match="does not sign"):
        TokenAlone().accept("anything")


@pytest.mark.parametrize("scheme", [LODGIFY, Basic(), HEADER, GENERIC])
def test_a_fresh_secret_is_one_that_is_accepted(scheme: Scheme) -> None:
    secret = scheme.fresh_secret(lambda count: bytes(range(count)))
    assert scheme.accept(f"{secret}\n") == secret


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [
        (LODGIFY, " "),
        (LODGIFY, "two words"),
        (HEADER, "value"),
        (HEADER, "X-Key:"),
        (HEADER, ": value"),
        (HEADER, "X Key: value"),
        (HEADER, "X-Key: é"),
        (HEADER, "X-Key: one\nX-Other: two"),
        (Basic(), "login"),
        (Basic(), ":password"),
        (Basic(), "login:"),
        (GENERIC, SECRET.removeprefix("whsec_")),
        (GENERIC, "whsec_c2hvcnQ="),
        (GENERIC, "whsec_not base64"),
    ],
)
def test_a_secret_of_another_form_is_refused(scheme: Scheme, secret: str) -> None:
    with pytest.raises(UserError):
        scheme.accept(secret)


def test_a_fresh_generic_secret_is_one_of_standard_webhooks() -> None:
    secret = GENERIC.fresh_secret(lambda count: bytes(range(count)))
    now = datetime.now(UTC)
    assert Webhook(secret).sign("msg_1", now, BODY.decode()) == signed(secret, sent=now)["webhook-signature"]
