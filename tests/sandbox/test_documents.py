"""What a document may say: section 13, points 6, 8, 9, 13-16 and 18."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

Send = Callable[..., TestResponse]
Switch = Callable[..., None]
Draft = Callable[..., dict[str, Any]]
Line = Callable[..., dict[str, object]]


def errors(answer: TestResponse) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["error"] for error in answer.get_json()["errors"]]


@pytest.mark.parametrize("root", ["invoice", "invoice_receipt"])
def test_answer_has_the_singular_type_as_root_whatever_the_request_had(
    send: Send, body: Callable[..., object], root: str
) -> None:
    answer = send("POST", "/invoice_receipts.json", body(root=root))
    assert answer.status_code == 201
    assert answer.get_json()["invoice_receipt"]["type"] == "InvoiceReceipt"


def test_body_without_its_root_is_refused(send: Send) -> None:
    assert errors(send("POST", "/invoices.json", {"date": "14/03/2027"}))


def test_iso_days_are_taken_and_shown_as_the_vendor_writes_them(draft: Draft) -> None:
    document = draft(date="2027-03-14", due_date="2027-03-15")
    assert (document["date"], document["due_date"]) == ("14/03/2027", "15/03/2027")


@pytest.mark.parametrize("day", [None, "", "31/02/2027", "3/14/2027", "2027-02-31", 14032027])
def test_date_must_be_a_day(create: Send, day: object) -> None:
    assert errors(create(date=day))


def test_due_date_before_date_is_refused(create: Send) -> None:
    assert errors(create(due_date="13/03/2027")) == ["Data de vencimento deve ser posterior à data do documento"]


def test_due_date_may_be_absent(draft: Draft) -> None:
    assert draft(due_date=None)["due_date"] == "14/03/2027"


def test_document_needs_a_client(create: Send) -> None:
    assert errors(create(client=None)) == ["Elemento client não fornecido"]


@pytest.mark.parametrize("items", [None, [], {}, {"0": {}}, "text", ["text"]])
def test_document_needs_an_array_of_items(create: Send, items: object) -> None:
    assert errors(create(items=items))


@pytest.mark.parametrize("unit", ["night", "Day", 1])
def test_unit_outside_the_six_is_refused(create: Send, line: Line, unit: object) -> None:
    assert errors(create(items=[line(unit=unit)]))


def test_missing_unit_is_null(draft: Draft) -> None:
    assert draft()["items"][0]["unit"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"unit_price": "-1"},
        {"unit_price": "ten"},
        {"unit_price": "1,5"},
        {"unit_price": "NaN"},
        {"unit_price": True},
        {"quantity": "0"},
        {"quantity": "0.001"},
        {"quantity": "x"},
        {"discount": "-1"},
        {"discount": "100.1"},
        {"discount": "x"},
        {"name": ""},
    ],
)
def test_line_with_a_wrong_number_is_refused(create: Send, line: Line, change: dict[str, object]) -> None:
    assert errors(create(items=[line(**change)]))


@pytest.mark.parametrize("price", [12.34567, "12.34567"])
def test_unit_price_is_kept_to_four_decimals(draft: Draft, line: Line, price: object) -> None:
    assert draft(items=[line(unit_price=price)])["items"][0]["unit_price"] == "12.3457"


@pytest.mark.parametrize(("how", "kept"), [("half_up", "1.0001"), ("half_even", "1.0"), ("down", "1.0")])
def test_unit_price_can_be_rounded_otherwise(draft: Draft, line: Line, switch: Switch, how: str, kept: str) -> None:
    switch(unit_price_rounding=how)
    assert draft(items=[line(unit_price="1.00005")])["items"][0]["unit_price"] == kept


def test_discount_is_percent_and_discount_amount_means_nothing(draft: Draft, line: Line) -> None:
    document = draft(items=[line(unit_price="100", discount="10", discount_amount="50")])
    assert (document["sum"], document["discount"], document["before_taxes"]) == (100.0, 10.0, 90.0)
    assert document["items"][0]["discount_amount"] == 10.0


def test_global_discount_lowers_net_and_tax(draft: Draft, line: Line) -> None:
    discount = {"value_type": "percentage", "value": 50}
    document = draft(items=[line(unit_price="100")], global_discount=discount)
    assert (document["before_taxes"], document["taxes"], document["total"]) == (50.0, 3.0, 53.0)


def test_unknown_document_attribute_is_refused(create: Send) -> None:
    assert errors(create(colour="blue"))


def test_status_is_tolerated_on_create(draft: Draft) -> None:
    assert draft(status="final")["status"] == "draft"


def test_unknown_document_attribute_can_be_ignored(draft: Draft, switch: Switch) -> None:
    switch(unknown_document_attribute="ignore")
    assert draft(colour="blue")


def test_unknown_line_attribute_is_ignored(create: Send, line: Line, switch: Switch) -> None:
    assert create(items=[line(colour="blue")]).status_code == 201
    switch(unknown_line_attribute="refuse")
    assert errors(create(items=[line(colour="blue")]))


def test_item_id_on_a_line_is_refused(create: Send, line: Line) -> None:
    assert errors(create(items=[line(id=600001)])) == ["Item duplicado"]


@pytest.mark.parametrize("tax", [None, {"name": "IVA66"}, {"name": "iva6"}, {}, 6])
def test_unknown_tax_name_becomes_the_default_tax(draft: Draft, line: Line, tax: object) -> None:
    assert draft(items=[line(tax=tax)])["items"][0]["tax"]["name"] == "IVA23"


def test_tax_names_can_ignore_case(draft: Draft, line: Line, switch: Switch) -> None:
    switch(tax_name_case="insensitive")
    assert draft(items=[line(tax={"name": "iva6"})])["items"][0]["tax"]["name"] == "IVA6"


def test_exempt_line_without_code_is_refused(create: Send, line: Line) -> None:
    answer = create(items=[line(tax={"name": "Isento"})])
    assert errors(answer) == ["Razão de isenção deve ter uma opção selecionada"]


def test_exempt_line_without_code_can_be_stamped(draft: Draft, line: Line, switch: Switch) -> None:
    switch(missing_exemption="stamp", exemption_echo="code")
    assert draft(items=[line(tax={"name": "Isento"})])["tax_exemption"] == "M99"


@pytest.mark.parametrize("field", ["tax_exemption", "tax_exemption_reason"])
def test_exemption_code_is_taken_under_both_names(draft: Draft, line: Line, switch: Switch, field: str) -> None:
    switch(exemption_echo="code")
    assert draft(items=[line(tax={"name": "Isento"})], **{field: "M10"})["tax_exemption"] == "M10"


def test_put_without_exemption_code_is_stamped_m99(
    draft: Draft, send: Send, body: Callable[..., object], line: Line, switch: Switch
) -> None:
    switch(exemption_echo="code")
    exempt = [line(tax={"name": "Isento"})]
    document = draft(items=exempt, tax_exemption="M10")
    assert send("PUT", f"/invoices/{document['id']}.json", body(items=exempt)).status_code == 200
    read = send("GET", f"/invoices/{document['id']}.json").get_json()["invoice"]
    assert read["tax_exemption"] == "M99"


@pytest.mark.parametrize("code", ["M03", "M08", "X"])
def test_unknown_exemption_code_is_refused(create: Send, line: Line, code: str) -> None:
    assert errors(create(items=[line(tax={"name": "Isento"})], tax_exemption=code))


def test_needless_exemption_code_is_ignored(create: Send, switch: Switch) -> None:
    assert create(tax_exemption="M10").status_code == 201
    switch(needless_exemption="refuse")
    assert errors(create(tax_exemption="M10"))


def test_zero_total_is_refused_and_leaves_no_client(create: Send, send: Send, line: Line) -> None:
    assert errors(create(items=[line(unit_price="0")]))
    assert send("GET", "/clients.json").get_json()["clients"] == []


def test_credit_note_of_a_draft_is_refused(draft: Draft, create: Send, act: Send) -> None:
    owner = draft()["id"]
    assert errors(create(kind="credit_notes", owner_invoice_id=owner))
    act(owner, "finalize")
    assert create(kind="credit_notes", owner_invoice_id=owner).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"retention": "100"},
        {"retention": "x"},
        {"retention": 5},
        {"reference": 7},
        {"reference": "x" * 256},
        {"observations": "🏖"},
        {"sequence_id": "1"},
        {"mb_reference": "1"},
        {"currency_code": "USD"},
        {"global_discount": {"value_type": "amount", "value": 1}},
    ],
)
def test_wrong_field_is_refused(create: Send, change: dict[str, object]) -> None:
    assert errors(create(**change))


def test_series_is_taken_by_its_id_as_text_or_number(create: Send, send: Send) -> None:
    series = send("GET", "/sequences.json").get_json()["sequences"][0]
    assert series["default_sequence"] == 1
    assert create(sequence_id=series["id"]).status_code == 201
    assert create(sequence_id=str(series["id"])).status_code == 201


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
FIELDS = ("date", "due_date", "reference", "retention", "sequence_id", "client", "items", "mb_reference")
MORE = ("currency_code", "global_discount", "tax_exemption", "owner_invoice_id", "observations")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(FIELDS + MORE), value=anything, kind=st.sampled_from(["invoices", "credit_notes"]))
def test_no_field_makes_the_sandbox_itself_fail(create: Send, field: str, value: object, kind: str) -> None:
    assert create(kind=kind, **{field: value}).status_code in {201, 404, 422}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(["name", "description", "unit_price", "quantity", "unit", "discount", "tax"]),
    value=anything,
)
def test_no_line_makes_the_sandbox_itself_fail(create: Send, line: Line, field: str, value: object) -> None:
    assert create(items=[{**line(), field: value}]).status_code in {201, 422}
