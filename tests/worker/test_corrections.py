"""Corrections: a person's word counts until the channel manager changes that very field, and no guest is told by it."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping.delivery import Delivery, Doorbell
from mapping.desired import Draft
from mapping.errors import UserError
from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import Regime, Settings
from tests.worker.room import Room, everything, key_of
from worker.accounts import with_settings
from worker.adoption import Adoption
from worker.correcting import correct, proposed
from worker.records import BookingStatus
from worker.sealing import correction_field
from worker.turn import TOLD_ANEW


def put_right(room: Room, **given: str) -> list[str]:
    return correct(room.house, key_of(), given, who="Rita")


def lines(room: Room, event: str) -> list[dict[str, Any]]:
    return [line for line in room.house.ledger.history(key_of()) if line["event"] == event]


def exempt(room: Room) -> None:
    accounts = room.house.accounts
    accounts.change(with_settings(accounts.get("casa"), Settings(regime=Regime.ART53)))


def move(room: Room, location: Location | None) -> None:
    (place,) = room.house.properties.of("casa")
    room.house.store.hset(
        "fs:properties:casa", place.name,
        json.dumps({"account": "casa", "name": place.name, "settings": {"location": location}, "listings": place.listings}),
    )  # fmt: skip


def test_a_corrected_total_is_billed_at_once(room: Room) -> None:
    room.drafted()
    assert put_right(room, total_guest="212") == ["total_guest"]
    record = room.to_rest()
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")
    assert record.figures["total_guest"] == "212.00"
    assert (record.figures["total_guest_source"], room.booking().total_guest) == ("corrected", Decimal("212.00"))


def test_a_correction_is_told_with_who_and_from_what_to_what(room: Room) -> None:
    room.drafted(ota="airbnb", commission="15.90")
    room.clock.go_on(minutes=1)
    put_right(
        room, commission="10,00 ", guest_name="Inês Nova", guest_country="de", guest_tax_id="DE 136695976", rate="13 %"
    )
    at = room.clock().isoformat()
    common = {"at": at, "event": "corrected", "who": "Rita"}
    assert lines(room, "corrected") == [
        {**common, "field": "commission", "from": "15.90", "to": "10.00"},
        {**common, "field": "guest_name", "to": "changed"},
        {**common, "field": "guest_country", "to": "changed"},
        {**common, "field": "guest_tax_id", "to": "changed"},
        {**common, "field": "rate", "to": "13"},
    ]
    (act,) = room.house.audit.acts()
    assert (act.who, act.what, act.about) == ("Rita", "correct", key_of())
    assert act.was == {"commission": "15.90", "rate": None}
    assert act.became == {
        "commission": "10.00", "guest_name": "changed", "guest_country": "changed", "guest_tax_id": "changed", "rate": "13",
    }  # fmt: skip
    corrections = room.record().corrections
    assert {(each.field, each.value, each.told) for each in corrections.values()} == {
        ("commission", "10.00", "15.90"),
        ("guest_name", "Inês Nova", "Ágata Canária"),
        ("guest_country", "DE", None),
        ("guest_tax_id", "DE 136695976", None),
        ("rate", "13", None),
    }
    assert {(each.who, each.at) for each in corrections.values()} == {("Rita", room.clock())}
    room.to_rest()
    document = room.document()
    assert document["client"]["name"] == "Inês Nova"
    assert document["client"]["country"] == "Germany"
    assert document["items"][0]["tax"]["value"] == 13
    assert Decimal(str(document["total"])) == Decimal("96.00")
    kept = everything(room.house.store)
    for canary in ("Inês", "In\\u00ean", "136695976", "Germany"):
        assert canary.encode() not in kept


@pytest.mark.parametrize(
    "told", [{}, {"guest_note": "Chega tarde"}, {"check_out": "2026-07-08"}, {"guest_name": "Outra"}]
)
def test_a_correction_survives_what_is_told_of_other_fields(room: Room, told: dict[str, str]) -> None:
    room.drafted()
    put_right(room, total_guest="212.00")
    room.to_rest()
    for _ in range(2):
        room.deliver(1, **told)
        assert room.to_rest().status is BookingStatus.DRAFTED
    assert Decimal(str(room.document()["total"])) == Decimal("212.00")
    assert lines(room, "correction-dropped") == []


def test_a_correction_is_dropped_when_the_channel_manager_changes_that_very_field(room: Room) -> None:
    room.drafted()
    put_right(room, total_guest="212.00", guest_name="Inês Nova")
    room.to_rest()
    record = room.drafted(total_guest="318.00")
    assert Decimal(str(room.document()["total"])) == Decimal("318.00")
    assert room.document()["client"]["name"] == "Inês Nova"
    assert list(record.corrections) == ["guest_name"]
    (line,) = lines(room, "correction-dropped")
    assert (line["field"], line["why"], line.get("who")) == ("total_guest", TOLD_ANEW, None)
    room.clock.go_on(hours=2)
    room.drafted()  # as it was when it was corrected: what was dropped stays so
    assert Decimal(str(room.document()["total"])) == Decimal("106.00")
    assert len(lines(room, "correction-dropped")) == 1


@pytest.mark.parametrize(
    ("parked", "reason", "given"),
    [
        ({"guest_name": None}, Reason.NO_GUEST_NAME, {"guest_name": "Inês Nova"}),
        ({"ota": "vrbo"}, Reason.NO_COMMISSION, {"commission": "0"}),
        ({"ota": "vrbo", "commission": "106"}, Reason.COMMISSION_TOO_HIGH, {"commission": "15"}),
        ({"total_guest": "-5", "status": "confirmed"}, Reason.NO_PRICE, {"total_guest": "212"}),
        ({"guest_note": "VAT: 99887766"}, Reason.NO_TAX_COUNTRY, {"guest_country": "NL"}),
        ({"guest_tax_id": "99887766"}, Reason.NO_TAX_COUNTRY, {"guest_tax_id": " "}),
        ({"guest_tax_id": "99887766", "guest_note": "VAT: 9988776"}, Reason.NO_TAX_COUNTRY, {"guest_tax_id": ""}),
    ],
)
def test_a_parked_booking_is_put_right(
    room: Room, parked: dict[str, Any], reason: Reason, given: dict[str, str]
) -> None:
    assert room.drafted(**parked).reason is reason
    put_right(room, **given)
    assert room.to_rest().status is BookingStatus.DRAFTED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"total_guest": "a lot"}, 'The total must be a number such as "612.50".'),
        ({"total_guest": "1.234,56"}, 'The total must be a number such as "612.50".'),
        ({"total_guest": ""}, "The total is empty."),
        ({"total_guest": "-1"}, "The total must not be below zero."),
        ({"commission": "-0.01"}, "The commission must not be below zero."),
        ({"commission": "99999999"}, "The commission must be a number below ten million."),
        ({"guest_name": " "}, "The guest's name is empty."),
        ({"guest_country": "Germany"}, "The guest's country must be two letters such as DE."),
        ({"guest_country": "ZZ"}, "InvoiceXpress knows no country ZZ. Give its two letters (ISO 3166), such as DE."),
        ({"guest_name": "x\udc80"}, "The guest's name has half a character (a lone surrogate)."),
        ({"rate": "7"}, "7 % is no rate of IVA in mainland on 2026-07-07. The rates there are: 6, 13, 23."),
        ({"rate": "0"}, "0 % is no rate of IVA in mainland on 2026-07-07. The rates there are: 6, 13, 23."),
        ({"currency": "USD"}, "currency is not a field that is known here."),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence_and_changes_nothing(
    room: Room, given: dict[str, str], sentence: str
) -> None:
    before = room.drafted()
    with pytest.raises(UserError) as refusal:
        put_right(room, **{"guest_country": "FR", **given})
    assert str(refusal.value) == sentence
    assert room.record() == before
    assert room.house.audit.acts() == []


def test_what_the_booking_says_already_is_no_correction(room: Room) -> None:
    before = room.drafted()
    assert put_right(room, total_guest="106", guest_name="Ágata Canária", guest_country="", guest_tax_id="") == []
    assert room.record() == before
    put_right(room, total_guest="212.00")
    room.to_rest()
    assert put_right(room, total_guest="212.00") == []
    assert put_right(room, total_guest="106.00") == ["total_guest"], "as the channel manager says: the correction goes"
    assert room.record().corrections == {}
    assert lines(room, "correction-dropped") == [
        {"at": room.clock().isoformat(), "event": "correction-dropped", "who": "Rita", "field": "total_guest",
         "from": "212.00", "to": "106.00"}
    ]  # fmt: skip
    assert room.to_rest().figures["total"] == "106.00"


def test_a_correction_can_be_taken_back(room: Room) -> None:
    room.drafted()
    put_right(room, guest_name="Inês Nova", rate="23")
    room.to_rest()
    with pytest.raises(UserError, match=r"The total is not corrected\."):
        correct(room.house, key_of(), {}, drop=["total_guest"], who="Rita")
    assert correct(room.house, key_of(), {}, drop=["guest_name"], who="Rita") == ["guest_name"]
    record = room.to_rest()
    assert list(record.corrections) == ["rate"]
    assert room.document()["client"]["name"] == "Ágata Canária"
    assert room.house.audit.acts()[0].became == {"guest_name": "changed"}


def test_who_is_not_there_or_was_never_read_cannot_be_corrected(room: Room) -> None:
    with pytest.raises(UserError, match=r"There is no booking casa:generic:R-1\. See: faturasync bookings"):
        put_right(room, total_guest="1")
    bell = Doorbell(source_id="R-1")
    room.house.intake.take(room.connection, Delivery(body=b"bell"), bell, now=room.clock())
    with pytest.raises(UserError, match="cannot be corrected before it could be read"):
        put_right(room, total_guest="1")


# The rate


def test_a_corrected_rate_is_the_stays_and_says_so(room: Room) -> None:
    room.drafted()
    put_right(room, rate="23.0")
    record = room.to_rest()
    assert record.figures["rate"] == "23"
    assert record.figures["rate_source"].startswith("normal rate (corrected), mainland")
    assert Decimal(str(room.document()["total"])) == Decimal("106.00")
    assert room.document()["items"][0]["tax"]["value"] == 23


def test_there_is_no_rate_to_correct_without_a_place_or_for_who_is_exempt(room: Room) -> None:
    room.drafted(property_ref="casa-9")
    with pytest.raises(UserError, match="The rate can be corrected once the booking's property has a location"):
        put_right(room, rate="6")
    room.drafted(2)
    exempt(room)
    with pytest.raises(UserError, match=r"The account casa is exempt from IVA \(art\. 53\)"):
        correct(room.house, key_of(2), {"rate": "6"}, who="Rita")


def test_a_corrected_rate_that_is_none_any_more_asks_a_person(room: Room) -> None:
    room.drafted()
    put_right(room, rate="13")
    room.to_rest()
    move(room, Location.MADEIRA)
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    record = room.to_rest()
    assert (record.status, record.reason) == (BookingStatus.PARKED, Reason.NO_RATE)
    assert "faturasync correct casa:generic:R-1 --drop rate" in (record.todo or "")
    correct(room.house, key_of(), {}, drop=["rate"], who="Rita")
    assert room.to_rest().figures["rate"] == "4"


def test_an_exemption_goes_over_a_corrected_rate(room: Room) -> None:
    room.drafted()
    put_right(room, rate="13")
    room.to_rest()
    exempt(room)
    room.house.ledger.requeue(key_of(), job="again", now=room.clock())
    assert (room.to_rest().figures["rate"], room.record().figures["exemption"]) == ("0", "M10")


# Beside jobs that are at work


def test_a_correction_that_comes_while_a_job_is_at_work_is_the_next_ones(room: Room) -> None:
    room.drafted()
    room.deliver(total_guest="212.00")
    job = room.record().job
    room.begin(key_of(), job)
    put_right(room, total_guest="318.00")
    dropped = {correction_field("total_guest"): ""}
    assert not room.house.ledger.settle(key_of(), job, BookingStatus.DRAFTED, now=room.clock(), fields=dropped)
    assert Decimal(room.to_rest().figures["total"]) == Decimal("318.00")


def test_a_document_that_says_what_was_corrected_is_known_again_after_a_loss(room: Room) -> None:
    room.drafted()
    put_right(room, total_guest="212.00")
    room.to_rest()
    room.house.store.hdel(f"fs:booking:{key_of()}", "trail")
    account = room.house.accounts.get("casa")
    api = room.workshop.open(account, room.workshop.gate(account))
    Adoption(room.house.store, "casa", clock=room.clock).remember(api)
    room.deliver(guest_name="Outra Pessoa")
    assert room.to_rest().status is BookingStatus.DRAFTED
    assert room.document()["client"]["name"] == "Outra Pessoa"


# Before it is kept


def test_what_a_correction_would_mean_is_told_and_not_kept(room: Room) -> None:
    before = room.drafted(guest_name=None)
    assert before.reason is Reason.NO_GUEST_NAME
    meant = proposed(room.house, key_of(), {"guest_name": "Inês Nova", "rate": "23"})
    assert isinstance(meant.desired, Draft)
    assert (meant.desired.draft.client_name, meant.figures["rate"]) == ("Inês Nova", "23")
    assert meant.corrected == ("guest_name", "rate")
    with pytest.raises(UserError, match=r"The rate must be a number"):
        proposed(room.house, key_of(), {"rate": "much"})
    assert room.record() == before


TOTALS, GUESTS = ("106.00", "212.00", "318.00"), ("Ana Um", "Ana Dois", "Ana Três")


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["tell", "correct", "turn"]), st.sampled_from(TOTALS), st.sampled_from(GUESTS)),
        max_size=12,
    )
)
def test_in_any_order_the_newest_word_of_each_field_counts(room: Room, steps: list[tuple[str, str, str]]) -> None:
    room.house.store.delete(*(f"fs:{kind}:{key_of()}" for kind in ("booking", "seen", "deliveries", "history")))
    room.desk.post("/_sandbox/reset")
    told = {"total_guest": TOTALS[0], "guest_name": GUESTS[0]}
    kept: dict[str, tuple[str, str]] = {}  # what a field was corrected to, and what the channel manager said then

    def counting() -> dict[str, str]:
        return {
            field: kept[field][0] if field in kept and kept[field][1] == told[field] else told[field] for field in told
        }

    room.deliver(1, **told)
    for step, total, guest in [*steps, ("turn", "", "")]:
        room.clock.go_on(hours=2)
        said = {"total_guest": total, "guest_name": guest}
        if step == "tell":
            told = said
            room.deliver(1, **told)
        elif step == "correct":
            changed = [field for field in said if said[field] != counting()[field]]
            assert put_right(room, **said) == changed
            kept |= {field: (said[field], told[field]) for field in changed}
            kept = {field: (value, was) for field, (value, was) in kept.items() if field not in changed or value != was}
        else:
            record = room.to_rest()
            kept = {field: (value, was) for field, (value, was) in kept.items() if was == told[field]}
    booking = room.booking()
    assert {"total_guest": f"{booking.total_guest}", "guest_name": booking.guest_name} == counting()
    assert set(record.corrections) == set(kept)
