"""The taxes of an account: asked for once, and again where they may have changed."""

from decimal import Decimal
from typing import cast

from redis import Redis

from tests.worker.room import API_KEY, Room
from worker.invoicexpress.client import InvoiceXpress
from worker.taxes import forget_taxes, tax_name

SIX, FIVE = Decimal(6), Decimal(5)


def casa(room: Room) -> InvoiceXpress:
    return room.workshop.pool.account("casa", API_KEY)


def name(room: Room, rate: Decimal = SIX, region: str = "PT", account: str = "casa") -> str | None:
    return tax_name(room.house.store, account, casa(room), rate=rate, region=region)


def asked(room: Room) -> int:
    return room.requests().get("GET /taxes.json", 0)


def test_they_are_asked_for_once(room: Room) -> None:
    assert [name(room), name(room), name(room, Decimal(23))] == ["IVA6", "IVA6", "IVA23"]
    assert asked(room) == 1


def test_they_are_remembered_for_an_hour(room: Room) -> None:
    name(room)
    assert 3500 < cast("Redis", room.house.store).ttl("fs:taxes:casa") <= 3600


def test_one_that_is_missing_is_asked_for_each_time_and_found_when_it_is_there(room: Room) -> None:
    assert (name(room, Decimal(7)), name(room, Decimal(7))) == (None, None)
    assert asked(room) == 2
    room.ask("POST", "/taxes.json", {"tax": {"name": "IVA7", "value": "7", "region": "PT"}})
    room.requests()
    assert (name(room, Decimal(7)), name(room, Decimal(7))) == ("IVA7", "IVA7")
    assert asked(room) == 1


def test_what_is_remembered_keeps_region_and_default(room: Room) -> None:
    first = [name(room, Decimal(rate), region) for rate, region in (("4", "PT-MA"), ("4", "PT-AC"))]
    again = [name(room, Decimal(rate), region) for rate, region in (("4", "PT-MA"), ("4", "PT-AC"))]
    assert first == again
    assert None not in first
    assert first[0] != first[1]
    assert name(room, SIX, "PT-MA") is None


def test_each_account_has_its_own(room: Room) -> None:
    name(room)
    name(room, account="rival")
    assert asked(room) == 2


def test_they_can_be_forgotten(room: Room) -> None:
    name(room)
    forget_taxes(room.house.store, "casa")
    name(room)
    assert asked(room) == 2
