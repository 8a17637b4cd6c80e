"""How things are said, in both languages."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from mapping.draft_warnings import SENTENCES, WarningSlug
from mapping.reasons import Reason
from webhook.console.formats import day, moment, money, percent, since, stay, web_link
from webhook.console.languages import language, speak_the_browsers_language
from webhook.console.texts import REASON_TEXTS, STATUS_TEXTS, sentence, warning
from webhook.console.timeline import event
from worker.records import BookingStatus

READERS = {"en": "en-US,en;q=0.9", "pt": "pt-PT,pt;q=0.9,en;q=0.5"}
READ_BY = Callable[[str], object]


@pytest.fixture
def read_by() -> Iterator[READ_BY]:
    """read_by("pt"): what is said from now on is for somebody whose browser asks for that."""
    app = Flask("webhook")
    speak_the_browsers_language(app)
    with ExitStack() as stack:
        yield lambda known: stack.enter_context(
            app.test_request_context(headers={"Accept-Language": READERS.get(known, known)})
        )


def plain(text: str) -> str:
    return re.sub(r"\s", " ", text)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("pt-PT", "pt"), ("pt-BR", "pt"), ("de,pt;q=0.5", "pt"), ("en-US", "en"), ("de", "en"), ("*", "en"), ("", "en")],
)
def test_the_browser_says_the_language(read_by: READ_BY, asked: str, spoken: str) -> None:
    read_by(asked)
    assert language() == spoken


def test_every_status_and_reason_has_its_words() -> None:
    assert set(STATUS_TEXTS) == set(BookingStatus)
    assert set(REASON_TEXTS) == set(Reason)


@pytest.mark.parametrize(
    ("line", "en", "pt"),
    [
        ({"event": "parked", "reason": "no-location"}, "Parked: no location.", "Por decidir: sem localização."),
        ({"event": "drafted", "reason": ""}, "Drafted.", "Em rascunho."),
        ({"event": "parked", "reason": "long-gone"}, "Parked: long gone.", "Por decidir: long gone."),
        (
            {"event": "created", "document": 7},
            "InvoiceXpress made the draft 7.",
            "O InvoiceXpress criou o rascunho 7.",
        ),
        (
            {"event": "read", "document": 7},
            "Looked at the document 7 in InvoiceXpress: ?.",
            "O documento 7 foi consultado no InvoiceXpress: ?.",
        ),
        ({"event": "something-new"}, "Something new.", "Something new."),
    ],
)
def test_history_is_told_in_plain_words(read_by: READ_BY, line: dict[str, object], en: str, pt: str) -> None:
    assert event(line) == en
    read_by("pt")
    assert event(line) == pt


def test_a_warning_that_is_kept_in_english_is_told_in_the_readers_language(read_by: READ_BY) -> None:
    slug = WarningSlug.TOURIST_TAX_ON_TOP
    kept = SENTENCES[slug].format(amount="8.00")
    assert warning(slug.value, kept) == kept
    read_by("pt")
    assert warning(slug.value, kept).startswith("A taxa turística de 8.00 € não faz parte do preço")
    assert warning(slug.value, "Words of an earlier version.") == "Words of an earlier version."
    assert warning("long-gone", "Words.") == "Words."


@pytest.mark.parametrize(
    ("check_in", "check_out", "words"),
    [
        ("2026-07-03", "2026-07-07", "03/07 – 07/07/2026"),
        ("2026-12-30", "2027-01-02", "30/12/2026 – 02/01/2027"),
        (None, None, "not fetched yet"),
    ],
)
def test_a_stay_is_written_as_people_write_it(check_in: str | None, check_out: str | None, words: str) -> None:
    assert plain(stay(check_in, check_out)) == words


@pytest.mark.parametrize(
    ("amount", "currency", "en", "pt"),
    [
        (None, "EUR", "–", "–"),
        ("", "EUR", "–", "–"),
        ("612.50", "EUR", "€612.50", "612,50 €"),
        ("12418.00", "EUR", "€12,418.00", "12 418,00 €"),
        ("-64.79", "EUR", "−€64.79", "−64,79 €"),
        ("-0.00", "EUR", "€0.00", "0,00 €"),
        (Decimal("90.00"), "GBP", "£90.00", "90,00 £"),
        ("90", None, "90.00", "90,00"),
    ],
)
def test_money_is_written_as_people_write_it(
    read_by: READ_BY, amount: str | Decimal | None, currency: str | None, en: str, pt: str
) -> None:
    assert plain(money(amount, currency)) == en
    read_by("pt")
    assert plain(money(amount, currency)) == pt


def test_unit_prices_have_as_many_places_as_are_asked_for(read_by: READ_BY) -> None:
    assert money("325.6698", places=4) == "€325.6698"
    read_by("pt")
    assert plain(money("325.6698", places=4)) == "325,6698 €"


def test_rates_and_days_are_written_as_people_write_them(read_by: READ_BY) -> None:
    assert (percent("6"), percent("12.5"), percent(None)) == ("6%", "12.5%", "–")
    read_by("pt")
    assert percent(Decimal("12.5")) == "12,5%"
    assert (day("2026-07-03"), day(None)) == ("03/07/2026", "–")


def test_moments_are_told_by_lisbons_clock(read_by: READ_BY) -> None:
    summer = datetime.fromisoformat("2026-07-01T23:30:00+00:00")
    assert plain(moment(summer)) == "02/07/2026, 00:30"
    assert since(summer, summer + timedelta(seconds=10)) == "just now"
    read_by("pt")
    assert since(summer, summer + timedelta(hours=3)) == "há 3 horas"


def test_a_sentence_whose_command_is_not_shown_ends_like_one() -> None:
    assert sentence("Give its percentage:") == "Give its percentage."
    assert sentence("Retry.") == "Retry."


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "data:text/html,x", "//casa", "https:", "/invoices/1"]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_link(url) is None
