"""The receiver and Amazon SNS: the certificate is fetched once, a subscription confirmed, and nobody else is asked."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mapping.delivery import Delivery
from mapping.signatures import Sns
from tests.samples import load_cases
from tests.worker.room import everything
from webhook.amazon import Amazon
from webhook.receiver import create_receiver
from worker.certificates import Certificates
from worker.connections import Issued
from worker.services import Services

[CASE] = [case for case in load_cases() if case.id == "hostify/created-booking"]
CONFIRMATION = {
    **json.loads(CASE.bodies[0]),
    "Type": "SubscriptionConfirmation",
    "Token": "canary-token-of-amazon",
    "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=canary-token-of-amazon",
}


def signed(body: bytes) -> Delivery:
    return Sns().sign(body, "", delivery_id="", now=datetime.now(UTC))


@dataclass
class Cloud:
    """Amazon: it has the certificate and takes confirmations, until it is in trouble."""

    asked: list[str] = field(default_factory=list)
    trouble: httpx.Response | Exception | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if isinstance(self.trouble, Exception):
            raise self.trouble
        if self.trouble:
            return self.trouble
        return httpx.Response(200, content=signed(CASE.bodies[0]).certificate or b"")


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def client(house: Services, cloud: Cloud) -> FlaskClient:
    return create_receiver(house, Amazon(Certificates(house.store), transport=httpx.MockTransport(cloud))).test_client()


@pytest.fixture
def issued(house: Services) -> Issued:
    return house.connections.add("casa", "hostify", [], now=house.clock())


def post(client: FlaskClient, issued: Issued, body: bytes) -> TestResponse:
    return client.post(f"/webhooks/hostify/{issued.token}", data=body, content_type="text/plain; charset=UTF-8")


def outcome(answer: TestResponse) -> Any:
    return answer.get_json().get("outcome", answer.status_code)


def test_the_certificate_is_asked_for_once(client: FlaskClient, issued: Issued, cloud: Cloud) -> None:
    body = signed(CASE.bodies[0]).body
    assert [outcome(post(client, issued, body)) for _ in range(3)] == ["queued", "repeated", "repeated"]
    assert cloud.asked == ["https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem"]


def test_a_subscription_is_confirmed(client: FlaskClient, issued: Issued, cloud: Cloud) -> None:
    assert outcome(post(client, issued, signed(json.dumps(CONFIRMATION).encode()).body)) == "ignored"
    assert cloud.asked[1:] == [CONFIRMATION["SubscribeURL"]]


def test_a_subscription_that_cannot_be_confirmed_comes_again(
    client: FlaskClient, issued: Issued, cloud: Cloud, house: Services
) -> None:
    body = signed(json.dumps(CONFIRMATION).encode()).body
    post(client, issued, signed(CASE.bodies[0]).body)
    before = everything(house.store)
    cloud.trouble = httpx.Response(403, text="canary-token-of-amazon")
    answer = post(client, issued, body)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert everything(house.store) == before
    cloud.trouble = None
    assert outcome(post(client, issued, body)) == "ignored"


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectTimeout("slow"), httpx.Response(500), httpx.Response(302, headers={"location": "https://example.org"}),
        httpx.Response(200, text="<html>"),
    ],
)  # fmt: skip
def test_without_the_certificate_a_delivery_is_put_off_and_not_stored(
    client: FlaskClient, issued: Issued, cloud: Cloud, house: Services, trouble: httpx.Response | Exception
) -> None:
    before = everything(house.store)
    cloud.trouble = trouble
    assert post(client, issued, signed(CASE.bodies[0]).body).status_code == 503
    assert everything(house.store) == before
    cloud.trouble = None
    assert outcome(post(client, issued, signed(CASE.bodies[0]).body)) == "queued"


@pytest.mark.parametrize("url", ["https://example.org/SimpleNotificationService-0.pem", "", "http://127.0.0.1/x.pem"])
def test_nobody_but_amazon_is_asked(client: FlaskClient, issued: Issued, cloud: Cloud, url: str) -> None:
    envelope = json.loads(signed(CASE.bodies[0]).body) | {"SigningCertURL": url}
    assert post(client, issued, json.dumps(envelope).encode()).status_code == 401
    assert cloud.asked == []


def test_nobody_is_asked_for_a_stranger(client: FlaskClient, issued: Issued, cloud: Cloud) -> None:
    body = signed(CASE.bodies[0]).body
    assert client.post(f"/webhooks/hostify/{'0' * 48}", data=body).status_code == 404
    assert client.post(f"/webhooks/smoobu/{issued.token}", data=body).status_code == 404
    assert cloud.asked == []


def test_a_forged_message_is_refused_and_a_forged_subscription_never_confirmed(
    client: FlaskClient, issued: Issued, cloud: Cloud
) -> None:
    for envelope in (json.loads(CASE.bodies[0]), CONFIRMATION):
        forged = json.loads(signed(json.dumps(envelope).encode()).body) | {"Message": "{}"}
        assert post(client, issued, json.dumps(forged).encode()).status_code == 401
    assert CONFIRMATION["SubscribeURL"] not in cloud.asked


def test_no_log_line_names_amazons_token(
    client: FlaskClient, issued: Issued, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.trouble = httpx.ConnectError("https://sns/?Token=canary-token-of-amazon")
    post(client, issued, signed(json.dumps(CONFIRMATION).encode()).body)
    said = capsys.readouterr()
    assert "canary-token-of-amazon" not in said.out + said.err
