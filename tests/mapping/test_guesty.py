"""What is particular about Guesty: where it names a reservation, what is asked about it, and what its folio means."""

import json
from decimal import Decimal
from typing import Any

import pytest

from mapping.booking import Booking, Channel, LineKind, Status
from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery, Doorbell, NotABooking
from mapping.errors import BookingNotFound, UnreadableDelivery, UserError
from mapping.fetch import Question, answers_in, kept_answers
from mapping.price import Price, price_of
from mapping.tax_numbers import TaxNumber, tax_number
from tests.samples import load_cases

GUESTY = channel_managers()["guesty"]
assert GUESTY.fetch
HOW = GUESTY.fetch
[CASE] = [case for case in load_cases() if case.id == "guesty/created-booking"]
SOURCE = CASE.readings[0]["bookings"][0]["source_id"]
DELIVERY = Delivery(body=CASE.bodies[0])
OTHER = "64a1c0de7000000000000fff"


def body(**fields: Any) -> Delivery:
    return Delivery(body=json.dumps({"event": "reservation.updated.v2", **fields}).encode())


def answers(
    *, reservation: dict[str, Any] | None = None, folio: dict[str, Any] | None = None, items: Any = None
) -> Any:
    """The sample's, with other fields of the reservation and of the folio, and other items."""
    told = json.loads(CASE.answers[0] or b"")
    told[0][0] |= reservation or {}
    told[1]["results"][0] |= folio or {}
    if items is not None:
        told[2]["results"][0]["invoiceItems"] = items
    return told


def item(normal_type: str, price: float, **more: Any) -> dict[str, Any]:
    return {"normalType": normal_type, "title": normal_type, "totalPrice": price, **more}


def read(told: Any) -> Booking:
    reading = HOW.read(DELIVERY, answers_in(json.dumps(told).encode()))
    assert not isinstance(reading, NotABooking)
    [found] = reading
    return found


def booking(**changes: Any) -> Booking:
    return read(answers(**changes))


def price(**changes: Any) -> Price:
    found = booking(**changes)
    assert found.total_guest is not None
    return price_of(found, found.total_guest)


@pytest.mark.parametrize(
    "fields",
    [
        {"data": {"reservationId": SOURCE}},
        {"data": {"reservation": {"_id": SOURCE}}},
        {"data": {"reservation": {"id": SOURCE}}},
        {"data": {"_id": SOURCE}},
        {"reservationId": SOURCE},
        {"reservation": {"_id": SOURCE}},
        {"event": None, "eventType": "reservation.created.v2", "data": {"reservationId": SOURCE}},
        {"event": "guest-folio.created", "data": {"_id": OTHER, "reservationId": SOURCE}},
        {"event": "guest-folio.updated", "_id": OTHER, "reservationId": SOURCE},
        {"event": "reservation.new", "reservation": {"_id": SOURCE, "status": "canceled"}},
        {"event": "reservation.updated", "reservation": {"_id": SOURCE}},
        {"event": "reservation_update_shortlist", "reservation": {"_id": SOURCE}},
    ],
    ids=str,
)
def test_each_shape_that_was_seen_names_the_reservation(fields: dict[str, Any]) -> None:
    assert GUESTY.read(body(**fields)) == Doorbell(source_id=SOURCE)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"data": {"somewhere": {"else": SOURCE}}}, "data.reservationId"),
        ({"data": {"reservationId": "../guests-crud"}}, "data.reservationId"),
        ({"data": {"reservation": {"_id": {"id": SOURCE}}}}, "data.reservation._id"),
        ({"event": "guest-folio.updated", "data": {"_id": OTHER}}, "data.reservationId"),
        ({"event": ""}, "event"),
    ],
    ids=str,
)
def test_any_other_shape_is_named_and_never_guessed(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(UnreadableDelivery) as error:
        GUESTY.read(body(**fields))
    assert [problem.path for problem in error.value.problems] == [path]


@pytest.mark.parametrize("event", ["reservation.messageReceived", "payments.received", "guest.updated", "listing.new"])
def test_other_events_are_none_of_ours(event: str) -> None:
    assert GUESTY.read(body(event=event, data={"reservationId": SOURCE})) == NotABooking(what=event)


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"eventId": "evt_01", "messageId": "msg_01"}, "evt_01"),
        ({"messageId": "msg_01"}, "msg_01"),
        ({}, None),
        (None, None),
    ],
)
def test_the_bodys_own_id_names_the_event(meta: Any, expected: str | None) -> None:
    assert GUESTY.event_id(body(meta=meta, data={"reservationId": SOURCE})) == expected


def test_reservation_folio_items_and_guest_are_asked_for() -> None:
    told, asked = answers(), list[Question]()
    while question := HOW.question(DELIVERY, SOURCE, told[: len(asked)]):
        asked.append(question)
    assert [each.path for each in asked] == [
        "/v1/reservations-v3",
        "/v1/guest-folio/overview",
        "/v1/guest-folio/invoice-items",
        f"/v1/guests-crud/{told[0][0]['bookerId']}",
    ]
    assert asked[0].query == {"reservationIds[]": SOURCE, "mergeAccommodationFarePriceComponents": "false"}
    assert {each.query.get("reservationIds") for each in asked[1:3]} == {SOURCE}
    assert asked[1].query["fields"] == (
        "currency,subTotalPrice,totalTaxes,channelCommission,channelCommissionTax,channelCommissionIncTax,hostPayout"
    )
    assert asked[2].query["fields"] == "normalType,title,secondIdentifier,totalPrice,isDeducted,isDeductedV2"
    assert asked[3].query == {"fields": "firstName lastName fullName email address preferredLanguage"}


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "canceled"},
        {"status": "inquiry"},
        {"source": "owner"},
        {"guestStay": {"status": "no_show"}},
        {"status": "never heard of"},
        {"stay": [{}, {}]},
    ],
    ids=str,
)
def test_nothing_more_is_asked_of_what_is_not_to_be_billed(changes: dict[str, Any]) -> None:
    assert HOW.question(DELIVERY, SOURCE, answers(reservation=changes)[:1]) is None


def test_nobody_is_asked_for_a_guest_that_is_not_referred_to() -> None:
    told = answers(reservation={"bookerId": ""})[:3]
    assert HOW.question(DELIVERY, SOURCE, told) is None
    assert read(told).guest_name is None


@pytest.mark.parametrize("reference", ["../webhooks", "a b", "x" * 65, 17])
def test_a_guests_reference_that_is_no_id_is_not_asked_for(reference: object) -> None:
    with pytest.raises(UnreadableDelivery, match=r"answers\.0\.0\.bookerId"):
        HOW.question(DELIVERY, SOURCE, answers(reservation={"bookerId": reference})[:1])


@pytest.mark.parametrize("nothing", [[], {"results": []}, {"results": [], "notFound": [SOURCE]}, [{"_id": OTHER}]])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_is_not_found_is_asked_for_again_and_never_taken_for_cancelled(number: int, nothing: Any) -> None:
    told = answers()
    told[number] = nothing
    with pytest.raises(BookingNotFound):
        read(told)
    if number == 0:
        with pytest.raises(BookingNotFound):
            HOW.question(DELIVERY, SOURCE, told[:1])


def test_another_reservation_in_the_answer_is_not_taken_for_it() -> None:
    told = answers()
    told[0].insert(0, {**told[0][0], "_id": OTHER, "status": "canceled"})
    found = read(told)
    assert (found.source_id, found.status) == (SOURCE, Status.CONFIRMED)


def test_the_order_of_the_items_makes_no_difference() -> None:
    items = json.loads(CASE.answers[0] or b"")[2]["results"][0]["invoiceItems"]
    assert booking(items=items) == booking(items=items[::-1])


def test_a_doors_code_and_the_owners_data_are_never_kept() -> None:
    notes = {"keyCode": "4711", "guest": "arrives late"}
    told = answers(
        reservation={"creationInfo": {"owner": {"fullName": "Zaqxswcde"}}, "keyCode": "4711", "notes": notes}
    )
    told[3] |= {"passportNumber": "Zaqxswcde", "identityNumber": "Zaqxswcde", "birthday": "1990-01-01T00:00:00.000Z"}
    kept = kept_answers(HOW, told)
    assert not [each for each in (b"4711", b"Zaqxswcde", b"1990") if each in kept]
    assert b"arrives late" in kept


@pytest.mark.parametrize(
    ("platform", "source", "expected"),
    [
        ("airbnb2", "airbnb2", Channel.AIRBNB),
        ("bookingCom", "Booking.com", Channel.BOOKING),
        ("homeaway2", "Vrbo", Channel.VRBO),
        ("expedia", "expedia", Channel.EXPEDIA),
        ("rentalsUnited", "Expedia", Channel.EXPEDIA),
        ("manual", "Airbnb", Channel.AIRBNB),
        ("manual", "manual", Channel.DIRECT),
        ("direct", "fb-campaign-01", Channel.DIRECT),
        ("agoda", "Agoda", Channel.OTHER),
        (None, None, Channel.OTHER),
    ],
)
def test_the_channel_is_what_either_names(platform: str | None, source: str | None, expected: Channel) -> None:
    assert booking(reservation={"platform": platform, "source": source}).channel is expected


def test_a_unit_that_is_not_assigned_yet_is_known_by_its_type() -> None:
    stay = {"unitTypeId": {"_id": OTHER}, "checkInDateLocalized": "2026-06-20", "checkOutDateLocalized": "2026-06-24"}
    assert booking(reservation={"stay": [stay]}).property_ref == OTHER


@pytest.mark.parametrize(
    ("folio", "expected"),
    [
        ({}, "83.03"),
        ({"channelCommissionIncTax": None}, "83.03"),
        ({"channelCommissionIncTax": None, "channelCommissionTax": None}, "67.50"),
        ({"channelCommissionIncTax": 0, "channelCommission": 0, "channelCommissionTax": 0}, None),
        ({"channelCommissionIncTax": None, "channelCommission": None, "channelCommissionTax": None}, None),
    ],
    ids=str,
)
def test_the_commission_has_its_tax_in_it_and_zero_says_nothing(folio: dict[str, Any], expected: str | None) -> None:
    assert booking(folio=folio).commission == (expected and Decimal(expected))


def test_a_commission_that_is_settled_apart_is_deducted_once_all_the_same() -> None:
    found = price(folio={"hostPayout": 493})
    assert (found.total, found.commission, found.is_payout) == (Decimal("493.00"), Decimal("83.03"), False)


def test_a_commission_among_the_items_is_no_part_of_the_price() -> None:
    items = [item("AF", 450), item("VAT", 27), item("CT", 16), item("PCM", -83.03, title="Host channel fee")]
    found = booking(items=items)
    assert (found.total_guest, found.warnings) == (Decimal("493.00"), ())
    assert price(items=items).adds_up


@pytest.mark.parametrize("normal_type", ["CT", "TT", "LT", "OCT", "TOT"])
def test_a_tax_of_the_municipality_is_known_by_its_type(normal_type: str) -> None:
    found = price(items=[item("AF", 450), item("VAT", 27), item(normal_type, 16, title="Tax")])
    assert (found.tourist_tax, found.stay, found.adds_up) == (Decimal("16.00"), Decimal("477.00"), True)


@pytest.mark.parametrize("normal_type", ["AFE", "TAX", "XYZ"])
def test_or_by_its_name(normal_type: str) -> None:
    assert price(items=[item("AF", 477), item(normal_type, 16, title="Taxa turística")]).tourist_tax == Decimal("16.00")


@pytest.mark.parametrize("flag", ["isDeducted", "isDeductedV2"])
@pytest.mark.parametrize(("fare", "cleaning"), [(400, Decimal("50.00")), (450, None)])
def test_a_deducted_fee_counts_once(flag: str, fare: int, cleaning: Decimal | None) -> None:
    """Whether the fare's item still has it or not."""
    fee = item("AFE", 50, secondIdentifier="HOUSEKEEPING", **{flag: True})
    found = booking(items=[item("AF", fare), fee, item("VAT", 27), item("CT", 16)])
    assert (found.total_guest, found.cleaning, found.warnings) == (Decimal("493.00"), cleaning, ())


def test_a_deposit_among_the_fees_is_never_billed() -> None:
    items = [item("AF", 350), item("AFE", 100, secondIdentifier="DEPOSIT"), item("VAT", 27), item("CT", 16)]
    found = price(items=items)
    assert (found.deposit, found.stay) == (Decimal("100.00"), Decimal("377.00"))


def test_what_is_not_known_counts_and_is_told_where_it_does_not_fit() -> None:
    found = booking(items=[item("AF", 450), item("VAT", 27), item("CT", 16), item("ARC", 25), {"normalType": "AFE"}])
    assert found.warnings == ("total_mismatch",)
    assert [line.kind for line in found.lines if line.label == "ARC"] == [LineKind.OTHER]


def test_without_taxes_the_subtotal_is_the_price_and_without_it_there_is_none() -> None:
    assert booking(folio={"totalTaxes": None}).total_guest == Decimal("450.00")
    assert booking(folio={"subTotalPrice": None}).total_guest is None


def test_the_tax_number_is_found_in_either_note() -> None:
    for name in ("guest", "specialRequests"):
        found = tax_number(booking(reservation={"notes": {name: "Fatura com NIF 219834563"}}))
        assert isinstance(found, TaxNumber)
        assert (found.number, found.country) == ("219834563", "PT")


def test_credentials_are_a_client_id_and_its_secret() -> None:
    assert GUESTY.accept_credentials(" 0oaClient:abcSecret\n") == "0oaClient:abcSecret"
    with pytest.raises(UserError):
        GUESTY.accept_credentials("0oaClient")
