"""What the pictures show: hosts with properties and channel managers, bookings in every status, and a day's work behind."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import sin

from mapping.reasons import Reason
from mapping.settings import Settings
from tests.browser.plant import API_KEY, Plant
from tests.screenshots.stays import STAYS, Stay, generic, hostaway, listing_of, smoobu
from tests.waiting import until
from worker import connecting, letting
from worker.accounts import Account
from worker.activity import BOUNDS, BUCKET_SECONDS, DAY_BUCKETS
from worker.connections import touch
from worker.decisions import ignore, make_draft
from worker.keyspace import FS
from worker.pausing import pause
from worker.properties import Property
from worker.records import BookingStatus, booking_key
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


class Scene:
    """The plant with all of it; `keys` finds a booking by its guest."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.house = plant.house
        self.today = self.house.clock().date()
        self.keys = {
            stay.guest: booking_key(account, VENDORS[account], str(stay.id))
            for account, stays in STAYS.items()
            for stay in stays
        }
        self._urls: dict[str, tuple[str, str]] = {}

    def build(self) -> None:
        """From an empty store to the last reminder."""
        for account in ACCOUNTS:
            self._open(account)
        pause(self.house, "atlantic-homes", who=WHO)
        for account in ("casas-da-ria", "quinta-do-vale", "atlantic-homes"):
            for stay in STAYS[account]:
                self._tell(account, stay)
        self._tell_lisbon()
        self._settle()
        self._change()
        self._give_up()
        self._keep_silent()
        self._work_all_day()

    def _open(self, name: str) -> None:
        settings = Settings.model_validate(SETTINGS.get(name, {}))
        connecting.connect(self.house, Account(name=name, subdomain=name, settings=settings), API_KEY, who=WHO)
        for place, given in PROPERTIES[name].items():
            listing = f"{VENDORS[name]}:{listing_of(place)}"
            settings = Settings.model_validate(given)
            letting.let(self.house, Property(account=name, name=place, settings=settings, listings=(listing,)), who=WHO)
        issued = connect(self.house, name, VENDORS[name], [], credentials=None, who=WHO)
        self._urls[name] = (webhook_url(self.house, issued) or "", issued.secret or "")

    def _tell(self, account: str, stay: Stay) -> None:
        url, secret = self._urls[account]
        vendor = VENDORS[account]
        self.plant.post(url, vendor, secret, TELLS[vendor](stay, self.today))

    def _tell_lisbon(self) -> None:
        """Its last bookings meet an InvoiceXpress that takes nothing."""
        stays = STAYS["lisboa-stays"]
        for stay in stays:
            if stay.guest not in REFUSED:
                self._tell("lisboa-stays", stay)
        self._rest()
        self.plant.sandbox("faults", fault="refused", account="lisboa-stays", method="POST", times=99)
        for stay in stays:
            if stay.guest in REFUSED:
                self._tell("lisboa-stays", stay)
        self._rest()
        self.plant.http.delete(self.plant.sandbox_url("faults")).raise_for_status()

    def _rest(self) -> None:
        """Wait until nothing is queued any more."""
        until(lambda: not self.house.index.counts()["status"].get("queued"), what="the queue to be empty", seconds=60)

    def _settle(self) -> None:
        """What people did in InvoiceXpress."""
        for guest in FINALISED:
            self._act(guest, "finalize")
        self._act("Hannah Fischer", "edit", observations="Pagamento recebido a 12 de novembro.")
        for guest in (*FINALISED, "Hannah Fischer"):
            key = self.keys[guest]
            self.house.ledger.requeue(key, job=self.house.new_id(), now=self.house.clock(), look=True)
        self._rest()

    def _act(self, guest: str, action: str, **fields: str) -> None:
        record = self.house.ledger.known(self.keys[guest])
        assert record.trail.document, guest
        self.plant.sandbox("act", account=record.account, id=record.trail.document.id, action=action, fields=fields)

    def _change(self) -> None:
        """Guests change their minds, and a person puts something right."""
        ria = {stay.guest: stay for stay in STAYS["casas-da-ria"]}
        longer = replace(ria["Anneke de Wit"], nights=7, price="833.00", commission="129.12", told=2)
        self._tell("casas-da-ria", longer)
        self._tell("casas-da-ria", replace(ria["Rui Cordeiro"], status="cancelled", told=2))
        self._rest()
        make_draft(self.house, self.keys["Tom Aldridge"], {"total_guest": "390.00"}, who=WHO)
        ignore(self.house, self.keys["Björn Ekström"], who=WHO)
        self._rest()
        self._tell("casas-da-ria", replace(longer, told=3))  # says nothing new

    def _give_up(self) -> None:
        """What is tried for a day when InvoiceXpress is away, at the end of that day."""
        for guest in FAILED:
            key = self.keys[guest]
            self.house.ledger.settle(
                key, self.house.ledger.job(key), BookingStatus.FAILED, now=self.house.clock(), reason=Reason.UNAVAILABLE,
                facts={"words": "503 Service Unavailable"},
            )  # fmt: skip

    def _keep_silent(self) -> None:
        """A connection that is not heard any more, and one that never was."""
        now = self.house.clock()
        with self.house.store.pipeline(transaction=True) as pipe:
            for days in reversed(range(6, 30)):
                touch(pipe, "quinta-do-vale-generic", now - timedelta(days=days))
            pipe.execute()
        self.house.connections.add("lisboa-stays", "lodgify", [secrets.token_hex(16)], now=now - timedelta(days=18))

    def _work_all_day(self) -> None:
        """What the charts of the last day are drawn from: an evening and a morning with many bookings."""
        now = int(self.house.clock().timestamp())
        with self.house.store.pipeline(transaction=False) as pipe:
            for place in range(1, DAY_BUCKETS):
                start = now - now % BUCKET_SECONDS - place * BUCKET_SECONDS
                for name, number in _done(start, place).items():
                    pipe.hincrby(f"{FS}:activity:{start}", name, number)
            pipe.execute()


def _done(start: int, place: int) -> Mapping[str, int]:
    """What a bucket counts, the same at the same time of any day."""
    hour = datetime.fromtimestamp(start).astimezone().hour
    busy = max(0.0, sin((hour - 6) / 18 * 3.1416)) * (1 + 0.6 * sin(place * 1.7)) * 6
    drafted, updated = round(busy), round(busy * 0.35 * (1 + sin(place * 2.9)) / 2)
    outage = 20 <= place <= 25
    counts = {
        "drafted": 0 if outage else drafted,
        "updated": 0 if outage else updated,
        "withdrawn": int(place % 17 == 0),
        "parked": int(place % 11 == 3),
        "failed": 2 if place == 22 else 0,
    }
    ended = sum(counts.values())
    usual = {20: 9, 21: 9, 22: 9, 23: 9, 24: 9, 25: 9}.get(place, 1 + place % 2)
    return {name: number for name, number in counts.items() if number} | (
        {"waits": ended, "waited": ended * BOUNDS[usual] * 700, f"wait{usual}": ended} if ended else {}
    )
