"""The client against the sandbox InvoiceXpress: whole ways, and every trap that the reference tells of."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpress, InvoiceXpressPool
from worker.invoicexpress.clients import create_resolving_client, disambiguated, update_resolving_client
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import Document, DocumentRequest
from worker.invoicexpress.taxes import tax_for
from worker.sandbox.app import create_sandbox

MakeRequest = Callable[..., DocumentRequest]


class Sandbox:
    """A sandbox with the account `casa`, its clock in our hand."""

    def __init__(self, key: str) -> None:
        self.now = 1_800_000_000.0
        app = create_sandbox([("casa", key)], clock=lambda: self.now)
        self.desk = app.test_client()
        self.pool = InvoiceXpressPool("http://sandbox/{account}", transport=httpx.WSGITransport(app=app))
        self.account = self.pool.account("casa", key)

    def set(self, **switches: bool | str | int) -> None:
        self._post("/_sandbox/switches", {"switches": switches})

    def fail(self, fault: str, **how: object) -> None:
        self._post("/_sandbox/faults", {"fault": fault, **how})

    def act(self, document: Document, action: str, **fields: object) -> None:
        self._post("/_sandbox/act", {"account": "casa", "action": action, "id": document.id, "fields": fields})

    def requests(self) -> dict[str, int]:
        counted: dict[str, int] = self.desk.get("/_sandbox/requests").get_json()["requests"]
        return counted

    def documents(self) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = self.desk.get("/_sandbox/documents?account=casa").get_json()["documents"]
        return shown

    def _post(self, path: str, body: object) -> None:
        answer = self.desk.post(path, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)


@pytest.fixture
def sandbox(key: str) -> Sandbox:
    return Sandbox(key)


@pytest.fixture
def account(sandbox: Sandbox) -> InvoiceXpress:
    return sandbox.account


def stranger(account: InvoiceXpress, make_request: MakeRequest, **other: object) -> Document:
    """A document of somebody else in the account, whose client has the guest's name."""
    fields = {"uid": "other", "reference": "by hand", "client_code": "by hand", **other}
    return account.create(make_request(**fields))


def test_one_request_makes_the_draft_that_was_meant(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest
) -> None:
    document, sent = create_resolving_client(account, meant)
    assert differences(meant, document) == ()
    assert sent == meant
    assert sandbox.requests() == {"POST /invoices.json": 1}
    assert document == account.document(document.id)


@pytest.mark.parametrize("amount", ["0.01", "12.34", "100.00", "100.08", "461.00", "9999.99"])
@pytest.mark.parametrize(("rate", "tax"), [("6", "IVA6"), ("4", "IVA4-MA"), ("23", "IVA23")])
def test_four_decimals_give_back_the_total(
    account: InvoiceXpress, make_request: MakeRequest, amount: str, rate: str, tax: str
) -> None:
    meant = make_request(amount, rate, tax_name=tax)
    document = account.create(meant)
    assert document.total == Decimal(amount)
    assert differences(meant, document) == ()


def test_an_unknown_tax_name_is_seen_in_the_answer(account: InvoiceXpress, make_request: MakeRequest) -> None:
    meant = make_request("461.00", tax_name="IVA 6")
    assert differences(meant, account.create(meant)) == (
        "total 534.93 instead of 461.00",
        "IVA 23 % instead of 6 %",
    )


@pytest.mark.parametrize("values", ["texts", "numbers"])
def test_renamed_taxes_are_found_by_value_and_region(sandbox: Sandbox, key: str, values: str) -> None:
    sandbox.set(tax_values_as=values)
    taxes = [
        {"name": "IVA6", "value": "23", "region": "PT", "default_tax": 1},
        {"name": "Açores", "value": "4", "region": "PT-AC"},
        {"name": "Madeira (reduzida)", "value": "4", "region": "PT-MA"},
        {"name": "taxa red.", "value": "6", "region": None},
    ]
    answer = sandbox.desk.post("/_sandbox/accounts", json={"name": "ilha", "key": key, "taxes": taxes})
    assert answer.status_code == 201
    found = sandbox.pool.account("ilha", key).taxes()
    for rate, region, name in (
        ("4", "PT-MA", "Madeira (reduzida)"),
        ("4", "PT-AC", "Açores"),
        ("6", "PT", "taxa red."),
    ):
        tax = tax_for(found, Decimal(rate), region)
        assert tax is not None
        assert tax.name == name
    assert tax_for(found, Decimal(5), "PT-MA") is None


@pytest.mark.parametrize("echo", ["blank", "missing", "code"])
def test_an_exempt_draft_needs_and_keeps_its_code(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, echo: str
) -> None:
    sandbox.set(exemption_echo=echo)
    without = make_request("100.00", "0", tax_name="Isento")
    with pytest.raises(InvoiceXpressRejected, match="422: Razão de isenção"):
        account.create(without)
    meant = make_request("100.00", "0", tax_name="Isento", exemption="M10")
    document = account.create(meant)
    assert differences(meant, document) == ()
    account.update(document.id, meant)
    sandbox.set(exemption_echo="code")
    assert sandbox.documents()[0]["tax_exemption"] == "M10"


@pytest.mark.parametrize("shape", ["numbers", "texts"])
@pytest.mark.parametrize("decimals", ["10", "4"])
def test_every_way_of_writing_figures_is_read(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest, shape: str, decimals: str
) -> None:
    sandbox.set(totals_as=shape, line_decimals=decimals, draft_number="blank", uid_echo=True)
    assert differences(meant, account.create(meant)) == ()


def test_a_new_document_is_found_once_the_lists_show_it(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    sandbox.set(index_lag=15)
    document = account.create(make_request(reference="FS-B1"))
    account.create(make_request(reference="FS-B10", uid="other"))
    assert account.find("FS-B1") == ()
    sandbox.now += 16
    assert account.find("FS-B1") == (document,)


def test_what_the_list_tells_late_is_read_by_id(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    document = account.create(make_request("400.00"))
    account.update(document.id, make_request("461.00"))
    sandbox.now += 30
    [found] = account.find("FS-B1042")
    assert found.total == Decimal("461.00")


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_all_of_many_pages_are_found_oldest_first(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, order: str
) -> None:
    sandbox.set(per_page_cap=3, index_lag=0, list_order=order)
    made = [account.create(make_request(uid=f"u{number}", reference="FS-1")).id for number in range(5)]
    for number in range(5):
        account.create(make_request(uid=f"v{number}", reference=f"FS-1{number}"))
    assert [document.id for document in account.find("FS-1")] == made


@pytest.mark.parametrize("deleted", ["shown", "missing"])
def test_a_deleted_draft_is_gone_for_good(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest, deleted: str
) -> None:
    sandbox.set(deleted_document=deleted, index_lag=0)
    document = account.create(meant)
    account.delete(document.id)
    account.delete(document.id)
    account.delete(1)
    assert account.find(meant.reference) == ()
    found = account.document(document.id)
    assert found is None or found.state == "deleted"


def test_a_final_document_is_neither_deleted_nor_changed(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest
) -> None:
    document = account.create(meant)
    sandbox.act(document, "finalize")
    with pytest.raises(InvoiceXpressRejected):
        account.delete(document.id)
    with pytest.raises(InvoiceXpressRejected):
        account.update(document.id, meant)
    found = account.document(document.id)
    assert found is not None
    assert found.state == "final"
    assert sandbox.desk.get("/_sandbox/violations").get_json()["violations"] == []


def test_a_person_s_edit_is_seen(sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest) -> None:
    document = account.create(meant)
    sandbox.act(document, "edit", reference="mine", client={"name": "Rui Outro"})
    found = account.document(document.id)
    assert found is not None
    assert differences(meant, found) == ("reference", "client name")


@pytest.mark.parametrize("answer", ["empty", "document"])
def test_an_update_replaces_the_draft(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, answer: str
) -> None:
    sandbox.set(update_answer=answer)
    document = account.create(make_request("400.00"))
    meant = make_request("461.00")
    found, sent = update_resolving_client(account, document.id, meant)
    assert (found.id, differences(meant, found), sent) == (document.id, (), meant)


def test_updating_what_is_gone_is_refused_with_404(account: InvoiceXpress, meant: DocumentRequest) -> None:
    with pytest.raises(InvoiceXpressRejected) as refusal:
        update_resolving_client(account, 1, meant)
    assert refusal.value.status == 404


@pytest.mark.parametrize("fault", ["drop_after_commit", "error_after_commit", "truncated_json"])
@pytest.mark.parametrize("replay", ["same_201", "same_200"])
def test_a_lost_answer_is_unknown_and_the_same_uid_makes_no_second(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest, fault: str, replay: str
) -> None:
    sandbox.set(uid_replay=replay, index_lag=0)
    sandbox.fail(fault)
    with pytest.raises(InvoiceXpressUnavailable) as unknown:
        create_resolving_client(account, meant)
    assert unknown.value.sent
    document, _ = create_resolving_client(account, meant)
    assert account.find(meant.reference) == (document,)
    assert len(sandbox.documents()) == 1


def test_json_called_html_is_read(sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest) -> None:
    sandbox.fail("html_content_type")
    assert differences(meant, account.create(meant)) == ()


@pytest.mark.parametrize("body", ["html", "empty", "json"])
def test_too_many_requests_do_nothing(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest, body: str
) -> None:
    sandbox.set(rate_body=body, retry_after=7)
    sandbox.fail("too_many_requests")
    with pytest.raises(InvoiceXpressUnavailable) as fault:
        create_resolving_client(account, meant)
    assert (fault.value.sent, fault.value.retry_after) == (False, 7.0)
    assert sandbox.documents() == []


def test_the_quota_is_a_refusal_and_no_matter_of_names(
    sandbox: Sandbox, account: InvoiceXpress, meant: DocumentRequest
) -> None:
    sandbox.fail("quota_reached")
    with pytest.raises(InvoiceXpressRejected, match="Document creation limit reached"):
        create_resolving_client(account, meant)
    assert sandbox.requests() == {"POST /invoices.json": 1}


@pytest.mark.parametrize("shape", ["list", "object"])
def test_the_check_tells_a_wrong_key(sandbox: Sandbox, shape: str) -> None:
    sandbox.set(auth_error_shape=shape)
    check_account(sandbox.account)
    for name, key in (("casa", "wrong"), ("nobody", "wrong")):
        with pytest.raises(UserError, match=r"^Invalid API key, or no InvoiceXpress account"):
            check_account(sandbox.pool.account(name, key))


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


def test_every_other_refusal_goes_up_as_it_is(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    for wrong in (make_request(client_name="x" * 101), make_request(client_name=""), make_request(sequence_id="no")):
        with pytest.raises(InvoiceXpressRejected):
            create_resolving_client(account, wrong)
    assert sandbox.requests() == {"POST /invoices.json": 3}


def test_the_longer_name_keeps_to_a_hundred_characters() -> None:
    name = disambiguated("Maria " * 20, "FS-B1042")
    assert len(name) <= 100
    assert name.endswith("Maria (FS-B1042)")
    assert disambiguated("Ana", "FS-B1042") == "Ana (FS-B1042)"
