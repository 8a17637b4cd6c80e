"""From a delivery to the client of its draft and the series that it is in, and what later deliveries change."""

import pytest

from mapping.settings import Settings
from tests.worker.room import Room
from worker.properties import Property

NIF, OTHER_NIF = "501964843", "504646680"


def let(room: Room, **settings: str) -> None:
    """Give the property these settings."""
    said = Settings.model_validate({"location": "mainland", **settings})
    room.house.properties.save(
        Property(account="casa", name="Casa do Largo", settings=said, listings=("generic:casa-1",))
    )


def series(room: Room, name: str) -> None:
    room.switch(tax_authority_credentials=True)
    room.ask("POST", "/sequences.json", {"sequence": {"serie": name, "default_sequence": "0"}})


def clients(room: Room) -> dict[str, str | None]:
    """The tax number of each client of the account, by name."""
    return {client["name"]: client["fiscal_id"] for client in room.ask("GET", "/clients.json")["clients"]}


def test_guests_without_a_name_wait_for_a_person(room: Room) -> None:
    record = room.drafted(guest_name="Airbnb")
    assert (record.status, record.reason) == ("parked", "no-guest-name")
    assert "--missing-guest final-consumer" in (record.todo or "")
    assert room.documents() == []


def test_guests_without_a_name_share_one_client_where_the_owner_says_so(room: Room) -> None:
    let(room, missing_guest="final-consumer")
    for number in (1, 2):
        assert room.drafted(number, guest_name="Guest", total_guest=f"10{number}.00").status == "drafted"
    assert [document["client"]["name"] for document in room.documents()] == ["Consumidor final"] * 2
    assert clients(room) == {"Consumidor final": None}
    assert room.requests()["POST /invoices.json"] == 2


def test_a_name_that_comes_later_takes_the_place_of_the_final_consumer_and_back(room: Room) -> None:
    let(room, missing_guest="final-consumer")
    room.drafted(guest_name="Guest")
    room.drafted(guest_name="Rui Exemplo", guest_tax_id=NIF)
    assert room.document()["client"]["name"] == "Rui Exemplo"
    assert room.document()["client"]["fiscal_id"] == NIF
    assert room.drafted(guest_name="Airbnb Guest").status == "drafted"
    assert room.document()["client"]["name"] == "Consumidor final"
    assert clients(room) == {"Consumidor final": None, "Rui Exemplo": NIF}


def test_two_guests_of_one_name_never_share_a_tax_number(room: Room) -> None:
    room.drafted(1, guest_name="João Silva", guest_tax_id=NIF)
    room.drafted(2, guest_name="João Silva")
    room.drafted(3, guest_name="João Silva", guest_note=f"NIF {OTHER_NIF}")
    shown = [document["client"] for document in room.documents()]
    assert [client.get("fiscal_id") for client in shown] == [NIF, None, OTHER_NIF]
    assert len({client["id"] for client in shown}) == 3


@pytest.mark.parametrize("echo", ["shown", "missing"])
def test_a_tax_number_follows_the_booking(room: Room, echo: str) -> None:
    room.switch(fiscal_id_echo=echo)
    for number, country in ((NIF, "PT"), (OTHER_NIF, "PT"), ("DE136695976", "DE"), (None, None)):
        record = room.drafted(guest_tax_id=number, guest_country=country)
        assert (record.status, record.reason) == ("drafted", None)
        (fiscal_id,) = clients(room).values()
        assert (fiscal_id or None) == number
    room.requests()
    room.drafted(guest_tax_id=None, guest_country=None)
    assert room.requests() == {}


def test_a_tax_number_that_is_not_valid_is_left_off_and_told(room: Room) -> None:
    record = room.drafted(guest_tax_id="501964842")
    assert (record.status, list(record.warnings)) == ("drafted", ["tax-number-left-off"])
    assert "fiscal_id" not in room.document()["client"]


def test_a_tax_number_without_a_country_parks_until_it_is_said(room: Room) -> None:
    assert room.drafted(guest_tax_id="B58378431").reason == "no-country-for-tax-number"
    assert room.documents() == []
    assert room.drafted(guest_tax_id="B58378431", guest_country="ES").status == "drafted"
    assert room.document()["client"]["country"] == "Spain"


def test_the_account_sees_no_address_of_a_guest(room: Room) -> None:
    room.drafted(guest_phone="+351 912 345 678", guest_address="Rua do Exemplo 7", guest_city="Faro")
    shown = str(room.ask("GET", "/clients.json")) + str(room.documents())
    assert not any(word in shown for word in ("@example.com", "912", "Rua do Exemplo", "Faro"))


def test_a_draft_is_in_the_series_that_its_property_names(room: Room) -> None:
    series(room, "AL2026")
    let(room, sequence="AL2026")
    assert room.drafted().status == "drafted"
    room.act("finalize")
    assert room.document()["sequence_number"] == "1/AL2026"


def test_another_series_moves_the_draft(room: Room) -> None:
    series(room, "AL2026")
    room.drafted()
    let(room, sequence="al2026")
    room.drafted(total_guest="107.00")
    room.act("finalize")
    assert room.document()["sequence_number"] == "1/AL2026"


def test_a_series_that_is_not_there_parks_and_goes_on_once_it_is(room: Room) -> None:
    let(room, sequence="AL2027")
    record = room.drafted()
    assert (record.status, record.reason) == ("parked", "no-sequence-in-account")
    assert 'no series named "AL2027"' in (record.todo or "")
    assert room.documents() == []
    series(room, "AL2027")
    room.house.ledger.requeue("casa:generic:R-1", job="again", now=room.clock())
    assert room.to_rest().status == "drafted"


def test_observations_and_registration_stand_on_the_document(room: Room) -> None:
    let(room, observations="Estadia de {nights}. Obrigado!", registration="12345")
    room.drafted()
    document = room.document()
    assert document["observations"] == "Estadia de 4 noites. Obrigado!"
    assert "Registo 12345/AL." in document["items"][0]["description"]


def test_observations_that_a_person_changed_are_left_alone(room: Room) -> None:
    let(room, observations="Obrigado!")
    room.drafted()
    room.act("edit", observations="Pago em dinheiro")
    assert room.drafted(total_guest="107.00").reason == "edited-in-invoicexpress"
    assert room.document()["observations"] == "Pago em dinheiro"
