"""What went wrong elsewhere and cost real money (shared reference portuguese-invoicing.md 1.1, 1.3, 1.12): never here."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mapping.booking import Booking
from mapping.delivery import Delivery, Named, NotABooking
from mapping.desired import Nothing, NotYet, desired
from mapping.iva import Location
from mapping.settings import DraftAt, Regime, Settings
from mapping.taxation import EXEMPT_SMALL_BUSINESS, NOT_SUBJECT, taxation
from tests.samples import DELIVERIES
from tests.worker.room import API_KEY, Room
from worker.connections import vendor_of

BEFORE_THE_STAY = datetime(2026, 5, 1, 12, tzinfo=UTC)


def lodgify(**booking: object) -> dict[str, Any]:
    """A whole event of Lodgify, in which `booking`'s fields are given."""
    body = json.loads((DELIVERIES / "lodgify" / "created-direct" / "body.json").read_text("utf-8"))
    event: dict[str, Any] = body[0] if isinstance(body, list) else body
    event["booking"] |= booking
    return event


def read(event: dict[str, Any]) -> Booking:
    reading = vendor_of("lodgify").read(Delivery(body=json.dumps(event).encode()))
    assert not isinstance(reading, NotABooking | Named)
    (booking,) = reading
    return booking


def test_a_balance_of_zero_is_not_read_as_paid() -> None:
    """Twelve future stays, one of them cancelled, were billed as their balance was zero."""
    paid, unpaid = lodgify(), lodgify()
    paid |= {"balance_due": "0", "total_transactions": {"amount": "360.00"}}
    unpaid |= {"balance_due": "360.00", "total_transactions": {"amount": "0"}}
    assert read(paid) == read(unpaid)
    at_check_out = Settings(location=Location.MAINLAND, draft_at=DraftAt.CHECK_OUT)
    assert isinstance(desired(read(paid), at_check_out, default_currency=None, now=BEFORE_THE_STAY), NotYet)
    declined = {**paid, "booking": {**paid["booking"], "status": "Declined"}}
    assert desired(read(declined), at_check_out, default_currency=None, now=BEFORE_THE_STAY) == Nothing()


@pytest.mark.parametrize("status", ["Open", "Tentative", "Enquiry", "open", "", "Paid"])
def test_an_enquiry_is_never_billed(status: str) -> None:
    """Open enquiries over 9,822.86 euros were billed in bulk: what is not surely booked is not."""
    found = desired(
        read(lodgify(status=status)), Settings(location=Location.MAINLAND), default_currency=None, now=BEFORE_THE_STAY
    )
    assert isinstance(found, Nothing)
    assert found.reason


@pytest.mark.parametrize("country", ["NO", "US", "BR", "PT"])
def test_a_foreign_guest_is_taxed_like_any_other(room: Room, country: str) -> None:
    """111 invoices to foreigners came out at 0 %: a bare number as tax fell back to "Isento"."""
    room.drafted(guest_country=country)
    (item,) = room.document()["items"]
    assert item["tax"]["name"] == "IVA6"
    assert Decimal(str(item["tax"]["value"])) == Decimal(str(room.document()["taxes"])) == 6


@pytest.mark.parametrize("regime", [None, Regime.NORMAL])
def test_a_rate_that_the_account_lacks_is_never_zero(room: Room, regime: Regime | None) -> None:
    """81 sales were issued at 0 % as their rate was not found."""
    taxes = [{"name": "IVA23", "value": "23", "region": "PT"}, {"name": "Isento", "value": "0", "region": None}]
    room.desk.post("/_sandbox/accounts", json={"name": "casa", "key": API_KEY, "taxes": taxes})
    account = room.house.accounts.get("casa")
    room.house.accounts.change(replace(account, settings=Settings(regime=regime)))
    record = room.drafted()
    assert (record.status, record.reason) == ("parked", "no-tax-in-account")
    assert room.documents() == []


def test_exemption_codes_and_their_meanings_are_not_swapped() -> None:
    """The labels of M10 and M11 were swapped; M10 is art. 53, M99 what IVA is not about (invoicexpress.md 8.3)."""
    assert (EXEMPT_SMALL_BUSINESS, NOT_SUBJECT) == ("M10", "M99")
    exempt = taxation(Settings(regime=Regime.ART53), Location.MAINLAND, BEFORE_THE_STAY.date())
    assert exempt
    assert (exempt.exemption, exempt.source) == ("M10", "M10, CIVA art. 53 (setting)")


@pytest.mark.parametrize("echo", ["blank", "missing", "code"])
def test_an_exemption_outlives_every_update(room: Room, echo: str) -> None:
    """A draft that was read back with a blank reason was written again without it, and got M99."""
    room.switch(exemption_echo=echo)
    account = room.house.accounts.get("casa")
    room.house.accounts.change(replace(account, settings=Settings(regime=Regime.ART53)))
    for price in ("106.00", "212.00", "318.00"):
        assert room.drafted(total_guest=price).status == "drafted"
    room.switch(exemption_echo="code")
    document = room.document()
    assert document["tax_exemption"] == "M10"
    assert Decimal(str(document["total"])) == 318
    assert not document["taxes"]


def test_each_booking_has_a_reference_of_its_own(room: Room) -> None:
    """A reference that was the same for all made each look-up find somebody else's document."""
    for number in (1, 2, 3):
        room.deliver(number, guest_name=f"Hóspede {number} Exemplo")
        room.to_rest(number)
    references = {document["reference"] for document in room.documents()}
    assert references == {"FS-generic-R-1-1", "FS-generic-R-2-1", "FS-generic-R-3-1"}
    room.deliver(2, guest_name="Hóspede 2 Exemplo", total_guest="212.00")
    room.to_rest(2)
    totals = {document["reference"]: Decimal(str(document["total"])) for document in room.documents()}
    assert totals == {"FS-generic-R-1-1": 106, "FS-generic-R-2-1": 212, "FS-generic-R-3-1": 106}
