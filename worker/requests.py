"""What is asked of InvoiceXpress for one booking's drafts: how the account calls things, the draft's day, its claim."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mapping.draft import InvoiceDraft
from mapping.iva import TIME_ZONES
from mapping.reasons import Reason
from worker.invoicexpress.documents import DocumentRequest
from worker.naming import FINAL_CONSUMER_CODE, client_code, reference, uid
from worker.records import Claim, Record


@dataclass(frozen=True, kw_only=True)
class Requests:
    """For the booking of `record`.

    `tax_names` are the account's names for the taxes of a draft's lines, `sequence_id` its id of the series of a name.
    """

    record: Record
    tax_names: Callable[[InvoiceDraft], Sequence[str | None]]
    sequence_id: Callable[[str], str | None]
    clock: Callable[[], datetime]

    def claim(self, generation: int) -> Claim:
        """What the booking's document of this generation is made with: the same in every attempt."""
        return Claim(
            uid=uid(self.record.key, generation),
            reference=reference(self.record.channel_manager, self.record.source_id, generation),
            claimed_at=self.clock(),
        )

    def missing(self, draft: InvoiceDraft) -> tuple[Reason, Mapping[str, str]] | None:
        """What the account lacks for `draft`, with its facts; None where it has all."""
        names = self.tax_names(draft)
        if None in names:
            rate = draft.lines[names.index(None)].rate
            return Reason.NO_TAX_IN_ACCOUNT, {"rate": f"{rate:f}", "region": draft.region}
        if draft.sequence and self.sequence_id(draft.sequence) is None:
            return Reason.NO_SEQUENCE, {"sequence": draft.sequence}
        return None

    def of(self, draft: InvoiceDraft, claim: Claim) -> DocumentRequest:
        """The request that makes a document of `draft`; only to be sent where nothing is `missing`."""
        stay, *apart = (name or "" for name in self.tax_names(draft))
        return DocumentRequest(
            draft=draft,
            uid=claim.uid,
            reference=claim.reference,
            day=self._today(draft),
            client_code=FINAL_CONSUMER_CODE if draft.is_anonymous else client_code(self.record.key),
            client_name=draft.client_name,
            tax_name=stay,
            apart_tax_names=tuple(apart),
            sequence_id=self.sequence_id(draft.sequence) if draft.sequence else None,
        )

    def _today(self, draft: InvoiceDraft) -> date:
        """A draft's day is the day on which it is made, where the property lies: a later one could not be finalised."""
        return self.clock().astimezone(ZoneInfo(TIME_ZONES[draft.region])).date()
