"""The InvoiceXpress client: everything that this program can ask of InvoiceXpress."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable
from mapping.fields import Text
from worker.invoicexpress.answers import Answer, Asked
from worker.invoicexpress.documents import DELETED, INVOICE, Client, Document, DocumentRequest
from worker.invoicexpress.sequences import DocumentSequence
from worker.invoicexpress.subdomains import subdomain as checked_subdomain
from worker.invoicexpress.taxes import Tax
from worker.invoicexpress.transport import Endpoint, Query, Transport, open_pool

PER_PAGE = "100"
MOST_PAGES = 100
"""Of one look-up. A reference is rare: more pages mean that InvoiceXpress ignored what was asked."""
LONGEST_LIST = 10_000
"""Pages of a whole account's list."""

Clock = Callable[[], datetime]
Around = Callable[[], AbstractContextManager[None]]
Heard = Callable[[Asked], None]
M = TypeVar("M", bound=BaseModel)


def _now() -> datetime:
    return datetime.now(UTC)


def _nobody_hears(_asked: Asked) -> None:
    """Where nobody wants to know of each request."""


class InvoiceXpressPool:
    """The connections of the whole process, for every account. One for each process; not to be kept over a fork.

    `url_template` is the service's address with `{account}` in it.
    """

    def __init__(self, url_template: str, *, transport: Transport | None = None, clock: Clock = _now) -> None:
        self._url_template = url_template
        self._transport = transport or open_pool()
        self._clock = clock

    def account(
        self, subdomain: str, api_key: str, *, around: Around = nullcontext, heard: Heard = _nobody_hears
    ) -> "InvoiceXpress":
        """The account of that subdomain; nothing is asked yet. Raises UserError for what is no subdomain.

        `around` gives a context for each request: it may keep it from being sent, and sees how it ends. `heard` is told of
        each that was sent.
        """
        url = self._url_template.replace("{account}", checked_subdomain(subdomain))
        return InvoiceXpress(Endpoint(url, api_key, self._transport), api_key, self._clock, around=around, heard=heard)

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()


class InvoiceXpress:
    """One account. Documents are drafts of type Invoice; no method takes one further than that.

    Each method makes the requests that it names, none of them twice, and raises InvoiceXpressUnavailable or
    InvoiceXpressRejected (section 9.4).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        api_key: str,
        clock: Clock,
        *,
        around: Around = nullcontext,
        heard: Heard = _nobody_hears,
    ) -> None:
        self._endpoint = endpoint
        self._api_key = api_key
        self._clock = clock
        self._around = around
        self._heard = heard

    def taxes(self) -> tuple[Tax, ...]:
        """The account's taxes."""
        answer = self._ask("GET", "/taxes.json")
        return tuple(answer.read(Tax, tax) for tax in answer.the_list())

    def sequences(self) -> tuple[DocumentSequence, ...]:
        """The account's series."""
        answer = self._ask("GET", "/sequences.json")
        return tuple(answer.read(DocumentSequence, sequence) for sequence in answer.the_list())

    def create(self, request: DocumentRequest) -> Document:
        """Make the draft with one POST. Another one with the same uid is safe; with another uid it may be a double."""
        answer = self._ask("POST", "/invoices.json", body=request.creation())
        return answer.read(Document, answer.the_object())

    def document(self, document_id: int) -> Document | None:
        """The document as it is now; None where InvoiceXpress answers 404, and only then."""
        answer = self._ask_for("/invoices/{id}.json", number=document_id)
        return None if answer is None else answer.read(Document, answer.the_object())

    def find(self, reference: str) -> tuple[Document, ...]:
        """Every invoice with exactly this reference that is not deleted, each read by id, oldest first (section 3.2).

        Lists lag by up to some 15 s and show stale figures. A look-up that fails raises: it never means "absent".
        """
        rows = self._rows({"reference": reference}, _Row)
        numbers = sorted({row.id for row in rows if row.is_invoice_of(reference)})
        found = (self.document(number) for number in numbers)
        return tuple(document for document in found if document is not None and document.state != DELETED)

    def listed(self, *states: str, since: date | None = None) -> Iterator[Document]:
        """Every invoice in these states (as the list's filter names them) or in any, as the list shows it.

        `since` leaves out those of earlier days. Lists lag and their figures may be stale (section 3.2): what matters is
        to be read by id.
        """
        filters: dict[str, str | Sequence[str]] = {"type[]": INVOICE}
        if states:
            filters["status[]"] = states
        if since:
            filters["date[from]"] = f"{since:%d/%m/%Y}"
        return (row for row in self._rows(filters, Document, most_pages=LONGEST_LIST) if row.type in (None, INVOICE))

    def update(self, document_id: int, request: DocumentRequest) -> Document | None:
        """Replace the draft by `request`. InvoiceXpress refuses unless it is a draft.

        The document as the answer shows it, None where it does not: it may be empty (section 5.2).
        """
        answer = self._ask("PUT", "/invoices/{id}.json", number=document_id, body=request.replacement())
        try:
            return answer.read(Document, answer.the_object())
        except InvoiceXpressUnavailable:  # it was accepted all the same
            return None

    def delete(self, document_id: int) -> None:
        """Delete the draft (section 5.4); one that is gone already is fine. Refused for a document that is no draft."""
        try:
            self._ask(
                "PUT",
                "/invoices/{id}/change-state.json",
                number=document_id,
                body={"invoice": {"state": DELETED}},
            )
        except InvoiceXpressRejected as refusal:
            if refusal.status != 404 and not (refusal.status == 422 and self._is_gone(document_id)):
                raise

    def find_client_by_code(self, code: str) -> Client | None:
        """The client with exactly this code; None where InvoiceXpress answers 404.

        The 500 that some accounts answer for a client that is not there is no answer: unavailable (section 6).
        """
        answer = self._ask_for("/clients/find-by-code.json", query={"client_code": code})
        if answer is None:
            return None
        client = answer.read(Client, answer.the_object())
        return client if client.code == code else None

    def client(self, client_id: int) -> Client | None:
        """The stored client; None where InvoiceXpress answers 404."""
        answer = self._ask_for("/clients/{id}.json", number=client_id)
        return None if answer is None else answer.read(Client, answer.the_object())

    def change_client(self, client_id: int, data: Mapping[str, str]) -> None:
        """Give a stored client new data, its name always among them; meant for clients with a code of ours only."""
        self._ask("PUT", "/clients/{id}.json", number=client_id, body={"client": data})

    def _is_gone(self, document_id: int) -> bool:
        document = self.document(document_id)
        return document is None or document.state == DELETED

    def _rows(self, filters: Query, model: type[M], *, most_pages: int = MOST_PAGES) -> Iterator[M]:
        """Every row of the filtered list, as many pages as there are; the page's size may be cut by InvoiceXpress."""
        for page in range(1, most_pages + 1):
            query = {**filters, "page": str(page), "per_page": PER_PAGE}
            answer = self._ask("GET", "/invoices.json", query=query)
            rows = [answer.read(model, row) for row in answer.the_list()]
            yield from rows
            if not rows or page >= (_pages(answer.json()) or most_pages + 1):
                return
        raise InvoiceXpressUnavailable("The list of documents did not come to an end.", sent=False)

    def _ask_for(self, path: str, **how: Any) -> Answer | None:
        """A GET whose 404, with any body, is None."""
        try:
            return self._ask("GET", path, **how)
        except InvoiceXpressRejected as refusal:
            if refusal.status == 404:
                return None
            raise

    def _ask(
        self,
        method: str,
        path: str,
        *,
        number: int | None = None,
        query: Query | None = None,
        body: object = None,
    ) -> Answer:
        call, where = f"{method} {path}", path.format(id=number)
        with self._around(), Asked.told_to(self._heard, method, where) as asked:
            answer = self._endpoint.send(method, where, call=call, query=query, body=body)
            asked.status, asked.date = answer.status, answer.date
            return answer.accepted(now=self._clock(), secret=self._api_key)


class _Row(BaseModel):
    """What is believed of a list's row."""

    model_config = ConfigDict(frozen=True)

    id: int
    type: Text = None
    reference: Text = None

    def is_invoice_of(self, reference: str) -> bool:
        """InvoiceXpress may match a part of the reference; a credit note may carry its invoice's."""
        return self.reference == reference and self.type in (None, INVOICE)


def _pages(body: Mapping[str, Any]) -> int | None:
    pagination = body.get("pagination")
    pages = pagination.get("total_pages") if isinstance(pagination, dict) else None
    return int(pages) if isinstance(pages, int | str) and str(pages).isdecimal() else None
