"""What a large operator has besides bookings: accounts, properties, connections, work in the queue, and troubles."""

from datetime import timedelta

from mapping.delivery import Delivery
from mapping.errors import Problem
from mapping.settings import Settings
from tests.benchmarks.many_bookings import ACCOUNTS, NOW, PLACES, VENDOR, Made, body_of, listing_of, made
from worker.accounts import Account
from worker.connections import touch, vendor_of
from worker.pauses import PersonsPauses
from worker.properties import Property
from worker.retries import retry
from worker.services import Services

QUEUED = 1000  # bookings, with a job each
UNREADABLE = 30  # deliveries
CHANGES = 40  # of the booking that changed often, each with a story of
LINES = 8  # lines
ACTS = 20_000  # of people, as the audit keeps them
EXEMPT = 5  # accounts under art. 53
PAUSED = 2  # accounts
WHO = "Rita Operadora"


def furnish(house: Services, count: int) -> None:
    """Put it into a store of `count` bookings."""
    for rank, name in enumerate(ACCOUNTS):
        _open(house, name, {"regime": "art53"} if rank < EXEMPT else {})
    for name in ACCOUNTS[-PAUSED:]:
        PersonsPauses(house.store).pause(name, who=WHO, now=NOW)
    for number in range(UNREADABLE):
        connection = house.connections.get(f"{ACCOUNTS[number % len(ACCOUNTS)]}-{VENDOR}")
        problem = Problem(path="data.check_in", message="is not a day")
        house.intake.take_unreadable(connection, Delivery(body=b"{}"), [problem], now=NOW)
    retry(house, [made(number).key for number in range(2, count, max(1, count // QUEUED))], who=WHO)
    _change_often(house, often_changed(count))
    with house.store.pipeline(transaction=False) as pipe:
        for number in range(ACTS):
            house.audit.write(WHO, "correct", made(number).key, was={"total": "1"}, became={"total": "2"}, pipe=pipe)
        pipe.execute()


def often_changed(count: int) -> Made:
    """The booking that came in many deliveries, each with a long story."""
    return made(count // 3)


def _open(house: Services, name: str, settings: dict[str, str]) -> None:
    own = Settings.model_validate({"basis": "net", "commission": {"booking": "15"}, **settings})
    house.accounts.add(Account(name=name, subdomain=name, settings=own), "the-api-key")
    for place in PLACES:
        where = Settings.model_validate({"location": "mainland"})
        listings = (f"{VENDOR}:{listing_of(place)}",)
        house.properties.add(Property(account=name, name=place, settings=where, listings=listings))
    issued = house.connections.add(name, VENDOR, [], now=NOW - timedelta(days=400))
    house.connections.add(name, "smoobu", [], now=NOW - timedelta(days=20))  # never heard since
    with house.store.pipeline(transaction=True) as pipe:
        for days in reversed(range(30)):
            touch(pipe, issued.connection.id, NOW - timedelta(days=days))
        pipe.execute()


def _change_often(house: Services, which: Made) -> None:
    connection = house.connections.get(f"{which.account}-{VENDOR}")
    for number in range(1, CHANGES + 1):
        now = which.at + timedelta(hours=number)
        changed = which.booking.model_copy(update={"modified_at": now, "adults": number})
        delivery = Delivery(body=body_of(changed))
        house.intake.take(connection, delivery, vendor_of(VENDOR).read(delivery), now=now)
        for minute in range(LINES):
            at = now + timedelta(minutes=minute)
            house.ledger.note(which.key, "request", at=at, method="GET", path="/invoices/7.json", status=502, ms=140)
