"""What has happened so far, as counters, a histogram and a summary."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, product

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric, SummaryMetricFamily

from mapping.channel_managers import channel_managers
from mapping.reasons import Reason
from worker.activity import ACTS, BOUNDS
from worker.counters import CREATED, NOT_SENT, OUTCOMES, Counted, Rejected
from worker.records import BookingStatus
from worker.sweeper import Find

Counts = Mapping[tuple[str, ...], int]

CHANNEL_MANAGER = "channel_manager"


@dataclass(frozen=True, kw_only=True)
class Family:
    """One counter. `values` of its last label are told also while they are 0, so that the first time is an increase."""

    counted: Counted
    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    values: Sequence[str] = ()
    is_of_asked: bool = False  # only channel managers that are asked for bookings, not all that are connected


FAMILIES: Sequence[Family] = (
    Family(
        counted=Counted.DELIVERIES,
        name="faturasync_deliveries",
        meaning="Proven deliveries by what they were answered.",
        labels=(CHANNEL_MANAGER, "outcome"),
        values=("queued", "repeated", "ignored", "unreadable"),
    ),
    Family(
        counted=Counted.REJECTED,
        name="faturasync_deliveries_rejected",
        meaning="Deliveries that were not taken in, by why.",
        labels=(CHANNEL_MANAGER, "reason"),
        values=tuple(Rejected),
    ),
    Family(
        counted=Counted.DRAFTS,
        name="faturasync_drafts",
        meaning="Drafts that were created, updated or withdrawn in InvoiceXpress.",
        labels=("act",),
        values=tuple(ACTS),
    ),
    Family(
        counted=Counted.TURNS,
        name="faturasync_turns",
        meaning="Turns of jobs at a booking by the status in which they left it.",
        labels=("status",),
        values=(*(status for status in BookingStatus if status is not BookingStatus.QUEUED), "superseded"),
    ),
    Family(
        counted=Counted.WAITS,
        name="faturasync_waits",
        meaning="Turns after which the booking had to wait, by why.",
        labels=("reason",),
        values=(
            Reason.NOT_YET, Reason.IN_LINE, Reason.PAUSED, Reason.UNAVAILABLE, Reason.CHANNEL_MANAGER_UNAVAILABLE,
            Reason.BOOKING_NOT_FOUND, Reason.STORE_WAS_AWAY,
        ),
    ),
    Family(
        counted=Counted.INVOICEXPRESS,
        name="faturasync_invoicexpress_requests",
        meaning="Requests of workers to InvoiceXpress by how they ended.",
        labels=("outcome",),
        values=(CREATED, *OUTCOMES, NOT_SENT),
    ),
    Family(
        counted=Counted.CHANNEL_MANAGERS,
        name="faturasync_channel_manager_requests",
        meaning="Requests of workers to channel managers by how they ended.",
        labels=(CHANNEL_MANAGER, "outcome"),
        values=OUTCOMES,
        is_of_asked=True,
    ),
    Family(counted=Counted.SWEEPS, name="faturasync_sweeps", meaning="Sweeps of all processes."),
    Family(
        counted=Counted.SWEPT,
        name="faturasync_sweep_finds",
        meaning="What sweeps found to do.",
        labels=("found",),
        values=tuple(Find),
    ),
)  # fmt: skip


def counted_families(counts: Counts, connected: Collection[str]) -> Iterator[Metric]:
    """`counts` as Prometheus takes it; `connected` are the channel managers with a connection."""
    for family in FAMILIES:
        yield _counter(family, counts, connected)
    yield _time_to_draft(counts)
    yield _invoicexpress_seconds(counts)


def _counter(family: Family, counts: Counts, connected: Iterable[str]) -> Metric:
    of_vendors = [name for name in sorted(connected) if not family.is_of_asked or channel_managers()[name].fetch]
    firsts = [of_vendors] if CHANNEL_MANAGER in family.labels else []
    known = product(*firsts, family.values) if family.labels else [()]
    counted = {what[1:]: number for what, number in counts.items() if what[0] == family.counted}
    metric = CounterMetricFamily(family.name, family.meaning, labels=family.labels)
    for labels, number in sorted((dict.fromkeys(known, 0) | counted).items()):
        metric.add_metric(labels, number)
    return metric


def _time_to_draft(counts: Counts) -> Metric:
    places = [counts.get((Counted.DRAFT_WAITS, str(place)), 0) for place in range(len(BOUNDS) + 1)]
    bounds = (*(f"{bound:.1f}" for bound in BOUNDS), "+Inf")  # as Prometheus 3 writes them
    return HistogramMetricFamily(
        "faturasync_webhook_to_draft_seconds",
        "From the delivery of a booking's newest state until its draft is equal to it.",
        buckets=list(zip(bounds, accumulate(places), strict=True)),
        sum_value=counts.get((Counted.DRAFT_WAITED_MS,), 0) / 1000,
    )


def _invoicexpress_seconds(counts: Counts) -> Metric:
    return SummaryMetricFamily(
        "faturasync_invoicexpress_request_seconds",
        "How long requests of workers to InvoiceXpress took, however they ended.",
        count_value=sum(number for what, number in counts.items() if what[0] == Counted.INVOICEXPRESS),
        sum_value=counts.get((Counted.INVOICEXPRESS_MS,), 0) / 1000,
    )
