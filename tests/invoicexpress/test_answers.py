import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, UserError
from worker.invoicexpress.answers import LONGEST_WAIT, UnknownHost, seconds_to_wait
from worker.invoicexpress.check import check_account
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.clients import update_resolving_client
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DocumentRequest

Answered = Callable[[Callable[[httpx.Request], httpx.Response]], InvoiceXpress]

NOON = datetime(2027, 3, 14, 12, tzinfo=UTC)


def failing(error: Exception, cause: Exception | None = None) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error from cause

    return answer


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 413, 418, 422, 451])
def test_a_refusal_carries_its_own_words(answered_by: Answered, meant: DocumentRequest, status: int) -> None:
    account = answered_by(lambda _: httpx.Response(status, json={"errors": [{"error": "Cliente não é válido"}]}))
    with pytest.raises(InvoiceXpressRejected, match=f"^InvoiceXpress answered {status}: Cliente não é válido$") as no:
        account.create(meant)
    assert (no.value.status, no.value.words) == (status, ("Cliente não é válido",))


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 409, 500, 501, 502, 503, 504, 520, 530, 599])
def test_what_may_have_been_done_is_an_unknown_outcome(
    answered_by: Answered, meant: DocumentRequest, status: int
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, headers={"Location": "https://evil.com/"}, json={"reason": "uid 0c2f"})

    with pytest.raises(
        InvoiceXpressUnavailable, match=rf"^InvoiceXpress answered POST /invoices\.json with {status}\."
    ):
        answered_by(answer).create(meant)
    assert len(asked) == 1
    with pytest.raises(InvoiceXpressUnavailable) as fault:
        answered_by(answer).update(90000001, meant)
    assert fault.value.sent
    assert "90000001" not in str(fault.value)


SHOWN = {
    "id": 7,
    "status": "draft",
    "reference": "FS-B1042",
    "total": "461.00",
    "client": {"id": 1, "name": "Ana Exemplo", "code": "FS-C1042"},
    "items": [
        {
            "description": "Serviço de alojamento de 10/03/2027 a 14/03/2027 (4 noites).",
            "unit_price": "434.9057",
            "tax": {"value": "6"},
        }
    ],
}


@pytest.mark.parametrize(
    ("answer", "reads"),
    [
        ({"invoice": SHOWN}, 0),
        ({"invoice": SHOWN | {"total": "400.00"}}, 1),
        ({"invoice": SHOWN | {"items": []}}, 1),
        ({"invoice": SHOWN | {"client": {"name": "Ana Exemplo"}}}, 1),
        ({"invoice": SHOWN | {"id": 8}}, 1),
        ({"invoice": {"id": 7, "status": "draft"}}, 1),
        ({"invoice": {}}, 1),
        ("", 1),
        (" ", 1),
        ("<html></html>", 1),
    ],
)
def test_the_answer_to_an_update_counts_where_it_shows_all_that_was_meant(
    answered_by: Answered, meant: DocumentRequest, answer: object, reads: int
) -> None:
    asked = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if request.method == "GET":
            return httpx.Response(200, json={"invoice": SHOWN})
        return httpx.Response(200, text=answer) if isinstance(answer, str) else httpx.Response(200, json=answer)

    document, _ = update_resolving_client(answered_by(answers), 7, meant)
    assert asked == ["PUT", *["GET"] * reads]
    assert (document.id, differences(meant, document)) == (7, ())


@pytest.mark.parametrize("body", ["", "{}", "<html></html>"])
def test_429_says_how_long_to_wait(answered_by: Answered, meant: DocumentRequest, body: str) -> None:
    account = answered_by(lambda _: httpx.Response(429, headers={"Retry-After": "12"}, text=body))
    with pytest.raises(InvoiceXpressUnavailable) as fault:
        account.create(meant)
    assert (fault.value.sent, fault.value.retry_after) == (False, 12.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("999999999", LONGEST_WAIT),
        ("-5", None),
        ("1.5", None),
        ("inf", None),
        ("٣", None),
        ("9" * 5000, None),
        ("soon", None),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime((NOON + timedelta(seconds=90)).astimezone(timezone(timedelta(hours=1)))), 90.0),
        ("Sun, 14 Mar 2027 12:00:07 -0000", 7.0),
        (format_datetime(NOON - timedelta(days=1), usegmt=True), 0.0),
        (format_datetime(NOON + timedelta(days=1), usegmt=True), LONGEST_WAIT),
    ],
)
def test_retry_after_is_read_and_bounded(header: str, seconds: float | None) -> None:
    assert seconds_to_wait(header, NOON) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,9} [A-Z][a-z]{2} [0-9]{1,9} [0-9:]{0,9} [-+]?[0-9A-Z]{0,9}"))
def test_any_retry_after_is_read(header: str) -> None:
    seconds = seconds_to_wait(header, NOON)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_what_never_left_is_not_sent(
    answered_by: Answered, meant: DocumentRequest, error: type[httpx.TransportError]
) -> None:
    with pytest.raises(
        InvoiceXpressUnavailable, match=rf"did not answer POST /invoices\.json \({error.__name__}\)"
    ) as fault:
        answered_by(failing(error("https://secret"))).create(meant)
    assert not fault.value.sent
    assert not isinstance(fault.value, UnknownHost)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.ReadError,
        httpx.WriteError,
        httpx.CloseError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
        ConnectionResetError,
    ],
)
def test_a_lost_answer_is_an_unknown_outcome(
    answered_by: Answered, meant: DocumentRequest, error: type[Exception]
) -> None:
    with pytest.raises(InvoiceXpressUnavailable, match=error.__name__) as fault:
        answered_by(failing(error("https://secret"))).create(meant)
    assert fault.value.sent
    assert "secret" not in str(fault.value)
    assert fault.value.__suppress_context__


def test_a_host_that_does_not_exist_is_told_from_one_that_is_down(answered_by: Answered) -> None:
    unknown = failing(httpx.ConnectError("x"), socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    with pytest.raises(UnknownHost) as fault:
        answered_by(unknown).taxes()
    assert not fault.value.sent
    no_network = failing(httpx.ConnectError("x"), socket.gaierror(socket.EAI_AGAIN, "Temporary failure"))
    with pytest.raises(InvoiceXpressUnavailable) as other:
        answered_by(no_network).taxes()
    assert not isinstance(other.value, UnknownHost)


def test_an_earlier_unknown_host_does_not_make_a_lost_answer_unsent(answered_by: Answered) -> None:
    unknown = failing(httpx.ConnectError("x"), socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    try:
        answered_by(unknown).taxes()
    except UnknownHost:
        with pytest.raises(InvoiceXpressUnavailable) as fault:
            answered_by(failing(httpx.ReadTimeout("x"))).taxes()
    assert fault.value.sent
    assert not isinstance(fault.value, UnknownHost)


def test_a_good_account_passes_the_check(answered_by: Answered) -> None:
    check_account(answered_by(lambda _: httpx.Response(200, json={"taxes": []})))


@pytest.mark.parametrize(
    ("answer", "beginning"),
    [
        (lambda _: httpx.Response(401, json={"errors": {"error": "Invalid API key"}}), "Invalid API key, or no Inv"),
        (lambda _: httpx.Response(401, json={"errors": [{"error": "Invalid API key"}]}), "Invalid API key, or no Inv"),
        (lambda _: httpx.Response(403, html="<title>Forbidden</title>"), "Invalid API key, or no Inv"),
        (lambda _: httpx.Response(404), "Account not found: "),
        (failing(httpx.ConnectError("x"), socket.gaierror(socket.EAI_NONAME, "x")), "Account not found: "),
        (failing(httpx.ConnectError("x")), "InvoiceXpress cannot be asked just now, "),
        (lambda _: httpx.Response(429), "InvoiceXpress cannot be asked just now, "),
        (lambda _: httpx.Response(530), "InvoiceXpress cannot be asked just now, "),
        (lambda _: httpx.Response(200, html="<title>Log in</title>"), "InvoiceXpress cannot be asked just now, "),
        (
            lambda _: httpx.Response(422, json=["Quota"]),
            "The account cannot be used. InvoiceXpress answered 422: Quota",
        ),
    ],
)
def test_the_check_says_what_to_do(
    answered_by: Answered, answer: Callable[[httpx.Request], httpx.Response], beginning: str
) -> None:
    with pytest.raises(UserError) as said:
        check_account(answered_by(answer))
    assert str(said.value).startswith(beginning)
