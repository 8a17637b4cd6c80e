from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mapping.booking import Line, is_tourist_tax
from mapping.delivery import json_body
from mapping.errors import UnreadableDelivery
from mapping.fields import (
    Count,
    Country,
    CountryOrNone,
    Currency,
    Day,
    Flag,
    Id,
    Moment,
    Money,
    Number,
    Part,
    Parts,
    RequiredDay,
    Text,
    VendorBody,
    to_cents,
)

READ: list[tuple[Any, Any, Any]] = [
    (Text, "  Zoe\u0308 ", "Zo\u00eb"),
    (Text, 42, "42"),
    (Text, " ", None),
    (Text, None, None),
    (Id, 7100001, "7100001"),
    (Money, "612.50", Decimal("612.50")),
    (Money, " 1e2 ", Decimal("100.00")),
    (Money, Decimal("612.499999999"), Decimal("612.50")),
    (Money, Decimal("0.005"), Decimal("0.01")),
    (Money, -12, Decimal("-12.00")),
    (Money, "", None),
    (Money, None, None),
    (Number, "15.50", Decimal("15.50")),
    (Count, "2", 2),
    (Count, Decimal("2.0"), 2),
    (Count, "", None),
    (Day, "2026-08-03", date(2026, 8, 3)),
    (Day, "2026-08-03T23:59:59-08:00", date(2026, 8, 3)),
    (Day, "2026-08-03 00:00:00", date(2026, 8, 3)),
    (Day, "", None),
    (Moment, "2026-05-19 18:42", datetime(2026, 5, 19, 18, 42, tzinfo=UTC)),
    (Moment, "2026-05-19T18:42:31+01:00", datetime(2026, 5, 19, 17, 42, 31, tzinfo=UTC)),
    (Moment, "", None),
    (Flag, 1, True),
    (Flag, "No", False),
    (Flag, Decimal(0), False),
    (Flag, "", None),
    (Flag, None, None),
    (Currency, "eur", "EUR"),
    (Currency, "", None),
    (Country, "pt", "PT"),
    (CountryOrNone, "pt", "PT"),
    (CountryOrNone, "Portugal", None),
]

REFUSED: list[tuple[Any, Any]] = [
    (Text, True),
    (Text, ["a"]),
    (Text, "half \ud800"),
    (Text, "x" * 10_001),
    (Id, ""),
    (Id, None),
    (Id, "x" * 256),
    (Money, True),
    (Money, "1.234,50"),
    (Money, "1_000"),
    (Money, "٣"),
    (Money, "NaN"),
    (Money, "\ud800"),
    (Money, "1e999999999999999999999"),
    (Money, 10_000_001),
    (Money, [1]),
    (Count, "2.5"),
    (Day, "2026-02-30"),
    (Day, "2026-08-031"),
    (Day, "03.08.2026"),
    (Day, "20260803"),
    (Day, 20260803),
    (Day, "0000-00-00"),
    (RequiredDay, ""),
    (Moment, "yesterday"),
    (Moment, {}),
    (Moment, "0001-01-01T00:00:00+14:00"),
    (Flag, "maybe"),
    (Flag, 2),
    (Currency, "EURO"),
    (Country, "Portugal"),
    (CountryOrNone, {}),
]


@pytest.mark.parametrize(("field", "given", "read"), READ)
def test_a_value_is_read_however_it_is_written(field: Any, given: Any, read: Any) -> None:
    assert TypeAdapter(field).validate_python(given) == read


@pytest.mark.parametrize(("field", "given"), REFUSED)
def test_what_is_something_else_is_refused(field: Any, given: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(field).validate_python(given)


class Body(VendorBody):
    part: Part[Line]
    parts: Parts[Line]


@pytest.mark.parametrize("nothing", [None, "", []])
def test_a_part_that_is_written_as_nothing_is_absent(nothing: Any) -> None:
    assert Body.model_validate({"part": nothing, "parts": nothing}) == Body.model_validate({})
    assert Body.model_validate({}).parts == ()


@given(st.decimals(min_value=-1000, max_value=1000, allow_nan=False, allow_infinity=False))
def test_cents_are_at_most_half_a_cent_away(amount: Decimal) -> None:
    assert abs(to_cents(amount) - amount) <= Decimal("0.005")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id":' + b"1" * 5_000 + b"}",
        b'{"price":1e99999999999999999999}',
        b'{"guest":"\xff"}',
        '{"guest":"Zoë"}'.encode("utf-16"),
        b'{"price":NaN}',
        b'{"price":-Infinity}',
        b'{"id":1,"id":2}',
        b"id=1&price=2",
    ],
)
def test_a_body_that_is_not_plain_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableDelivery) as caught:
        json_body(body)
    assert [problem.path for problem in caught.value.problems] == ["body"]


def test_a_body_may_begin_with_a_byte_order_mark() -> None:
    assert json_body(b'\xef\xbb\xbf{"price":612.5}') == {"price": Decimal("612.5")}


def test_a_strangers_key_is_named_in_part_only() -> None:
    with pytest.raises(ValidationError) as caught:
        Line.model_validate({"kind": "other", "k" * 1000: 1})
    assert [problem.path for problem in UnreadableDelivery.of(caught.value, under="lines").problems] == [
        "lines." + "k" * 60
    ]


@pytest.mark.parametrize(
    "name", ["cityTax", "City tax", "TOURISM FEE", "Taxa Turística", "Taxa Municipal Turi\u0301stica", "taxe de séjour"]
)
def test_tourist_tax_is_known_by_its_names(name: str) -> None:
    assert is_tourist_tax(None, name)


@pytest.mark.parametrize(
    "name", [None, "", "TVA", "Airbnb Collected Tax", "airbnbTransientOccupancyTax", "Taxa de limpeza"]
)
def test_other_parts_of_the_price_are_no_tourist_tax(name: str | None) -> None:
    assert not is_tourist_tax(name)
