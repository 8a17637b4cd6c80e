"""What is Hostify's alone: an event inside Amazon's message, which is fetched unless it tells all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from mapping.channel_managers import channel_managers
from mapping.channel_managers.hostify import WHOLE
from mapping.delivery import Delivery, Doorbell
from mapping.errors import BookingNotFound, UnverifiedDelivery
from tests.mapping.test_odd_bodies import JUNK, REMOVED, assert_is_read_or_named, mutated, places
from tests.samples import load_cases

HOSTIFY = channel_managers()["hostify"]
[BODY] = [case.bodies[0] for case in load_cases() if case.id == "hostify/created-direct"]
MESSAGE = json.loads(BODY)
EVENT = json.loads(MESSAGE["Message"])
BARE = json.dumps({**EVENT, "auth": ["placeholder"]}).encode()


def wrapped(event: Any) -> Delivery:
    return Delivery(body=json.dumps({**MESSAGE, "Message": json.dumps(event)}).encode())


def test_an_events_field_gone_or_odd_is_read_or_named() -> None:
    for path in places(EVENT):
        for junk in (REMOVED, *JUNK):
            assert_is_read_or_named("hostify", wrapped(mutated(EVENT, path, junk)).body)


@pytest.mark.parametrize("name", WHOLE)
def test_an_event_that_lacks_something_only_names_its_reservation(name: str) -> None:
    named = Doorbell(source_id=str(EVENT["reservation_id"]))
    assert HOSTIFY.read(wrapped(EVENT)) != named
    for junk in (REMOVED, None, ""):
        assert HOSTIFY.read(wrapped(mutated(EVENT, ("data", "reservation", name), junk))) == named


def test_an_event_without_the_guests_name_only_names_its_reservation() -> None:
    assert isinstance(HOSTIFY.read(wrapped(mutated(EVENT, ("data", "guest", "name"), ""))), Doorbell)


def test_an_answer_without_success_is_no_cancellation() -> None:
    assert HOSTIFY.fetch
    with pytest.raises(BookingNotFound):
        HOSTIFY.fetch.read(wrapped(EVENT), [{"success": False, "error": "Reservation not found"}])


def test_amazons_id_of_the_message_tells_a_redelivery() -> None:
    assert HOSTIFY.event_id(Delivery(body=BODY)) == MESSAGE["MessageId"]
    bare = Delivery(body=BARE, headers={"x-amz-sns-message-id": "one"})
    assert HOSTIFY.event_id(bare) == "one"


def test_a_bare_event_is_proven_by_the_urls_token_and_only_names_its_reservation() -> None:
    bare = HOSTIFY.scheme.sign(BARE, "", delivery_id="", now=datetime.now(UTC))
    assert bare.body == BARE
    assert HOSTIFY.scheme.certificate_at(bare) is None
    HOSTIFY.scheme.verify(bare, [])
    assert HOSTIFY.read(bare) == Doorbell(source_id=str(EVENT["reservation_id"]))


def test_a_connection_with_a_secret_takes_no_bare_event() -> None:
    secret = HOSTIFY.scheme.fresh_secret(bytes)
    with pytest.raises(UnverifiedDelivery):
        HOSTIFY.scheme.verify(Delivery(body=BARE), [secret])


@pytest.mark.parametrize("body", [BODY, b'{"Type": null, "action": "x"}', b"[]", b"action", b""])
def test_what_is_no_bare_event_needs_amazons_signature(body: bytes) -> None:
    with pytest.raises(UnverifiedDelivery):
        HOSTIFY.scheme.verify(Delivery(body=body), [])
