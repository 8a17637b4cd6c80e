"""The timeline: each request that is made to InvoiceXpress for a booking is told, and nothing of a guest and no key with it."""

from typing import Any, cast

import httpx
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as StoreIsAway

from mapping.reasons import Reason
from tests.worker.room import API_KEY, EMAIL, GUEST, Room, key_of
from worker.history import HIDDEN, Story
from worker.invoicexpress.answers import Asked
from worker.ledger import Ledger


def requests(room: Room) -> list[tuple[str, str, int | None]]:
    lines = [line for line in room.house.ledger.history(key_of()) if line["event"] == "request"]
    assert all(isinstance(line["ms"], int) for line in lines)
    return [(line["method"], line["path"], line.get("status")) for line in lines]


def answered(room: Room, method: str, answer: httpx.Response) -> None:
    """Let the next request of `method` be answered so, and not carried out."""
    sandbox = room.wire.handle_request

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method != method:
            return sandbox(request)
        room.wire.handle_request = sandbox  # type: ignore[method-assign]
        return answer

    room.wire.handle_request = handle  # type: ignore[method-assign]


def test_each_request_is_told_where_it_was_made(room: Room) -> None:
    room.drafted()
    number = room.document()["id"]
    assert [line["event"] for line in room.house.ledger.history(key_of())] == [
        *("request", "creating", "request", "created", "drafted"),
    ]
    assert requests(room) == [("GET", "/taxes.json", 200), ("POST", "/invoices.json", 201)]
    room.drafted(total_guest="212.00")
    assert requests(room)[2:] == [
        ("GET", f"/invoices/{number}.json", 200),
        ("PUT", f"/invoices/{number}.json", 200),
        ("GET", f"/invoices/{number}.json", 200),
    ]
    room.drafted(status="cancelled")
    assert requests(room)[-1] == ("PUT", f"/invoices/{number}/change-state.json", 200)


def test_there_are_as_many_as_invoicexpress_counted(room: Room) -> None:
    room.requests()
    room.fault("error_after_commit", method="POST")
    room.drafted()
    room.drafted(guest_name="Outra Pessoa", total_guest="212.00")
    room.drafted(status="cancelled")
    assert len(requests(room)) == sum(room.requests().values())


def test_an_answer_that_did_not_come_says_so(room: Room) -> None:
    room.wire.lose_the_next_answer("POST")
    room.deliver()
    room.turn()
    line = [line for line in room.house.ledger.history(key_of()) if line["event"] == "request"][-1]
    assert "status" not in line
    assert line["words"] == "InvoiceXpress did not answer POST /invoices.json (ReadTimeout)."


def test_a_refusal_is_told_in_invoicexpresss_own_words(room: Room) -> None:
    answered(room, "POST", httpx.Response(422, json={"errors": [{"error": "O NIF não é válido."}]}))
    assert room.drafted().reason is Reason.REFUSED
    line = room.house.ledger.history(key_of())[-2]
    assert (line["status"], line["words"]) == (422, "O NIF não é válido.")


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429, 500, 503])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_neither_the_key_nor_a_guest_is_told_whatever_invoicexpress_answers(
    room: Room, method: str, status: int
) -> None:
    tax_number, earlier = "501442600", "Bento Antigo"
    said = f"{GUEST} ({EMAIL}, {tax_number}, ágata, CANÁRIA) is not welcome at ?api_key={API_KEY}. {earlier} is."
    if method != "POST":
        room.drafted(guest_name=earlier)
    answered(room, method, httpx.Response(status, json={"errors": {"client": [said]}}))
    room.deliver(guest_tax_id=f"PT {tax_number}")
    room.turn()
    kept = b"\n".join(room.house.store.lrange(f"fs:history:{key_of()}", 0, -1)).decode()
    assert f'"status": {status}' in kept
    if status in {400, 401, 422} or (status == 404 and method != "GET"):
        assert "is not welcome at ?api_key=***" in kept
    for canary in (API_KEY, GUEST, EMAIL, tax_number, "gata", "anária", "ANÁRIA", "api_key=c"):
        assert canary not in kept, canary
    if method != "POST":
        assert earlier not in kept


def test_words_keep_what_is_not_the_guests(room: Room) -> None:
    story = Story(room.clock)
    story.hide(["Ana de Nome Só", None, " "])
    story.asked(
        Asked(method="POST", path="/x", status=422, words="O nome de Ana de Nome Só já existe; Nome é obrigatório")
    )
    (line,) = story.lines
    assert f'"words": "O {HIDDEN} de {HIDDEN} já existe; {HIDDEN} é obrigatório"' in line


def test_lines_cost_no_call_of_their_own(room: Room) -> None:
    calls: list[list[str]] = []
    with cast("Any", room.house.store).monitor() as monitor:
        room.drafted()
        cast("Redis", room.house.store).echo("end")
        together: list[str] = []
        for line in monitor.listen():
            command = line["command"].split()[0]
            if command == "ECHO":
                break
            if line["client_type"] != "lua":
                together = [command] if command == "MULTI" else [*together, command]
                if command == "RPUSH" and "fs:history" in line["command"]:
                    calls.append(together)
    assert calls == [["MULTI", "EVAL", "RPUSH"], ["MULTI", "EVAL", "RPUSH"]], "the claim's and the document's"


def test_lines_are_kept_although_the_store_was_away_for_a_moment(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    write, absences = Ledger.write_trail, [StoreIsAway("away")]

    def away_once(*given: Any) -> None:
        if room.documents() and absences:
            raise absences.pop()
        write(*given)

    monkeypatch.setattr(Ledger, "write_trail", away_once)
    room.deliver()
    room.turn()
    assert room.record().reason is Reason.STORE_WAS_AWAY
    assert requests(room) == [("GET", "/taxes.json", 200), ("POST", "/invoices.json", 201)]
