"""The receiver's answers, one row of the fixed interfaces after another, on a real store."""

import base64
import io
import json
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from flask.testing import FlaskClient
from redis import Redis
from redis.connection import AbstractConnection
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from mapping.settings import Settings
from mapping.signatures import InBody, Sns, StandardWebhooks
from tests.samples import Case, load_cases, secret_for
from webhook.amazon import Amazon
from webhook.receiver import LARGEST_BODY, create_receiver
from worker.accounts import Account
from worker.certificates import Certificates
from worker.connections import Issued
from worker.environment import Environment
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect

CASES = {case.id: case for case in load_cases()}
BODIES = {name: CASES[f"{name}/created-direct"].bodies[0] for name in channel_managers()}
IN_BODY = {name for name, vendor in channel_managers().items() if isinstance(vendor.scheme, Sns | InBody)}
SIGNING = [
    name for name, vendor in channel_managers().items() if vendor.scheme.fresh_secret(bytes) and name not in IN_BODY
]  # in headers

PUBLIC = {"webhook-timestamp", "webhook-id", "svix-timestamp", "svix-id", "content-type", "x-amz-sns-message-id"}
"""Headers of a delivery that are no secret."""

Deliver = Callable[..., TestResponse]


@pytest.fixture
def client(house: Services) -> FlaskClient:
    """A receiver to which Amazon vouches for what `Sns.sign` makes."""
    certificate = Sns().sign(b'{"Type": "Notification"}', "", delivery_id="", now=datetime.now(UTC)).certificate or b""
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=certificate))
    return create_receiver(house, Amazon(Certificates(house.store), transport=transport)).test_client()


@pytest.fixture
def issued(house: Services) -> dict[str, Issued]:
    """A connection of one account at every channel manager."""
    house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), "k-1")
    return {name: house.connections.add("casa", name, given(name), now=house.clock()) for name in channel_managers()}


@pytest.fixture
def deliver(client: FlaskClient, house: Services, issued: dict[str, Issued]) -> Deliver:
    """deliver("smoobu", body) as the vendor would; `headers` are put over what proves it, None takes one away."""

    def delivered(
        name: str, body: bytes, headers: dict[str, str | None] | None = None, *, event: str = ""
    ) -> TestResponse:
        sent = sign(house, issued[name], body)
        proof = {**sent.headers, **(headers or {})}
        return client.post(
            path(issued[name]),
            query_string={"e": event} if event else None,
            data=sent.body,
            headers={key: value for key, value in proof.items() if value is not None},
        )

    return delivered


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was sent to the store, one entry for each round trip."""
    sent: list[bytes] = []
    real: Callable[..., None] = AbstractConnection.send_packed_command

    def send(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        sent.append(b"".join([command] if isinstance(command, bytes) else list(command)))
        real(self, command, check_health)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", send)
    return sent


def given(name: str, nth: int = 0) -> list[str]:
    """What the host brings from the vendor as --secret-file."""
    secret = secret_for(name, nth=nth)
    return [secret] if secret else []


def proving_header(name: str) -> str:
    """The one that holds what only the secret's owner can say: the last of those that the vendor sends."""
    scheme = channel_managers()[name].scheme
    return list(scheme.sign(b"", scheme.fresh_secret(bytes), delivery_id="msg-1", now=datetime.now(UTC)).headers)[-1]


def path(connection: Issued) -> str:
    return f"/webhooks/{connection.connection.channel_manager}/{connection.token}"


def signed(house: Services, connection: Issued, body: bytes, *, now: datetime | None = None) -> dict[str, str]:
    """The headers with which the vendor would send `body`."""
    return dict(sign(house, connection, body, now=now).headers)


def sign(house: Services, connection: Issued, body: bytes, *, now: datetime | None = None) -> Delivery:
    """What the vendor would send for `body`; generic's bearer token for what is no text."""
    found = connection.connection
    secret = next(iter(house.connections.secrets(found.id)), "")
    try:
        scheme = channel_managers()[found.channel_manager].scheme
        return scheme.sign(body, secret, delivery_id="msg-1", now=now or datetime.now(UTC))
    except UnicodeDecodeError:
        return Delivery(body=body, headers={"authorization": f"Bearer {secret}"})


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def everything(house: Services) -> dict[bytes, bytes | None]:
    """All that the store holds."""
    store = cast("Redis", house.store)
    return {key: store.dump(key) for key in cast("list[bytes]", store.keys())}


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


# Verified, stored and queued; or a repeat; or not a booking; or unreadable but verified: 200


@pytest.mark.parametrize("name", channel_managers())
def test_a_verified_booking_is_stored_and_queued(
    deliver: Deliver, house: Services, issued: dict[str, Issued], name: str
) -> None:
    answer = deliver(name, BODIES[name])
    assert answer.status_code == 200
    told = answer.get_json()
    assert list(told) == ["delivery", "outcome"]
    assert told["outcome"] == "queued"
    (record,) = house.ledger.all(*BookingStatus)
    assert record.newest == told["delivery"]
    assert house.deliveries.content(told["delivery"]).body == sign(house, issued[name], BODIES[name]).body
    assert house.queue.job_ids == [record.job]


@pytest.mark.parametrize("name", channel_managers())
def test_a_repeat_is_answered_200_and_makes_no_second_job(deliver: Deliver, house: Services, name: str) -> None:
    deliver(name, BODIES[name])
    (before,) = house.ledger.all(*BookingStatus)
    answer = deliver(name, BODIES[name])
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "repeated")
    (after,) = house.ledger.all(*BookingStatus)
    assert after == replace(before, deliveries=2)
    assert house.queue.job_ids == [before.job]


@pytest.mark.parametrize("name", [name for name in channel_managers() if name != "generic"])
def test_a_delivery_of_something_else_is_ignored(deliver: Deliver, house: Services, name: str) -> None:
    case = CASES[f"{name}/unknown-event"]
    answer = deliver(name, case.bodies[0], event=case.events[0])
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "ignored")
    assert not list(house.ledger.all(*BookingStatus))
    assert house.deliveries.get(answer.get_json()["delivery"]).outcome == "ignored"


@pytest.mark.parametrize("name", [name for name in channel_managers() if name != "generic"])
def test_an_unreadable_delivery_is_kept_and_acknowledged(deliver: Deliver, house: Services, name: str) -> None:
    answer = deliver(name, CASES[f"{name}/unreadable"].bodies[0])
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "unreadable")
    assert house.deliveries.unreadable() == [answer.get_json()["delivery"]]
    assert house.deliveries.get(answer.get_json()["delivery"]).problems


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_every_sample_is_answered_by_what_it_says(deliver: Deliver, case: Case) -> None:
    for body, event, asked, reading in zip(case.bodies, case.events, case.answers, case.readings, strict=True):
        answer = deliver(case.channel_manager, body, event=event)
        if "unreadable" in reading and case.channel_manager == "generic":
            assert [each["path"] for each in problem(answer, 422)["errors"]] == reading["unreadable"]
        else:
            taken = {"queued", "repeated"}
            expected = {
                "bookings": taken,
                "cancelled": taken,
                "unreadable": {"unreadable"},
                "not_a_booking": {"ignored"},
            }
            assert answer.status_code == 200
            assert answer.get_json()["outcome"] in expected["bookings" if asked else next(iter(reading))]


def test_the_event_may_stand_in_the_url(deliver: Deliver, house: Services, issued: dict[str, Issued]) -> None:
    client = create_receiver(house).test_client()
    answer = client.post(f"{path(issued['smoobu'])}?e=booking%20made&x=%ff", data=BODIES["smoobu"])
    assert house.deliveries.content(answer.get_json()["delivery"]).query["e"] == "booking made"


# Generic, body not in its documented form: 422


def test_generic_names_each_wrong_field(deliver: Deliver, house: Services) -> None:
    body = json.loads(BODIES["generic"])
    body["type"] = "booking.invented"
    body["data"] |= {"check_in": "2026-02-30", "total_guest": "much", "colour": "red"}
    told = problem(deliver("generic", json.dumps(body).encode()), 422)
    assert [each["path"] for each in told["errors"]] == ["type", "data.check_in", "data.total_guest", "data.colour"]
    assert all(each["message"] for each in told["errors"])
    assert not list(house.ledger.all(*BookingStatus))


# Every bad body of the reference's section 2.4


def odd(name: str, text: str) -> bytes:
    """The sample with `text` where its guest's name is; else a note of the guest's, or the booking's id."""
    case = CASES[f"{name}/created-direct"]
    assert case.result
    draft = case.result["draft"]
    if case.answers[0]:
        word = case.result["booking"].partition(":")[2]
    else:
        word = draft["client_name"] if draft else case.readings[0]["bookings"][0]["guest_note"]
    first = re.escape(word.split()[0].encode())
    place = rb'"%b[^"]*"|(?<=>)%b(?=<)' % (first, first)  # in JSON, and in XML
    changed, count = re.subn(place, lambda _: text.encode(), BODIES[name], count=1)
    assert count
    return changed


BAD_BODIES: dict[str, Callable[[str], bytes]] = {
    "empty": lambda _: b"",
    "no JSON": lambda _: b"booking=1&guest=Ana",
    "cut off": lambda name: BODIES[name][:-20],
    "a hundred thousand brackets": lambda _: b"[" * 100_000,
    "a hundred thousand objects": lambda _: b'{"data":' * 100_000,
    "a list": lambda _: b"[1, 2]",
    "an empty list": lambda _: b"[]",
    "text": lambda _: b'"text"',
    "null": lambda _: b"null",
    "a number": lambda _: b"17",
    "an integer of 5000 digits": lambda name: odd(name, "9" * 5000),
    "an exponent of nine digits": lambda name: odd(name, "1e999999999"),
    "no UTF-8": lambda name: BODIES[name].replace(b"e", b"\xe9", 1),
    "UTF-16": lambda name: BODIES[name].decode().encode("utf-16"),
    "NaN": lambda name: odd(name, "NaN"),
    "Infinity": lambda name: odd(name, "-Infinity"),
    "the same key twice": lambda name: BODIES[name].replace(b"{", b'{"type": 1, "type": 2, ', 1),
    "half a character": lambda name: odd(name, r'"Ana \ud800"'),
    "NUL": lambda name: odd(name, r'"Ana \u0000"'),
}

ODD_NAMES = {"an exponent of nine digits", "NUL"}  # JSON all the same


@pytest.mark.parametrize("name", channel_managers())
@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_bad_body_is_never_our_failure(deliver: Deliver, house: Services, name: str, kind: str) -> None:
    answer = deliver(name, BAD_BODIES[kind](name))
    if isinstance(channel_managers()[name].scheme, Sns | StandardWebhooks | InBody) and name != "generic":
        assert answer.status_code in {200, 401}  # what is no text, or no message, has no proof
        return
    if kind in ODD_NAMES:
        assert answer.status_code in {200, 422}
        return
    if name == "generic":
        assert problem(answer, 422)["errors"]
    else:
        assert answer.status_code == 200
        assert answer.get_json()["outcome"] in {"unreadable", "ignored"}
    assert not list(house.ledger.all(*BookingStatus))


# Unknown token or channel manager: 404, same body and time for both


def test_unknown_tokens_and_channel_managers_look_the_same(
    client: FlaskClient, issued: dict[str, Issued], sends: list[bytes]
) -> None:
    answers, trips = [], []
    client.get("/readyz")
    for there in ("smoobu/nothing", "nobody/nothing", f"smoobu/{issued['lodgify'].token}", "smoobu/ÿ%00%ff"):
        for method in ("GET", "POST"):
            sends.clear()
            answers.append(client.open(f"/webhooks/{there}", method=method, data=b"{}" if method == "POST" else None))
            trips.append(len(sends))
    assert {(answer.status_code, answer.data, tuple(answer.headers)) for answer in answers} == {
        (404, answers[0].data, tuple(answers[0].headers))
    }
    problem(answers[0], 404)
    assert set(trips[:4]) == {1}  # the same work, hence the same time


def test_other_paths_are_404(client: FlaskClient) -> None:
    for there in ("/", "/webhooks", "/webhooks/smoobu", "/webhooks/smoobu/", "/webhooks/smoobu/a/b", "/favicon.ico"):
        problem(client.get(there), 404)


# Wrong or missing signature, stale timestamp: 401


@pytest.mark.parametrize("name", SIGNING)
def test_without_its_proof_a_delivery_is_refused_and_not_stored(deliver: Deliver, house: Services, name: str) -> None:
    before = everything(house)
    problem(deliver(name, BODIES[name], {proving_header(name): None}), 401)
    assert everything(house) == before


@pytest.mark.parametrize("name", SIGNING)
@pytest.mark.parametrize(
    "odd_value", ["", " ", "x", "v1", "v1,", "v1,!", ",", "v1,a,b", "Basic", "Bearer", "Bearer ÿ", "é"]
)
def test_a_wrong_proof_is_refused_and_not_stored(deliver: Deliver, house: Services, name: str, odd_value: str) -> None:
    before = everything(house)
    problem(deliver(name, BODIES[name], {proving_header(name): odd_value}), 401)
    assert everything(house) == before


@pytest.mark.parametrize("name", SIGNING)
def test_another_connections_secret_is_refused(
    client: FlaskClient, house: Services, issued: dict[str, Issued], name: str
) -> None:
    other = house.connections.add("casa", name, given(name, nth=1), now=house.clock())
    headers = signed(house, other, BODIES[name])
    problem(client.post(path(issued[name]), data=BODIES[name], headers=headers), 401)


@pytest.mark.parametrize("name", ["generic", "lodgify"])
def test_a_changed_body_is_refused(client: FlaskClient, house: Services, issued: dict[str, Issued], name: str) -> None:
    headers = signed(house, issued[name], BODIES[name])
    problem(client.post(path(issued[name]), data=BODIES[name] + b" ", headers=headers), 401)


@pytest.mark.parametrize("name", SIGNING)
def test_a_connection_without_a_secret_refuses_everything(deliver: Deliver, house: Services, name: str) -> None:
    bare = house.connections.add("casa", "lodgify", [], now=house.clock())
    client = create_receiver(house).test_client()
    problem(client.post(path(bare), data=BODIES[name], headers=signed(house, bare, BODIES[name])), 401)


@pytest.mark.parametrize("minutes", [-60, -6, 6, 60])
def test_a_stale_standard_webhook_is_refused(
    client: FlaskClient, house: Services, issued: dict[str, Issued], minutes: int
) -> None:
    headers = signed(house, issued["generic"], BODIES["generic"], now=datetime.now(UTC) + timedelta(minutes=minutes))
    problem(client.post(path(issued["generic"]), data=BODIES["generic"], headers=headers), 401)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_standard_webhook_of_the_last_minutes_is_taken(
    client: FlaskClient, house: Services, issued: dict[str, Issued], minutes: int
) -> None:
    headers = signed(house, issued["generic"], BODIES["generic"], now=datetime.now(UTC) + timedelta(minutes=minutes))
    assert client.post(path(issued["generic"]), data=BODIES["generic"], headers=headers).status_code == 200


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "1e400", "-1", "9" * 400, "1٠"])
def test_a_standard_webhook_at_no_time_is_refused(deliver: Deliver, time: str) -> None:
    problem(deliver("generic", BODIES["generic"], {"webhook-timestamp": time.encode().decode("latin-1")}), 401)


def test_generic_takes_its_secret_as_a_bearer_token(client: FlaskClient, issued: dict[str, Issued]) -> None:
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {issued['generic'].secret}"}
        assert client.post(path(issued["generic"]), data=BODIES["generic"], headers=headers).status_code == 200
    headers = {"authorization": f"Basic {issued['generic'].secret}"}
    problem(client.post(path(issued["generic"]), data=BODIES["generic"], headers=headers), 401)


def test_several_signatures_may_stand_in_one_header(deliver: Deliver, issued: dict[str, Issued]) -> None:
    now = datetime.now(UTC)
    good = Webhook(issued["generic"].secret or "").sign("msg-1", now, BODIES["generic"].decode())
    other = "v1," + base64.b64encode(bytes(32)).decode()
    for both in (f"{other} {good}", f"v1a,x {good}", f"{good} {other}"):
        headers = {"webhook-timestamp": str(int(now.timestamp())), "webhook-signature": both}
        assert deliver("generic", BODIES["generic"], headers).status_code == 200


@pytest.mark.parametrize("name", SIGNING)
def test_an_old_secret_proves_until_it_is_dropped(
    client: FlaskClient, house: Services, issued: dict[str, Issued], name: str
) -> None:
    old = signed(house, issued[name], BODIES[name])
    for round_, (drop, status) in enumerate([(False, 200), (True, 401)]):
        house.connections.rotate(issued[name].connection.id, given(name, nth=round_ + 1), new_url=False, drop_old=drop)
        assert client.post(path(issued[name]), data=BODIES[name], headers=old).status_code == status
        new = signed(house, issued[name], BODIES[name])
        assert client.post(path(issued[name]), data=BODIES[name], headers=new).status_code == 200


# Over 1 MiB: 413 (chunked ones: test_serving.py)


def test_exactly_1_mib_is_taken_and_a_byte_more_refused(deliver: Deliver, house: Services) -> None:
    padded = BODIES["smoobu"].ljust(LARGEST_BODY)
    assert deliver("smoobu", padded).get_json()["outcome"] == "queued"
    before = everything(house)
    problem(deliver("smoobu", padded + b" "), 413)
    assert everything(house) == before


# The store is unreachable: 503 with Retry-After


def is_away(answer: TestResponse) -> bool:
    problem(answer, 503)
    return int(answer.headers["Retry-After"]) > 0


def test_without_a_store_nothing_is_acknowledged(environment: Environment, tmp_path: Path) -> None:
    away = services(environment, connect(f"unix://{tmp_path}/nothing"))
    client = create_receiver(away).test_client()
    assert is_away(client.post("/webhooks/smoobu/token", data=BODIES["smoobu"]))
    assert is_away(client.get("/webhooks/smoobu/token"))
    assert is_away(client.get("/readyz"))
    assert client.get("/healthz").get_json() == {"status": "up"}


@pytest.mark.parametrize("kind", ["created-direct", "test-event", "unreadable"])
def test_a_store_that_cannot_write_acknowledges_nothing(deliver: Deliver, house: Services, kind: str) -> None:
    store = cast("Redis", house.store)
    before = everything(house)
    store.config_set("maxmemory", "1")
    try:
        assert is_away(deliver("lodgify", CASES[f"lodgify/{kind}"].bodies[0]))
    finally:
        store.config_set("maxmemory", "0")
    assert everything(house) == before


# GET and HEAD on a good URL; any other method; whether it is up


@pytest.mark.parametrize("name", channel_managers())
def test_a_good_url_says_that_it_is_ready(client: FlaskClient, issued: dict[str, Issued], name: str) -> None:
    answer = client.get(path(issued[name]))
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ready", "channel_manager": name}
    head = client.head(path(issued[name]))
    assert (head.status_code, head.data) == (200, b"")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "INVENTED"])
def test_other_methods_are_405_and_say_which_are_allowed(
    client: FlaskClient, issued: dict[str, Issued], method: str
) -> None:
    answer = client.open(path(issued["smoobu"]), method=method)
    problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "up"}
    assert client.get("/readyz").get_json() == {"status": "ready"}


# It calls nobody else


@pytest.fixture
def nobody_else(monkeypatch: pytest.MonkeyPatch, store_url: str) -> None:
    """Connections to anything but the store are refused."""
    real = socket.socket.connect

    def connect_to(self: socket.socket, address: Any) -> None:
        assert f"unix://{address}" == store_url, "somebody else is called"
        real(self, address)

    def look_up(*_: object, **__: object) -> None:
        raise AssertionError("a name is looked up")

    monkeypatch.setattr(socket.socket, "connect", connect_to)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("nobody_else")
@pytest.mark.parametrize("kind", ["created-direct", "test-event", "unreadable"])
def test_one_round_trip_writes_and_nobody_else_is_called(deliver: Deliver, sends: list[bytes], kind: str) -> None:
    deliver("lodgify", CASES["lodgify/created-airbnb"].bodies[0])  # RQ asks a queue's server once for its version
    sends.clear()
    assert deliver("lodgify", CASES[f"lodgify/{kind}"].bodies[0]).status_code == 200
    looks_up, takes = sends  # the first is the deliver fixture's own, of the secret
    assert b"HGETALL" in looks_up
    assert b"EVALSHA" in takes


# What another process changed

KINDS = (
    "generic/created-direct",
    "generic/invalid",
    "lodgify/created-direct",
    "lodgify/unreadable",
    "lodgify/test-event",
)
"""A delivery that is accepted, one that is answered with its problems, and those that are kept without a booking."""


@pytest.fixture
def elsewhere(house: Services) -> Services:
    """The same house in another process."""
    return services(house.environment, connect(house.environment.redis_url or ""))


@pytest.fixture
def sent_before(client: FlaskClient, house: Services, issued: dict[str, Issued]) -> Callable[[str], TestResponse]:
    """sent_before("lodgify/unreadable"): a delivery that is signed as at the start; the receiver knows its connection."""

    proven: dict[str, Delivery] = {}

    def post(kind: str) -> TestResponse:
        name = kind.partition("/")[0]
        return client.post(path(issued[name]), data=proven[kind].body, headers=dict(proven[kind].headers))

    for kind in KINDS:
        name = kind.partition("/")[0]
        body = b"{}" if kind == "generic/invalid" else CASES[kind].bodies[0]
        proven[kind] = sign(house, issued[name], body)
        assert post(kind).status_code == (422 if kind == "generic/invalid" else 200)
    return post


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_that_was_removed_is_unknown_at_once(
    elsewhere: Services, sent_before: Callable[[str], TestResponse], kind: str
) -> None:
    known = set(cast("Redis", elsewhere.store).scan_iter())
    elsewhere.connections.remove(f"casa-{kind.partition('/')[0]}")
    assert sent_before(kind).status_code == 404
    assert set(cast("Redis", elsewhere.store).scan_iter()) < known  # nothing was written for it


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_that_is_dropped_proves_nothing_any_more(
    elsewhere: Services, sent_before: Callable[[str], TestResponse], kind: str
) -> None:
    name = kind.partition("/")[0]
    elsewhere.connections.rotate(f"casa-{name}", given(name, 1), new_url=False, drop_old=True)
    assert sent_before(kind).status_code == 401


def test_a_new_secret_proves_at_once(
    elsewhere: Services,
    client: FlaskClient,
    issued: dict[str, Issued],
    sent_before: Callable[[str], TestResponse],
) -> None:
    elsewhere.connections.rotate("casa-lodgify", given("lodgify", 1), new_url=False, drop_old=False)
    renewed = sign(elsewhere, issued["lodgify"], BODIES["lodgify"])  # with the newest
    answer = client.post(path(issued["lodgify"]), data=renewed.body, headers=dict(renewed.headers))
    assert answer.status_code == 200
    assert sent_before("lodgify/created-direct").status_code == 200  # the older one is valid still


# What is logged


def test_lines_say_which_delivery_of_whom_and_what_became_of_it(
    deliver: Deliver, issued: dict[str, Issued], log: io.StringIO
) -> None:
    for kind, event in (("created-direct", "delivery-taken"), ("unreadable", "delivery-unreadable")):
        log.truncate(0)
        log.seek(0)
        told = deliver("lodgify", CASES[f"lodgify/{kind}"].bodies[0]).get_json()
        (line,) = lines(log)
        assert line["event"] == event
        assert {name: line[name] for name in ("delivery", "outcome")} == told
        assert (line["connection"], line["account"]) == ("casa-lodgify", "casa")
    log.truncate(0)
    log.seek(0)
    deliver("lodgify", BODIES["lodgify"], {"ms-signature": "sha256=00"})
    (line,) = lines(log)
    assert (line["event"], line["outcome"]) == ("delivery-refused", "refused")
    assert (line["connection"], line["account"]) == ("casa-lodgify", "casa")


def test_no_line_holds_a_secret_or_a_guest(
    deliver: Deliver, house: Services, issued: dict[str, Issued], log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_receiver(house).test_client()
    nowhere = services(house.environment, connect(f"unix://{house.environment.data}/nothing"))
    deliver("smoobu", b"{}")
    log.truncate(0)
    log.seek(0)
    proofs = []
    for name in channel_managers():
        sent = sign(house, issued[name], BODIES[name])
        proof = dict(sent.headers)
        proofs += [value for header, value in proof.items() if header not in PUBLIC]
        for body in (BODIES[name], BODIES[name][:-9], CASES[f"{name}/unreadable"].bodies[0]):
            client.post(path(issued[name]), data=body, headers=proof)
            deliver(name, body)
        deliver(name, BODIES[name], dict.fromkeys(map(proving_header, SIGNING), "Bearer wrong-proof-of-somebody"))
        client.put(path(issued[name]), data=BODIES[name])
        create_receiver(nowhere).test_client().post(path(issued[name]), data=BODIES[name], headers=proof)
    monkeypatch.setattr(house.intake, "take", lambda *_, **__: 1 / 0)
    for name in channel_managers():
        problem(deliver(name, BODIES[name]), 500)
    said = log.getvalue()
    assert said.count("ZeroDivisionError") == len(channel_managers())
    secrets = [secret for each in issued.values() for secret in house.connections.secrets(each.connection.id)]
    tokens = [each.token for each in issued.values() if each.token]
    guests = ["Rasmussen", "example.com", "wrong-proof"]
    for name in channel_managers():
        reading = CASES[f"{name}/created-direct"].readings[0]["bookings"][0]
        guests += [reading["guest_name"]] if reading.get("guest_name") else []
    assert len(guests) > 3
    for hidden in (*secrets, *tokens, *proofs, *guests):
        assert hidden not in said
        assert base64.b64encode(hidden.encode()).decode().rstrip("=") not in said
