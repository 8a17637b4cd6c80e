"""What would come of a booking, told before anything is kept or asked for."""

import pytest

from mapping.reasons import Reason
from tests.worker.room import Room, key_of
from tests.worker.test_corrections import exempt
from tests.worker.test_decisions import at_check_out
from worker.correcting import rates_to_choose, refusals, told_now
from worker.decisions import ignore
from worker.previewing import preview


def test_a_preview_is_the_draft_that_would_be_made(room: Room) -> None:
    record = room.drafted(ota="booking", commission=None)
    before = room.house.ledger.history(key_of())
    found = preview(room.house, record)
    assert (found.draft, found.reason, found.is_stuck) == (None, Reason.NO_COMMISSION, True)
    found = preview(room.house, record, {"commission": "6,00", "guest_name": "Inês Nova"})
    assert found.draft
    assert (str(found.draft.total), found.draft.client_name) == ("100.00", "Inês Nova")
    assert found.figures["commission_source"] == "corrected"
    assert room.house.ledger.history(key_of()) == before
    assert room.record() == record
    assert not room.documents()


def test_what_waits_for_its_day_shows_its_draft_and_the_day(room: Room) -> None:
    at_check_out(room)
    room.deliver()
    room.turn()
    found = preview(room.house, room.record())
    assert found.draft
    assert (f"{found.day}", str(found.draft.total)) == ("2026-07-07", "106.00")


def test_what_is_not_to_be_invoiced_says_so(room: Room) -> None:
    found = preview(room.house, room.drafted(status="blocked"))
    assert (found.draft, found.reason, found.is_stuck) == (None, Reason.BLOCKED, False)


def test_an_exempt_host_is_told_of_the_turnover(room: Room) -> None:
    exempt(room)
    record = room.drafted(total_guest="15500.00")
    assert any(slug.startswith("turnover") for slug in preview(room.house, record).warnings)


def test_each_wrong_value_is_told_by_its_field(room: Room) -> None:
    room.drafted()
    given = {"total_guest": "-1", "commission": "x", "guest_name": "Inês", "guest_country": "ZZ"}
    found = refusals(room.house, key_of(), given)
    assert {field: refusal.slug for field, refusal in found.items()} == {
        "total_guest": "below-zero", "commission": "wrong", "guest_country": "no-country",
    }  # fmt: skip
    assert refusals(room.house, key_of(), {"guest_name": "Inês"}) == {}


def test_what_the_channel_manager_says_and_the_laws_rates_are_told_beside_the_form(room: Room) -> None:
    room.drafted()
    assert told_now(room.house, key_of())["total_guest"] == "106.00"
    rates = rates_to_choose(room.house, key_of())
    assert rates
    assert (f"{rates.reduced}", f"{rates.normal}") == ("6", "23")
    exempt(room)
    assert rates_to_choose(room.house, key_of()) is None


@pytest.mark.parametrize("given", [{}, {"total_guest": "212"}])
def test_what_is_ignored_can_be_previewed(room: Room, given: dict[str, str]) -> None:
    room.deliver()
    ignore(room.house, key_of(), who="Rita")
    found = preview(room.house, room.record(), given)
    assert found.draft
    assert str(found.draft.total) == given.get("total_guest", "106") + ".00"
