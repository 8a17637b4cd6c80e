"""What a person can do about a booking's reason: a button, or the very page where the thing is put right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from mapping.reasons import Reason
from mapping.settings import Settings
from webhook.console.formats import anchor, web_link
from webhook.console.setting_forms import ACCOUNT, PROPERTY, fields_of
from worker.records import Record
from worker.services import Services

CORRECT, DOCUMENT, RETRY, DRAFT, RESUME = "correct", "document", "retry", "draft", "resume"
ASSIGN, CREDENTIALS, KEY, SETTING = "assign", "credentials", "key", "setting"

RIGHT: Mapping[Reason, Sequence[str]] = {
    Reason.UNKNOWN_LISTING: (ASSIGN,),
    Reason.NO_LOCATION: (SETTING,),
    Reason.NO_CURRENCY: (SETTING,),
    Reason.FOREIGN_CURRENCY: (SETTING,),
    Reason.NO_PRICE: (CORRECT,),
    Reason.NO_RATE: (CORRECT, SETTING),
    Reason.NO_GUEST_NAME: (CORRECT, SETTING),
    Reason.NO_TAX_COUNTRY: (CORRECT,),
    Reason.NO_COMMISSION: (CORRECT, SETTING),
    Reason.COMMISSION_TOO_HIGH: (CORRECT,),
    Reason.IGNORED_BY_A_PERSON: (RETRY,),
    Reason.UNREADABLE: (RETRY,),
    Reason.NO_TAX_IN_ACCOUNT: (RETRY,),
    Reason.NO_SEQUENCE: (RETRY, SETTING),
    Reason.API_KEY_REFUSED: (KEY,),
    Reason.REFUSED: (CORRECT, RETRY),
    Reason.DOCUMENT_DIFFERS: (DOCUMENT,),
    Reason.OUTDATED: (DOCUMENT, RETRY),
    Reason.SEVERAL_DOCUMENTS: (RETRY,),
    Reason.EDITED: (DOCUMENT,),
    Reason.FINAL: (DOCUMENT,),
    Reason.DELETED: (DOCUMENT,),
    Reason.CANCELLED_THERE: (DOCUMENT,),
    Reason.CANCELLED_BUT_EDITED: (DOCUMENT,),
    Reason.CANCELLED_BUT_FINAL: (DOCUMENT,),
    Reason.NO_CREDENTIALS: (CREDENTIALS,),
    Reason.CREDENTIALS_REFUSED: (CREDENTIALS,),
    Reason.BOOKING_NOT_FOUND: (RETRY,),
    Reason.CHANNEL_MANAGER_UNAVAILABLE: (RETRY,),
    Reason.UNAVAILABLE: (RETRY,),
    Reason.NOT_YET: (DRAFT,),
    Reason.PAUSED: (RESUME,),
    Reason.STORE_WAS_AWAY: (RETRY,),
    Reason.UNEXPECTED: (RETRY,),
}

SETTING_OF: Mapping[Reason, str] = {
    Reason.NO_LOCATION: "location",
    Reason.NO_CURRENCY: "currency",
    Reason.FOREIGN_CURRENCY: "exchange",
    Reason.NO_RATE: "cleaning",  # places have their rates; what asks for one of another place is this
    Reason.NO_GUEST_NAME: "missing_guest",
    Reason.NO_COMMISSION: "commission",
    Reason.NO_SEQUENCE: "sequence",
}
"""Which one of an account or a property a `SETTING` is."""

LABELS = {each.name: each.label for each in fields_of((*ACCOUNT, *PROPERTY))}
OF_ACCOUNTS = frozenset(each.name for each in fields_of(ACCOUNT))


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of them. One without a `url` is a button of the page itself: `retry`."""

    kind: str
    word: str
    url: str = ""
    is_elsewhere: bool = False


def steps(house: Services, record: Record) -> list[Step]:
    """What can be done about the booking's reason, the best first."""
    wanted = RIGHT.get(record.reason, ()) if record.reason else ()
    if record.dropped:  # nothing is made for nobody
        wanted = [kind for kind in wanted if kind == DOCUMENT]
    return [step for kind in wanted if (step := STEPS[kind](house, record))]


def _correct(_house: Services, record: Record) -> Step:
    return Step(kind=CORRECT, word=_("Correct it here"), url=url_for("bookings.preview", key=record.key))


def _draft(_house: Services, record: Record) -> Step:
    return Step(kind=DRAFT, word=_("Create the draft now"), url=url_for("bookings.preview", key=record.key))


def _retry(_house: Services, _record: Record) -> Step:
    return Step(kind=RETRY, word=_("Retry"))


def _document(_house: Services, record: Record) -> Step | None:
    url = web_link(record.trail.document.url) if record.trail.document else None
    return Step(kind=DOCUMENT, word=_("Open in InvoiceXpress"), url=url, is_elsewhere=True) if url else None


def _resume(_house: Services, record: Record) -> Step:
    url = url_for("queues.ask_account", account=record.account)
    return Step(kind=RESUME, word=_("Resume %(account)s", account=record.account), url=url)


def _assign(house: Services, record: Record) -> Step:
    if not _is_there(house, record.account):
        return _settings(house, record)
    listing = f"{record.channel_manager}:{record.facts.get('listing', '')}"
    url = url_for("account.page", name=record.account, _anchor=anchor(listing, "listing"))
    return Step(kind=ASSIGN, word=_("Give it to a property"), url=url)


def _credentials(house: Services, record: Record) -> Step:
    if not any(each.id == record.connection for each in house.connections.all()):
        return _settings(house, record)
    url = url_for("connections.page", connection_id=record.connection, _anchor="credentials")
    return Step(kind=CREDENTIALS, word=_("Open the connection"), url=url)


def _key(house: Services, record: Record) -> Step:
    if not _is_there(house, record.account):
        return _settings(house, record)
    return Step(kind=KEY, word=_("Change key or subdomain"), url=url_for("account.key", name=record.account))


def _setting(house: Services, record: Record) -> Step:
    """Where the setting is said that counts: the property's own word goes over its account's."""
    name = SETTING_OF[record.reason] if record.reason else ""
    place = next((each for each in house.properties.of(record.account) if each.name == record.property_name), None)
    word = _("Open the setting “%(setting)s”", setting=LABELS[name])
    if place and (name not in OF_ACCOUNTS or _says(place.settings, name)):
        url = url_for("properties.page", account=place.account, name=place.name, _anchor=name)
    elif name in OF_ACCOUNTS and _is_there(house, record.account):
        url = url_for("account.choices", name=record.account, _anchor=name)
    else:
        return _settings(house, record)
    return Step(kind=SETTING, word=word, url=url)


def _settings(house: Services, record: Record) -> Step:
    """Where what is wanted is gone by now: what is left of it."""
    known = _is_there(house, record.account)
    url = url_for("account.page", name=record.account) if known else url_for("settings.accounts")
    return Step(kind=SETTING, word=_("Open the settings"), url=url)


def _is_there(house: Services, account: str) -> bool:
    return any(each.name == account for each in house.accounts.all())


def _says(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    return value is not None and value != {}


STEPS: Mapping[str, Callable[[Services, Record], Step | None]] = {
    ASSIGN: _assign,
    CORRECT: _correct,
    CREDENTIALS: _credentials,
    DOCUMENT: _document,
    DRAFT: _draft,
    KEY: _key,
    RESUME: _resume,
    RETRY: _retry,
    SETTING: _setting,
}
