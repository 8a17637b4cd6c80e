import json

import pytest

from mapping.delivery import Delivery
from mapping.errors import UnverifiedDelivery, UserError
from mapping.signatures import InBody
from tests.conftest import FakeClock


def found(body: bytes) -> str | None:
    told = json.loads(body)
    return f"{told['login']}:{told['password']}" if "login" in told else None


def put(body: bytes, secret: str) -> bytes:
    login, _, password = secret.partition(":")
    return json.dumps({**json.loads(body), "login": login, "password": password}).encode()


SCHEME = InBody(found=found, put=put, content_type="application/json")
BODY = b'{"id": 1}'


def is_accepted(body: bytes, *secrets: str) -> bool:
    try:
        SCHEME.verify(Delivery(body=body), secrets)
    except UnverifiedDelivery:
        return False
    return True


def test_a_login_in_the_body_proves_and_any_other_is_refused(clock: FakeClock) -> None:
    signed = SCHEME.sign(BODY, "host:digest", delivery_id="", now=clock())
    assert signed.headers == {"content-type": "application/json"}
    assert is_accepted(signed.body, "host:digest")
    assert is_accepted(signed.body, "host:other", "host:digest")
    assert not is_accepted(signed.body, "host:other")
    assert not is_accepted(signed.body, "other:digest")
    assert not is_accepted(BODY, "host:digest")


def test_without_a_secret_the_token_alone_proves(clock: FakeClock) -> None:
    assert is_accepted(BODY)
    assert SCHEME.sign(BODY, "", delivery_id="", now=clock()).body == BODY


@pytest.mark.parametrize("secret", ["login", ":password", "login:", ""])
def test_half_a_login_is_no_secret(secret: str) -> None:
    with pytest.raises(UserError, match="login:password"):
        SCHEME.accept(secret)
