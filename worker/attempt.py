"""Carries the steps of `worker.converge` out for one booking, until it is at rest or has to wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from mapping.desired import Desired, Draft, NotYet
from mapping.draft import InvoiceDraft
from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from mapping.reasons import Reason
from worker.adoption import Existing
from worker.converge import Do, DocumentIs, Step, next_step
from worker.history import Story
from worker.invoicexpress.client import InvoiceXpress
from worker.invoicexpress.clients import create_resolving_client, update_resolving_client, with_longer_name
from worker.invoicexpress.compare import differences
from worker.invoicexpress.documents import DELETED, DRAFT, Document, DocumentRequest
from worker.lapses import IN_DOUBT
from worker.ledger import Ledger
from worker.outcome import Outcome, at_rest, is_lost
from worker.recognition import late_seconds, recognised, with_client_of
from worker.records import BookingStatus, DocumentLink, Record, Trail
from worker.requests import Requests
from worker.waits import INDEX_LAG_SECONDS, within_seconds

DIFFERENCES = {Reason.EDITED, Reason.DOCUMENT_DIFFERS, Reason.DELETED, Reason.CANCELLED_BUT_EDITED}


class Attempt:
    """One attempt at one booking; `record` is what the ledger knew when it began.

    `account` is the booking's account at InvoiceXpress, `existing` what its list showed for the booking, `later` the same
    where there was a document already, `meant` the drafts that were meant for the states it had, `outdated_since` how long ago
    a newer state may have been forgotten, `requests` what is asked for its drafts, `document_url` the page on which a person
    sees a document, `story` what is told of the attempt.
    """

    def __init__(
        self,
        record: Record,
        ledger: Ledger,
        account: InvoiceXpress,
        *,
        existing: Callable[[], Existing | None],
        later: Callable[[], Existing | None],
        meant: Callable[[], Iterator[InvoiceDraft]],
        outdated_since: Callable[[], timedelta | None],
        requests: Requests,
        document_url: Callable[[int], str],
        story: Story,
        clock: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._trail = record.trail
        self._ledger = ledger
        self._account = account
        self._existing = existing
        self._find_later = later
        self._meant = meant
        self._outdated_since = outdated_since
        self._requests = requests
        self._document_url = document_url
        self._story = story
        self._clock = clock
        self._edits = ""
        self._wanted: InvoiceDraft | None = None

    @property
    def trail(self) -> Trail:
        """What was asked for the booking so far, this attempt included."""
        return self._trail

    def run(self, desired: Desired) -> Outcome:
        """Take steps until the booking is at rest; each is in the ledger before the next.

        Raises `InvoiceXpressUnavailable` where it has to wait and `InvoiceXpressRejected` where a person has to act.
        """
        wanted = desired.then if isinstance(desired, NotYet) else desired
        self._wanted = wanted.draft if isinstance(wanted, Draft) else None
        document_is = self._known()
        shall_look = self._record.shall_look or self._record.last_reason is Reason.OUTDATED
        if shall_look and document_is is DocumentIs.UNREAD:
            document_is = self._read()
        while True:
            step = next_step(desired, document_is, sent_equal=self._is_sent())
            if step.do is Do.LOOK_UP:
                document_is = self._look_up()
            elif step.do is Do.READ:
                document_is = self._read()
            elif step.do is Do.WITHDRAW:
                self._wait_for_late_changes()
                self._withdraw()
                document_is = DocumentIs.NONE
            elif step.do in {Do.CREATE, Do.UPDATE} and self._wanted:
                made = self._made(step, self._wanted)
                if isinstance(made, Outcome):
                    return made
                document_is = made
            else:
                return at_rest(self._explained(step), desired, self._trail, edits=self._edits)

    def _explained(self, step: Step) -> Step:
        """A difference from what the store knows is nobody's doing where it may have forgotten what it asked for itself."""
        since = self._outdated_since() if step.reason in DIFFERENCES else None
        return replace(step, reason=Reason.OUTDATED) if since is not None and since < IN_DOUBT else step

    def look(self) -> None:
        """Only read the document, so that its state is known."""
        self._read()

    def _known(self) -> DocumentIs:
        if self._trail.document:
            return DocumentIs.UNREAD
        if self._trail.claim:
            return DocumentIs.CLAIMED
        existing = self._existing()
        if existing is None or existing.generation < self._trail.generation:
            return DocumentIs.NONE
        return self._adopt(existing)

    def _adopt(self, existing: Existing) -> DocumentIs:
        """Take for the booking's what the ledger did not know of; reading it will tell what it says."""
        claim = self._requests.claim(existing.generation)
        self._story.tell("adopting", reference=claim.reference, found=len(existing.ids))
        earlier = self._trail.sent or self._trail.earlier
        self._keep(Trail(generation=existing.generation, claim=claim, earlier=earlier, is_adopted=True))
        if len(existing.ids) > 1:
            return DocumentIs.CLAIMED
        (number,) = existing.ids
        self._write(document=DocumentLink(id=number, state=DRAFT, url=self._document_url(number)))
        return DocumentIs.UNREAD

    def _is_sent(self) -> bool:
        sent = self._trail.sent
        if sent is None or self._trail.sending or self._trail.withdrawing:
            return False
        if is_lost(self._trail) or self._wanted is None:
            return False
        # For whom a final document is cannot be compared once that was dropped, nor is it ours to change.
        is_final = self._trail.document is not None and self._trail.document.state != DRAFT
        wanted = self._wanted.without_guest() if sent.draft.is_without_guest and is_final else self._wanted
        return sent.draft == wanted

    def _look_up(self) -> DocumentIs:
        """Find what a creation with an unknown outcome has made; absent only once the index's lag is over (3.2, 3.3)."""
        claim = self._trail.claim
        if claim is None:
            return DocumentIs.NONE
        found = within_seconds()(self._account.find, claim.reference)
        self._story.tell("looked-up", reference=claim.reference, found=len(found))
        if len(found) > 1:
            return DocumentIs.SEVERAL
        if found:
            return self._seen(found[0])
        missing = INDEX_LAG_SECONDS - (self._clock() - claim.claimed_at).total_seconds()
        if missing > 0:
            raise InvoiceXpressUnavailable(
                "It is not known whether the draft was made, and InvoiceXpress's list may not show it yet.",
                sent=True,
                retry_after=missing,
            )
        return self._later() or DocumentIs.NONE

    def _later(self) -> DocumentIs | None:
        """Adopt the booking's later document if there is one: the store has forgotten that this one was withdrawn."""
        existing = self._find_later()
        return self._adopt(existing) if existing and existing.generation > self._trail.generation else None

    def _read(self) -> DocumentIs:
        link = self._trail.document
        if link is None:
            return self._known()
        document = within_seconds()(self._account.document, link.id)
        state = document.state if document else DELETED
        self._story.tell("read", document=link.id, state=state)
        if state == DELETED and self._trail.withdrawing:
            self._forget()
            return DocumentIs.NONE
        if state == DELETED and (later := self._later()):
            return later
        if document is None:
            self._write(document=replace(link, state=DELETED))
            return DocumentIs.GONE
        return self._seen(document)

    def _seen(self, document: Document) -> DocumentIs:
        found = recognised(
            document,
            self._trail,
            url=self._document_url(document.id),
            meant=self._meant_requests(),
            now=self._clock(),
        )
        self._edits = found.edits
        self._keep(found.trail)
        return found.document_is

    def _meant_requests(self) -> Iterator[DocumentRequest]:
        """What we would send now. For a document that was adopted also what was meant for earlier states of the booking."""
        claim = self._trail.claim
        if claim:
            wanted = [self._wanted] if self._wanted else []
            # An older state of the booking explains nothing where a newer one may be forgotten.
            explains = self._trail.is_adopted and self._outdated_since() is None
            for draft in chain(wanted, self._meant() if explains else ()):
                request = self._requests.of(draft, claim)
                yield request
                yield with_longer_name(request)
                if self._trail.sent and self._trail.sent.draft.is_without_guest:
                    yield with_client_of(request, self._trail.sent)

    def _wait_for_late_changes(self) -> None:
        """No change overtakes an earlier one: that one would be carried out last, and stand."""
        missing = late_seconds(self._trail, now=self._clock())
        if missing > 0:
            raise InvoiceXpressUnavailable(
                "It is not known whether the last change of the draft was carried out; it may still be.",
                sent=False,
                retry_after=missing,
            )

    def _made(self, step: Step, draft: InvoiceDraft) -> Outcome | DocumentIs:
        """Create or update, and compare; what the document is where it turns out to be of an earlier request of ours."""
        missing = self._requests.missing(draft)
        if missing:
            reason, facts = missing
            return Outcome(status=BookingStatus.PARKED, reason=reason, facts=dict(facts))
        earlier = self._trail.sending
        request, document = self._create(draft) if step.do is Do.CREATE else self._update(draft)
        self._story.tell("created" if step.do is Do.CREATE else "updated", document=document.id)
        differing = differences(request, document)
        if document.state != DRAFT or (differing and any(not differences(request, document) for request in earlier)):
            # The uid was known: an earlier request made this, and a person may have seen it since.
            return self._seen(document)
        if differing:
            self._remember(document, sent=None, sending=(request,))
            facts = {"differences": ", ".join(differing)}
            return Outcome(status=BookingStatus.PARKED, reason=Reason.DOCUMENT_DIFFERS, facts=facts)
        self._remember(document, sent=request, sending=())
        return Outcome(status=BookingStatus.DRAFTED)

    def _create(self, draft: InvoiceDraft) -> tuple[DocumentRequest, Document]:
        """Claim, then POST: the claim is in the ledger first, so that every later attempt has the same uid."""
        before = self._trail
        claim = replace(before.claim or self._requests.claim(before.generation), claimed_at=self._clock())
        request = self._requests.of(draft, claim)
        self._story.tell("creating", reference=claim.reference)
        self._write(claim=claim, sending=(*before.sending, request))
        try:
            document, request = within_seconds()(create_resolving_client, self._account, request)
        except (InvoiceXpressRejected, InvoiceXpressUnavailable) as error:
            if isinstance(error, InvoiceXpressUnavailable) and error.sent:
                self._write(claim=replace(claim, claimed_at=self._clock()))
            else:  # surely nothing was made: the next attempt need not look for it
                self._write(claim=before.claim, sending=before.sending)
            raise
        return request, document

    def _update(self, draft: InvoiceDraft) -> tuple[DocumentRequest, Document]:
        link, claim = self._trail.document, self._trail.claim
        if link is None or claim is None:
            raise RuntimeError("There is nothing to update.")
        self._wait_for_late_changes()
        request = self._requests.of(draft, claim)
        self._write(sending=(request,), asked_at=self._clock())
        before = self._trail.sent
        with self._unsure():
            document, request = within_seconds()(update_resolving_client, self._account, link.id, request, before)
        return request, document

    def _withdraw(self) -> None:
        """Delete the draft; the booking's next document is another one, with a uid and reference of its own."""
        if self._trail.document:
            self._write(withdrawing=True, asked_at=self._clock())
            with self._unsure():
                within_seconds()(self._account.delete, self._trail.document.id)
            self._story.tell("withdrawn", document=self._trail.document.id)
        self._forget()

    @contextmanager
    def _unsure(self) -> Iterator[None]:
        """Note when it turned out that the outcome of a change is not known."""
        try:
            yield
        except InvoiceXpressUnavailable as error:
            if error.sent:
                self._write(asked_at=self._clock())
            raise

    def _forget(self) -> None:
        trail = self._trail
        self._keep(Trail(generation=trail.generation + 1, earlier=trail.sent or trail.earlier))

    def _remember(
        self, document: Document, *, sent: DocumentRequest | None, sending: tuple[DocumentRequest, ...]
    ) -> None:
        link = DocumentLink(id=document.id, state=document.state, url=self._document_url(document.id))
        self._write(document=link, sent=sent, sending=sending, withdrawing=False)

    def _write(self, **changes: Any) -> None:
        self._keep(replace(self._trail, **changes))

    def _keep(self, trail: Trail) -> None:
        """Keep the trail, in the ledger and here, and what was told since the last time."""
        self._trail = trail
        self._ledger.write_trail(self._record.key, trail, self._story.lines)
        self._story.kept()
