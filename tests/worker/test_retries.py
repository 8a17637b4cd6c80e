"""Retries: what a person asks for, or what follows from something a person has put right."""

import pytest

from mapping.reasons import Reason
from mapping.settings import Settings
from tests.worker.room import Room, key_of
from worker.accounts import Account
from worker.index import Filters
from worker.properties import Property
from worker.records import BookingStatus
from worker.retries import chosen, matching, retry, retry_filtered, set_account_going, to_retry
from worker.views import as_json


def test_a_mended_cause_lets_a_parked_booking_go_on(room: Room) -> None:
    assert room.drafted(property_ref="casa-9").reason is Reason.UNKNOWN_LISTING
    settings = Settings.model_validate({"location": "mainland"})
    room.house.properties.add(Property(account="casa", name="Nova", settings=settings, listings=("generic:casa-9",)))
    assert set_account_going(room.house, "casa") == [key_of()]
    record = room.to_rest()
    assert (record.status, record.property_name) == (BookingStatus.DRAFTED, "Nova")


def test_what_is_tried_again_says_no_more_what_was_wrong_with_it(room: Room) -> None:
    assert room.drafted(property_ref="casa-9").todo
    retry(room.house, [key_of()], who="Rita")
    told = as_json(room.record())
    assert (told["status"], told["reason"], told["todo"]) == ("queued", None, None)
    assert as_json(room.to_rest())["reason"] == "unknown-listing"


def test_only_what_is_stuck_and_the_accounts_own_goes_on(room: Room) -> None:
    room.drafted(1)
    room.drafted(2, property_ref="casa-9")
    room.drafted(3, status="blocked")
    room.house.accounts.add(Account(name="rival", subdomain="rival", settings=Settings()), "key")
    assert set_account_going(room.house, "rival") == []
    assert set_account_going(room.house, "casa") == [key_of(2)]
    assert [room.record(number).status.value for number in (1, 2, 3)] == ["drafted", "queued", "ignored"]


def test_a_retry_is_safe_at_any_time(room: Room) -> None:
    room.drafted()
    room.requests()
    assert retry(room.house, [key_of(), "casa:generic:nobody"], who="Rita") == [key_of()]
    assert retry(room.house, [key_of()], who="Rita") == [key_of()]
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert room.requests() == {}
    assert len(room.documents()) == 1


def test_a_failed_booking_has_all_its_waits_again(room: Room) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1, times=12)
    assert room.drafted().status is BookingStatus.FAILED
    retry(room.house, [key_of()], who="Rita")
    room.turn()
    assert room.record().attempts == 1
    assert room.to_rest().status is BookingStatus.DRAFTED


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"status": "parked"}, [2]),
        ({"reason": "unknown-listing"}, [2]),
        ({"reason": "blocked", "account": "casa"}, [3]),
        ({"reason": "blocked", "status": "parked"}, []),
        ({"account": "rival"}, []),
    ],
)
def test_bookings_are_found_by_every_filter_the_newest_first(
    room: Room, filters: dict[str, str], numbers: list[int]
) -> None:
    for number, data in enumerate([{}, {"property_ref": "casa-9"}, {"status": "blocked"}], 1):
        room.clock.go_on(minutes=1)
        room.drafted(number, **data)
    assert [record.key for record in matching(room.house, **filters)] == [key_of(number) for number in numbers]


def test_scripts_are_told_a_booking_as_documented(room: Room) -> None:
    record = room.drafted(ota="airbnb", commission="15.90", total_guest="121.90")
    document = room.document()
    assert as_json(record) == {
        "booking": "casa:generic:R-1",
        "account": "casa",
        "property": "Casa do Largo",
        "channel_manager": "generic",
        "source_id": "R-1",
        "channel": "airbnb",
        "channel_reference": "HM1",
        "status": "drafted",
        "reason": None,
        "todo": None,
        "guest": "Ágata Canária",
        "check_in": "2026-07-03",
        "check_out": "2026-07-07",
        "amount": "106.00",
        "rate": "6",
        "currency": "EUR",
        "basis": "net",
        "commission": "15.90",
        "reference": "FS-generic-R-1-1",
        "document": {
            "id": document["id"],
            "state": "draft",
            "url": f"http://invoicexpress.invalid/casa/invoices/{document['id']}",
        },
        "deliveries": 1,
        "updated_at": "2026-07-01T12:00:00+00:00",
        "warnings": [],
        "guest_data_dropped_at": None,
    }


def test_scripts_are_told_what_is_missing_as_null(room: Room) -> None:
    told = as_json(room.drafted(property_ref="casa-9"))
    assert (told["property"], told["amount"], told["document"], told["reference"]) == (None, None, None, None)
    assert (told["status"], told["reason"]) == ("parked", "unknown-listing")
    assert "faturasync property add casa" in told["todo"]


def test_what_is_stuck_among_what_is_filtered_is_tried_again_together(room: Room) -> None:
    room.drafted(1)
    room.drafted(2, property_ref="casa-9", guest_name="Zoé Zimmer")
    room.drafted(3, property_ref="casa-9", guest_name="Inês Nova")
    room.drafted(4, status="blocked")
    assert set(to_retry(room.house, Filters())) == {key_of(2), key_of(3)}
    assert to_retry(room.house, Filters(), "zim") == [key_of(2)]
    assert to_retry(room.house, Filters(status=BookingStatus.IGNORED)) == [key_of(4)]
    assert to_retry(room.house, Filters(channel="vrbo")) == []
    assert chosen(room.house, Filters(), "zim") == [key_of(2)]
    assert retry_filtered(room.house, Filters(), "zim", who="Rita") == [key_of(2)]
    assert [room.record(number).status.value for number in (1, 2, 3)] == ["drafted", "queued", "parked"]
    (act,) = room.house.audit.acts()
    assert (act.who, act.what, act.about) == ("Rita", "retry", key_of(2))


def test_what_waits_is_among_it_where_its_reason_is_asked_for(room: Room) -> None:
    room.fault("delay_without_commit", method="POST", seconds=1, times=1)
    room.deliver()
    room.turn()
    assert room.record().reason is Reason.UNAVAILABLE
    assert to_retry(room.house, Filters()) == []
    assert to_retry(room.house, Filters(reason=Reason.UNAVAILABLE)) == [key_of()]
