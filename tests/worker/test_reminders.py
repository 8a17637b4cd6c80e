"""Reminders: what should be done soon, with the bookings that it is about, by the clock where the property lies."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mapping.iva import Location
from mapping.settings import Language, Regime, Settings
from tests.worker.room import Room, key_of
from worker.accounts import Account, with_settings
from worker.due import due_drafts
from worker.reminders import Reminder, Slug, as_json, reminders, turnover_of


def told(room: Room) -> dict[Slug, Reminder]:
    found = reminders(room.house)
    assert len({reminder.slug for reminder in found}) == len(found)
    return {reminder.slug: reminder for reminder in found}


def at(room: Room, day: str, hour: int = 12) -> None:
    room.clock.now = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=hour)


def move(room: Room, location: str) -> None:
    """Let the property lie elsewhere."""
    place = room.house.properties.get("casa", "Casa do Largo")
    room.house.properties.save(replace(place, settings=Settings.model_validate({"location": location})))


def test_a_draft_is_reminded_of_on_the_fifth_working_day_after_check_out(room: Room) -> None:
    room.drafted()  # until Tuesday 2026-07-07
    for day in ("2026-07-07", "2026-07-13"):
        at(room, day)
        assert Slug.DRAFTS not in told(room)
    at(room, "2026-07-14")
    found = told(room)[Slug.DRAFTS]
    assert (found.count, list(found.bookings)) == (1, [key_of()])
    assert found.sentence == (
        "Drafts to be finalised: 1. The fifth working day after check-out is over for 0 of them and today for 1."
    )
    at(room, "2026-07-15")
    assert told(room)[Slug.DRAFTS].facts == {"count": "1", "late": "1", "today": "0"}
    room.act("finalize")
    room.house.ledger.requeue(key_of(), job="look", now=room.clock(), look=True)
    room.to_rest()
    assert Slug.DRAFTS not in told(room)


def test_its_day_is_explained(room: Room) -> None:
    at(room, "2026-04-20")
    room.drafted(check_in="2026-04-22", check_out="2026-04-24")
    at(room, "2026-05-04")
    (due,) = told(room)[Slug.DRAFTS].due
    days = "27/04/2026, 28/04/2026, 29/04/2026, 30/04/2026, 04/05/2026"
    assert due.sentence == (
        f"Check-out 24/04/2026; the five working days after it: {days}. Holidays: 01/05/2026 Labor Day."
    )
    text, facts = due.explained(Language.PT)
    assert facts == {"check_out": "24/04/2026", "days": days, "holidays": "01/05/2026 Dia do Trabalhador"}
    assert text.format_map(facts)
    assert as_json(told(room)[Slug.DRAFTS])["due"] == [
        {"booking": key_of(), "check_out": "2026-04-24", "day": "2026-05-04", "explained": due.sentence}
    ]


def test_on_madeira_its_own_holiday_does_not_count(room: Room) -> None:
    move(room, "madeira")
    at(room, "2026-06-20")
    room.drafted(check_in="2026-06-22", check_out="2026-06-29")
    at(room, "2026-07-06")
    assert Slug.DRAFTS not in told(room)
    at(room, "2026-07-07")
    found = told(room)[Slug.DRAFTS]
    assert "Madeira" in found.due[0].sentence
    assert found.facts["today"] == "1"


def test_on_the_azores_the_day_begins_an_hour_later(room: Room) -> None:
    move(room, "azores")
    room.drafted(1)
    room.house.properties.add(
        replace(
            room.house.properties.get("casa", "Casa do Largo"),
            name="Casa da Ria",
            settings=Settings.model_validate({"location": "mainland"}),
            listings=("generic:casa-2",),
        )
    )
    room.drafted(2, guest_name="Outra", property_ref="casa-2")
    at(room, "2026-07-13", hour=23)  # midnight in Lisbon
    found = due_drafts(room.house, now=room.clock(), limit=10)
    assert (found.count, found.late, [due.key for due in found.first]) == (1, 0, [key_of(2)])
    at(room, "2026-07-14", hour=0)
    found = due_drafts(room.house, now=room.clock(), limit=10)
    assert (found.count, found.late) == (2, 0)
    assert {due.location for due in found.first} == {Location.MAINLAND, Location.AZORES}


def test_a_draft_whose_property_or_account_was_removed_is_due_all_the_same(room: Room) -> None:
    room.drafted()
    room.house.properties.remove("casa", "Casa do Largo")
    room.house.accounts.remove("casa")
    at(room, "2026-07-14")
    (due,) = told(room)[Slug.DRAFTS].due
    assert due.location is None


def test_many_are_counted_and_the_first_are_named(room: Room) -> None:
    for number, day in enumerate(["2026-07-07", "2026-07-06", "2026-07-05", "2026-07-08"]):
        room.drafted(number, guest_name=f"Hóspede {number}", check_out=day)
    at(room, "2026-07-14")
    found = due_drafts(room.house, now=room.clock(), limit=2)
    assert (found.count, found.late) == (3, 2)
    assert [due.key for due in found.first] == [key_of(2), key_of(1)]


@pytest.mark.parametrize(
    ("data", "is_reminded"),
    [
        ({"property_ref": "casa-9"}, True),
        ({"status": "cancelled"}, False),
        ({"status": "blocked"}, False),
        ({}, False),
    ],
)
def test_a_stay_that_ended_without_a_document_is_reminded_of(
    room: Room, data: dict[str, str], *, is_reminded: bool
) -> None:
    room.drafted(**data)  # type: ignore[arg-type]
    at(room, "2026-07-07", hour=23)
    assert Slug.STAYS not in told(room)
    at(room, "2026-07-08", hour=0)  # midnight on the Azores
    found = told(room).get(Slug.STAYS)
    assert (found is not None) is is_reminded
    if found:
        assert (found.count, list(found.bookings)) == (1, [key_of()])
        assert found.sentence == "Stays that ended without a document: 1."


def test_a_connection_that_fell_silent_is_reminded_of(room: Room) -> None:
    for number in range(6):
        room.deliver(number)
        room.clock.go_on(days=1)
    room.clock.go_on(days=1)
    assert Slug.SILENT not in told(room)
    room.clock.go_on(days=1)
    found = told(room)[Slug.SILENT]
    assert (found.facts["connection"], found.facts["days"], found.count) == (room.connection.id, "3", 0)
    room.deliver(9)
    assert Slug.SILENT not in told(room)


@pytest.mark.parametrize(
    ("amount", "slug"),
    [
        ("11999.99", None),
        ("12000.00", Slug.TURNOVER_NEAR),
        ("15000.01", Slug.TURNOVER_NEXT_YEAR),
        ("18750.01", Slug.TURNOVER_AT_ONCE),
    ],
)
def test_an_exempt_hosts_turnover_is_reminded_of(amount: str, slug: Slug | None) -> None:
    exempt = Account(name="casa", subdomain="casa", settings=Settings(regime=Regime.ART53))
    found = turnover_of(exempt, Decimal(amount), date(2026, 7, 1))
    assert (found.slug if found else None) == slug
    if found:
        assert f"for stays that end in 2026 come to {amount} €" in found.sentence
        assert found.todo
    assert turnover_of(replace(exempt, settings=Settings()), Decimal(99999), date(2026, 7, 1)) is None


def test_the_turnover_is_the_accounts_own_of_this_year(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(regime=Regime.ART53)))
    room.drafted(1, total_guest="14000.00")
    assert told(room)[Slug.TURNOVER_NEAR].facts["turnover"] == "14000.00"
    room.drafted(2, guest_name="Outra", total_guest="5000.00")
    found = reminders(room.house)
    assert [reminder.slug for reminder in found] == [Slug.TURNOVER_AT_ONCE]
    assert found[0].todo.endswith("faturasync account set casa --regime normal")


def test_where_nothing_is_to_be_done_nothing_is_said(room: Room) -> None:
    room.drafted()
    assert reminders(room.house) == []


def test_every_reminder_has_its_words(room: Room) -> None:
    facts = dict.fromkeys(
        ("account", "connection", "channel_manager", "day", "days", "allowed", "count", "late", "today", "year"), "1"
    ) | {"turnover": "1", "limit": "1", "law": "1"}
    for slug in Slug:
        reminder = Reminder(slug=slug, facts=facts)
        assert reminder.sentence
        assert reminder.todo
        assert "{" not in reminder.sentence + reminder.todo
