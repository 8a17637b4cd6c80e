"""The daily digest: what was done yesterday, what is stuck, which alarms are open, which drafts are to be finalised."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from mapping.iva import time_zone
from worker.activity import Bucket, between, together
from worker.alarms import Alarm
from worker.causes import groups
from worker.due import due_drafts
from worker.services import Services
from worker.spans import span

MONDAY: Final = 0
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What is told on the morning of `day`, Lisbon's."""

    day: date
    now: datetime
    yesterday: Bucket
    stuck: Mapping[str, int]  # bookings by status and reason
    alarms: Sequence[Alarm]
    due: int  # drafts to be finalised today ...
    late: int  # ... and those of them that should have been before

    @property
    def is_wanted(self) -> bool:
        """Whether it is sent. Where nothing happened and nothing is to be done, on Mondays only.

        That it comes at least once a week shows that alarms arrive.
        """
        did = self.yesterday
        happened = did.deliveries or did.jobs or did.drafted or did.updated or did.withdrawn
        return bool(happened or self.stuck or self.alarms or self.due or self.day.weekday() == MONDAY)

    @property
    def title(self) -> str:
        """The day, and how much there is to do."""
        todo = [
            f"{what} {number}"
            for what, number in (
                ("open alarms", len(self.alarms)),
                ("stuck bookings", sum(self.stuck.values())),
                ("drafts to finalise", self.due),
            )
            if number
        ]
        return f"FaturaSync on {self.day - DAY:%d/%m/%Y}: {', '.join(todo) or 'all is well'}"

    @property
    def body(self) -> str:
        """All of it."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        did = self.yesterday
        yield f"Deliveries: {did.deliveries}."
        yield f"Drafts: {did.drafted} made, {did.updated} changed, {did.withdrawn} withdrawn."
        yield f"Bookings that got stuck: {did.parked} parked, {did.failed} failed."
        if self.stuck:
            yield "Stuck now: " + ", ".join(f"{count} {what}" for what, count in self.stuck.items()) + "."
        if self.due:
            yield (
                f"Drafts to be finalised: {self.due}. The fifth working day after check-out is over for {self.late} of them "
                f"and today for {self.due - self.late}."
            )
        yield "Open alarms:" if self.alarms else "No alarm is open."
        for alarm in self.alarms:
            yield f"- {alarm.title} (for {span((self.now - alarm.since).total_seconds())}). {alarm.todo}"


def due_day(now: datetime, at: time) -> date | None:
    """The day whose digest is due now if it was not sent yet; None before its hour in Lisbon."""
    here = now.astimezone(time_zone(None))
    return here.date() if here.time() >= at else None


def digest(services: Services, alarms: Sequence[Alarm], day: date) -> Digest:
    """The digest of the day."""
    now = services.clock()
    found = due_drafts(services, now=now, limit=0)
    return Digest(
        day=day,
        now=now,
        yesterday=together(between(services.store, _begins(day - DAY), _begins(day))),
        stuck=_stuck(services),
        alarms=alarms,
        due=found.count,
        late=found.late,
    )


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), time_zone(None)).astimezone(UTC)


def _stuck(services: Services) -> Mapping[str, int]:
    """How many are stuck, by status and reason: what InvoiceXpress said may name a guest."""
    counted: Counter[str] = Counter()
    for group in groups(services.store):
        cause = group.cause
        counted[f"{cause.status} ({cause.reason})" if cause.reason else f"{cause.status}"] += group.count
    return dict(counted.most_common())
