"""Looks: what is told, once over all processes, and again only where nobody took it."""

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from tests.conftest import FakeClock
from tests.mailbox import Mailbox, apprise_is_loaded, mailbox
from tests.waiting import until
from tests.worker.room import Room
from worker.alarm_causes import TODO, AlarmCause, Sign
from worker.alarm_variables import AlarmVariables
from worker.alarms import LOCK, OPENS_LATE_AFTER, OVER_AFTER, STATE, alarm_state, open_alarms
from worker.announcing import Announcer
from worker.digest import due_day
from worker.keyspace import FS
from worker.logs import configure_logging
from worker.records import BookingStatus
from worker.services import Services, services
from worker.store import connect
from worker.watch import STAND_IN_AFTER, Watch

pytestmark = apprise_is_loaded

OPENED = ("failure", "FaturaSync: InvoiceXpress refuses the API key of casa")
OVER = ("success", "FaturaSync: over: InvoiceXpress refuses the API key of casa")
REFUSED = Sign(cause=AlarmCause.KEY_REFUSED, subject="casa")
OLD = Sign(cause=AlarmCause.BACKLOG, facts={"age": "42 min"})

Look = Callable[..., None]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def watched(house: Services, box: Mailbox) -> Services:
    """The services with somebody to tell, and no digest."""
    alarms = AlarmVariables(addresses=(box.address,), digest_at=None)
    return replace(house, environment=replace(house.environment, alarms=alarms))


@pytest.fixture
def look(watched: Services, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Look:
    """look(signs...): a look a minute after the last, by a process that has just started, which finds these."""

    def looked(*found: Sign, house: Services = watched) -> None:
        monkeypatch.setattr("worker.watch.signs", lambda _facts: list(found))
        clock.go_on(minutes=1)
        house.store.delete(LOCK)  # the store measures by its own clock
        Watch(house, Announcer(house.environment.alarms.addresses)).look_when_due()

    return looked


def test_an_alarm_is_told_once_and_once_that_it_is_over(look: Look, box: Mailbox) -> None:
    look(REFUSED)
    assert box.taken() == []
    for _ in range(5):
        look(REFUSED)
    assert box.taken() == [OPENED]
    for _ in range(OVER_AFTER - 1):
        look()
    look(REFUSED)
    assert box.taken() == []
    for _ in range(5):
        look()
    assert box.taken() == [OVER]


def test_a_message_says_what_to_do_and_where_the_console_is(look: Look, watched: Services, box: Mailbox) -> None:
    here = replace(watched, environment=replace(watched.environment, console_url="https://console.example.pt"))
    for _ in range(2):
        look(REFUSED, house=here)
    for _ in range(OVER_AFTER):
        look(house=here)
    opened, over = [message["message"] for message in box.came]
    assert opened == (
        "Its bookings are parked until there is a good one: faturasync account set casa takes it, and they go on.\n\n"
        "https://console.example.pt"
    )
    assert over == (
        "InvoiceXpress refuses the API key of casa: over after 4 min, since 01/07/2026 13:01.\n\nhttps://console.example.pt"
    )


def test_several_that_open_or_are_over_together_are_one_message(look: Look, box: Mailbox) -> None:
    for _ in range(2):
        look(REFUSED, OLD)
    (message,) = box.came
    assert message["title"] == "FaturaSync: 2 alarms"
    assert message["message"].startswith("InvoiceXpress refuses the API key of casa\nIts bookings are parked")
    assert "\n\nBookings have been waiting for 42 min\nfaturasync queues says" in message["message"]
    box.came.clear()
    for _ in range(OVER_AFTER):
        look()
    assert box.taken() == [("success", "FaturaSync: 2 alarms are over")]


def test_what_nobody_took_is_sent_at_the_next_look_and_logged_without_the_address(
    look: Look, box: Mailbox, watched: Services
) -> None:
    configure_logging("json", stream=(lines := io.StringIO()))
    box.status = 500
    for _ in range(3):
        look(REFUSED)
    assert box.taken() == [OPENED, OPENED]
    state = alarm_state(watched.store)
    assert [alarm.is_told for alarm in state.open] == [False]
    assert list(state.not_taken) == ["json"]
    assert '"why": "it answered with status 500"' in lines.getvalue()
    assert '"event": "message-not-taken"' in lines.getvalue()
    box.status = 200
    for _ in range(2):
        look(REFUSED)
    assert box.taken() == [OPENED]
    assert alarm_state(watched.store).not_taken == {}
    box.status = 500
    for _ in range(OVER_AFTER + 1):
        look()
    assert box.taken() == [OVER, OVER]
    box.status = 200
    look()
    assert box.taken() == [OVER]
    for text in (lines.getvalue(), (watched.store.get(STATE) or b"").decode()):
        assert "canary" not in text


def test_it_is_told_when_one_of_several_took_it(look: Look, box: Mailbox, watched: Services) -> None:
    with mailbox() as broken:
        broken.status = 500
        alarms = replace(watched.environment.alarms, addresses=(broken.address, box.address))
        both = replace(watched, environment=replace(watched.environment, alarms=alarms))
        for _ in range(4):
            look(REFUSED, house=both)
        assert (broken.taken(), box.taken()) == ([OPENED], [OPENED])
    assert list(alarm_state(watched.store).not_taken) == ["json"]


def test_without_addresses_alarms_open_all_the_same_and_are_told_when_there_are_some(
    look: Look, box: Mailbox, watched: Services
) -> None:
    nobody = replace(watched, environment=replace(watched.environment, alarms=AlarmVariables()))
    for _ in range(3):
        look(REFUSED, house=nobody)
    assert [alarm.cause for alarm in open_alarms(watched)] == [AlarmCause.KEY_REFUSED]
    look(REFUSED)
    assert box.taken() == [OPENED]


def test_the_log_tells_what_opens_and_what_is_over(look: Look, box: Mailbox) -> None:
    configure_logging("json", stream=(lines := io.StringIO()))
    for _ in range(4):
        look(REFUSED)
    for _ in range(OVER_AFTER + 1):
        look()
    assert [lines.getvalue().count(f'"event": "{event}"') for event in ("alarm-opened", "alarm-over")] == [1, 1]
    assert '"cause": "api-key-refused", "subject": "casa"' in lines.getvalue()


def test_of_many_processes_that_look_at_once_one_tells(watched: Services, box: Mailbox, store_url: str) -> None:
    """Each with its own connection to the store, while sending takes longer than the time between looks."""
    alarms = replace(watched.environment.alarms, look_seconds=0.05)
    environment = replace(watched.environment, alarms=alarms)
    box.seconds = 0.3
    enough = threading.Event()

    def process() -> None:
        with closing(connect(store_url)) as own:
            watch = Watch(services(environment, own), Announcer(alarms.addresses))
            while not enough.wait(0.01):
                watch.look_when_due()

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(process) for _ in range(4)]
        looked: set[datetime | None] = set()

        def looked_often() -> bool:
            looked.add(alarm_state(watched.store).looked_at)
            return len(looked) > OPENS_LATE_AFTER + 5

        try:
            until(looked_often, what="looks")
        finally:
            enough.set()
        assert [each.result() for each in running] == [None] * 4
    assert box.taken() == [("failure", "FaturaSync: No worker is alive")]


def test_looks_are_apart_whoever_makes_them(watched: Services, clock: FakeClock) -> None:
    several = [Watch(watched, Announcer([])) for _ in range(3)]
    for watch in several:
        watch.look_when_due()
        clock.go_on(seconds=1)
    assert alarm_state(watched.store).looked_at == datetime(2026, 7, 1, 12, tzinfo=UTC)
    with watched.store.pipeline() as pipe:
        pipe.pttl(LOCK)
        (left,) = pipe.execute()
    assert 50_000 < left <= 60_000


def test_a_worker_looks_where_nobody_has_for_a_while(watched: Services, clock: FakeClock, box: Mailbox) -> None:
    worker = Watch(watched, Announcer(watched.environment.alarms.addresses))
    clock.go_on(seconds=60 * STAND_IN_AFTER - 1)
    worker.stand_in()
    assert alarm_state(watched.store).looked_at is None
    clock.go_on(seconds=1)
    worker.stand_in()
    assert alarm_state(watched.store).looked_at == clock()
    watched.store.delete(LOCK)
    clock.go_on(seconds=60 * STAND_IN_AFTER - 1)
    Watch(watched, Announcer([])).look_when_due()  # a receiver is there again
    looked_at = alarm_state(watched.store).looked_at
    watched.store.delete(LOCK)
    clock.go_on(seconds=60)
    worker.stand_in()
    assert alarm_state(watched.store).looked_at == looked_at


def test_where_it_cannot_be_looked_that_is_told_and_nothing_is_over(
    room: Room, look: Look, box: Mailbox, watched: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logging("json", stream=(lines := io.StringIO()))
    for _ in range(2):
        look(REFUSED)
    box.came.clear()
    key = f"{FS}:account:casa"
    settings = watched.store.hget(key, "settings") or b""
    watched.store.hset(key, "settings", "canary")
    for _ in range(5):
        look()
    assert box.taken() == [("failure", "FaturaSync: The look for alarms fails")]
    assert [alarm.cause for alarm in open_alarms(watched)] == [AlarmCause.LOOK, AlarmCause.KEY_REFUSED]
    assert '"event": "alarms-cannot-look"' in lines.getvalue()
    assert "canary" not in lines.getvalue()
    watched.store.hset(key, "settings", settings)
    for _ in range(OVER_AFTER):
        look(REFUSED)
    assert box.taken() == [("success", "FaturaSync: over: The look for alarms fails")]


def test_a_store_that_is_away_ends_nothing(watched: Services, clock: FakeClock) -> None:
    configure_logging("json", stream=(lines := io.StringIO()))
    with closing(connect("unix:///nowhere.sock")) as nowhere:
        watch = Watch(replace(watched, store=nowhere), Announcer([]))
        watch.look_when_due()
        clock.go_on(hours=1)
        watch.stand_in()
    assert (
        '"event": "alarms-wait-for-the-store", ' in lines.getvalue() or "alarms-wait-for-the-store" in lines.getvalue()
    )


# The digest.


@pytest.fixture
def daily(watched: Services) -> Services:
    """The same with a digest at eight in Lisbon, which in July is seven by UTC."""
    alarms = replace(watched.environment.alarms, digest_at=time(8))
    return replace(watched, environment=replace(watched.environment, alarms=alarms))


def at(clock: FakeClock, day: int, hour: int, minute: int = 0) -> None:
    clock.now = datetime(2026, 7, day, hour, minute, tzinfo=UTC)


def test_a_digest_is_due_from_its_hour_in_lisbon_on() -> None:
    july, january = datetime(2026, 7, 2, 6, 59, tzinfo=UTC), datetime(2026, 1, 2, 7, 59, tzinfo=UTC)
    assert due_day(july, time(8)) is None
    assert due_day(january, time(8)) is None
    assert due_day(july.replace(hour=7, minute=0), time(8)) == july.date()
    assert due_day(january.replace(hour=8, minute=0), time(8)) == january.date()
    assert due_day(datetime(2026, 7, 2, 23, 30, tzinfo=UTC), time(0)) == datetime(2026, 7, 3, tzinfo=UTC).date()


def test_the_digest_tells_of_yesterday_and_of_what_is_open(
    room: Room, daily: Services, look: Look, box: Mailbox, clock: FakeClock
) -> None:
    at(clock, 13, 22)
    room.drafted(1, guest_name="Da véspera", check_in="2026-07-11", check_out="2026-07-12")
    at(clock, 13, 23)  # midnight in Lisbon
    for number in (2, 3):
        room.drafted(number, guest_name=f"Hóspede {number}", check_in="2026-07-01", check_out="2026-07-07")
    room.drafted(2, guest_name="Hóspede 2", total_guest="212.00", check_in="2026-07-01", check_out="2026-07-07")
    room.drafted(3, guest_name="Hóspede 3", status="cancelled", check_in="2026-07-01", check_out="2026-07-07")
    room.drafted(4, property_ref="casa-9")
    at(clock, 14, 22, 59)
    room.drafted(5, property_ref="casa-8")
    at(clock, 15, 6, 50)
    for _ in range(2):
        look(REFUSED, house=daily)
    box.came.clear()
    at(clock, 15, 7)
    look(REFUSED, house=daily)
    (message,) = box.came
    assert message["title"] == "FaturaSync on 14/07/2026: open alarms 1, stuck bookings 2, drafts to finalise 1"
    assert message["type"] == "info"
    assert message["message"].splitlines() == [
        "Deliveries: 6.",
        "Drafts: 2 made, 1 changed, 1 withdrawn.",
        "Bookings that got stuck: 2 parked, 0 failed.",
        "Stuck now: 2 parked (unknown-listing).",
        "Drafts to be finalised: 1. The fifth working day after check-out is over for 1 of them and today for 0.",
        "Open alarms:",
        f"- InvoiceXpress refuses the API key of casa (for 10 min). {TODO[AlarmCause.KEY_REFUSED].format(subject='casa')}",
    ]


def test_a_day_has_one_digest_over_all_processes_and_restarts(
    room: Room, daily: Services, look: Look, box: Mailbox, clock: FakeClock
) -> None:
    at(clock, 1, 12)
    room.deliver()
    at(clock, 2, 6, 58)
    look(house=daily)
    assert box.taken() == []
    box.status = 500
    look(house=daily)
    box.status = 200
    for _ in range(3):
        look(house=daily)
    assert [nature for nature, _ in box.taken()] == ["info", "info"]  # the first was not taken
    at(clock, 2, 22)
    look(house=daily)
    assert box.taken() == []
    room.house.ledger.settle("casa:generic:R-1", room.record().job, BookingStatus.FAILED, now=clock())
    at(clock, 3, 9)
    look(house=daily)
    assert box.taken() == [("info", "FaturaSync on 02/07/2026: stuck bookings 1")]


def test_where_nothing_happened_and_nothing_is_open_there_is_a_digest_on_mondays_only(
    daily: Services, look: Look, box: Mailbox, clock: FakeClock
) -> None:
    for day in range(1, 15):
        at(clock, day, 9)
        look(house=daily)
    assert box.titles == ["FaturaSync on 05/07/2026: all is well", "FaturaSync on 12/07/2026: all is well"]


def test_a_digest_that_is_off_is_not_sent(look: Look, box: Mailbox, clock: FakeClock) -> None:
    at(clock, 6, 9)
    look()
    assert box.taken() == []
