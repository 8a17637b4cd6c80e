"""What would come of a booking: the draft and its figures, or why there would be none. Nothing is kept, nobody is asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mapping.booking import Booking
from mapping.desired import Draft, NotYet, PersonMustDecide
from mapping.draft import InvoiceDraft
from mapping.draft_warnings import TOLD_BY_CHANNEL_MANAGERS, DraftWarning
from mapping.reasons import Reason
from worker.correcting import proposed
from worker.figures import told_figures
from worker.meaning import Meaning
from worker.records import Record
from worker.services import Services
from worker.turnover import warnings_beside


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`draft` is None where there would be none, for `reason`: a person must decide (`is_stuck`), or nothing is to be billed.

    `day` is the one on which the settings want the draft, if it has not come.
    """

    booking: Booking
    property_name: str | None
    draft: InvoiceDraft | None = None
    figures: Mapping[str, str] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    reason: Reason | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    is_stuck: bool = False


def preview(
    services: Services, record: Record, given: Mapping[str, str] | None = None, *, drop: tuple[str, ...] = ()
) -> Preview:
    """What would come of the booking with these corrections. Raises `UserError` as `proposed` does."""
    meant = proposed(services, record.key, given or {}, drop=drop)
    wanted = meant.desired
    if isinstance(wanted, Draft | NotYet):
        return _of_draft(services, record, meant, wanted)
    facts = {**record.own_facts, **meant.facts, **wanted.facts}
    return Preview(
        booking=meant.booking,
        property_name=meant.property_name,
        reason=wanted.reason,
        facts=facts,
        is_stuck=isinstance(wanted, PersonMustDecide),
    )


def _of_draft(services: Services, record: Record, meant: Meaning, wanted: Draft | NotYet) -> Preview:
    made = wanted.then if isinstance(wanted, NotYet) else wanted
    told = [DraftWarning(slug=slug) for slug in TOLD_BY_CHANNEL_MANAGERS if slug in meant.booking.warnings]
    warnings = {warning.slug.value: warning.sentence for warning in (*told, *made.warnings)}
    beside = warnings_beside(services, record.key, meant.booking.check_out, made.draft.total)
    return Preview(
        booking=meant.booking,
        property_name=meant.property_name,
        draft=made.draft,
        figures=told_figures(made, corrected=meant.corrected),
        warnings={**warnings, **beside},
        day=wanted.day if isinstance(wanted, NotYet) else None,
    )
