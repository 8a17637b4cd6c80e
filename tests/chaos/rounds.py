"""One round: a storm of deliveries, faults and kills over real processes; then calm; then what is there is compared."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapping.reasons import Reason
from tests.chaos.checks import Difference, Found, Standing, Wrong, alive, differences
from tests.chaos.plan import ACCOUNTS, REQUESTS, Kill, Plan
from tests.chaos.plant import Plant, running
from tests.chaos.senders import Senders, Tally
from worker.queue import QUEUE
from worker.records import BookingStatus, Record

ON_THE_WAY = (BookingStatus.QUEUED, BookingStatus.WAITING)
TICK_SECONDS = 0.05
HURRY_SECONDS = 4
PATIENT_SECONDS = 3  # for a worker to be in the middle of a job before it is killed
CLIENT_SECONDS = 20  # worker.invoicexpress.transport gives up then


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a round ended. Seconds to recover are those from calm until a booking that was on its way is at rest."""

    seed: int
    differences: Sequence[Difference]
    notes: Sequence[str]  # what was done besides, and why; and the histories of bookings that are not as they must be
    faults: Mapping[str, int]  # requests that met one, by fault, and again by request
    kills: Mapping[Kill, int]
    bookings: int
    live: int
    documents: int
    deliveries: int  # acknowledged
    refused: int  # or unanswered
    told_again: int  # as the store may have forgotten them
    seconds: float
    recovery: Sequence[float]

    def wrong(self, kind: Wrong) -> int:
        """How many differences of this kind there are."""
        return sum(each.kind is kind for each in self.differences)


class Unfinished(AssertionError):
    """The round did not come to its end."""


def run_round(plan: Plan, folder: Path, *, hurry: bool, patience: float, **variables: str) -> Result:
    """Run it in `folder`, which keeps the logs.

    `hurry` gives waiting bookings new attempts every few seconds once it is calm, as an operator's `retry` does; without
    it they wait as long as they would. `patience` is how many seconds they have.
    """
    begun = time.monotonic()
    with running(folder, **variables) as plant:
        plant.ask("POST", "/switches", json={"switches": dict(plan.switches)})
        with Senders(plan, plant) as senders:
            notes = [f"switches {dict(plan.switches)}"]
            faults_set = _storm(plan, plant, senders)
            _tended(plant, lambda: plant.is_whole() and senders.are_done(), what="everything up and told", seconds=60)
            _tended(plant, lambda: not _in_rq(plant, thorough=False), what="an empty queue", seconds=60)
            faults = _met(faults_set, plant)
            calm = time.time()
            _come_to_rest(plant, hurry=hurry, seconds=patience)
            notes += [f"the store forgot {count} bytes" for count in plant.forgotten]
            found = _found(plant, senders.tally, thorough=not hurry)
            recovery = _recovery(plant, calm)
        wrong = differences(plan, found)
        notes += _histories(plant, wrong)
        plant.end()
        return Result(
            seed=plan.seed,
            differences=wrong,
            notes=[*notes, *(f"odd: {each}" for each in senders.tally.odd)],
            faults=faults,
            kills=plant.killed,
            bookings=len(plan.bookings),
            live=sum(not booking.newest.cancelled for booking in plan.bookings),
            documents=sum(len(alive(documents)) for documents in found.documents.values()),
            deliveries=senders.tally.acknowledged.total(),
            refused=senders.tally.refused.total(),
            told_again=senders.tally.lost,
            seconds=time.monotonic() - begun,
            recovery=recovery,
        )


def _storm(plan: Plan, plant: Plant, senders: Senders) -> Counter[str]:
    """Strike each blow when it is due, or as soon as there is something to strike; the faults that were set."""
    begun = time.monotonic()
    faults: Counter[str] = Counter()
    to_come = list(plan.blows)
    while to_come or plant.lost_since or time.monotonic() < begun + plan.seconds:
        plant.tend()
        while plant.lost_since and plant.has_store():
            senders.tell_again(since=plant.lost_since.pop())
        due = [blow for blow in to_come if time.monotonic() >= begun + blow.at]
        for blow in due:
            if blow.fault:
                plant.ask("POST", "/faults", json=blow.fault)
                faults.update(_counted(blow.fault))
            patient = time.monotonic() < begun + blow.at + PATIENT_SECONDS
            if not blow.kill or plant.strike(blow.kill, seconds=blow.seconds, patient=patient):
                to_come.remove(blow)
        time.sleep(TICK_SECONDS)
    return faults


def _met(faults: Counter[str], plant: Plant) -> Counter[str]:
    """End all faults; how many of those that were set a request has met."""
    left = plant.ask("GET", "/faults")["faults"]
    plant.ask("DELETE", "/faults")
    for fault in left:
        faults.subtract(_counted(fault))
    return faults


def _counted(fault: Mapping[str, Any]) -> Counter[str]:
    """How often it is left to be met, by what it does and by the request that it meets."""
    name, times = str(fault["fault"]), int(fault.get("times", 1))
    if name == "error_after_commit":
        name = f"{name} {fault['status']}"
    if name == "late_commit" and fault["seconds"] > CLIENT_SECONDS:
        name = f"{name}, given up"
    request = next(
        request for request, how in REQUESTS.items() if (how["method"], how["path"]) == (fault["method"], fault["path"])
    )
    return Counter({f"fault: {name}": times, f"faults at: {request}": times})


def _tended(plant: Plant, fact: Callable[[], bool], *, what: str, seconds: float) -> None:
    """Tend the plant until `fact`. Raises `Unfinished`."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            raise Unfinished(f"Not within {seconds:g} s: {what}")
        plant.tend()
        time.sleep(TICK_SECONDS)


def _come_to_rest(plant: Plant, *, hurry: bool, seconds: float) -> None:
    """Until no booking is on its way and no job in the queue, or patience is over: then the checks say which.

    Without hurry also until RQ has let go of the jobs of killed workers.
    """
    deadline = time.monotonic() + seconds
    hurried = time.monotonic() - HURRY_SECONDS
    while (_on_the_way(plant) or _in_rq(plant, thorough=not hurry)) and time.monotonic() < deadline:
        plant.tend()
        if hurry and time.monotonic() > hurried + HURRY_SECONDS:
            plant.processes.run("retry", "--all", "--status", BookingStatus.WAITING)
            hurried = time.monotonic()
        time.sleep(4 * TICK_SECONDS)


def _on_the_way(plant: Plant) -> list[str]:
    """Also what is parked as the account's quota is spent: that is over, and it is to go on by itself."""
    parked = plant.house.ledger.all(BookingStatus.PARKED)
    return [
        *(record.key for record in plant.house.ledger.all(*ON_THE_WAY)),
        *(record.key for record in parked if record.reason is Reason.QUOTA_SPENT),
    ]


def _found(plant: Plant, tally: Tally, *, thorough: bool) -> Found:
    return Found(
        documents={name: plant.documents(name) for name in ACCOUNTS},
        bookings={record.key: _standing(record) for record in plant.house.ledger.all(*BookingStatus)},
        tally=tally,
        violations=plant.ask("GET", "/violations")["violations"],
        left_in_rq=_in_rq(plant, thorough=thorough),
    )


def _standing(record: Record) -> Standing:
    document = record.trail.document
    return Standing(
        status=record.status,
        why=f"{record.reason}: {dict(record.facts)}" if record.reason else "",
        document=document.id if document else None,
        deliveries=record.deliveries,
    )


def _in_rq(plant: Plant, *, thorough: bool) -> dict[str, list[str]]:
    """The jobs in RQ's lists, by list. Those of killed workers stay in some for up to three minutes, and do no harm."""
    store: Any = plant.house.store
    lists = {"queue": store.lrange(f"rq:queue:{QUEUE}", 0, -1)}
    if thorough:
        lists["intermediate"] = store.lrange(f"rq:queue:{QUEUE}:intermediate", 0, -1)
        lists |= {name: store.zrange(f"rq:{name}:{QUEUE}", 0, -1) for name in ("wip", "failed", "scheduled")}
    return {name: [job.decode() for job in jobs] for name, jobs in lists.items() if jobs}


def _histories(plant: Plant, wrong: Sequence[Difference]) -> list[str]:
    lines = []
    for key in list(dict.fromkeys(each.booking for each in wrong))[:5]:
        lines += [f"{key}: {line}" for line in plant.house.ledger.history(key)]
    return lines


def _recovery(plant: Plant, calm: float) -> list[float]:
    """For each booking that was on its way when it became calm, the seconds until it was at rest."""
    after = [record.updated_at.timestamp() - calm for record in plant.house.ledger.all(*BookingStatus)]
    return sorted(seconds for seconds in after if seconds > 0)
