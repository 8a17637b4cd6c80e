"""What a person can do about a booking's reason, as a button or a link instead of a command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import gettext as _

from mapping.reasons import Reason
from webhook.console.formats import web_link
from worker.records import Record

CORRECT, SETTINGS, DOCUMENT, RETRY, DRAFT, RESUME = "correct", "settings", "document", "retry", "draft", "resume"

RIGHT: Mapping[Reason, Sequence[str]] = {
    Reason.UNKNOWN_LISTING: (SETTINGS,),
    Reason.NO_LOCATION: (SETTINGS,),
    Reason.NO_CURRENCY: (SETTINGS,),
    Reason.FOREIGN_CURRENCY: (SETTINGS,),
    Reason.NO_PRICE: (CORRECT,),
    Reason.NO_RATE: (CORRECT, SETTINGS),
    Reason.NO_GUEST_NAME: (CORRECT, SETTINGS),
    Reason.NO_TAX_COUNTRY: (CORRECT,),
    Reason.NO_COMMISSION: (CORRECT, SETTINGS),
    Reason.COMMISSION_TOO_HIGH: (CORRECT,),
    Reason.IGNORED_BY_A_PERSON: (RETRY,),
    Reason.UNREADABLE: (RETRY,),
    Reason.NO_TAX_IN_ACCOUNT: (RETRY,),
    Reason.NO_SEQUENCE: (RETRY, SETTINGS),
    Reason.API_KEY_REFUSED: (SETTINGS,),
    Reason.REFUSED: (CORRECT, RETRY),
    Reason.DOCUMENT_DIFFERS: (DOCUMENT,),
    Reason.SEVERAL_DOCUMENTS: (RETRY,),
    Reason.EDITED: (DOCUMENT,),
    Reason.FINAL: (DOCUMENT,),
    Reason.DELETED: (DOCUMENT,),
    Reason.CANCELLED_THERE: (DOCUMENT,),
    Reason.CANCELLED_BUT_EDITED: (DOCUMENT,),
    Reason.CANCELLED_BUT_FINAL: (DOCUMENT,),
    Reason.NO_CREDENTIALS: (SETTINGS,),
    Reason.CREDENTIALS_REFUSED: (SETTINGS,),
    Reason.BOOKING_NOT_FOUND: (RETRY,),
    Reason.CHANNEL_MANAGER_UNAVAILABLE: (RETRY,),
    Reason.UNAVAILABLE: (RETRY,),
    Reason.NOT_YET: (DRAFT,),
    Reason.PAUSED: (RESUME,),
    Reason.STORE_WAS_AWAY: (RETRY,),
    Reason.UNEXPECTED: (RETRY,),
}
INSTEAD_OF_A_COMMAND = {SETTINGS, RESUME, RETRY}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of them. One without a `url` is a button of the page itself: `retry`."""

    kind: str
    word: str
    url: str = ""
    is_elsewhere: bool = False


def steps(record: Record) -> list[Step]:
    """What can be done about the booking's reason, the best first."""
    wanted = RIGHT.get(record.reason, ()) if record.reason else ()
    return [step for kind in wanted if (step := _step(kind, record))]


def is_command_needed(found: Sequence[Step]) -> bool:
    """Whether none of them does what the sentence's command does."""
    return not INSTEAD_OF_A_COMMAND & {step.kind for step in found}


def _step(kind: str, record: Record) -> Step | None:
    correct = url_for("bookings.preview", key=record.key)
    document = web_link(record.trail.document.url) if record.trail.document else None
    if kind == RETRY:
        return Step(kind=kind, word=_("Retry"))
    if kind == CORRECT:
        return Step(kind=kind, word=_("Correct it here"), url=correct)
    if kind == DRAFT:
        return Step(kind=kind, word=_("Create the draft now"), url=correct)
    if kind == DOCUMENT and document:
        return Step(kind=kind, word=_("Open in InvoiceXpress"), url=document, is_elsewhere=True)
    if kind == SETTINGS and "settings.accounts" in current_app.view_functions:
        return Step(kind=kind, word=_("Open the settings"), url=url_for("settings.accounts"))
    if kind == RESUME and "queues.ask_account" in current_app.view_functions:
        return Step(kind=kind, word=_("Resume %(account)s", account=record.account),
                    url=url_for("queues.ask_account", account=record.account))  # fmt: skip
    return None
