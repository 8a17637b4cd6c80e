"""What people did stays: in the audit for good, and in the history of the bookings that it met."""

from datetime import timedelta

import pytest

from mapping.delivery import Delivery
from mapping.errors import Problem
from tests.worker.room import Room, key_of
from worker.audit import CHANGED, CHUNK, Act
from worker.retries import read_again, retry, set_account_going


def test_acts_are_told_the_last_first_and_page_by_page(room: Room) -> None:
    for number in range(5):
        room.house.audit.write("Rita", "account-set", f"casa-{number}")
        room.clock.go_on(minutes=1)
    assert [act.about for act in room.house.audit.acts()] == ["casa-4", "casa-3", "casa-2", "casa-1", "casa-0"]
    assert [act.about for act in room.house.audit.acts(limit=2)] == ["casa-4", "casa-3"]
    assert [act.about for act in room.house.audit.acts(skip=3, limit=5)] == ["casa-1", "casa-0"]
    assert room.house.audit.acts(skip=5) == []


def test_acts_about_one_thing_are_found_behind_all_others(room: Room) -> None:
    room.house.audit.write("Rita", "account-set", "casa")
    for number in range(CHUNK + 1):
        room.house.audit.write("Rita", "property-set", f"quinta {number}")
    assert [act.about for act in room.house.audit.acts(about="casa")] == ["casa"]
    assert len(room.house.audit.acts(about="quinta", skip=1, limit=CHUNK + 9)) == CHUNK


@pytest.mark.parametrize("about", ['Casa "Ré"', "back\\slash", "tab\there", "Ré"])
def test_acts_about_things_with_odd_names_are_found(room: Room, about: str) -> None:
    room.house.audit.write("Rita", "property-added", f"casa {about}")
    room.house.audit.write("Rita", "property-added", "casa Largo", became={"observations": about})
    assert [act.about for act in room.house.audit.acts(about=about)] == [f"casa {about}"]


def test_reading_deliveries_again_tells_who_asked_for_it(room: Room) -> None:
    read_again(room.house, who="Rita")
    assert room.house.audit.acts() == []  # there was nothing to read
    problems = [Problem(path="data.price", message="must be a number")]
    room.house.intake.take_unreadable(room.connection, Delivery(body=b"{}"), problems, now=room.clock())
    read_again(room.house, who="Rita")
    told = room.house.audit.acts()[0]
    assert (told.who, told.what, told.became) == ("Rita", "deliveries-read-again", {"bookings": 0, "unreadable": 1})


def test_an_act_tells_only_what_it_changed(room: Room) -> None:
    was = {"subdomain": "casa", "basis": "net", "commission": {"airbnb": "15"}}
    became = {"subdomain": "casa", "basis": "gross", "commission": {"airbnb": "15"}, "api_key": CHANGED}
    room.house.audit.write("Rita", "account-set", "casa", was=was, became=became)
    assert room.house.audit.acts() == [
        Act(
            at=room.clock(),
            who="Rita",
            what="account-set",
            about="casa",
            was={"basis": "net"},
            became={"basis": "gross", "api_key": CHANGED},
        )
    ]


def test_a_retry_tells_who_asked_for_it(room: Room) -> None:
    room.drafted(1)
    room.drafted(2)
    retry(room.house, [key_of(1), key_of(2), key_of(3)], who="Rita")
    room.clock.go_on(minutes=1)
    retry(room.house, [key_of(1)], who="cli:ana")
    assert [(act.who, act.what, act.about) for act in room.house.audit.acts()] == [
        ("cli:ana", "retry", key_of(1)),
        ("Rita", "retry", "2 bookings"),
    ]
    first, second = room.house.ledger.history(key_of(1))[-2:]
    assert first == {"at": (room.clock() - timedelta(minutes=1)).isoformat(), "event": "retried", "who": "Rita"}
    assert (second["event"], second["who"]) == ("retried", "cli:ana")
    assert room.house.ledger.history(key_of(3)) == []
    retry(room.house, [key_of(3)], who="Rita")
    assert len(room.house.audit.acts()) == 2, "what is not there was not tried again"


@pytest.mark.parametrize("who", ["Rita", ""])
def test_what_goes_on_by_itself_tells_who_mended_it(room: Room, who: str) -> None:
    room.drafted(property_ref="casa-9")
    assert set_account_going(room.house, "casa", who=who) == [key_of()]
    line = room.house.ledger.history(key_of())[-1]
    assert (line["event"], line.get("who", "")) == ("set-going", who)
    assert room.house.audit.acts() == []


def test_many_are_tried_again_in_a_few_calls(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.retries.AT_ONCE", 2)
    for number in range(5):
        room.deliver(number)
    keys = [key_of(number) for number in range(5)]
    assert retry(room.house, [*keys, "casa:generic:nobody"], who="Rita") == keys
    jobs = room.house.ledger.jobs(keys)
    assert room.house.queue.job_ids[5:] == jobs
    assert len(set(jobs)) == 5
