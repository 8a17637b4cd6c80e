"""`faturasync alarms`, and what is refused at the start of any process that sends them."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import Run
from tests.mailbox import WRITTEN, Mailbox, apprise_is_loaded, mailbox
from tests.processes import free_port
from worker.alarm_causes import AlarmCause
from worker.alarms import Alarm, AlarmState, keep, take_lock
from worker.services import Services

pytestmark = apprise_is_loaded


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def remember(house: Services, *alarms: Alarm) -> None:
    """What a look has left."""
    now = house.clock()
    assert take_lock(house.store, "look", seconds=60)
    assert keep(house.store, AlarmState(looked_at=now, alarms=alarms, not_taken={"json": now}), "look", seconds=60)


def test_an_empty_house_has_none_and_says_where_they_would_go(run: Run) -> None:
    said = run("alarms").out
    assert said == (
        "No alarm is open.\n"
        "ALARM_URLS is not set, so nobody is told of alarms; docs/alarms.md shows how to.\n"
        "Nobody has looked for alarms yet: the receiver, the console or a worker do once a minute.\n"
    )
    assert run("alarms", "--json").json == {
        "open": [], "sent_to": [], "not_taken": {}, "looked_at": None, "looked_after": False,
    }  # fmt: skip


def test_open_alarms_are_listed_with_what_to_do_and_where_they_go(run: Run, house: Services, box: Mailbox) -> None:
    known = {"facts": {}, "since": house.clock(), "is_open": True}
    remember(
        house,
        Alarm(cause=AlarmCause.KEY_REFUSED, subject="casa", is_told=True, **known),  # type: ignore[arg-type]  # see above
        Alarm(cause=AlarmCause.WORKERS, subject="", **known),  # type: ignore[arg-type]
        Alarm(cause=AlarmCause.SWEEPER, subject="", facts={}, since=house.clock()),
    )
    said = run("alarms", ALARM_URLS=f"{box.address} mailto://u:{WRITTEN}@example.pt").out
    said = re.sub(r"\b\d s\b", "0 s", said)  # a busy machine takes a moment
    assert "No worker is alive (for 0 s; nobody was told of it yet)\n  Start one: faturasync worker." in said
    assert "InvoiceXpress refuses the API key of casa (for 0 s)\n  Its bookings are parked" in said
    assert "The sweeper" not in said
    assert "Sent to: json, mailto.\njson did not take a message 0 s ago. Try it: faturasync alarms test\n" in said
    assert "Last look 0 s ago.\n" in said
    assert "canary" not in said
    told = run("alarms", "--json", ALARM_URLS=box.address).json
    assert [alarm["cause"] for alarm in told["open"]] == ["workers-gone", "api-key-refused"]
    assert (told["sent_to"], told["looked_after"]) == (["json"], True)


def test_a_test_says_what_each_address_made_of_it(run: Run, box: Mailbox) -> None:
    nobody = f"json://u:{WRITTEN}@127.0.0.1:{free_port()}"
    said = run("alarms", "test", ALARM_URLS=f"{nobody}, {box.address}", CONSOLE_URL="https://console.example.pt/")
    assert said.out == ("json: did not take it: there was no connection, or the log-in was refused.\njson: took it.\n")
    (message,) = box.came
    assert message["title"] == "FaturaSync: a test"
    assert message["message"].endswith("Nothing is wrong.\n\nhttps://console.example.pt")


def test_a_test_that_nobody_took_ends_with_a_fault(run: Run, box: Mailbox, fails: Callable[..., str]) -> None:
    box.status = 401
    said = run("alarms", "test", code=1, ALARM_URLS=box.address)
    assert said.out == "json: did not take it: it answered with status 401.\n"
    assert said.err == (
        "Error: Nobody took the message, so alarms would not arrive. Correct ALARM_URLS (docs/alarms.md).\n"
    )
    assert fails("alarms", "test").startswith("ALARM_URLS is not set")


@pytest.mark.parametrize(
    "words", [["worker", "--processes", "2"], ["receiver"], ["console"], ["up"], ["alarms"], ["alarms", "test"]]
)
def test_an_address_that_is_none_is_refused_at_the_start(words: list[str], fails: Callable[..., str]) -> None:
    ports = {"up": ("--port", "--console-port"), "receiver": ("--port",), "console": ("--port",)}
    free = {free_port() for _ in range(8)}  # the same one may be free twice
    words = [*words, *(word for port in ports.get(words[0], ()) for word in (port, str(free.pop())))]
    said = fails(*words, ALARM_URLS=f"json://127.0.0.1 mailto://{WRITTEN}", CONSOLE_PASSWORD="open sesame")
    assert said.startswith("ALARM_URLS: the address number 2 is none that messages can be sent to")
    assert "canary" not in said
    assert fails(*words, ALARM_DIGEST_AT="at night") == (
        "ALARM_DIGEST_AT must be a time of the day in Lisbon, such as 08:00, or off."
    )
