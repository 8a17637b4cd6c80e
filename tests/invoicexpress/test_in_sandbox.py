"""The client against the sandbox InvoiceXpress: whole ways, and every trap that the reference tells of."""

from decimal import Decimal

import pytest

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from tests.invoicexpress.sandbox import MakeRequest, Sandbox
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.clients import create_resolving_client, update_resolving_client
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DocumentRequest
from worker.invoicexpress.taxes import tax_for


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


@pytest.mark.parametrize(("answer", "reads"), [("empty", 1), ("document", 0)])
def test_an_update_replaces_the_draft_and_reads_what_the_answer_does_not_show(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest, answer: str, reads: int
) -> None:
    sandbox.set(update_answer=answer)
    document = account.create(make_request("400.00"))
    meant = make_request("461.00")
    sandbox.count()
    found, sent = update_resolving_client(account, document.id, meant)
    assert (found.id, differences(meant, found), sent) == (document.id, (), meant)
    asked = sandbox.count()
    assert (asked["PUT /invoices/{id}.json"], asked.get("GET /invoices/{id}.json", 0)) == (1, reads)
    assert found == account.document(document.id)


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


def test_every_other_refusal_goes_up_as_it_is(
    sandbox: Sandbox, account: InvoiceXpress, make_request: MakeRequest
) -> None:
    for wrong in (make_request(client_name="x" * 101), make_request(client_name=""), make_request(sequence_id="no")):
        with pytest.raises(InvoiceXpressRejected):
            create_resolving_client(account, wrong)
    assert sandbox.requests() == {"POST /invoices.json": 3}
