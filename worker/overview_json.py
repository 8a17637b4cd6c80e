"""How the work stands, for scripts. Times are UTC, waits are seconds."""

from datetime import datetime
from typing import Any

from worker.activity import Bucket
from worker.causes import Group
from worker.overview import AccountLine, Overview
from worker.queue import QUEUE
from worker.workers import SeenWorker


def overview_json(found: Overview, day: Bucket) -> dict[str, Any]:
    """All of it; `day` is what was done in the last 24 hours."""
    return {
        "at": found.at.isoformat(),
        "queues": [_queue(found)],
        "accounts": [_account(line) for line in found.accounts],
        "failures": [_group(group) for group in found.stuck],
        "workers": [_worker(worker, found.at) for worker in found.workers],
        "alive": found.alive,
        "scheduler": found.queue.has_scheduler,
        "swept_at": _moment(found.swept_at),
        "last_day": _day(day),
    }


def _queue(found: Overview) -> dict[str, Any]:
    queue, counts = found.queue, found.counts
    return {
        "queue": QUEUE,
        "depth": queue.depth,
        "queued": counts.queued,
        "oldest_at": _moment(found.oldest_at),
        "oldest_seconds": found.oldest_seconds,
        "running": queue.running,
        "scheduled": queue.scheduled,
        "next_at": _moment(queue.next_at),
        "waiting": counts.waiting,
        "in_line": counts.in_line,
        "parked": counts.parked,
        "failed": counts.failed,
        "done_in_seconds": found.done_seconds,
    }


def _account(line: AccountLine) -> dict[str, Any]:
    return {
        "account": line.account,
        "queued": line.counts.queued,
        "waiting": line.counts.waiting,
        "in_line": line.counts.in_line,
        "parked": line.counts.parked,
        "failed": line.counts.failed,
        "limit": line.limit,
        "requests_last_minute": line.made,
        "held_seconds": line.held_seconds,
        "done_in_seconds": line.done_seconds,
        "paused": _pause(line),
    }


def _pause(line: AccountLine) -> dict[str, Any] | None:
    """A person's pause goes over InvoiceXpress's: nothing is tried while it lasts."""
    if line.pause:
        since = line.pause.at.isoformat()
        return {
            "by": line.pause.who,
            "since": since,
            "reason": "paused-by-a-person",
            "words": None,
            "next_trial_at": None,
        }
    if line.refusal:
        return {
            "by": None,
            "since": line.refusal.at.isoformat(),
            "reason": line.refusal.reason,
            "words": line.refusal.words,
            "next_trial_at": _moment(line.refusal.next_at),
        }
    return None


def _group(group: Group) -> dict[str, Any]:
    return {
        "cause": group.cause.id,
        "status": group.cause.status.value,
        "reason": group.cause.reason,
        "words": group.cause.words,
        "count": group.count,
        "oldest_at": _moment(group.oldest_at),
        "newest_at": _moment(group.newest_at),
        "example": group.example,
    }


def _worker(worker: SeenWorker, now: datetime) -> dict[str, Any]:
    return {
        "worker": worker.name,
        "host": worker.host,
        "pid": worker.pid,
        "state": worker.state,
        "alive": worker.is_alive(now),
        "started_at": _moment(worker.started_at),
        "seen_at": _moment(worker.seen_at),
        "booking": worker.bookings[0] if worker.bookings else None,
        "bookings": list(worker.bookings),
        "jobs": worker.jobs,
    }


def _day(day: Bucket) -> dict[str, Any]:
    return {
        "jobs": day.jobs,
        "drafted": day.drafted,
        "updated": day.updated,
        "withdrawn": day.withdrawn,
        "parked": day.parked,
        "failed": day.failed,
        "wait_p50_seconds": day.waits.quantile(0.5),
        "wait_p95_seconds": day.waits.quantile(0.95),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
