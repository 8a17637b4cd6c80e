"""Clients against the sandbox: names and codes that are taken, silent attachment, old data, bad data."""

from dataclasses import replace

import pytest

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from tests.invoicexpress.sandbox import MakeRequest, Sandbox, stranger
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.clients import create_resolving_client, update_resolving_client, with_longer_name
from worker.invoicexpress.compare import differences

NIF, OTHER_NIF, BAD_NIF = "501964843", "504646680", "501964842"
GUEST = {"client_country": "Portugal", "client_tax_number": NIF}
FINAL = {"client_name": "Consumidor final", "client_code": "FS-final", "is_anonymous": True}

CONFLICTS = pytest.mark.parametrize("conflict", ["refuse", "code", "name"])
LANGUAGES = pytest.mark.parametrize("language", ["pt", "en"])


@CONFLICTS
@LANGUAGES
@pytest.mark.parametrize("shape", ["list", "object", "texts"])
def test_a_name_that_somebody_else_has_ends_in_a_document_for_the_guest(
    sandbox: Sandbox, make_request: MakeRequest, conflict: str, language: str, shape: str
) -> None:
    account = sandbox.account
    sandbox.set(client_conflict=conflict, language=language, error_shape=shape)
    other = stranger(account, make_request)
    meant = make_request()
    document, sent = create_resolving_client(account, meant)
    assert document.client_name in {"Ana Exemplo", "Ana Exemplo (FS-B1042)"}
    assert differences(sent, document) == ()
    assert replace(sent, client_name=meant.client_name) == meant
    assert account.document(other.id) == other


@CONFLICTS
@LANGUAGES
def test_our_own_client_of_another_name_is_renamed(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str, language: str
) -> None:
    sandbox.set(client_conflict=conflict, language=language)
    account.create(make_request(client_name="Ana Antes", uid="first", reference="FS-B1042-1"))
    meant = make_request()
    document, sent = create_resolving_client(account, meant)
    assert (document.client_name, sent) == ("Ana Exemplo", meant)
    assert differences(meant, document) == ()


@CONFLICTS
@LANGUAGES
def test_our_own_client_under_a_name_that_is_taken_gets_the_longer_one(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str, language: str
) -> None:
    sandbox.set(client_conflict=conflict, language=language)
    other = stranger(account, make_request)
    account.create(make_request(client_name="Ana Antes", uid="first", reference="FS-B1042-1"))
    document, sent = create_resolving_client(account, make_request())
    assert document.client_name in {"Ana Exemplo", "Ana Exemplo (FS-B1042)"}
    assert differences(sent, document) == ()
    assert account.document(other.id) == other


@CONFLICTS
def test_a_guest_who_changes_name_changes_it_on_the_draft(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str
) -> None:
    sandbox.set(client_conflict=conflict)
    stranger(account, make_request)
    document = account.create(make_request(client_name="Ana Antes"))
    found, sent = update_resolving_client(account, document.id, make_request())
    assert found.client_name in {"Ana Exemplo", "Ana Exemplo (FS-B1042)"}
    assert differences(sent, found) == ()
    again, sent_again = update_resolving_client(account, document.id, make_request())
    assert (again.client_name, sent_again) == (found.client_name, sent)


@pytest.mark.parametrize("miss", ["json", "empty"])
def test_a_look_up_of_the_code_that_finds_nobody_is_a_404_of_any_body(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, miss: str
) -> None:
    sandbox.set(find_miss=miss)
    stranger(account, make_request)
    document, _ = create_resolving_client(account, make_request())
    assert document.client_name == "Ana Exemplo (FS-B1042)"


def test_a_500_for_the_code_is_no_answer_and_makes_nothing(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    sandbox.set(find_miss="error500")
    stranger(account, make_request)
    with pytest.raises(InvoiceXpressUnavailable):
        create_resolving_client(account, make_request())
    assert len(sandbox.documents()) == 1


def test_a_document_is_not_lost_when_its_client_cannot_be_renamed(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    sandbox.set(client_conflict="code")
    account.create(make_request(client_name="Ana Antes", uid="first", reference="FS-B1042-1"))
    sandbox.fail("too_many_requests", path="^/clients/")
    meant = make_request()
    document, _ = create_resolving_client(account, meant)
    assert differences(meant, document) == ("client name",)


def test_the_longer_name_keeps_to_a_hundred_characters(make_request: MakeRequest) -> None:
    longest = with_longer_name(make_request(client_name="Maria " * 20))
    assert len(longest.client_name) <= 100
    assert longest.client_name.endswith("Maria (FS-B1042)")
    once = with_longer_name(make_request())
    assert (once.client_name, with_longer_name(once)) == ("Ana Exemplo (FS-B1042)", once)


def test_country_and_tax_number_go_out_and_come_back_in_one_request(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    meant = make_request(**GUEST)
    document, sent = create_resolving_client(account, meant)
    assert sandbox.count() == {"POST /invoices.json": 1}
    assert (document.client_country, document.client_fiscal_id) == ("Portugal", NIF)
    assert sent == meant
    assert differences(meant, document) == ()


@CONFLICTS
def test_two_guests_of_one_name_are_two_clients_and_share_nothing(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str
) -> None:
    sandbox.set(client_conflict=conflict)
    sandbox.start_over_with({"name": "Ana Exemplo", "code": "by hand", "country": "Spain", "email": "ana@example.org"})
    (before,) = sandbox.clients()
    document, sent = create_resolving_client(account, make_request(**GUEST))
    after = {client["code"]: client for client in sandbox.clients()}
    assert after["by hand"] == before
    assert (after["FS-C1042"]["fiscal_id"], after["FS-C1042"]["country"]) == (NIF, "Portugal")
    assert (document.client_code, document.client_fiscal_id) == ("FS-C1042", NIF)
    assert differences(sent, document) == ()
    assert "ana@example.org" not in str(sandbox.documents())


def test_a_client_without_a_code_is_somebody_elses_too(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    sandbox.set(client_conflict="name")
    sandbox.start_over_with({"name": "Ana Exemplo", "email": "ana@example.org"})
    document, _ = create_resolving_client(account, make_request())
    assert (document.client_code, document.client_name) == ("FS-C1042", "Ana Exemplo (FS-B1042)")


@pytest.mark.parametrize("echo", ["shown", "missing"])
@pytest.mark.parametrize(
    "changed",
    [
        {"client_country": "Portugal", "client_tax_number": OTHER_NIF},
        {"client_country": "Germany", "client_tax_number": "DE136695976"},
        {"client_name": "Ana Casada", "client_country": "Portugal", "client_tax_number": NIF},
    ],
)
def test_a_booking_that_changes_changes_our_client(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, echo: str, changed: dict[str, str]
) -> None:
    sandbox.set(fiscal_id_echo=echo)
    before = make_request(**GUEST)
    made, _ = create_resolving_client(account, before)
    meant = make_request(**changed)
    document, sent = update_resolving_client(account, made.id, meant, before)
    assert sent == meant
    assert differences(meant, document) == ()
    (client,) = sandbox.clients()
    assert (client["name"], client["country"], client["fiscal_id"]) == (
        meant.client_name,
        meant.draft.client_country,
        meant.draft.client_tax_number,
    )


def test_a_tax_number_that_is_not_shown_costs_one_look(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    sandbox.set(fiscal_id_echo="missing")
    meant = make_request(**GUEST)
    document, _ = create_resolving_client(account, meant)
    assert sandbox.count() == {"POST /invoices.json": 1, "GET /clients/{id}.json": 1}
    assert differences(meant, document) == ()


def test_a_tax_number_that_the_booking_lost_is_taken_off_our_client(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    before = make_request(**GUEST)
    made, _ = create_resolving_client(account, before)
    meant = make_request()
    document, sent = update_resolving_client(account, made.id, meant, before)
    assert differences(sent, document) == ()
    assert not sandbox.clients()[0]["fiscal_id"]


def test_a_tax_number_that_a_person_put_on_our_client_stays_and_is_told(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    before = make_request()
    made, _ = create_resolving_client(account, before)
    account.change_client(made.client_id or 0, {"name": "Ana Exemplo", "code": "FS-C1042", "fiscal_id": OTHER_NIF})
    document, sent = update_resolving_client(account, made.id, make_request("500.00"), before)
    assert differences(sent, document) == ("a fiscal id that was not sent",)
    assert sandbox.clients()[0]["fiscal_id"] == OTHER_NIF


@LANGUAGES
@pytest.mark.parametrize("fields", [GUEST, {}])
def test_our_own_client_that_spoils_every_document_is_put_right(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, language: str, fields: dict[str, str]
) -> None:
    sandbox.set(language=language)
    sandbox.start_over_with({"name": "Ana Exemplo", "code": "FS-C1042", "fiscal_id": BAD_NIF})
    document, sent = create_resolving_client(account, make_request(**fields))
    assert differences(sent, document) == ()
    assert (sandbox.clients()[0]["fiscal_id"] or None) == fields.get("client_tax_number")


@CONFLICTS
@LANGUAGES
def test_somebody_elses_client_that_spoils_every_document_is_left_alone(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str, language: str
) -> None:
    sandbox.set(client_conflict=conflict, language=language)
    sandbox.start_over_with({"name": "Ana Exemplo", "code": "by hand", "fiscal_id": BAD_NIF})
    document, sent = create_resolving_client(account, make_request(**GUEST))
    assert differences(sent, document) == ()
    assert document.client_code == "FS-C1042"
    assert {client["code"]: client["fiscal_id"] for client in sandbox.clients()} == {
        "by hand": BAD_NIF,
        "FS-C1042": NIF,
    }


def test_a_tax_number_that_invoicexpress_refuses_goes_up_in_its_words(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    with pytest.raises(InvoiceXpressRejected, match="Fiscal não é válido"):
        create_resolving_client(account, make_request(client_tax_number=BAD_NIF))
    assert sandbox.documents() == []


def test_final_consumers_share_one_client_of_ours(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    for number in ("1", "2"):
        meant = make_request(uid=number, reference=f"FS-{number}", **FINAL)
        document, sent = create_resolving_client(account, meant)
        assert sandbox.count() == {"POST /invoices.json": 1}
        assert sent == meant
        assert differences(meant, document) == ()
    assert [client["code"] for client in sandbox.clients()] == ["FS-final"]


@CONFLICTS
@pytest.mark.parametrize("stored", [{}, {"fiscal_id": "999999990"}, {"fiscal_id": BAD_NIF}, {"code": "CF"}])
def test_an_accounts_own_final_consumer_is_never_changed(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, conflict: str, stored: dict[str, str]
) -> None:
    sandbox.set(client_conflict=conflict)
    sandbox.start_over_with({"name": "Consumidor final", **stored})
    (own,) = sandbox.clients()
    for number in ("1", "2"):
        meant = make_request(uid=number, reference=f"FS-{number}", **FINAL)
        document, sent = create_resolving_client(account, meant)
        assert differences(sent, document) == ()
        assert document.client_name in {"Consumidor final", "Consumidor final (FaturaSync)"}
    requests = sandbox.count()
    assert own in sandbox.clients()
    assert len(sandbox.clients()) == 2
    assert not any(path.startswith("PUT /clients") for path in requests)
    assert sum(requests.values()) <= 1 + 6


def test_a_guest_whose_name_comes_later_leaves_the_final_consumer(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    before = make_request(**FINAL)
    made, _ = create_resolving_client(account, before)
    document, sent = update_resolving_client(account, made.id, make_request(**GUEST), before)
    assert differences(sent, document) == ()
    assert {client["code"]: client["name"] for client in sandbox.clients()} == {
        "FS-final": "Consumidor final",
        "FS-C1042": "Ana Exemplo",
    }


@pytest.mark.parametrize(
    "edit",
    [{"client": {"name": "Rui Outro", "code": "by hand"}}, {"reference": "by hand"}, {"client": {"name": "Rui"}}],
)
def test_a_replayed_creation_does_not_write_over_a_persons_edit(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, edit: dict[str, object]
) -> None:
    sandbox.set(client_conflict="name")
    meant = make_request()
    made, _ = create_resolving_client(account, meant)
    sandbox.act(made, "edit", **edit)
    edited = account.document(made.id)
    document, _ = create_resolving_client(account, meant)
    assert document == edited == account.document(made.id)


def test_a_replayed_creation_leaves_a_final_document_alone(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    meant = make_request()
    made, _ = create_resolving_client(account, meant)
    sandbox.act(made, "finalize")
    document, _ = create_resolving_client(account, make_request(client_tax_number=NIF, client_country="Portugal"))
    assert (document.id, document.state) == (made.id, "final")
    assert not sandbox.clients()[0]["fiscal_id"]
