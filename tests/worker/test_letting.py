"""Listings that no property has: offered, and given to one."""

from collections.abc import Callable

import pytest

from mapping.booking import Booking
from mapping.delivery import Delivery
from mapping.errors import UserError
from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import Settings
from worker.accounts import Account
from worker.indexing import Indexing
from worker.letting import UnknownListing, all_unknown_listings, forget, give, let, unknown_listings
from worker.properties import Property
from worker.records import BookingStatus
from worker.services import Services

WHO = "Rita"
Park = Callable[..., str]


@pytest.fixture
def park(house: Services) -> Park:
    """park("R-1", listing, name): a booking that waits for its listing; returns its key."""
    for name in ("casa", "casa-2"):
        house.accounts.add(Account(name=name, subdomain=name, settings=Settings()), "key")
        house.connections.add(name, "generic", [], now=house.clock())

    def parked(source_id: str, listing: str, name: str = "Casa do Largo", account: str = "casa") -> str:
        connection = house.connections.get(f"{account}-generic")
        booking = Booking.model_validate(
            {
                "source_id": source_id, "channel": "direct", "status": "confirmed", "property_ref": listing,
                "check_in": "2026-07-03", "check_out": "2026-07-07",
            }
        )  # fmt: skip
        (key,) = house.intake.take(connection, Delivery(body=source_id.encode()), [booking], now=house.clock()).bookings
        facts = {"listing": listing, "property_name": name}
        parked = BookingStatus.PARKED
        house.ledger.settle(
            key, house.ledger.job(key), parked, now=house.clock(), reason=Reason.UNKNOWN_LISTING, facts=facts
        )
        return key

    return parked


def status(house: Services, key: str) -> BookingStatus:
    record = house.ledger.get(key)
    assert record
    return record.status


def test_listings_that_bookings_wait_for_are_offered_once_each(house: Services, park: Park) -> None:
    park("R-1", "largo")
    park("R-2", "ria", "Casa da Ria")
    park("R-3", "ria", "Casa da Ria")
    park("R-4", "elsewhere", account="casa-2")
    assert unknown_listings(house, "casa") == [
        UnknownListing(listing="generic:ria", name="Casa da Ria", bookings=2),
        UnknownListing(listing="generic:largo", name="Casa do Largo", bookings=1),
    ]


def test_listings_of_all_accounts_are_found_together(house: Services, park: Park) -> None:
    park("R-1", "largo")
    park("R-2", "largo", account="casa-2")
    park("R-3", "ria", account="casa-2")
    found = all_unknown_listings(house)
    assert found == {name: unknown_listings(house, name) for name in ("casa", "casa-2")}
    Indexing(house).go_on()  # from now on they are found through the index
    assert house.index.is_whole
    assert all_unknown_listings(house) == found == {name: unknown_listings(house, name) for name in ("casa", "casa-2")}


def test_giving_a_listing_to_a_property_sets_its_bookings_going(house: Services, park: Park) -> None:
    let(house, Property(account="casa", name="Largo", settings=Settings(location=Location.MAINLAND)), who=WHO)
    key = park("R-1", "largo")
    going = give(house, "casa", "Largo", "generic:largo", who=WHO)
    assert going == [key]
    assert status(house, key) is BookingStatus.QUEUED
    assert house.properties.get("casa", "Largo").listings == ("generic:largo",)
    assert unknown_listings(house, "casa") == []
    assert house.audit.acts()[0].became == {"listings": ["generic:largo"]}


def test_a_listing_of_another_property_is_not_given_away(house: Services, park: Park) -> None:
    park("R-1", "largo")
    let(house, Property(account="casa", name="Largo", settings=Settings(), listings=("generic:largo",)), who=WHO)
    let(house, Property(account="casa", name="Ria", settings=Settings()), who=WHO)
    with pytest.raises(UserError, match='belongs to the property "Largo" already') as refused:
        give(house, "casa", "Ria", "generic:largo", who=WHO)
    assert refused.value.facts == {"listing": "generic:largo", "name": "Largo"}


def test_a_property_is_forgotten_with_its_listings(house: Services, park: Park) -> None:
    let(house, Property(account="casa", name="Largo", settings=Settings(), listings=("generic:largo",)), who=WHO)
    forget(house, "casa", "Largo", who=WHO)
    assert house.properties.with_listing("casa", "generic", "largo") is None
    assert house.audit.acts()[0].what == "property-removed"
