"""What should exist for a booking, or why nothing should."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mapping.booking import Booking, Channel, Status
from mapping.desired import Desired, Draft, Nothing, PersonMustDecide, desired
from mapping.iva import Location
from mapping.reasons import TODO, Reason, todo
from mapping.settings import Language, Settings

MAINLAND = Settings(location=Location.MAINLAND)


def wanted(settings: Settings | None = MAINLAND, *, default_currency: str | None = None, **fields: object) -> Desired:
    known = {
        "source_id": "1",
        "status": "confirmed",
        "property_ref": "7",
        "ota": "airbnb",
        "check_in": "2026-08-03",
        "check_out": "2026-08-07",
        "guest_name": "Ingrid Solberg",
        "currency": "EUR",
        "total_guest": "612.50",
        "commission": "94.94",
    }
    booking = Booking.model_validate({**known, **fields})
    return desired(booking, settings, default_currency=default_currency, now=datetime(2026, 7, 1, 12, tzinfo=UTC))


def the_draft(found: Desired) -> Draft:
    assert isinstance(found, Draft)
    return found


def test_draft_is_the_price_less_the_commission_of_the_delivery() -> None:
    found = the_draft(wanted())
    assert (found.figures.amount, found.figures.commission_source) == (Decimal("517.56"), "payload")
    assert (found.draft.total, found.draft.rate, found.draft.region) == (Decimal("517.56"), Decimal(6), "PT")
    assert (found.draft.client_name, found.draft.item_name) == ("Ingrid Solberg", "Alojamento")


def test_tourist_tax_inside_the_price_is_not_billed() -> None:
    found = the_draft(wanted(tourist_tax="12.50"))
    assert (found.figures.price.tourist_tax, found.draft.total) == (Decimal("12.50"), Decimal("505.06"))


def test_tourist_tax_on_top_of_the_price_is_not_taken_off_it() -> None:
    assert the_draft(wanted(tourist_tax="12.50", total_includes_tourist_tax=False)).draft.total == Decimal("517.56")


def test_owners_percentage_is_used_where_the_delivery_has_no_commission() -> None:
    settings = Settings(location=Location.MAINLAND, commission={Channel.BOOKING: Decimal(15)})
    found = the_draft(wanted(settings, ota="booking", commission=None, total_guest="392.40", tourist_tax="12"))
    assert found.figures.commission == Decimal("57.06")
    assert found.draft.total == Decimal("323.34")
    assert "15" in found.figures.commission_source


def test_deliverys_commission_wins_over_the_owners_percentage() -> None:
    settings = Settings(location=Location.MAINLAND, commission={Channel.AIRBNB: Decimal(3)})
    assert the_draft(wanted(settings)).figures.commission == Decimal("94.94")


def test_direct_booking_has_no_commission() -> None:
    found = the_draft(wanted(ota="direct", commission=None))
    assert (found.figures.commission, found.draft.total) == (Decimal(0), Decimal("612.50"))


def test_language_is_the_settings() -> None:
    settings = Settings(location=Location.MAINLAND, language=Language.EN)
    assert the_draft(wanted(settings)).draft.item_name == "Accommodation"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"total_guest": None}, Reason.NO_PRICE),
        ({"total_guest": "-5"}, Reason.NO_PRICE),
        ({"currency": None}, Reason.NO_CURRENCY),
        ({"currency": "USD"}, Reason.FOREIGN_CURRENCY),
        ({"guest_name": None}, Reason.NO_GUEST_NAME),
        ({"guest_name": "Airbnb"}, Reason.NO_GUEST_NAME),
        ({"guest_name": "RESERVED"}, Reason.NO_GUEST_NAME),
        ({"guest_name": "🌊"}, Reason.NO_GUEST_NAME),
        ({"guest_name": "12345"}, Reason.NO_GUEST_NAME),
        ({"commission": None}, Reason.NO_COMMISSION),
        ({"commission": "612.50"}, Reason.COMMISSION_TOO_HIGH),
        ({"check_in": "2008-01-01", "check_out": "2008-01-03"}, Reason.NO_RATE),
        ({"status": "no_show"}, Reason.NO_SHOW),
        ({"status": "cancelled", "cancellation_fee": "50"}, Reason.CANCELLED_WITH_MONEY_KEPT),
    ],
)
def test_what_cannot_be_known_is_asked(fields: dict[str, Any], reason: Reason) -> None:
    found = wanted(**fields)
    assert isinstance(found, PersonMustDecide)
    assert found.reason is reason


def test_unknown_listing_and_missing_location_are_asked() -> None:
    unknown, nowhere = wanted(None), wanted(Settings())
    assert isinstance(unknown, PersonMustDecide)
    assert isinstance(nowhere, PersonMustDecide)
    assert (unknown.reason, nowhere.reason) == (Reason.UNKNOWN_LISTING, Reason.NO_LOCATION)


def test_price_is_in_euros_where_the_channel_manager_never_says() -> None:
    assert isinstance(wanted(currency=None, default_currency="EUR"), Draft)


def test_owners_currency_is_believed() -> None:
    assert isinstance(wanted(Settings(location=Location.MAINLAND, currency="EUR"), currency=None), Draft)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.CONFIRMED])
def test_only_confirmed_bookings_are_ever_drafted(status: Status) -> None:
    assert not isinstance(wanted(status=status.value), Draft)


def test_zero_price_is_ignored() -> None:
    assert wanted(total_guest="0") == Nothing(reason=Reason.NO_PRICE)


def test_cancelled_booking_wants_nothing() -> None:
    assert wanted(status="cancelled") == Nothing()


def test_every_reason_says_what_to_do() -> None:
    assert set(TODO) == set(Reason)
    for reason in Reason:
        sentence = todo(reason, {})
        assert len(sentence.split()) > 5
        assert "{" not in sentence


def test_facts_are_put_in_as_they_are() -> None:
    assert "{account}" in todo(Reason.UNKNOWN_STATUS, {"status": "{account}"})


def test_property_settings_go_over_the_accounts() -> None:
    account = Settings(language=Language.EN, commission={Channel.AIRBNB: Decimal(15), Channel.BOOKING: Decimal(17)})
    place = Settings(location=Location.AZORES, commission={Channel.AIRBNB: Decimal(3)})
    both = place.over(account)
    assert (both.location, both.language) == (Location.AZORES, Language.EN)
    assert both.commission == {Channel.AIRBNB: Decimal(3), Channel.BOOKING: Decimal(17)}
