"""A store with as many bookings as a large operator has: made by the ledger's own scripts, in pipelines, sealed for real."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any, cast

from mapping.booking import Booking, Channel
from mapping.delivery import Delivery
from mapping.desired import Draft, desired
from mapping.iva import Location
from mapping.reasons import Reason
from mapping.settings import Basis, Settings
from worker.deliveries import StoredDelivery
from worker.environment import Environment
from worker.figures import told_figures
from worker.history import line, write
from worker.intake_scripts import TAKE
from worker.invoicexpress.documents import DocumentRequest
from worker.ledger import Ledger, command_words, deliveries_key, record_key, seen_key
from worker.naming import client_code, reference, uid
from worker.records import BookingStatus, Claim, DocumentLink, Trail, booking_key
from worker.resting import rest_fields
from worker.services import Services, services
from worker.stays import stay_of
from worker.store import Value, connect

NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""When the last booking changed: not long ago, so that pages which tell the last day and what is due have much to tell."""

VENDOR = "generic"
ACCOUNTS = [f"casa-{number}" for number in range(40)]
PLACES = [f"Apartamento {letter}" for letter in "ABCDEFGH"]
FIRST = [
    "Maria",
    "Ana",
    "João",
    "José",
    "António",
    "Francisco",
    "Marta",
    "Mariana",
    "Margarida",
    "Pedro",
    "Rita",
    "Inês",
    "Tiago",
    "Bruno",
    "Carla",
    "Duarte",
    "Elsa",
    "Filipe",
    "Gil",
    "Helga",
    "Ingrid",
    "Jürgen",
    "Klaus",
    "Lena",
    "Miguel",
    "Nuno",
    "Olga",
    "Paulo",
    "Quim",
    "Rui",
    "Sofia",
    "Tomás",
    "Úrsula",
    "Vera",
    "Werner",
    "Xavier",
    "Yara",
    "Zoe",
]
LAST = [
    "Silva",
    "Santos",
    "Ferreira",
    "Pereira",
    "Oliveira",
    "Costa",
    "Rodrigues",
    "Martins",
    "Jesus",
    "Sousa",
    "Fernandes",
    "Gonçalves",
    "Gomes",
    "Lopes",
    "Marques",
    "Alves",
    "Almeida",
    "Ribeiro",
    "Pinto",
    "Carvalho",
    "Teixeira",
    "Moreira",
    "Correia",
    "Mendes",
    "Nunes",
    "Soares",
    "Vieira",
    "Monteiro",
    "Cardoso",
    "Rocha",
    "Raposo",
    "Neves",
]
Statuses = Sequence[tuple[BookingStatus, Reason | None, int]]
STATUSES: Statuses = (
    (BookingStatus.DRAFTED, None, 400),
    (BookingStatus.FINAL, None, 420),
    (BookingStatus.CANCELLED, None, 80),
    (BookingStatus.IGNORED, Reason.BLOCKED, 40),
    (BookingStatus.IGNORED, Reason.OWNER_STAY, 10),
    (BookingStatus.PARKED, Reason.UNKNOWN_LISTING, 15),
    (BookingStatus.PARKED, Reason.NO_COMMISSION, 10),
    (BookingStatus.PARKED, Reason.EDITED, 5),
    (BookingStatus.FAILED, Reason.UNAVAILABLE, 5),
    (BookingStatus.WAITING, Reason.NOT_YET, 15),
)
OVER: Statuses = (
    (BookingStatus.FINAL, None, 840),
    (BookingStatus.CANCELLED, None, 100),
    (BookingStatus.IGNORED, Reason.BLOCKED, 50),
    (BookingStatus.IGNORED, Reason.OWNER_STAY, 10),
)
"""What bookings are by when nobody waits for any of them."""
CHANNELS = {
    Channel.AIRBNB: 45,
    Channel.BOOKING: 35,
    Channel.VRBO: 5,
    Channel.EXPEDIA: 5,
    Channel.DIRECT: 9,
    Channel.OTHER: 1,
}
WITH_DOCUMENT = {BookingStatus.DRAFTED, BookingStatus.FINAL}
FACTS: Mapping[Reason, Mapping[str, str]] = {
    Reason.UNAVAILABLE: {"words": "502 Bad Gateway"},
    Reason.NOT_YET: {"day": f"{NOW.date() + timedelta(days=9)}"},
    Reason.EDITED: {"differences": "total 418.00 -> 400.00"},
    Reason.NO_COMMISSION: {"channel": "booking"},
}
"""What is told with a reason, but for the listing."""

NAMED = ("job", "delivery", "digest")
"""What a booking has a name for, as long as those of the program."""
UNKNOWN_LISTINGS = 12  # of each account
TOGETHER = 200


@dataclass(frozen=True, kw_only=True)
class Made:
    """One booking of the store, and what became of it."""

    key: str
    account: str
    place: str
    at: datetime
    booking: Booking
    status: BookingStatus
    reason: Reason | None


def build(environment: Environment, numbers: range, *, statuses: Statuses = STATUSES, processes: int = 2) -> None:
    """Put the bookings of these numbers into the store; `statuses` says how many of a thousand have which."""
    parts = [numbers[part::processes] for part in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(_build, [environment] * processes, parts, [statuses] * processes))


def made(number: int, statuses: Statuses = STATUSES) -> Made:
    """The booking of this number: the same in every run."""
    chance = random.Random(number)
    account = ACCOUNTS[min(int(chance.expovariate(0.12)), len(ACCOUNTS) - 1)]
    place = chance.choice(PLACES)
    check_in = NOW.date() + timedelta(days=chance.randrange(-1000, 200))
    status, reason, _ = chance.choices(statuses, [weight for *_, weight in statuses])[0]
    first, last = (chance.choices(names, [1 / (rank + 1) for rank in range(len(names))])[0] for names in (FIRST, LAST))
    booking = Booking.model_validate(
        {
            "source_id": f"{70_000_000 + number}",
            "ota": chance.choices(list(CHANNELS), list(CHANNELS.values()))[0],
            "ota_reference": f"HM{chance.randrange(36**6):09d}",
            "status": "confirmed",
            "property_ref": _listing(chance, place, reason),
            "property_name": place,
            "check_in": check_in,
            "check_out": check_in + timedelta(days=chance.randrange(1, 9)),
            "adults": 2,
            "guest_name": f"{first} {chance.choice(LAST)} {last}",
            "guest_email": f"guest{number}@example.com",
            "guest_country": "DE",
            "currency": "EUR",
            "total_guest": f"{chance.randrange(100, 2000)}.50",
            "commission": "15.00",
        }
    )
    return Made(
        key=booking_key(account, VENDOR, booking.source_id),
        account=account,
        place=place,
        at=NOW - timedelta(seconds=number * 600 + chance.random()),
        booking=booking,
        status=status,
        reason=reason,
    )


def far_down(count: int) -> Iterator[str]:
    """Places in the middle and near the end of the list of `count` bookings."""
    for rank in (count // 2, count * 9 // 10):
        booking = made(rank)
        yield f"{booking.at.timestamp()!r} 0"


def listing_of(place: str) -> str:
    """The vendor's id of a property."""
    return f"listing-{PLACES.index(place)}"


def _listing(chance: random.Random, place: str, reason: Reason | None) -> str:
    other = f"other-{chance.randrange(UNKNOWN_LISTINGS)}"
    return other if reason is Reason.UNKNOWN_LISTING else listing_of(place)


def _build(environment: Environment, numbers: range, statuses: Statuses) -> None:
    house = services(environment, connect(environment.redis_url or ""))
    for begin in range(0, len(numbers), TOGETHER):
        with cast("Any", house.store).pipeline(transaction=False) as pipe:
            ledger = Ledger(pipe, house.vault, house.queue)
            for number in numbers[begin : begin + TOGETHER]:
                _put(house, ledger, pipe, made(number, statuses))
            pipe.execute()


def _put(house: Services, ledger: Ledger, pipe: Any, each: Made) -> None:
    """Take the booking in as the receiver would, and settle it as its job would."""
    key, (job, delivery, digest) = each.key, (sha256(f"{what} of {each.key}".encode()).hexdigest() for what in NAMED)
    job, delivery = job[:32], delivery[:32]
    stored = StoredDelivery(
        id=delivery, connection=f"{each.account}-{VENDOR}", account=each.account, channel_manager=VENDOR,
        received_at=each.at, outcome="queued",
    )  # fmt: skip
    house.deliveries.write(pipe, stored, Delivery(body=body_of(each.booking)))
    words: list[Value] = [
        0, delivery, stored.connection, VENDOR, each.at.timestamp(), each.at.timestamp(),
        *command_words([]), *command_words([]),
        key, each.booking.source_id, "", digest, digest, 3600, ledger.sealing.seal_booking(key, each.booking),
        ledger.sealing.filed_under(key, each.booking), job, *command_words([]),
    ]  # fmt: skip
    pipe.eval(TAKE, 3, record_key(key), seen_key(key), deliveries_key(key), *words)
    if NOW - each.at > timedelta(days=1):
        pipe.delete(seen_key(key))  # it has expired by now
    draft = _draft(each.booking)
    trail = _trail(each, draft) if each.status in WITH_DOCUMENT else Trail()
    if trail.document:
        pipe.hset(record_key(key), "trail", ledger.sealing.seal_trail(key, trail))
    write(pipe, key, list(_history(each)))
    pipe.hset(record_key(key), "begun", "1")
    place = "" if each.reason is Reason.UNKNOWN_LISTING else each.place
    ledger.settle(
        key, job, each.status, now=each.at, reason=each.reason, facts=_facts(each), booking=each.booking,
        stay=stay_of(each.status, each.booking, trail),
        fields={**rest_fields(each.booking, trail), "property": place, "figures": json.dumps(told_figures(draft)), "warnings": "{}", "attempts": 0},
    )  # fmt: skip


def body_of(booking: Booking) -> bytes:
    """The booking as `generic` sends it."""
    data = booking.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps({"type": "booking.updated", "data": data}).encode()


def _facts(each: Made) -> Mapping[str, str]:
    listing = {"listing": each.booking.property_ref, "property": each.place, "property_name": each.place}
    return {**listing, **FACTS.get(each.reason, {})} if each.reason else {}


def _draft(booking: Booking) -> Draft:
    settings = Settings(location=Location.MAINLAND, basis=Basis.NET)
    found = desired(booking, settings, default_currency=None, now=NOW)
    assert isinstance(found, Draft)
    return found


def _trail(each: Made, draft: Draft) -> Trail:
    name = reference(VENDOR, each.booking.source_id, 1)
    sent = DocumentRequest(
        draft=replace(draft.draft, total=Decimal("100.50")), uid=uid(each.key, 1), reference=name, day=each.at.date(),
        client_code=client_code(each.key), client_name=draft.draft.client_name, tax_name="IVA6",
    )  # fmt: skip
    state = "final" if each.status is BookingStatus.FINAL else "draft"
    return Trail(
        claim=Claim(uid=sent.uid, reference=name, claimed_at=each.at),
        document=DocumentLink(
            id=int(each.booking.source_id),
            state=state,
            url=f"https://{each.account}.app.invoicexpress.com/invoices/{each.booking.source_id}",
        ),
        sent=sent,
    )


def _history(each: Made) -> Iterator[str]:
    """As a booking's own attempts leave it: one that made the draft, and one that saw that it is final."""
    if each.status not in WITH_DOCUMENT:
        yield line(each.status.value, at=each.at, reason=each.reason)
        return
    document = int(each.booking.source_id)
    yield line("creating", at=each.at, reference=reference(VENDOR, each.booking.source_id, 1))
    yield line("request", at=each.at, method="POST", path="/invoices.json", status=201, ms=140)
    yield line("created", at=each.at, document=document)
    yield line("drafted", at=each.at)
    if each.status is BookingStatus.FINAL:
        yield line("request", at=each.at, method="GET", path=f"/invoices/{document}.json", status=200, ms=90)
        yield line("read", at=each.at, document=document, state="final")
        yield line("final", at=each.at)
