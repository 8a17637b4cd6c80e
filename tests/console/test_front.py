"""The first page: reminders, counts, pauses, and what came last."""

import re

import pytest
from flask.testing import FlaskClient

from mapping.delivery import Delivery
from mapping.errors import Problem
from mapping.reasons import Reason
from mapping.settings import Regime, Settings
from tests.conftest import FakeClock
from tests.console.conftest import Settle, Tell
from tests.console.visits import NAME, parts_of, token
from webhook.console.alarming import TITLES
from worker.accounts import Account
from worker.alarm_causes import AlarmCause
from worker.alarms import Alarm, AlarmState, keep, take_lock
from worker.pausing import pause
from worker.records import BookingStatus, DocumentLink, Trail
from worker.services import Services
from worker.stays import stay_of


@pytest.fixture
def due(house: Services, tell: Tell, clock: FakeClock) -> str:
    """A draft whose stay ended on 24 April 2026, before 1 May."""
    key = tell("R-1", check_in="2026-04-20", check_out="2026-04-24")
    booking = house.ledger.known(key).booking
    trail = Trail(document=DocumentLink(id=7, state="draft", url=None))
    stay = stay_of(BookingStatus.DRAFTED, booking, trail)
    house.ledger.write_trail(key, trail)
    house.ledger.settle(key, house.ledger.job(key), BookingStatus.DRAFTED, now=clock(), booking=booking, stay=stay)
    return key


def test_an_empty_house_has_nothing_to_be_reminded_of(user: FlaskClient) -> None:
    text = parts_of(user, "/")
    for words in ("Nothing to be reminded of.", "No account is paused.", "Nothing has come yet."):
        assert words in text
    assert 'href="/" aria-current="page"' in user.get("/").text


def test_a_draft_that_is_due_is_told_with_how_its_day_is_found(user: FlaskClient, due: str) -> None:
    text = parts_of(user, "/")
    assert "Drafts to be finalised: 1. The fifth working day after check-out is over for 1 of them" in text
    text = parts_of(user, "/reminders/drafts-not-finalised")
    assert "Anneke de Wit" in text
    assert "Draft 7" in text
    assert "by 04/05/2026 Check-out 24/04/2026" in text
    assert "Holidays: 01/05/2026 Labor Day." in text
    portuguese = parts_of(user, "/reminders/drafts-not-finalised", "pt")
    assert "até 04/05/2026" in portuguese
    assert "Feriados: 01/05/2026 Dia do Trabalhador." in portuguese
    assert "O quinto dia útil depois do check-out já passou para 1 deles" in parts_of(user, "/", "pt")


def test_open_alarms_come_first(house: Services, user: FlaskClient, clock: FakeClock) -> None:
    assert "Open alarms" not in user.get("/").text
    alarms = [
        Alarm(cause=cause, subject="casa", facts={}, since=clock(), is_open=True)
        for cause in (AlarmCause.STAYS, AlarmCause.KEY_REFUSED)
    ]
    seen_once = Alarm(cause=AlarmCause.SILENT, subject="casa-smoobu", facts={}, since=clock())
    assert take_lock(house.store, "look", seconds=60)
    assert keep(house.store, AlarmState(alarms=[*alarms, seen_once]), "look", seconds=60)
    text = parts_of(user, "/")
    assert "Open alarms InvoiceXpress refuses the API key casa" in text
    assert text.index("Stays ended without a document casa") < text.index("To do soon")
    assert "casa-smoobu" not in text


def test_every_cause_for_alarm_has_a_title() -> None:
    assert set(TITLES) == set(AlarmCause)


def test_many_bookings_of_a_reminder_are_counted(
    house: Services, user: FlaskClient, tell: Tell, clock: FakeClock
) -> None:
    for number in range(53):
        key = tell(f"R-{number}", check_in="2026-06-20", check_out="2026-06-24")
        booking = house.ledger.known(key).booking
        stay = stay_of(BookingStatus.PARKED, booking, Trail())
        house.ledger.settle(
            key, house.ledger.job(key), BookingStatus.PARKED, now=clock(), reason=Reason.NO_LOCATION, stay=stay
        )
    assert "Stays that ended without a document: 53." in parts_of(user, "/")
    text = parts_of(user, "/reminders/stays-without-document")
    assert text.count("Anneke de Wit") == 50
    assert "Parked no location" in text
    assert "and 3 more" in text


def test_a_silent_connection_is_told_with_where_to_look(user: FlaskClient, tell: Tell, clock: FakeClock) -> None:
    tell("R-1")
    clock.go_on(days=15)
    text = parts_of(user, "/")
    assert "The connection casa-generic has not been heard for 15 days; 14 days are unusual for it already." in text
    assert "A ligação casa-generic não dá sinal há 15 dias" in parts_of(user, "/", "pt")
    assert "Silent connections" in parts_of(user, "/reminders/connection-silent")


def test_an_exempt_hosts_turnover_is_told_as_people_write_amounts(house: Services, user: FlaskClient) -> None:
    house.accounts.add(Account(name="rio", subdomain="rio", settings=Settings(regime=Regime.ART53)), "key")
    house.store.hset("fs:turnover:rio", "2026", 1500001)
    text = parts_of(user, "/")
    assert "for stays that end in 2026 come to 15,000.01 €, over the 15,000.00 € of art. 53" in text
    assert "faturasync account set rio --regime normal" in text
    assert "somam 15 000,01 €" in parts_of(user, "/", "pt").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("path", ["/reminders/nothing", "/reminders/"])
def test_a_reminder_that_is_none_is_not_found(user: FlaskClient, path: str) -> None:
    assert user.get(path).status_code == 404


def test_bookings_are_counted_by_status(user: FlaskClient, tell: Tell, settle: Settle) -> None:
    settle(tell("R-1"), BookingStatus.PARKED, Reason.NO_LOCATION)
    tell("R-2")
    text = parts_of(user, "/")
    assert "1 Parked 0 Failed 1 Queued 0 Waiting" in text
    assert 'href="/bookings?status=parked"' in user.get("/").text


def test_pauses_are_told(house: Services, user: FlaskClient, tell: Tell, clock: FakeClock) -> None:
    tell("R-1")
    pause(house, "casa", who=NAME)
    clock.go_on(hours=2)
    assert f"casa by {NAME}, 2 hours ago" in parts_of(user, "/")
    assert f"por {NAME}, há 2 horas" in parts_of(user, "/", "pt")


def test_what_came_last_is_told_with_what_became_of_it(
    house: Services, user: FlaskClient, tell: Tell, clock: FakeClock
) -> None:
    tell("R-1")
    clock.go_on(minutes=1)
    tell("R-1")
    (connection,) = house.connections.all()
    problems = [Problem(path="body", message="is not JSON")]
    house.intake.take_unreadable(connection, Delivery(body=b"?"), problems, now=clock())
    text = parts_of(user, "/")
    told = re.findall(r"casa-generic (unreadable|a repeat|taken in)", text)
    assert told == ["unreadable", "a repeat", "taken in"]
    assert '<a href="/bookings/casa:generic:R-1">Anneke de Wit</a>' in user.get("/").text


def test_a_booking_that_came_without_a_name_is_called_by_its_key(user: FlaskClient, tell: Tell) -> None:
    tell("R-2", guest_name=None)
    assert '<a href="/bookings/casa:generic:R-2">casa:generic:R-2</a>' in user.get("/").text


def test_what_could_not_be_read_is_told_beside_the_button_that_reads_it_again(
    house: Services, user: FlaskClient, tell: Tell
) -> None:
    tell("R-1")
    assert "/deliveries/read-again" not in user.get("/").text
    (connection,) = house.connections.all()
    house.intake.take_unreadable(connection, Delivery(body=b"?"), [], now=house.clock())
    assert "1 delivery could not be read, so bookings may be missing here." in parts_of(user, "/")
    (action,) = re.findall(r'<form method="post" action="(/deliveries[^"]+)">', user.get("/").text)
    answer = user.post(action, data={"csrf_token": token(user, "/")}, follow_redirects=True)
    assert "0 bookings were found. 1 delivery is still unreadable." in answer.text


def test_while_an_older_store_is_filed_it_says_so(house: Services, user: FlaskClient) -> None:
    assert "still filing the bookings of an older version" in parts_of(user, "/")
    house.store.set("fs:index:version", house.index.version)
    assert "still filing" not in parts_of(user, "/")
