"""How things stand at this moment, as gauges. A few numbers and lists are read, never all bookings."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import TypeVar

from prometheus_client.core import GaugeMetricFamily, Metric

from mapping.iva import Location, time_zone
from worker.awaited import awaited_since
from worker.connections import Connection
from worker.deliveries import UNREADABLE
from worker.overview import AccountLine, accounts, oldest_queued
from worker.pauses import ACCOUNT_WIDE
from worker.records import BookingStatus
from worker.rhythm import LEAST, allowed_silence, heard_on
from worker.services import Services
from worker.stays import Lacks, how_many_ended
from worker.sweeper import swept_at
from worker.workers import SeenQueue, SeenWorker, seen_queue, seen_workers

Labels = TypeVar("Labels", bound=tuple[str, ...])

BY_A_PERSON = "person"
UNDONE = (BookingStatus.QUEUED, BookingStatus.WAITING, BookingStatus.PARKED, BookingStatus.FAILED)
PAUSE_KINDS = (*sorted(ACCOUNT_WIDE), BY_A_PERSON)


def standing_families(services: Services, connections: Sequence[Connection]) -> Iterator[Metric]:
    """Everything that can rise and fall."""
    now, lines = services.clock(), accounts(services)
    yield from _bookings(services, now)
    yield from _accounts(lines, awaited_since(services.store, [line.account for line in lines]), now)
    yield from _queue(seen_queue(services.queue))
    yield from _workers(seen_workers(services.queue), now)
    yield _gauge(
        "sweep_age_seconds",
        "Since some worker last looked for bookings whose job is gone; +Inf before the first time.",
        {(): _since(swept_at(services), now, never=inf)},
    )
    yield from _connections(services, connections, now)


def _bookings(services: Services, now: datetime) -> Iterator[Metric]:
    counts = services.index.counts()
    statuses = {(status,): counts.get("status", {}).get(status, 0) for status in BookingStatus}
    reasons = {(reason,): number for reason, number in counts.get("reason", {}).items()}
    yield _gauge("bookings", "Bookings by status.", statuses, "status")
    yield _gauge("bookings_by_reason", "Bookings whose status has a reason, by it.", reasons, "reason")
    yield _gauge(
        "index_whole",
        "1 if every booking is counted; 0 for a while after an update or with a new secret key.",
        {(): services.index.is_whole},
    )
    yield _gauge(
        "oldest_queued_seconds",
        "For how long the booking that is queued longest is, a retry included; 0 where none is.",
        {(): _since(oldest_queued(services.store), now)},
    )
    # As the reminders count: a day is over in all of Portugal when it is on the Azores.
    yesterday = now.astimezone(time_zone(Location.AZORES)).date() - timedelta(days=1)
    ended = {(lacks,): how_many_ended(services.store, lacks, last_day=yesterday) for lacks in Lacks}
    yield _gauge("ended_stays", "Stays that are over and lack a document, or its finalising.", ended, "lacks")
    yield _gauge(
        "unreadable_deliveries",
        "Deliveries that could not be read and wait for a fix.",
        {(): services.store.zcard(UNREADABLE)},
    )


def _accounts(lines: Sequence[AccountLine], since: Mapping[str, datetime | None], now: datetime) -> Iterator[Metric]:
    bookings = {(line.account, status): getattr(line.counts, status) for line in lines for status in UNDONE}
    paused = {(line.account, kind): kind in _pauses(line) for line in lines for kind in PAUSE_KINDS}
    forecast = {(line.account,): line.done_seconds for line in lines if line.done_seconds is not None}
    ages = {(account,): _since(oldest, now) for account, oldest in since.items()}
    yield _gauge("account_bookings", "The account's bookings that have no end yet.", bookings, "account", "status")
    yield _gauge("account_paused", "1 while nothing is asked for the account.", paused, "account", "kind")
    yield _gauge(
        "account_backlog_seconds",
        "Until what is queued is done at the account's limit; left out while it is paused.",
        forecast,
        "account",
    )
    yield _gauge(
        "oldest_booking_seconds",
        "Since the delivery whose booking has not come to rest for longest; 0 where none is.",
        ages,
        "account",
    )


def _pauses(line: AccountLine) -> set[str]:
    refusal = {str(line.refusal.reason)} if line.refusal else set()
    return refusal | ({BY_A_PERSON} if line.pause else set())


def _queue(queue: SeenQueue) -> Iterator[Metric]:
    jobs = {("queued",): queue.depth, ("running",): queue.running, ("scheduled",): queue.scheduled}
    yield _gauge("queue_jobs", "Jobs in RQ's lists.", jobs, "list")
    yield _gauge(
        "scheduler_alive", "1 if a worker brings scheduled jobs back when they are due.", {(): queue.has_scheduler}
    )


def _workers(workers: Sequence[SeenWorker], now: datetime) -> Iterator[Metric]:
    seen: dict[tuple[str, ...], float] = {}
    for worker in workers:
        host = (worker.host,)
        seen[host] = min(seen.get(host, inf), _since(worker.seen_at, now, never=inf))
    alive = sum(worker.is_alive(now) for worker in workers)
    yield _gauge("workers", "Workers that gave a sign of life lately.", {(): alive})
    yield _gauge("worker_last_sign_seconds", "Since a worker of this host last gave one.", seen, "host")


def _connections(services: Services, connections: Sequence[Connection], now: datetime) -> Iterator[Metric]:
    heard = heard_on(services.store, [connection.id for connection in connections])
    silent, allowed = {}, {}
    for connection, days in zip(connections, heard, strict=True):
        labels, last = (connection.id, connection.channel_manager), connection.last_delivery_at
        silent[labels] = _since(last or connection.created_at, now)
        allowed[labels] = (allowed_silence(days) if last else LEAST).total_seconds()
    labels = ("connection", "channel_manager")
    yield _gauge("connection_silent_seconds", "Since its last delivery, or since it was made.", silent, *labels)
    yield _gauge("connection_silence_allowed_seconds", "What is not unusual for it yet.", allowed, *labels)


def _gauge(name: str, meaning: str, samples: Mapping[Labels, float], *labels: str) -> Metric:
    metric = GaugeMetricFamily(f"faturasync_{name}", meaning, labels=labels)
    for values, number in sorted(samples.items()):
        metric.add_metric(values, number)
    return metric


def _since(moment: datetime | None, now: datetime, *, never: float = 0.0) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else never
