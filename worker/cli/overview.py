"""How the work stands, in lines and rows for people."""

from collections.abc import Iterator
from datetime import datetime

from rich.text import Text

from worker.activity import Bucket
from worker.causes import Group
from worker.cli.context import plain
from worker.overview import AccountLine, Overview
from worker.records import BookingStatus
from worker.spans import span
from worker.workers import SeenWorker


def summary(found: Overview, day: Bucket) -> Iterator[str]:
    """What one sees first."""
    queue, counts = found.queue, found.counts
    oldest = f", the oldest for {span(found.oldest_seconds)}" if found.oldest_seconds is not None else ""
    yield f"Queue: {queue.depth} jobs, {counts.queued} bookings queued{oldest}; {queue.running} running."
    due = f", the next in {span((queue.next_at - found.at).total_seconds())}" if queue.next_at else ""
    yield f"Scheduled: {queue.scheduled}{due}. Waiting: {counts.waiting}, {counts.in_line} of them in line."
    yield f"Stuck: {counts.failed} failed, {counts.parked} parked."
    if found.done_seconds:
        yield f"The backlog is done in {span(found.done_seconds)} at the accounts' limits."
    waits = [span(day.waits.quantile(part)) for part in (0.5, 0.95)]
    yield (
        f"Last day: {day.drafted} drafted, {day.updated} updated, {day.withdrawn} withdrawn, {day.parked} parked, "
        f"{day.failed} failed; at rest after {waits[0]}, 95 % within {waits[1]}."
    )
    sweeper = f"{span((found.at - found.swept_at).total_seconds())} ago" if found.swept_at else "never"
    scheduler = "runs" if queue.has_scheduler else "does not run"
    yield f"Workers alive: {found.alive} of {len(found.workers)}. The scheduler {scheduler}; last swept {sweeper}."


def account_row(line: AccountLine) -> tuple[str | Text, ...]:
    """One account."""
    counts = line.counts
    numbers = (counts.queued, counts.waiting, counts.in_line, counts.parked, counts.failed)
    done = span(line.done_seconds) if line.done_seconds else ""
    return (line.account, *map(str, numbers), done, plain(_pause(line), "yellow"))


def group_row(group: Group) -> tuple[str | Text, ...]:
    """Stuck bookings of one cause."""
    cause = group.cause
    colour = "red" if cause.status is BookingStatus.FAILED else "yellow"
    newest = f"{group.newest_at:%Y-%m-%d %H:%M}"
    return (plain(cause.status, colour), str(group.count), newest, cause.reason or "", cause.words, group.example)


def worker_row(worker: SeenWorker, now: datetime) -> tuple[str | Text, ...]:
    """One worker."""
    seen = f"{span((now - worker.seen_at).total_seconds())} ago" if worker.seen_at else "never"
    alive = worker.is_alive(now)
    return (
        worker.name,
        f"{worker.pid} on {worker.host}",
        plain(seen if alive else f"{seen}: silent", "" if alive else "red"),
        ", ".join(worker.bookings) or worker.state,
    )


def _pause(line: AccountLine) -> str:
    if line.pause:
        return f"by {line.pause.who} since {line.pause.at:%Y-%m-%d %H:%M}"
    if line.refusal:
        trial = f", next trial at {line.refusal.next_at:%H:%M:%S} UTC" if line.refusal.next_at else ""
        return f"{line.refusal.reason}: {line.refusal.words}{trial}"
    return f"asked to wait for {span(line.held_seconds)}" if line.held_seconds else ""
