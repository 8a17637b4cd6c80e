"""The work: who does it, what waits for a person, and who is not heard any more."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from worker.doctor.findings import Finding
from worker.letting import unknown_listings
from worker.overview import Overview, overview
from worker.services import Services
from worker.spans import span
from worker.sweeper import SWEEP_SECONDS
from worker.unexplained import noted
from worker.webhook_urls import Hearing, health

WORK, RECEIVER = "work", "receiver"
OLD = timedelta(hours=1)
LATE_SWEEP = timedelta(seconds=10 * SWEEP_SECONDS)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def look_at_work(services: Services) -> Iterator[Finding]:
    """Workers, the scheduler, the sweeper; what lies too long."""
    found = overview(services)
    faults = list(_workers(found))
    yield from faults
    if not faults:
        number = f"{found.alive} {'worker is' if found.alive == 1 else 'workers are'}"
        yield Finding.good(WORK, f"{number} alive; scheduled jobs and the sweeper run.")
    if found.oldest_seconds and found.oldest_seconds > OLD.total_seconds():
        said = f"A booking has been queued for {span(found.oldest_seconds)}."
        yield Finding.warning(WORK, said, "faturasync queues tells what holds it up.")
    for account, drafts in noted(services).items():
        said = f"{drafts} of its drafts carry references of bookings that are not known here."
        yield Finding.warning(f"account {account}", said, "If a copy of the store was put back: faturasync missing")
    unreadable = len(services.deliveries.unreadable())
    if unreadable:
        said = f"{unreadable} {'delivery' if unreadable == 1 else 'deliveries'} could not be read."
        yield Finding.warning(WORK, said, "faturasync show DELIVERY tells where; after a fix: faturasync retry --all")


def _workers(found: Overview) -> Iterator[Finding]:
    if not found.alive:
        yield Finding.fault(WORK, "No worker is alive.", "Start one: faturasync worker")
    elif not found.queue.has_scheduler:
        yield Finding.fault(WORK, "Nobody runs the scheduled jobs.", "Start the workers again: faturasync worker")
    if found.alive and (found.swept_at is None or found.at - found.swept_at > LATE_SWEEP):
        since = f"for {span((found.at - found.swept_at).total_seconds())}" if found.swept_at else "yet"
        yield Finding.warning(WORK, f"Nobody has swept {since}.", "Start the workers again: faturasync worker")


def look_at_connections(services: Services) -> Iterator[Finding]:
    """Each connection, the receiver's address, and listings that no property has."""
    connections = services.connections.all()
    where = urlsplit(services.environment.public_url)
    if connections and (where.scheme != "https" or where.hostname in LOOPBACK):
        said = f"Webhook URLs begin with {services.environment.public_url}, which channel managers cannot reach safely."
        yield Finding.warning(RECEIVER, said, "Set FATURASYNC_PUBLIC_URL to the https address of the receiver.")
    for connection_id, state in health(services, connections).items():
        place = f"connection {connection_id}"
        if state.lacks_secret:
            todo = f"faturasync connection rotate {connection_id} --secret-file FILE"
            yield Finding.fault(place, "It has no secret, so its deliveries are refused.", todo)
        if state.lacks_credentials:
            todo = f"faturasync connection set {connection_id} --credentials-file FILE"
            yield Finding.fault(place, "It has nothing to ask the channel manager with, so bookings are parked.", todo)
        if state.hearing is Hearing.SILENT:
            said = f"It has been silent for {state.silent_days} days, which is longer than is usual for it."
            yield Finding.warning(place, said, "See whether the webhook still stands in the channel manager.")
        elif not state.needs_a_look:
            yield Finding.good(
                place, "Nothing was heard of it yet." if state.hearing is Hearing.NEVER else "It is heard."
            )
    for account in services.accounts.all():
        for listing in unknown_listings(services, account.name):
            yield Finding.warning(
                f"listing {listing.listing}", f"No property has it, and {listing.bookings} bookings wait for one.",
                f"faturasync property set {account.name} PROPERTY --listing {listing.listing}",
            )  # fmt: skip
