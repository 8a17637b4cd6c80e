"""SIGKILL of the worker at every step of converging: another one finishes, and nothing is made twice.

All steps side by side, as a lock has to run out after each: a booking for each step, and a worker that dies at it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from mapping.delivery import Delivery, NotABooking
from tests.chaos.checks import meant, said
from tests.chaos.mortal import Step, died
from tests.chaos.plan import FIRST_DAY, FIRST_MODIFIED, PlannedBooking, State
from tests.chaos.plant import Plant, running
from tests.chaos.senders import told
from tests.processes import end_all
from tests.waiting import until
from worker.connections import vendor_of
from worker.records import BookingStatus, Record

RECOVERY_SECONDS = 60
"""From the kill until the booking is at rest (issue 3, point 6)."""

FIRST = State(
    modified_at=FIRST_MODIFIED,
    cancelled=False,
    guest="Hóspede Primeiro",
    check_in=FIRST_DAY,
    check_out=FIRST_DAY + timedelta(days=4),
    total=Decimal("106.00"),
)
LATER = FIRST_MODIFIED + timedelta(hours=1)
DEARER = replace(FIRST, modified_at=LATER, total=Decimal("212.00"))
OTHER_GUEST = replace(DEARER, guest="Hóspede Segundo")
CANCELLED = replace(FIRST, modified_at=LATER, cancelled=True)


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a booking goes through: the states before its worker dies, and the steps at one of which it does.

    `lost` says that the answer to its creation was lost, so that the document is to be looked up.
    """

    name: str
    before: Sequence[State]
    at_death: State
    steps: Sequence[str]
    lost: bool = False


COURSES = (
    Course(
        name="create",
        before=[],
        at_death=FIRST,
        steps=[
            "before write 1",  # the claim
            "after write 1",
            "after create 1",
            "before write 2",  # the record of the document
            "after write 2",
            "before settle 1",
            "after settle 1",
            "after take 1",
        ],
    ),
    Course(
        name="update",
        before=[FIRST],
        at_death=DEARER,
        steps=[
            "before read 1",
            "before write 2",  # what is being sent
            "after write 2",
            "after update 1",
            "before write 3",  # that it was sent
            "after write 3",
            "before settle 1",
        ],
    ),
    Course(name="rename", before=[FIRST], at_death=OTHER_GUEST, steps=["after update 1", "after read 2", "after update 2"]),
    Course(
        name="withdraw",
        before=[FIRST],
        at_death=CANCELLED,
        steps=[
            "before write 2",  # that it is being withdrawn
            "after write 2",
            "after delete 1",
            "before write 3",  # that it is forgotten
            "after write 3",
            "before settle 1",
        ],
    ),
    Course(
        name="come back",
        before=[FIRST, CANCELLED],
        at_death=replace(FIRST, modified_at=LATER + timedelta(hours=1)),
        steps=["after create 1"],
    ),
    Course(
        name="adopt",
        before=[FIRST],
        at_death=DEARER,
        lost=True,
        steps=["before find 1", "after find 1", "after write 1", "after update 1"],
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Doomed:
    """A booking, and the step at which the worker that works on it dies."""

    booking: PlannedBooking
    course: Course
    step: Step

    @property
    def id(self) -> str:
        return f"{self.course.name}: {self.step}"


def _doomed() -> Iterator[Doomed]:
    number = 0
    for course in COURSES:
        for step in course.steps:
            when, seam, call = step.split()
            number += 1
            states = [*course.before, course.at_death]
            account = "ilhas" if course.lost else "norte"
            states = [replace(state, guest=f"{state.guest} {number}") for state in states]
            booking = PlannedBooking(account=account, number=number, states=states)
            yield Doomed(booking=booking, course=course, step=Step(when=when, seam=seam, call=int(call)))


DOOMED = list(_doomed())


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What is there when a healthy worker has finished."""

    deaths: Mapping[str, float]
    records: Mapping[str, Record]
    documents: Mapping[str, Sequence[Mapping[str, object]]]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    folder = tmp_path_factory.mktemp("killed")
    with running(folder / "plant") as plant:
        plant.ask("POST", "/switches", json={"switches": {"index_lag": 0}})
        _live_until_then(plant)
        deaths = folder / "deaths"
        _die(plant, deaths)
        plant.workers[0].process = plant.workers[0].start()
        until(lambda: not _on_the_way(plant), what="rest", seconds=RECOVERY_SECONDS)
        yield Aftermath(
            deaths=died(deaths),
            records={record.key: record for record in plant.house.ledger.all(*BookingStatus)},
            documents={name: plant.documents(name) for name in plant.addresses},
        )


def _live_until_then(plant: Plant) -> None:
    """Healthy workers bring every booking to where it stands before its worker dies."""
    for count in range(max(len(course.before) for course in COURSES)):
        lost = [each for each in DOOMED if each.course.lost and not count]
        if lost:
            fault = {"fault": "drop_after_commit", "method": "POST", "account": "ilhas", "times": len(lost)}
            plant.ask("POST", "/faults", json=fault)
        for each in DOOMED:
            if count < len(each.course.before):
                _deliver(plant, each.booking, count)
        until(lambda: not plant.house.ledger.unchanged_since(BookingStatus.QUEUED, plant.house.clock()), what="rest")
    assert sorted(plant.house.ledger.unchanged_since(BookingStatus.WAITING, plant.house.clock())) == sorted(
        each.booking.key for each in DOOMED if each.course.lost
    )
    end_all(each.process for each in plant.workers)
    for each in DOOMED:
        _deliver(plant, each.booking, len(each.course.before))


def _deliver(plant: Plant, booking: PlannedBooking, state: int) -> None:
    delivery = Delivery(body=told(booking.number, booking.states[state]))
    reading = vendor_of("generic").read(delivery)
    assert not isinstance(reading, NotABooking)
    connection = next(each for each in plant.house.connections.all() if each.account == booking.account)
    plant.house.intake.take(connection, delivery, reading, now=plant.house.clock())


def _die(plant: Plant, deaths: object) -> None:
    """A worker for each step dies at it, one after the other."""
    steps = plant.processes.folder / "steps.json"
    steps.write_text(json.dumps({each.booking.key: asdict(each.step) for each in DOOMED}))
    with (plant.processes.logs / "mortal").open("ab") as log:
        mortal = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.mortal", str(steps), str(deaths)],
            env=plant.processes.environment, cwd=plant.processes.folder, stdout=log, stderr=log,
        )  # fmt: skip
    plant.processes.started.append(mortal)
    assert mortal.wait(40) == 0, plant.processes.log("mortal")


def _on_the_way(plant: Plant) -> list[str]:
    now = plant.house.clock()
    statuses = (BookingStatus.QUEUED, BookingStatus.WAITING)
    return [key for status in statuses for key in plant.house.ledger.unchanged_since(status, now)]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("doomed", DOOMED, ids=lambda doomed: doomed.id)
def test_another_worker_finishes(aftermath: Aftermath, doomed: Doomed) -> None:
    booking = doomed.booking
    record = aftermath.records[booking.key]
    start = f"FS-generic-R-{booking.number}-"
    every = [each for each in aftermath.documents[booking.account] if str(each["reference"]).startswith(start)]
    there = [each for each in every if each["status"] != "deleted"]
    assert len({each["reference"] for each in every}) == len(every)
    if booking.newest.cancelled:
        assert (record.status, record.reason, there) == (BookingStatus.CANCELLED, None, [])
    else:
        assert (record.status, record.reason) == (BookingStatus.DRAFTED, None)
        assert [said(each) for each in there] == [meant(booking.newest)]
        assert record.trail.document
        assert [each["id"] for each in there] == [record.trail.document.id]
    assert record.updated_at.timestamp() - aftermath.deaths[booking.key] < RECOVERY_SECONDS
