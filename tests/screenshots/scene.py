"""What the pictures show: hosts with properties and channel managers, bookings in every status, and a day's work behind."""

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import pi, sin
from typing import Any

from mapping.reasons import Reason
from mapping.settings import Settings
from tests.browser.plant import API_KEY, Plant
from tests.screenshots.clock import Clock
from tests.screenshots.crowd import crowd
from tests.screenshots.stays import STAYS, Stay, generic, hostaway, listing_of, smoobu
from tests.waiting import until
from worker import connecting, letting
from worker.accounts import Account
from worker.connections import touch
from worker.decisions import ignore, make_draft
from worker.index import Filters
from worker.pausing import pause
from worker.properties import Property
from worker.records import BookingStatus, booking_key
from worker.retries import set_going
from worker.webhook_urls import connect, webhook_url

WHO = "Marta Reis"
TELLS = {"smoobu": smoobu, "hostaway": hostaway, "generic": generic}
VENDORS = {
    "casas-da-ria": "smoobu",
    "lisboa-stays": "hostaway",
    "quinta-do-vale": "generic",
    "atlantic-homes": "smoobu",
}
ACCOUNTS = tuple(VENDORS)
SETTINGS = {
    "casas-da-ria": {"commission": {"booking": "15"}},
    "quinta-do-vale": {"basis": "gross", "regime": "art53"},
    "atlantic-homes": {"commission": {"booking": "15"}},
}
PROPERTIES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "casas-da-ria": {
        "Casa da Ria T2": {"location": "mainland", "postal_code": "8700-152", "registration": "48211/AL"},
        "Moinho da Praia": {"location": "mainland", "postal_code": "8800-594", "registration": "51977/AL"},
        "Apartamento Farol": {"location": "mainland", "postal_code": "8700-283", "registration": "62040/AL"},
    },
    "lisboa-stays": {
        "Loft Baixa": {"location": "mainland", "registration": "30118/AL"},
        "Alfama Terrace": {"location": "mainland", "registration": "77402/AL"},
        "Graça 3B": {"location": "mainland", "registration": "81563/AL", "draft_at": "check-in"},
    },
    "quinta-do-vale": {
        "Quinta do Vale": {"location": "madeira", "registration": "11904/AL"},
        "Casa da Lagoa": {"location": "azores", "registration": "2765/AL"},
    },
    "atlantic-homes": {
        "Ericeira Surf House": {"location": "mainland", "registration": "40655/AL"},
        "Casa Foz do Lizandro": {"location": "mainland", "registration": "40656/AL"},
    },
}
FINALISED = (
    "Ingrid Solberg",
    "Pierre Lemoine",
    "Beatriz Antunes",
    "Simon Lechner",
    "Familie Brandt",
    "Margaret Ashworth",
)
REFUSED = ("Noah Keller", "Inês Carvalhal")
FAILED = ("Elena Petrova", "Marta Nowak")
CROWDS = {"casas-da-ria": 70, "lisboa-stays": 60}
HOOKS = "https://hooks.faturasync.example"  # what pages show

HOUR = timedelta(hours=1)
OUTAGE = (15.6, 14.9)  # hours ago: InvoiceXpress does not answer for the account with most bookings
LATEST = 11.0  # hours ago: when the first of those bookings came that are looked at

Step = tuple[float, Callable[[], object]]
"""How many hours ago, and what happened then."""


class Scene:
    """The plant with all of it; `keys` finds a booking by its guest."""

    def __init__(self, plant: Plant, clock: Clock) -> None:
        self.plant = plant
        self.house = plant.house
        self._clock = clock
        self._today = datetime.now(UTC).date()
        self._urls: dict[str, tuple[str, str]] = {}
        self._stays = {stay.guest: (account, stay) for account, stays in STAYS.items() for stay in stays}
        self.keys = {guest: _key(account, stay) for guest, (account, stay) in self._stays.items()}

    def build(self) -> None:
        """Live through forty days, and through the last one hour by hour."""
        self.plant.sandbox("switches", switches={"index_lag": 0, "stale_list_totals": False})  # a day takes a minute
        for account in ACCOUNTS:
            self._open(account)
        self._clock.go(30 * HOUR)
        pause(self.house, "atlantic-homes", who=WHO)
        for hours, happens in sorted(self._day(), key=lambda step: -step[0]):
            self._clock.go(hours * HOUR)
            happens()
            self._rest()
        self._clock.go(0 * HOUR)
        self._keep_silent()

    def _day(self) -> Iterator[Step]:
        for account, number in CROWDS.items():
            stays = crowd(account, number, first_id=61_300_000 + 1000 * number)
            for hours, stay in zip(_rhythm(number), stays, strict=True):
                yield hours, partial(self._tell, account, stay)
        away = partial(self.plant.sandbox, "faults", fault="delay_without_commit", method="ANY", seconds=0, times=999)
        yield OUTAGE[0], partial(away, account="casas-da-ria")
        yield OUTAGE[1], self._back
        ours = [guest for guest in self._stays if guest not in (*REFUSED, *FAILED)]
        for place, guest in enumerate(ours):
            hours = 20 + place / 100 if self._stays[guest][0] == "atlantic-homes" else LATEST - place * 0.3
            yield hours, partial(self._tell, *self._stays[guest])
        yield 5.0, partial(self._fail, "refused", REFUSED)
        yield 4.5, partial(self._fail, "delay_without_commit", FAILED)
        yield 3.0, self._settle
        yield 1.6, partial(self._give_up, FAILED)
        yield 1.1, self._lengthen
        yield 0.8, partial(self._tell_again, "Rui Cordeiro", status="cancelled")
        yield 0.6, partial(make_draft, self.house, self.keys["Tom Aldridge"], {"total_guest": "390.00"}, who=WHO)
        yield 0.4, partial(ignore, self.house, self.keys["Sophie Bernard"], who=WHO)

    def _open(self, name: str) -> None:
        settings = Settings.model_validate(SETTINGS.get(name, {}))
        connecting.connect(self.house, Account(name=name, subdomain=name, settings=settings), API_KEY, who=WHO)
        for place, given in PROPERTIES[name].items():
            own = Settings.model_validate(given)
            listings = (f"{VENDORS[name]}:{listing_of(place)}",)
            letting.let(self.house, Property(account=name, name=place, settings=own, listings=listings), who=WHO)
        issued = connect(self.house, name, VENDORS[name], [], credentials=None, who=WHO)
        url = (webhook_url(self.house, issued) or "").replace(HOOKS, self.plant.receiver)
        self._urls[name] = (url, issued.secret or "")

    def _tell(self, account: str, stay: Stay) -> None:
        url, secret = self._urls[account]
        vendor = VENDORS[account]
        outcome = self.plant.post(url, vendor, secret, TELLS[vendor](stay, self._today))
        assert outcome in {"queued", "repeated"}, f"{stay.guest}: {outcome}"

    def _tell_again(self, guest: str, **changes: Any) -> None:
        account, stay = self._stays[guest]
        self._tell(account, replace(stay, told=2, **changes))

    def _lengthen(self) -> None:
        """A guest stays two nights more; the channel manager tells it twice."""
        for _ in range(2):
            self._tell_again("Anneke de Wit", nights=7, price="833.00", commission="129.12")
            self._rest()

    def _fail(self, fault: str, guests: Sequence[str]) -> None:
        """InvoiceXpress is so while these come."""
        self.plant.sandbox("faults", fault=fault, account="lisboa-stays", method="ANY", seconds=0, times=999)
        for guest in guests:
            self._tell(*self._stays[guest])
        self._rest()
        self._well()

    def _well(self) -> None:
        self.plant.http.delete(self.plant.sandbox_url("faults")).raise_for_status()

    def _back(self) -> None:
        """InvoiceXpress answers again, and what waited for it goes on."""
        self._well()
        set_going(self.house, self.house.index.keys(Filters(reason=Reason.UNAVAILABLE)))

    def _rest(self) -> None:
        """Wait until nothing is queued any more."""
        until(lambda: not self.house.index.counts()["status"].get("queued"), what="the queue to be empty", seconds=60)

    def _settle(self) -> None:
        """People finalise drafts in InvoiceXpress, and change one there."""
        for guest in FINALISED:
            self._act(guest, "finalize")
        self._act("Hannah Fischer", "edit", client={"name": "Fischer Reisen GmbH"})
        for guest in (*FINALISED, "Hannah Fischer"):
            key = self.keys[guest]
            self.house.ledger.requeue(key, job=self.house.new_id(), now=self.house.clock(), look=True)

    def _act(self, guest: str, action: str, **fields: object) -> None:
        record = self.house.ledger.known(self.keys[guest])
        assert record.trail.document, guest
        self.plant.sandbox("act", account=record.account, id=record.trail.document.id, action=action, fields=fields)

    def _give_up(self, guests: Sequence[str]) -> None:
        """What the last of a day's attempts does when InvoiceXpress is still away."""
        for guest in guests:
            key = self.keys[guest]
            self.house.ledger.settle(
                key, self.house.ledger.job(key), BookingStatus.FAILED, now=self.house.clock(), reason=Reason.UNAVAILABLE,
                facts={"words": "504 Gateway Timeout"},
            )  # fmt: skip
            job = self.house.queue.fetch_job(self.house.ledger.job(key))
            assert job
            job.delete()  # the next attempt

    def _keep_silent(self) -> None:
        """A connection that is not heard any more, and one that never was."""
        now = self.house.clock()
        with self.house.store.pipeline(transaction=True) as pipe:
            for days in reversed(range(6, 30)):
                touch(pipe, "atlantic-homes-smoobu", now - timedelta(days=days))
            pipe.execute()
        self.house.connections.add("lisboa-stays", "lodgify", [secrets.token_hex(16)], now=now - timedelta(days=18))


def _key(account: str, stay: Stay) -> str:
    return booking_key(account, VENDORS[account], str(stay.id))


def _rhythm(number: int) -> Iterator[float]:
    """How many hours ago each of `number` bookings came: more of them in the evening than at night."""
    chance = random.Random(number)
    now = datetime.now().astimezone()
    while number:
        hours = chance.uniform(0.2, 23.7)
        if chance.random() < _busy((now - hours * HOUR).hour):
            yield hours
            number -= 1


def _busy(hour: int) -> float:
    return max(0.04, sin((hour - 6) / 18 * pi)) if hour >= 6 else 0.04
