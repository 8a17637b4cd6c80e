"""What a channel manager may answer when it is asked for a booking, and what then becomes of the booking."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mapping.reasons import Reason
from tests.worker.desk import ANSWERS, API_KEY, DRAFTED, SOURCE, UNAVAILABLE, Desk, answers_with
from tests.worker.room import everything
from worker.connections import vendor_of
from worker.records import BookingStatus
from worker.views import as_json
from worker.waits import LATER_SECONDS


def raises(error: Exception) -> Callable[[], httpx.Response | None]:
    def trouble() -> httpx.Response | None:
        raise error

    return trouble


def answers(status: int, *, times: int = 10_000, **more: Any) -> Callable[[], httpx.Response | None]:
    """Trouble that passes after so many answers."""
    left = [times]

    def trouble() -> httpx.Response | None:
        left[0] -= 1
        return httpx.Response(status, **more) if left[0] >= 0 else None

    return trouble


def test_taking_a_delivery_in_asks_nobody(desk: Desk) -> None:
    desk.ring()
    assert desk.vendor.asked == []
    assert desk.record().booking is None
    told = as_json(desk.record())
    assert (told["status"], told["guest"], told["check_in"], told["source_id"]) == ("queued", None, None, SOURCE)


def test_the_booking_is_read_with_one_request_and_never_acknowledged(desk: Desk) -> None:
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == DRAFTED
    [request] = desk.vendor.asked
    assert (request.method, str(request.url)) == ("GET", f"https://secure.channex.io/api/v1/bookings/{SOURCE}")
    assert request.headers["user-api-key"] == API_KEY
    assert desk.room.document()["client"]["name"] == "Wannes Terlinden"


def test_what_was_answered_is_kept_and_not_asked_for_again(desk: Desk) -> None:
    desk.ring()
    desk.room.wire.lose_the_next_answer("POST")
    seconds = desk.turn()
    assert seconds
    assert desk.status() == (BookingStatus.WAITING, Reason.UNAVAILABLE)
    desk.room.go_on(seconds=60)
    assert desk.turn() is None
    desk.retry()
    assert desk.turn() is None
    assert desk.status() == DRAFTED
    assert len(desk.vendor.asked) == 1


def test_each_delivery_is_asked_for_anew(desk: Desk) -> None:
    desk.ring()
    desk.turn()
    desk.tell(answers_with(amount="600.00", rooms=[]))
    desk.ring()
    assert desk.turn() is None
    assert desk.record().figures["total_guest"] == "600.00"
    assert len(desk.vendor.asked) == 2


def test_a_booking_that_is_cancelled_there_loses_its_draft(desk: Desk) -> None:
    desk.ring()
    desk.turn()
    desk.tell(answers_with(status="cancelled", amount="0.00"))
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.CANCELLED, None)
    assert desk.room.documents() == []


def test_not_found_is_never_cancelled(desk: Desk) -> None:
    desk.ring()
    desk.turn()
    desk.vendor.forget()
    desk.ring()
    asked = len(desk.vendor.asked)
    for _ in LATER_SECONDS:
        seconds = desk.turn()
        assert seconds
        assert desk.status() == (BookingStatus.WAITING, Reason.BOOKING_NOT_FOUND)
        desk.room.go_on(seconds=seconds)
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.FAILED, Reason.BOOKING_NOT_FOUND)
    assert len(desk.vendor.asked) - asked == len(LATER_SECONDS) + 1
    assert desk.room.document()["status"] == "draft"


def test_what_is_found_later_goes_on_by_itself(desk: Desk) -> None:
    desk.vendor.forget()
    desk.ring()
    seconds = desk.turn()
    assert seconds
    desk.tell(ANSWERS)
    desk.room.go_on(seconds=seconds)
    assert desk.turn() is None
    assert desk.status() == DRAFTED


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_park_the_booking_and_say_what_to_do(desk: Desk, status: int) -> None:
    desk.vendor.trouble = answers(status, text=f"no such key {API_KEY}")
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.PARKED, Reason.CREDENTIALS_REFUSED)
    todo = desk.record().todo
    assert todo
    assert todo.endswith("faturasync connection set casa-channex --credentials-file FILE")
    assert API_KEY not in todo
    assert len(desk.vendor.asked) == 1


def test_without_credentials_nobody_is_asked(desk: Desk) -> None:
    house = desk.room.house
    bare = house.connections.add("casa", "channex", [], now=desk.room.clock()).connection
    desk.connection = bare
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.PARKED, Reason.NO_CREDENTIALS)
    assert desk.record().todo == (
        "The channel manager only said that the booking changed, and the connection casa-channex-2 has nothing to ask it "
        "with. Give it credentials: faturasync connection set casa-channex-2 --credentials-file FILE"
    )
    assert desk.vendor.asked == []


def test_a_short_wait_that_is_asked_for_is_waited_for(desk: Desk) -> None:
    began = desk.room.clock()
    desk.vendor.trouble = answers(429, times=1, headers={"retry-after": "0"})
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == DRAFTED
    assert len(desk.vendor.asked) == 2
    assert (desk.room.clock() - began).total_seconds() < 5


def test_who_is_told_to_wait_longer_comes_back_later_and_others_do_not_ask_meanwhile(desk: Desk) -> None:
    other = "0" * 8 + "-0000-4000-8000-" + "0" * 12
    desk.vendor.trouble = answers(429, headers={"retry-after": "90"})
    desk.ring()
    seconds = desk.turn()
    assert desk.status() == UNAVAILABLE
    assert seconds
    assert seconds >= 90
    desk.ring(other)
    later = desk.turn(other)
    assert later
    assert later > 80
    assert desk.record(f"casa:channex:{other}").reason is Reason.IN_LINE
    assert len(desk.vendor.asked) == 1


TROUBLES = {
    "500": answers(500),
    "502 with a page": answers(502, html="<html>Bad gateway</html>"),
    "408": answers(408),
    "a page": answers(200, html="<html>We are back soon</html>"),
    "nothing": answers(200),
    "half": answers(200, content=ANSWERS[:-200]),
    "no text": answers(200, content=b"\xff\xfe\x00"),
    "too much": answers(200, content=b"[" + b" " * 5_000_000 + b"]"),
    "timeout": raises(httpx.ReadTimeout("slow")),
    "refused": raises(httpx.ConnectError("refused")),
    "reset": raises(httpx.RemoteProtocolError("gone")),
    "socket": raises(ConnectionResetError()),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_what_is_no_answer_is_asked_for_again_later(desk: Desk, trouble: Callable[[], httpx.Response | None]) -> None:
    desk.vendor.trouble = trouble
    desk.ring()
    seconds = desk.turn()
    assert desk.status() == UNAVAILABLE
    assert len(desk.vendor.asked) == 3
    desk.vendor.trouble = lambda: None
    assert seconds
    desk.room.go_on(seconds=seconds)
    assert desk.turn() is None
    assert desk.status() == DRAFTED


def test_what_passes_within_seconds_costs_no_later_attempt(desk: Desk) -> None:
    desk.vendor.trouble = answers(503, times=2)
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == DRAFTED


@pytest.mark.parametrize("status", [302, 400, 422])
def test_an_answer_that_no_wait_mends_is_told(desk: Desk, status: int) -> None:
    desk.vendor.trouble = answers(status, headers={"location": "https://elsewhere.invalid/"})
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.FAILED, Reason.UNREADABLE)
    assert f"answer: has the status {status}" in (desk.record().todo or "")
    assert len(desk.vendor.asked) == 1


def test_an_unknown_shape_names_the_path_and_reads_by_itself_after_a_fix(
    desk: Desk, become: Callable[..., None]
) -> None:
    desk.tell(ANSWERS.replace(b'"arrival_date"', b'"arrives_on"'))
    delivery = desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.FAILED, Reason.UNREADABLE)
    assert "answers.0.data.attributes.arrival_date" in (desk.record().todo or "")
    kept = desk.room.house.deliveries.answers(delivery, SOURCE)
    real = desk.vendor.how.read
    become(
        read=lambda delivery, told: real(delivery, json.loads(json.dumps(told).replace("arrives_on", "arrival_date")))
    )
    desk.vendor.forget()
    desk.retry()
    assert desk.turn() is None
    assert desk.status() == DRAFTED
    assert desk.room.house.deliveries.answers(delivery, SOURCE) == kept
    assert len(desk.vendor.asked) == 1


def test_an_unknown_shape_that_was_a_slip_is_asked_for_again(desk: Desk) -> None:
    desk.tell(b'[{"data": null}]')
    desk.ring()
    assert desk.turn() is None
    desk.tell(ANSWERS)
    desk.retry()
    assert desk.turn() is None
    assert desk.status() == DRAFTED


def test_another_booking_than_was_asked_for_is_not_taken_for_it(desk: Desk) -> None:
    desk.tell(answers_with(booking_id="f" * 8 + SOURCE[8:]))
    desk.ring()
    assert desk.turn() is None
    assert desk.status() == (BookingStatus.FAILED, Reason.UNREADABLE)
    assert desk.room.documents() == []


def test_what_is_read_twice_counts_only_if_it_is_alike(desk: Desk, become: Callable[..., None]) -> None:
    become(reads_twice=True)

    def changes() -> httpx.Response | None:
        desk.tell(answers_with(amount=f"{500 + len(desk.vendor.asked)}.00"))
        return None

    desk.vendor.trouble = changes
    desk.ring()
    seconds = desk.turn()
    assert desk.status() == UNAVAILABLE
    assert seconds == LATER_SECONDS[0] + 1
    assert desk.room.documents() == []
    desk.vendor.trouble = lambda: None
    desk.room.go_on(seconds=seconds)
    assert desk.turn() is None
    assert desk.status() == DRAFTED
    assert len(desk.vendor.asked) == 4


def test_a_connection_asks_no_more_than_its_vendor_allows(desk: Desk, become: Callable[..., None]) -> None:
    become(a_minute=2)
    for number in range(3):
        source = f"{number}" * 8 + SOURCE[8:]
        desk.tell(answers_with(booking_id=source), source)
        desk.ring(source)
        seconds = desk.turn(source)
    assert len(desk.vendor.asked) == 2
    assert seconds
    assert desk.record(f"casa:channex:{source}").reason is Reason.IN_LINE
    desk.room.go_on(seconds=seconds)
    assert desk.turn(source) is None
    assert desk.record(f"casa:channex:{source}").status is BookingStatus.DRAFTED


def test_credentials_and_guests_are_unreadable_in_the_store_and_cards_are_not_in_it(desk: Desk) -> None:
    delivery = desk.ring()
    desk.turn()
    written = everything(desk.room.house.store)
    for word in (API_KEY, "Terlinden", "never kept", "411111"):
        assert word.encode() not in written
    kept = json.dumps(desk.room.house.deliveries.answers(delivery, SOURCE), default=str)
    assert "Terlinden" in kept
    assert "guarantee" not in kept
    assert "never kept" not in kept


def test_a_new_key_is_used_and_the_old_one_forgotten(desk: Desk) -> None:
    desk.vendor.credentials = "another-key"
    desk.ring()
    desk.turn()
    assert desk.status() == (BookingStatus.PARKED, Reason.CREDENTIALS_REFUSED)
    desk.room.house.credentials.set(desk.connection.id, vendor_of("channex"), "another-key\n")
    desk.retry()
    assert desk.turn() is None
    assert desk.status() == DRAFTED
