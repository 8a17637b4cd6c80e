"""A worker room in one process: the services on the real store, a sandbox InvoiceXpress, and one clock for both."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import httpx
from redis import Redis
from rq.job import Job

from mapping.booking import Booking, Channel
from mapping.delivery import Delivery, NotABooking
from mapping.settings import Settings
from tests.conftest import FakeClock
from worker.accounts import Account
from worker.connections import Connection, vendor_of
from worker.fetching.transport import ChannelManagerPool
from worker.intake import Taken
from worker.invoicexpress.client import InvoiceXpressPool
from worker.properties import Property
from worker.records import Record
from worker.sandbox.app import create_sandbox
from worker.services import Services
from worker.store import Store
from worker.turn import Turn
from worker.workshop import Workshop

API_KEY = "canary-api-key-7f3a"
GUEST = "Ágata Canária"
EMAIL = "agata.canaria@example.com"
SLOWEST_ANSWER = 20  # seconds; worker.invoicexpress.transport gives up on a slower one

STORE_STARTED = datetime(2026, 6, 1, tzinfo=UTC)
"""Long before anything happens in the room."""

Hook = Callable[[httpx.Request], None]
Asked = Callable[[httpx.Request], httpx.Response]


def body(number: int = 1, **data: object) -> bytes:
    """A generic delivery of booking R-`number`, 106.00 euros with 6 % IVA inside; None leaves a field out."""
    fields: dict[str, object] = {
        "source_id": f"R-{number}",
        "ota": "direct",
        "ota_reference": f"HM{number}",
        "status": "confirmed",
        "property_ref": "casa-1",
        "property_name": "Casa do Largo",
        "check_in": "2026-07-03",
        "check_out": "2026-07-07",
        "guest_name": GUEST,
        "guest_email": EMAIL,
        "currency": "EUR",
        "total_guest": "106.00",
    }
    return json.dumps(
        {"type": "booking.updated", "data": {k: v for k, v in (fields | data).items() if v is not None}}
    ).encode()


class Wire(httpx.BaseTransport):
    """The way to the sandbox: what happens on it before the request arrives and after it was carried out."""

    def __init__(self, sandbox: httpx.BaseTransport, clock: FakeClock) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self._late: list[httpx.Request] = []
        self.before: Hook = lambda _request: None
        self.after: Hook = lambda _request: None
        self.instead: Callable[[httpx.Request], httpx.Response | None] = lambda _request: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.before(request)
        asked_at = self._clock.now
        answer = self.instead(request) or self._sandbox.handle_request(request)
        self.after(request)
        if (self._clock.now - asked_at).total_seconds() > SLOWEST_ANSWER:
            raise httpx.ReadTimeout("too slow", request=request)
        return answer

    def lose_the_next_answer(self, method: str) -> None:
        """Carry the next request of `method` out, and time out."""

        def lose(request: httpx.Request) -> None:
            if request.method == method:
                self.after = lambda _request: None
                raise httpx.ReadTimeout("lost", request=request)

        self.after = lose

    def refuse_the_next(self, method: str, words: str) -> None:
        """Answer the next request of `method` with a 422, and do nothing; `words` may name what it says of the client."""

        def refuse(request: httpx.Request) -> httpx.Response | None:
            if request.method != method:
                return None
            self.instead = lambda _request: None
            client = defaultdict(str, json.loads(request.content)["invoice"]["client"])
            return httpx.Response(422, json={"errors": [{"error": words.format_map(client)}]}, request=request)

        self.instead = refuse

    def hold_the_next(self, method: str) -> None:
        """Time out on the next request of `method`, which arrives only with `release`."""

        def hold(request: httpx.Request) -> None:
            if request.method == method:
                self.before = lambda _request: None
                self._late.append(request)
                raise httpx.ReadTimeout("late", request=request)

        self.before = hold

    def release(self) -> None:
        """Let what was held arrive."""
        for request in self._late:
            self._sandbox.handle_request(request)
        self._late.clear()


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the tests do in it."""

    house: Services
    clock: FakeClock
    connection: Connection
    wire: Wire
    workshop: Workshop
    desk: Any  # the sandbox's own endpoints

    def deliver(self, number: int = 1, **data: object) -> Taken:
        """Take the delivery of `body` in."""
        return self._take(Delivery(body=body(number, **data)))

    def deliver_event(self, event: str, **data: object) -> Taken:
        """Take the delivery of `body` in, as the event of that id."""
        return self._take(Delivery(body=body(1, **data), headers={"webhook-id": event}))

    def _take(self, delivery: Delivery) -> Taken:
        reading = vendor_of(self.connection.channel_manager).read(delivery)
        assert not isinstance(reading, NotABooking)
        return self.house.intake.take(self.connection, delivery, reading, now=self.clock())

    def turn(self, number: int = 1) -> float | None:
        """One turn of the job that is responsible; the seconds until it wants the next one."""
        return self.turn_of(key_of(number))

    def turn_of(self, key: str, *, job: str | None = None) -> float | None:
        """The same for any booking, or for a job that is not responsible any more."""
        pointer = Job(job or self.house.ledger.job(key), connection=cast("Redis", self.house.store))
        retry = Turn(self.workshop, key, pointer).take()
        return retry.intervals[0] if retry else None

    def begin(self, key: str, job: str) -> bool:
        """Whether `job` is the one that is responsible for the booking; it has read its state then."""
        taken = self.house.ledger.take(key, job, "begun", seconds=1)
        self.house.ledger.unlock(key, "begun")
        return bool(taken)

    def to_rest(self, number: int = 1) -> Record:
        """Turns and waits until the booking is at rest."""
        for _ in range(20):
            seconds = self.turn(number)
            if seconds is None:
                return self.record(number)
            self.go_on(seconds=seconds)
        raise AssertionError("The booking does not come to rest.")

    def go_on(self, *, seconds: float) -> None:
        """Let time go by, also what the store measures by its own clock."""
        self.clock.go_on(seconds=seconds)
        names = ("casa", "connection casa-channex")
        self.house.store.delete(*(f"fs:{what}:{name}" for what in ("asked", "line", "hold", "held") for name in names))

    def drafted(self, number: int = 1, **data: object) -> Record:
        """Deliver, and bring to rest."""
        self.deliver(number, **data)
        return self.to_rest(number)

    def record(self, number: int = 1) -> Record:
        record = self.house.ledger.get(key_of(number))
        assert record is not None
        return record

    def booking(self, number: int = 1) -> Booking:
        """The newest state as it was read last."""
        booking = self.record(number).booking
        assert booking is not None
        return booking

    def documents(self, *, deleted: bool = False) -> list[dict[str, Any]]:
        """The account's documents, each with its proprietary_uid."""
        shown: list[dict[str, Any]] = self.desk.get("/_sandbox/documents?account=casa").get_json()["documents"]
        return [document for document in shown if deleted or document["status"] != "deleted"]

    def document(self) -> dict[str, Any]:
        """The one there is."""
        (document,) = self.documents()
        return document

    def requests(self) -> Mapping[str, int]:
        """Requests since the last call, by method and path."""
        counted: dict[str, int] = self.desk.get("/_sandbox/requests").get_json()["requests"]
        self.desk.delete("/_sandbox/requests")
        return counted

    def switch(self, **switches: object) -> None:
        self._post("/_sandbox/switches", {"switches": switches})

    def fault(self, name: str, **how: object) -> None:
        self._post("/_sandbox/faults", {"fault": name, **how})

    def act(self, action: str, **fields: object) -> None:
        """Be the person in InvoiceXpress, with the one document there is."""
        act = {"account": "casa", "action": action, "id": self.document()["id"], "fields": fields}
        self._post("/_sandbox/act", act)

    def ask(self, method: str, path: str, content: object = None) -> Any:
        """What somebody else asks of the account, with its key."""
        answer = self.desk.open(f"/casa{path}?api_key={API_KEY}", method=method, json=content)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json(silent=True)

    def _post(self, path: str, content: object) -> None:
        answer = self.desk.post(path, json=content)
        assert answer.status_code < 300, answer.get_data(as_text=True)


def everything(store: Store) -> bytes:
    """Every key and value of the store."""
    return b"\n".join(words_in(store))


def words_in(store: Store) -> Iterator[bytes]:
    """Each of them."""
    client: Any = store
    read: dict[bytes, Callable[[bytes], Iterable[bytes]]] = {
        b"none": lambda _gone: [],  # it has expired since the keys were listed
        b"string": lambda key: [client.get(key)],
        b"hash": lambda key: [word for pair in client.hgetall(key).items() for word in pair],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": lambda key: [word for _, pairs in client.xrange(key) for pair in pairs.items() for word in pair],
    }
    for key in sorted(client.keys()):
        yield key
        yield from (word for word in read[client.type(key)](key) if word is not None)


def key_of(number: int = 1) -> str:
    return f"casa:generic:R-{number}"


def set_up(house: Services, account: str = "casa") -> Connection:
    """The account, its property and its connection."""
    house.accounts.add(
        Account(name=account, subdomain=account, settings=Settings(commission={Channel.AIRBNB: Decimal(15)})), API_KEY
    )
    settings = Settings.model_validate({"location": "mainland"})
    house.properties.add(
        Property(account=account, name="Casa do Largo", settings=settings, listings=("generic:casa-1",))
    )
    return house.connections.add(account, "generic", [], now=house.clock()).connection


def nobody_is_asked(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"No channel manager is to be asked: {request.url}")


Furnish = Callable[[Asked], Room]
"""furnish(vendor): a worker room in which `vendor` answers for the channel managers."""


def furnished(house: Services, clock: FakeClock, *, asked: Asked) -> Room:
    """The room, with everything set up for bookings to become drafts. `asked` answers for the channel managers."""

    def sleep(seconds: float) -> None:
        clock.go_on(seconds=seconds)

    app = create_sandbox([("casa", API_KEY)], clock=lambda: clock().timestamp(), sleep=sleep)
    others = ChannelManagerPool(transport=httpx.MockTransport(asked))
    wire = Wire(httpx.WSGITransport(app=app), clock)
    pool = InvoiceXpressPool("http://sandbox.invalid/{account}", transport=wire, clock=clock)
    return Room(
        house=house,
        clock=clock,
        connection=set_up(house),
        wire=wire,
        workshop=Workshop(services=house, pool=pool, channel_managers=others, store_started=lambda: STORE_STARTED),
        desk=app.test_client(),
    )
