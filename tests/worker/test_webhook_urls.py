"""Connections as a person makes and renews them, and how they are."""

import pytest

from mapping.errors import UserError
from mapping.settings import Settings
from tests.conftest import FakeClock
from worker.accounts import Account
from worker.connections import Connection, touch
from worker.services import Services
from worker.webhook_urls import Hearing, connect, drop_old, health, rotate, webhook_url

WHO = "Rita"


@pytest.fixture
def casa(house: Services) -> str:
    house.accounts.add(Account(name="casa", subdomain="casa", settings=Settings()), "key")
    return "casa"


def hearing(house: Services, connection: Connection) -> Hearing:
    return health(house, [house.connections.get(connection.id)])[connection.id].hearing


def test_an_account_that_is_not_there_gets_no_connection(house: Services) -> None:
    with pytest.raises(UserError, match="There is no account nobody"):
        connect(house, "nobody", "smoobu", [], credentials=None, who=WHO)
    assert house.connections.all() == []


def test_credentials_of_another_form_leave_nothing_behind(house: Services, casa: str) -> None:
    with pytest.raises(UserError, match="one word"):
        connect(house, casa, "channex", [], credentials="two words", who=WHO)
    assert house.connections.all() == []


def test_a_connection_is_never_heard_then_fine_then_silent(house: Services, casa: str, clock: FakeClock) -> None:
    made = connect(house, casa, "smoobu", [], credentials=None, who=WHO).connection
    assert hearing(house, made) is Hearing.NEVER
    clock.go_on(days=20)
    assert hearing(house, made) is Hearing.NEVER
    with house.store.pipeline(transaction=True) as pipe:
        touch(pipe, made.id, clock())
        pipe.execute()
    assert hearing(house, made) is Hearing.FINE
    clock.go_on(days=13)
    assert hearing(house, made) is Hearing.FINE
    clock.go_on(days=2)
    found = health(house, [house.connections.get(made.id)])[made.id]
    assert (found.hearing, found.silent_days, found.needs_a_look) == (Hearing.SILENT, 15, True)


def test_what_a_connection_lacks_is_told(house: Services, casa: str) -> None:
    lodgify = connect(house, casa, "lodgify", [], credentials=None, who=WHO).connection
    channex = connect(house, casa, "channex", [], credentials=None, who=WHO).connection
    whole = connect(house, casa, "channex", [], credentials="the-key", who=WHO).connection
    found = health(house, [lodgify, channex, whole])
    assert [(each.lacks_secret, each.lacks_credentials) for each in found.values()] == [
        (True, False), (False, True), (False, False)
    ]  # fmt: skip


def test_old_and_new_are_valid_until_the_old_is_dropped(house: Services, casa: str) -> None:
    made = connect(house, casa, "generic", [], credentials=None, who=WHO)
    renewed = rotate(house, made.connection.id, [], new_url=True, who=WHO)
    assert (made.token, renewed.token) != (None, None)
    assert house.connections.valid(made.connection.id) == (2, 2)
    drop_old(house, made.connection.id, who=WHO)
    assert house.connections.valid(made.connection.id) == (1, 1)
    assert house.connections.read(made.token or "") is None
    known = house.connections.read(renewed.token or "")
    assert known
    assert (known.connection, known.secrets) == (made.connection, [renewed.secret])
    assert (webhook_url(house, renewed) or "").startswith("http://127.0.0.1:8000/webhooks/generic/")
    told = [(act.what, act.became) for act in house.audit.acts()]
    assert told == [
        ("connection-rotated", {"old": "dropped"}),
        ("connection-rotated", {"url": "changed", "secret": "changed"}),
        ("connection-added", {}),
    ]
