"""Clients: section 13, points 10-12, 26 and 27, and 15.4, 15.5, 15.10."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from worker.sandbox.clients import is_nif
from worker.sandbox.countries import COUNTRIES

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]


@pytest.fixture
def client(send: Send) -> Send:
    def posted(**fields: object) -> TestResponse:
        return send("POST", "/clients.json", {"client": fields})

    return posted


def errors(answer: TestResponse) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["error"] for error in answer.get_json()["errors"]]


def test_document_makes_its_client_and_finds_it_again(draft: Draft) -> None:
    first = draft()["client"]["id"]
    assert draft()["client"]["id"] == first
    assert draft(client={"name": "Ana Exemplo"})["client"]["id"] == first
    assert draft(client={"id": first})["client"]["id"] == first


def test_found_client_keeps_its_stored_data(draft: Draft) -> None:
    draft(client={"name": "Ana Exemplo", "code": "G-1", "email": "old@example.org"})
    again = draft(client={"name": "Another Name", "code": "G-1", "email": "new@example.org"})
    assert (again["client"]["name"], again["client"]["email"]) == ("Ana Exemplo", "old@example.org")


def test_unknown_client_id_is_a_404(create: Send) -> None:
    assert create(client={"id": 1}).status_code == 404


@pytest.mark.parametrize("code", ["G-2", "G-9"], ids=["other client's code", "new code"])
def test_name_that_is_taken_under_another_code_is_refused(create: Send, client: Send, code: str) -> None:
    client(name="Ana", code="G-1")
    client(name="Rui", code="G-2")
    assert errors(create(client={"name": "Ana", "code": code})) == ["Nome não está disponível"]


@pytest.mark.parametrize(("policy", "name"), [("code", "Rui"), ("name", "Ana")])
def test_conflict_can_be_settled_by_code_or_name(
    draft: Draft, client: Send, switch: Switch, policy: str, name: str
) -> None:
    switch(client_conflict=policy)
    client(name="Ana", code="G-1")
    client(name="Rui", code="G-2")
    assert draft(client={"name": "Ana", "code": "G-2"})["client"]["name"] == name


def test_code_and_name_that_agree_find_the_right_namesake(draft: Draft, client: Send, switch: Switch) -> None:
    switch(unique_client_names=False)
    client(name="Ana", code="G-1")
    second = client(name="Ana", code="G-2").get_json()["client"]["id"]
    assert draft(client={"name": "Ana", "code": "G-2"})["client"]["id"] == second


def test_conflict_settled_by_code_makes_a_namesake(draft: Draft, client: Send, switch: Switch) -> None:
    switch(client_conflict="code")
    first = client(name="Ana", code="G-1").get_json()["client"]["id"]
    shown = draft(client={"name": "Ana", "code": "G-9"})["client"]
    assert (shown["code"], shown["id"] != first) == ("G-9", True)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Nome é um campo obrigatório"),
        ({"name": "x" * 101}, "Nome é demasiado longo"),
        ({"name": "Ana"}, "Nome não está disponível"),
        ({"name": "Eva", "code": "G-1"}, "Código não está disponível"),
        ({"name": "Eva", "email": "eva@"}, "Email deve ser um endereço de email"),
        ({"name": "Eva", "send_options": 4}, "Opções de envio devem estar entre 1 e 3"),
        ({"name": "Eva 🏖"}, "Name tem caracteres inválidos"),
    ],
)
def test_wrong_client_is_refused(client: Send, fields: dict[str, object], text: str) -> None:
    client(name="Ana", code="G-1")
    assert errors(client(**fields)) == [text]


def test_name_of_a_hundred_characters_is_taken(client: Send) -> None:
    assert client(name="x" * 100, preferred_contact={"name": "y"}).status_code == 201


def test_namesakes_can_be_allowed(client: Send, switch: Switch) -> None:
    switch(unique_client_names=False)
    assert [client(name="Ana").status_code, client(name="Ana").status_code] == [201, 201]


@pytest.mark.parametrize("country", ["PT", "United Kingdom", "USA", "Macao", "portugal", "North Macedonia"])
def test_country_outside_the_vendors_list_is_refused(client: Send, country: str) -> None:
    texts = errors(client(name="Ana", country=country))
    assert texts == [f"Country {country} was not found", "Cliente não é válido"]


def test_vendors_list_has_its_251_countries() -> None:
    assert len(COUNTRIES) == 251
    assert {"UK", "Great Britain", "Congo, Democratic Republic", "Côte d’Ivoire", "Timor-Leste"} <= COUNTRIES


@pytest.mark.parametrize("nif", ["999999990", "123456789", "501964843", "100000010"])
def test_nif_with_right_check_digit(nif: str) -> None:
    assert is_nif(nif)


@pytest.mark.parametrize("nif", ["123456780", "912345678", "12345678", "PT123456789", "1234567890", "١٢٣٤٥٦٧٨٩"])
def test_nif_with_wrong_check_digit(nif: str) -> None:
    assert not is_nif(nif)


@pytest.mark.parametrize("country", [None, "", "Portugal"])
def test_false_nif_of_portugal_or_no_country_is_refused_with_two_errors(create: Send, country: str | None) -> None:
    answer = create(client={"name": "Ana", "fiscal_id": "123456780", "country": country})
    assert errors(answer) == ["Cliente não é válido", "Fiscal não é válido"]


def test_tax_id_of_another_country_is_not_checked(draft: Draft) -> None:
    client = {"name": "Ana", "fiscal_id": "X1", "country": "Spain"}
    assert draft(client=client)["client"]["fiscal_id"] == "X1"


def test_false_nif_can_become_the_final_consumer(draft: Draft, switch: Switch) -> None:
    switch(bad_nif="final_consumer")
    shown = draft(client={"name": "Ana", "fiscal_id": "123456780"})["client"]
    assert (shown["name"], "fiscal_id" in shown) == ("Consumidor Final", False)


def test_stored_client_with_a_false_nif_spoils_every_document(create: Send, control: Any) -> None:
    damaged = {"name": "Ana", "code": "G-1", "fiscal_id": "123456780"}
    control.post("/_sandbox/accounts", json={"name": "casa", "key": "k-3f9c2a", "clients": [damaged]})
    assert errors(create(client={"name": "Ana", "code": "G-1"})) == ["Cliente não é válido", "Fiscal não é válido"]


def test_clients_are_found_by_their_exact_code_or_name(client: Send, send: Send) -> None:
    made = client(name="Ana & Rui", code="G 1/2").get_json()["client"]
    by_code = send("GET", "/clients/find-by-code.json?client_code=G+1/2").get_json()["client"]
    by_name = send("GET", "/clients/find-by-name.json?client_name=Ana+%26+Rui").get_json()["client"]
    assert by_code["id"] == by_name["id"] == made["id"]
    assert send("GET", "/clients/find-by-name.json?client_name=Ana").status_code == 404


@pytest.mark.parametrize("path", ["/clients/find-by-code.json?client_code=x", "/clients/find-by-name.json"])
def test_finding_nobody_is_a_404(send: Send, switch: Switch, path: str) -> None:
    assert send("GET", path).get_json() == {"errors": [{"error": "Client not found"}]}
    switch(find_miss="empty")
    assert (send("GET", path).status_code, send("GET", path).data) == (404, b"")
    switch(find_miss="error500")
    assert (send("GET", path).status_code, send("GET", path).mimetype) == (500, "text/html")


def test_unknown_client_is_a_404_with_nothing_in_it(send: Send) -> None:
    answer = send("GET", "/clients/1.json")
    assert (answer.status_code, answer.mimetype, answer.data) == (404, "application/json", b"")


def test_documents_of_an_unknown_client_are_a_404_page(send: Send) -> None:
    answer = send("POST", "/clients/1/invoices.json", {"filter": {}})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_documents_of_a_client(draft: Draft, send: Send, switch: Switch) -> None:
    switch(index_lag=0)
    ana = draft()
    draft(client={"name": "Rui"})
    answer = send("POST", f"/clients/{ana['client']['id']}/invoices.json", {"filter": {"status": ["draft"]}})
    assert [document["id"] for document in answer.get_json()["invoices"]] == [ana["id"]]


def test_put_of_a_client_answers_nothing_and_needs_the_name(client: Send, send: Send) -> None:
    path = f"/clients/{client(name='Ana', code='G-1').get_json()['client']['id']}.json"
    answer = send("PUT", path, {"client": {"name": "Ana Maria"}})
    assert (answer.status_code, answer.data) == (200, b"")
    shown = send("GET", path).get_json()["client"]
    assert (shown["name"], shown["code"]) == ("Ana Maria", "G-1")
    assert errors(send("PUT", path, {"client": {"email": "a@example.org"}}))


def test_country_is_absent_when_unset_and_only_get_shows_payment_days(client: Send, send: Send) -> None:
    made = client(name="Ana").get_json()["client"]
    shown = send("GET", f"/clients/{made['id']}.json").get_json()["client"]
    assert "country" not in made
    assert ("payment_days" in made, "payment_days" in shown) == (False, True)


def test_clients_are_listed_by_name(client: Send, send: Send) -> None:
    for name in ("Rui", "Ana", "Eva"):
        client(name=name)
    answer = send("GET", "/clients.json?per_page=2").get_json()
    assert [one["name"] for one in answer["clients"]] == ["Ana", "Eva"]
    assert answer["pagination"]["total_pages"] == 2
