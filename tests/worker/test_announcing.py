"""Messages through apprise: what each address made of them, and nothing of an address anywhere."""

import io
import logging
from collections.abc import Iterator
from datetime import time, timedelta

import pytest

from mapping.errors import UserError
from tests.mailbox import PASSWORD, WRITTEN, Mailbox, apprise_is_loaded, mailbox
from tests.processes import ROOT, free_port
from worker.alarm_variables import AlarmVariables, read_alarm_variables
from worker.announcing import HUSHED, UNTOLD, Announcer, Answer, Nature
from worker.logs import configure_logging

pytestmark = apprise_is_loaded


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    before = {name: (logging.getLogger(name).handlers, logging.getLogger(name).propagate) for name in HUSHED}
    yield
    for name, (handlers, propagate) in before.items():
        logging.getLogger(name).handlers, logging.getLogger(name).propagate = handlers, propagate


def test_a_message_is_sent_to_each_address_and_each_says_what_it_made_of_it(box: Mailbox) -> None:
    nobody = f"jsons://x:{WRITTEN}@127.0.0.1:{free_port()}"
    announcer = Announcer([box.address, nobody])
    assert announcer.kinds == ["json", "jsons"]
    answers = announcer.send("Título", "Um <b>texto</b>\n\nem *linhas*", Nature.ALARM)
    assert answers == [
        Answer(kind="json", took_it=True),
        Answer(kind="jsons", took_it=False, why="there was no connection, or the log-in was refused"),
    ]
    (message,) = box.came
    assert (message["title"], message["message"], message["type"]) == (
        "Título", "Um <b>texto</b>\n\nem *linhas*", "failure",
    )  # fmt: skip


def test_the_status_of_who_did_not_take_it_is_told(box: Mailbox) -> None:
    box.status = 403
    (answer,) = Announcer([box.address]).send("t", "b", Nature.DIGEST)
    assert answer == Answer(kind="json", took_it=False, why="it answered with status 403")


def test_a_fault_within_a_service_is_told_by_its_type_alone(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    announcer = Announcer([box.address])

    def fault(*_: object, **__: object) -> None:
        raise ValueError(box.address)

    monkeypatch.setattr(announcer._services[0][1], "notify", fault)
    assert announcer.send("t", "b", Nature.ALARM) == [Answer(kind="json", took_it=False, why="ValueError")]


@pytest.mark.parametrize(
    "address",
    [
        f"nothing://x:{WRITTEN}@example.pt", f"mailto://{WRITTEN}", f"json://:{WRITTEN}", f"tgram://{WRITTEN}",
        f"slack://{WRITTEN}", f"jsons://h/{WRITTEN}?method=XX",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_by_its_number_and_not_repeated(
    address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json", level=logging.DEBUG, stream=(lines := io.StringIO()))
    with pytest.raises(UserError, match="the address number 2 is none") as refusal:
        Announcer(["json://127.0.0.1", address])
    said = capfd.readouterr()
    assert "canary" not in f"{refusal.value} {refusal.value.__cause__} {lines.getvalue()} {said.out} {said.err}"


def test_nothing_of_an_address_gets_into_the_log_or_anywhere_else(
    box: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json", level=logging.DEBUG, stream=(lines := io.StringIO()))
    logging.getLogger("some.library").warning("the log is heard")
    addresses = [
        box.address,
        f"jsons://x:{WRITTEN}@127.0.0.1:{free_port()}/{WRITTEN}?k={WRITTEN}",
        f"mailto://x:{WRITTEN}@example.invalid?smtp=127.0.0.1:{free_port()}",
    ]
    for box.status in (200, 500, 404):
        announcer = Announcer(addresses)
        answers = announcer.send("t", "b", Nature.ALARM)
        assert "canary" not in repr((answers, announcer.kinds, announcer.__dict__["_ear"].heard))
    assert "canary" not in repr(AlarmVariables(addresses=tuple(addresses)))
    said = capfd.readouterr()
    assert "the log is heard" in lines.getvalue()
    for text in (lines.getvalue(), said.out, said.err):
        assert "canary" not in text
        assert PASSWORD not in text


def test_one_that_says_nothing_is_told_so(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    announcer = Announcer([box.address])
    monkeypatch.setattr(announcer._services[0][1], "notify", lambda *_, **__: False)
    assert announcer.send("t", "b", Nature.ALARM)[0].why == UNTOLD


def test_without_addresses_nobody_is_asked() -> None:
    assert Announcer([]).kinds == []
    assert Announcer([]).send("t", "b", Nature.ALARM) == []


@pytest.mark.parametrize(
    ("given", "addresses"),
    [
        ("", ()),
        ("  \n ", ()),
        ("json://a", ("json://a",)),
        ("json://a,mailto://b slack://c\n\ttgram://d,", ("json://a", "mailto://b", "slack://c", "tgram://d")),
        ("mailto://a:b@c.pt?to=x@c.pt,y@c.pt, json://a", ("mailto://a:b@c.pt?to=x@c.pt,y@c.pt", "json://a")),
    ],
)
def test_addresses_stand_between_commas_or_blanks(given: str, addresses: tuple[str, ...]) -> None:
    assert read_alarm_variables({"ALARM_URLS": given}).addresses == addresses


def test_what_is_not_set_has_a_default() -> None:
    found = read_alarm_variables({})
    assert (found.backlog_after, found.digest_at, found.look_seconds) == (timedelta(minutes=30), time(8), 60)
    found = read_alarm_variables({"ALARM_BACKLOG_MINUTES": "5", "ALARM_DIGEST_AT": "7:45", "ALARM_LOOK_SECONDS": "0.5"})
    assert (found.backlog_after, found.digest_at, found.look_seconds) == (timedelta(minutes=5), time(7, 45), 0.5)
    assert read_alarm_variables({"ALARM_DIGEST_AT": "off"}).digest_at is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALARM_URLS", "json://a canary-secret", "the address number 2 is none"),
        ("ALARM_URLS", "canary-secret", "the address number 1 is none"),
        ("ALARM_URLS", "json://", "the address number 1 is none"),
        ("ALARM_BACKLOG_MINUTES", "0", "a number of minutes"),
        ("ALARM_BACKLOG_MINUTES", "half an hour", "a number of minutes"),
        ("ALARM_DIGEST_AT", "24:00", "a time of the day"),
        ("ALARM_DIGEST_AT", "never", "a time of the day"),
        ("ALARM_LOOK_SECONDS", "often", "a number of seconds"),
        ("ALARM_LOOK_SECONDS", "nan", "a number of seconds"),
        ("ALARM_LOOK_SECONDS", "0", "a number of seconds"),
    ],
)
def test_what_cannot_be_used_is_said_and_an_address_is_not_repeated(name: str, value: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as refusal:
        read_alarm_variables({name: value})
    assert str(refusal.value).startswith(name)
    assert "canary" not in str(refusal.value)


def test_the_addresses_in_the_documentation_are_understood() -> None:
    lines = [line for line in (ROOT / "docs" / "alarms.md").read_text().splitlines() if line.startswith("ALARM_URLS=")]
    kinds = [Announcer(read_alarm_variables(dict([line.split("=", 1)])).addresses).kinds for line in lines]
    assert kinds == [["mailtos"], ["mailtos"], ["slack"], ["tgram"], ["jsons"], ["mailtos", "jsons"]]
