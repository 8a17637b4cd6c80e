"""Requests to InvoiceXpress for each booking, over a mixed thousand of three channel managers, as the sandbox counts them.

What becomes of a booking decides whose account it is in, so that the sandbox's counts by account tell what each kind cost. All
kinds are delivered mixed, to the receiver, in two waves: what changes a draft comes when there is one. All that an account was
asked is counted for its bookings, but for what is asked once an account: its taxes, its series, its list of drafts.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http.client import HTTPConnection

from mapping.booking import Channel
from mapping.channel_managers import channel_managers
from mapping.settings import Settings
from tests.benchmarks.report import Row
from tests.benchmarks.whole_system import WholeSystem, whole_system
from tests.samples import Case, load_cases, load_setup, secret_for
from worker.connections import Issued
from worker.properties import Property
from worker.records import BookingStatus

SETTINGS = Settings(limit=20_000, commission={Channel.BOOKING: Decimal(15)})
"""So many requests a minute that nobody waits; and what a delivery of some channel managers does not tell."""
CHANNEL_MANAGERS = ("generic", "smoobu", "lodgify")
CHANGED, CANCELLED = (
    "changed",
    "cancelled",
)  # cases of tests/deliveries: a first body, and one that changes or cancels it
LATER = "depois"  # the account whose bookings are new when others change
SENDERS = 4
REST_SECONDS = 120
SEED = 8
ONCE = frozenset({"GET /taxes.json", "GET /sequences.json", "GET /invoices.json"})
"""What is asked for an account and not for a booking."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Bookings with one fate, in an account of their own. `goal` is in requests for each in its wave, None for no goal."""

    account: str
    what: str
    count: int
    wave: int  # whose requests are counted: 1 for new bookings, 2 for what comes after
    goal: int | None = None
    case: str = CHANGED
    again: Sequence[int] = ()  # which of its case's bodies are delivered after the first
    names: str = "Hóspede {number}"
    renamed: str = ""  # the guest's name in the second body, if another
    update_answer: str = "document"
    ends: BookingStatus = BookingStatus.DRAFTED


KINDS = (
    Kind(account="novas", what="created", count=300, wave=1, goal=1),
    Kind(account=LATER, what="created while others change", count=100, wave=2, goal=1, again=(0,)),
    Kind(account="repetidas", what="delivered twice more, unchanged", count=200, wave=2, goal=0, again=(0, 0)),
    Kind(account="alteradas", what="updated", count=150, wave=2, goal=2, again=(1, 1)),
    Kind(
        account="canceladas", what="withdrawn", count=200, wave=2, goal=2, case=CANCELLED, again=(1, 1),
        ends=BookingStatus.CANCELLED,
    ),
    Kind(
        account="caladas", what="updated, where InvoiceXpress's answer is empty: the draft is read to compare it",
        count=50, wave=2, goal=2, again=(1,), update_answer="empty",
    ),
    Kind(
        account="renomeadas", what="updated with another guest's name: the client is changed too", count=21, wave=2,
        again=(1,), renamed="Outra Hóspede {number}",
    ),
    Kind(
        account="homonimas", what="created for a guest with a name that the account has: InvoiceXpress refuses the first",
        count=21, wave=1, names="Maria Silva",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One body for one address."""

    path: str
    headers: Sequence[tuple[str, str]]
    body: bytes


class Thousand:
    """The bookings, and how each of their bodies is delivered."""

    def __init__(self, system: WholeSystem) -> None:
        self._system = system
        self._cases = {(case.channel_manager, case.name): case for case in load_cases()}
        self._issued = {
            (kind.account, name): self._connected(kind, name) for kind in KINDS for name in CHANNEL_MANAGERS
        }

    def _connected(self, kind: Kind, channel_manager: str) -> Issued:
        """A connection of the kind's account, with the channel manager's properties."""
        house = self._system.house
        for place in load_setup(channel_manager)["properties"]:
            listings = tuple(f"{channel_manager}:{listing}" for listing in place["listings"])
            settings, name = Settings(location=place["location"]), f"{channel_manager} {place['name']}"
            house.properties.add(Property(account=kind.account, name=name, settings=settings, listings=listings))
        secret = secret_for(channel_manager)
        return house.connections.add(kind.account, channel_manager, [secret] if secret else [], now=house.clock())

    def wave(self, number: int) -> list[list[Sending]]:
        """What is delivered in this wave, mixed; for each booking in its order."""
        found = [
            [self._sending(kind, booking, body) for body in bodies]
            for kind in KINDS
            for booking in range(kind.count)
            if (bodies := self._bodies(kind, number))
        ]
        random.Random(SEED).shuffle(found)
        return found

    def _bodies(self, kind: Kind, wave: int) -> Sequence[int]:
        if kind.account == LATER:
            return kind.again if wave == 2 else ()
        return (0,) if wave == 1 else kind.again

    def _sending(self, kind: Kind, booking: int, body: int) -> Sending:
        channel_manager = CHANNEL_MANAGERS[booking % len(CHANNEL_MANAGERS)]
        issued = self._issued[kind.account, channel_manager]
        name = (kind.renamed if body and kind.renamed else kind.names).format(number=booking)
        content = told(self._cases[channel_manager, kind.case], body, number=7_000_000 + booking, name=name)
        signed = channel_managers()[channel_manager].scheme.sign(
            content,
            issued.secret or secret_for(channel_manager),
            delivery_id=f"{kind.account}-{booking}-{body}",
            now=datetime.now(UTC),
        )
        return Sending(
            path=f"/webhooks/{channel_manager}/{issued.token}", headers=[*signed.headers.items()], body=signed.body
        )


def told(case: Case, body: int, *, number: int, name: str) -> bytes:
    """A body of the case, of another booking and guest."""
    booking = case.readings[0]["bookings"][0]
    of_case = case.bodies[body].decode()
    return of_case.replace(booking["source_id"], f"{number}").replace(_guest_in(of_case), name).encode()


def _guest_in(body: str) -> str:
    """The guest's whole name, as each of the three writes it."""
    content = json.loads(body)
    if isinstance(content, list):
        return str(content[0]["guest"]["name"])
    return str(content["data"].get("guest_name") or content["data"]["guest-name"])


def measure(*, is_long: bool) -> Iterator[Row]:
    """The same at any length."""
    del is_long
    with whole_system([kind.account for kind in KINDS], SETTINGS) as system:
        thousand = Thousand(system)
        for kind in KINDS:
            switches = {"account": kind.account, "switches": {"update_answer": kind.update_answer}}
            assert system.desk.post("/switches", json=switches).is_success
        system.start_workers()
        waves = []
        for number in (1, 2):
            before = _asked(system)
            _deliver(system, thousand.wave(number))
            system.rest(seconds=REST_SECONDS)
            after = _asked(system)
            waves.append({account: counted - before[account] for account, counted in after.items()})
            _check(system, wave=number)
        for kind in KINDS:
            yield _row(kind, waves[kind.wave - 1][kind.account])
        yield _once([waves[0][kind.account] + waves[1][kind.account] for kind in KINDS])


def _row(kind: Kind, asked: Counter[str]) -> Row:
    each = sum(count for what, count in asked.items() if what not in ONCE) / kind.count
    return Row(
        what=f"{kind.what} ({kind.count})",
        ours=f"{each:.2f}",
        goal="" if kind.goal is None else f"{kind.goal:.2f}",
        is_met=None if kind.goal is None else each == kind.goal,
    )


def _once(accounts: Sequence[Counter[str]]) -> Row:
    """What each account was asked once: by all workers, in the first hour."""
    each = {what: sum(counted[what] for counted in accounts) / len(accounts) for what in sorted(ONCE)}
    told = ", ".join(f"{what} {count:.2f}" for what, count in each.items() if count)
    return Row(what=f"besides, for an account and hour: {told}", ours=f"{sum(each.values()):.2f}")


def _asked(system: WholeSystem) -> dict[str, Counter[str]]:
    return {kind.account: system.asked(kind.account) for kind in KINDS}


def _check(system: WholeSystem, *, wave: int) -> None:
    """What was counted is worth nothing unless every booking has become what its kind says."""
    for kind in KINDS:
        expected = {kind.ends if wave == 2 else BookingStatus.DRAFTED: kind.count}
        found = _statuses(system, kind)
        assert found == (expected if wave == 2 or kind.account != LATER else {}), f"{kind.account}: {found}"


def _statuses(system: WholeSystem, kind: Kind) -> dict[str, int]:
    return {
        status: count for status, count in system.house.index.counts(kind.account).get("status", {}).items() if count
    }


def _deliver(system: WholeSystem, bookings: Sequence[Sequence[Sending]]) -> None:
    """Everything, several bookings at a time."""
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(lambda part: _send(system.port, part), [bookings[first::SENDERS] for first in range(SENDERS)]))


def _send(port: int, bookings: Sequence[Sequence[Sending]]) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for sending in (each for booking in bookings for each in booking):
            connection.request("POST", sending.path, sending.body, dict(sending.headers))
            answer = connection.getresponse()
            content = json.loads(answer.read())
            assert content["outcome"] in {"queued", "repeated"}, content
