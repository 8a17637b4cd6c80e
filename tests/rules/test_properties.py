"""What holds for every booking and every setting."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mapping.booking import Booking, Channel, LineKind, PriceIs
from mapping.desired import Draft, NotYet, desired
from mapping.draft import UNIT_PRICE_STEP, unit_price
from mapping.iva import RATES, Category, Location
from mapping.settings import PERCENTS, Basis, DraftAt, Prices, Regime, Settings, TouristTax

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
EVERY_RATE = sorted({Decimal(0), *PERCENTS})
LARGEST = 1_000_000  # cents
LINE_KINDS = st.sampled_from(list(LineKind))
LABELS = st.sampled_from([None, "Limpeza", "Taxa turística", "City tax", "Transfer"])


def cents(least: int = 1, most: int = LARGEST) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda amount: f"{amount // 100}.{amount % 100:02}")


LINES = st.lists(
    st.builds(
        lambda kind, label, amount, inside: {
            "kind": kind.value, "label": label, "amount": amount, "included_in_total": inside
        },
        LINE_KINDS, LABELS, cents(0, 50_000), st.sampled_from([None, True, False]),
    ),
    max_size=4,
)  # fmt: skip
BOOKINGS = st.fixed_dictionaries(
    {"total_guest": cents(), "ota": st.sampled_from([channel.value for channel in Channel])},
    optional={
        "commission": cents(0, 30_000),
        "tourist_tax": cents(0, 20_000),
        "total_includes_tourist_tax": st.booleans(),
        "cleaning": cents(0, 20_000),
        "payout": cents(),
        "price_is": st.sampled_from([meaning.value for meaning in PriceIs]),
        "currency": st.sampled_from(["EUR", "USD"]),
        "lines": LINES,
    },
)
SETTINGS = st.builds(
    Settings,
    location=st.sampled_from(Location),
    basis=st.none() | st.sampled_from(Basis),
    channel_basis=st.dictionaries(st.sampled_from(Channel), st.sampled_from(Basis), max_size=2),
    commission=st.dictionaries(st.sampled_from(Channel), st.integers(0, 40).map(Decimal), max_size=6),
    prices=st.none() | st.sampled_from(Prices),
    regime=st.none() | st.sampled_from(Regime),
    draft_at=st.none() | st.sampled_from(DraftAt),
    tourist_tax=st.none() | st.sampled_from(TouristTax),
    cleaning=st.sampled_from([None, "in-stay", *(f"own-line={each}" for each in Category)]),
    exchange=st.just({"USD": Decimal("0.92")}),
)


def booking_of(fields: dict[str, Any]) -> Booking:
    known = {
        "source_id": "1",
        "status": "confirmed",
        "property_ref": "7",
        "check_in": "2026-07-03",
        "check_out": "2026-07-07",
        "guest_name": "Ingrid Solberg",
        "currency": "EUR",
    }
    return Booking.model_validate({**known, **fields})


def drafted(fields: dict[str, Any], settings: Settings) -> Draft:
    found = desired(booking_of(fields), settings, default_currency=None, now=NOW)
    assume(isinstance(found, Draft))
    assert isinstance(found, Draft)
    return found


def sum_in_cents(found: Draft) -> int:
    """What InvoiceXpress makes of the lines, by another arithmetic than the program's: exact, then rounded once."""
    exact = sum(Fraction(line.unit_price) * (100 + Fraction(line.rate)) for line in found.draft.lines)
    return int(exact + Fraction(1, 2))


@given(BOOKINGS, SETTINGS)
def test_the_document_comes_to_what_was_meant_to_the_cent(fields: dict[str, Any], settings: Settings) -> None:
    found = drafted(fields, settings)
    assert found.draft.total * 100 == sum_in_cents(found)
    if found.figures.prices is Prices.WITH_IVA or found.draft.rate == 0:
        own = Decimal(0) if found.draft.exemption != "M99" else found.figures.price.tourist_tax
        assert found.draft.total == found.figures.amount + own
    assert all(line.unit_price == line.unit_price.quantize(UNIT_PRICE_STEP) > 0 for line in found.draft.lines)


@given(BOOKINGS, SETTINGS)
def test_nothing_is_deducted_twice(fields: dict[str, Any], settings: Settings) -> None:
    figures = drafted(fields, settings).figures
    price, commission = figures.price, figures.commission
    if price.is_payout:
        assert figures.net == price.stay
    elif figures.basis is Basis.NET:
        assert commission is not None
        assert figures.amount == price.stay - commission
    if figures.basis is Basis.GROSS:
        assert figures.amount == price.stay + ((commission or 0) if price.is_payout else 0)
    if figures.gross is not None and figures.net is not None:
        assert figures.gross - figures.net == commission


@given(BOOKINGS, SETTINGS)
def test_no_line_is_exempt_without_the_owners_setting(fields: dict[str, Any], settings: Settings) -> None:
    draft = drafted(fields, settings).draft
    exempt = [line for line in draft.lines if line.rate == 0]
    if settings.regime is Regime.ART53:
        assert draft.exemption == "M10"
        assert len(exempt) == len(draft.lines)
    elif settings.tourist_tax is TouristTax.OWN_LINE and exempt:
        assert draft.exemption == "M99"
        assert draft.rate > 0
        assert [line.item_name for line in exempt] == ["Taxa municipal turística"]
    else:
        assert (draft.exemption, exempt) == (None, [])


@given(BOOKINGS, SETTINGS, cents(1, 20_000))
def test_tourist_tax_is_never_in_the_base(fields: dict[str, Any], settings: Settings, tax: str) -> None:
    fields = {**fields, "lines": [], "tourist_tax": "0.00", "total_includes_tourist_tax": True, "currency": "EUR"}
    fields["payout"] = None
    without = drafted(fields, settings)
    total = f"{Decimal(fields['total_guest']) + Decimal(tax)}"
    with_tax = drafted({**fields, "total_guest": total, "tourist_tax": tax}, settings)
    assert with_tax.figures.amount == without.figures.amount
    taxed = [line for line in with_tax.draft.lines if line.rate]
    assert taxed == [line for line in without.draft.lines if line.rate]


@given(BOOKINGS, SETTINGS, st.sampled_from([DraftAt.CHECK_IN, DraftAt.CHECK_OUT]))
def test_a_draft_is_made_from_its_day_on_and_not_a_moment_before(
    fields: dict[str, Any], settings: Settings, draft_at: DraftAt
) -> None:
    early = desired(
        booking_of(fields), settings.model_copy(update={"draft_at": draft_at}), default_currency=None, now=NOW
    )
    assume(isinstance(early, NotYet))
    assert isinstance(early, NotYet)
    settings = settings.model_copy(update={"draft_at": draft_at})
    on_time = desired(booking_of(fields), settings, default_currency=None, now=early.moment)
    assert isinstance(on_time, Draft)


@pytest.mark.parametrize("rate", EVERY_RATE)
def test_every_amount_up_to_ten_thousand_euros_is_reached_to_the_cent(rate: Decimal) -> None:
    percent = 100 + int(rate)
    for amount in range(1, LARGEST + 1):
        price = unit_price(Decimal(amount).scaleb(-2), rate)
        # In whole numbers: ten-thousandths of a euro, times percent, rounded half up to cents.
        assert (int(price.scaleb(4)) * percent + 5_000) // 10_000 == amount


def test_the_rates_that_are_tried_are_all_that_any_place_ever_had() -> None:
    assert {rates.of(category) for rates in RATES for category in Category} | {Decimal(0)} == set(EVERY_RATE)
    assert min(rates.valid_from for rates in RATES) < date(2012, 1, 1)
