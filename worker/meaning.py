"""What a booking's newest state means for its owner: the mapping, with the settings that the store has."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from mapping.booking import Booking, Status
from mapping.delivery import Cancellation, Delivery, Doorbell, NotABooking
from mapping.desired import Desired, Draft, desired
from mapping.draft import InvoiceDraft
from mapping.draft_warnings import TOLD_BY_CHANNEL_MANAGERS, DraftWarning
from mapping.errors import UnreadableDelivery, UserError
from mapping.fetch import Answers, Fetch, kept_answers
from mapping.settings import DraftAt, Settings
from worker.accounts import Account
from worker.connections import vendor_of
from worker.corrections import Corrections, corrected, corrected_rate, outdated
from worker.figures import told_figures
from worker.records import Decision, Record, newest_states
from worker.services import Services

HOME_CURRENCY = "EUR"
"""What prices are in where a channel manager never says: InvoiceXpress's accounts are in euros."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """A booking with its corrections, its property (None: no property has its listing), and what should exist for it."""

    booking: Booking
    property_name: str | None
    desired: Desired
    corrected: tuple[str, ...] = ()  # fields that a person's word counts for
    outdated: tuple[str, ...] = ()  # those that the channel manager says something else of by now: its word counts

    @property
    def facts(self) -> Mapping[str, str]:
        """What the sentence for a person may name."""
        listing = self.booking.property_ref
        return {
            "listing": listing,
            "property": self.property_name or "?",
            "property_name": self.booking.property_name or listing,
        }

    @property
    def figures(self) -> Mapping[str, str]:
        """The figures of the draft as text, money in euros; empty where there is no draft."""
        return told_figures(self.desired, corrected=self.corrected) if isinstance(self.desired, Draft) else {}

    @property
    def warnings(self) -> Mapping[str, str]:
        """What is odd about the draft, each slug with its sentence; empty where there is no draft."""
        if not isinstance(self.desired, Draft):
            return {}
        told = [DraftWarning(slug=slug) for slug in TOLD_BY_CHANNEL_MANAGERS if slug in self.booking.warnings]
        return {warning.slug.value: warning.sentence for warning in (*told, *self.desired.warnings)}


def meaning(
    services: Services,
    account: str,
    channel_manager: str,
    booking: Booking,
    *,
    corrections: Corrections = MappingProxyType({}),
    at_once: bool = False,
    now: datetime | None = None,
    owner: Account | None = None,
) -> Meaning:
    """What `booking`, as its channel manager told it, means for `account` with the corrections that still count.

    Now or at another moment; with `at_once` whatever day the settings say. `owner` is the account where it was looked up
    already. Raises `UserError` if there is no such account.
    """
    owner = owner or services.accounts.get(account)
    left = outdated(booking, corrections)
    counting = {field: each for field, each in corrections.items() if field not in left}
    meant = corrected(booking, counting)
    place = services.properties.with_listing(account, channel_manager, *booking.listings)
    settings = place.settings.over(owner.settings) if place else None
    if settings and at_once:
        settings = Settings(draft_at=DraftAt.CONFIRMATION).over(settings)
    default_currency = None if vendor_of(channel_manager).says_currency else HOME_CURRENCY
    return Meaning(
        booking=meant,
        property_name=place.name if place else None,
        desired=desired(
            meant,
            settings,
            default_currency=default_currency,
            now=now or services.clock(),
            rate=corrected_rate(counting),
        ),
        corrected=tuple(counting),
        outdated=tuple(left),
    )


def meaning_of(
    services: Services,
    record: Record,
    booking: Booking,
    *,
    corrections: Corrections | None = None,
    owner: Account | None = None,
) -> Meaning:
    """What a state of the record's booking means, with what persons said of it (or with other corrections than those)."""
    return meaning(
        services,
        record.account,
        record.channel_manager,
        booking,
        corrections=record.corrections if corrections is None else corrections,
        at_once=record.decision is Decision.DRAFT_NOW,
        owner=owner,
    )


class NotFetched(UserError):
    """The delivery only names the booking, and its channel manager was not asked for it yet."""


def newest_booking(
    services: Services, record: Record, *, fetched: Callable[[Fetch, Delivery], Answers]
) -> Booking | None:
    """The booking, read anew from the delivery that told its newest state: so a fix of a dialect takes effect.

    One that is only named, or told in part, is asked for, unless what was answered before can be read. None for one that
    was cancelled before anything else was told of it. Raises `UnreadableDelivery` if it cannot be read, `UserError` if its
    body is not kept any more, and what `fetched` raises.
    """
    how = vendor_of(record.channel_manager).fetch
    if how and _is_to_be_fetched(services, record, how):
        answers = fetched(how, services.deliveries.content(record.newest))
        services.deliveries.keep_answers(record.newest, record.source_id, kept_answers(how, answers))
    return _told_in(services, record, record.newest)


def told_booking(services: Services, record: Record) -> Booking | None:
    """The newest state as the channel manager told it, nobody being asked. Raises as `newest_booking`, or `NotFetched`."""
    return _told_in(services, record, record.newest)


def state_told(services: Services, record: Record, delivery: str) -> Booking | None:
    """The booking as one of its deliveries told it; None where that cannot be read or is not kept any more."""
    with suppress(UnreadableDelivery, UserError):
        return _told_in(services, record, delivery)
    return None


def drafts_meant(services: Services, record: Record) -> Iterator[InvoiceDraft]:
    """What was or would have been meant for each state that the booking had, corrected and before, the newest first."""
    for booking in _whole_states(services, record):
        for corrections in (record.corrections, {}) if record.corrections else ({},):
            wanted = meaning_of(services, record, booking, corrections=corrections).desired
            if isinstance(wanted, Draft):
                yield wanted.draft


def _is_to_be_fetched(services: Services, record: Record, how: Fetch) -> bool:
    """Whether the newest state lacks what the channel manager has not been asked for, or whose answer reads as nothing."""
    answers = services.deliveries.answers(record.newest, record.source_id)
    try:
        _told_in(services, record, record.newest)
    except NotFetched:
        return True
    except UnreadableDelivery:
        if answers is None:
            raise
        return True
    if answers is not None or not how.completes or not services.credentials.of(record.connection):
        return False
    return how.question(services.deliveries.content(record.newest), record.source_id, []) is not None


def _told_in(services: Services, record: Record, delivery: str) -> Booking | None:
    vendor = vendor_of(record.channel_manager)
    content, answers = services.deliveries.told(delivery, record.source_id)
    reading = vendor.read(content)
    if isinstance(reading, Cancellation):
        known = next(_whole_states(services, record), None)
        return known.model_copy(update={"status": Status.CANCELLED}) if known else None
    if vendor.fetch and answers is not None:
        reading = vendor.fetch.read(content, answers)
    elif isinstance(reading, Doorbell):
        raise NotFetched(f"What delivery {delivery} tells of was not fetched.")
    if not isinstance(reading, NotABooking | Doorbell):
        for booking in newest_states(reading):
            if booking.source_id == record.source_id:
                return booking
    raise UnreadableDelivery.at("body", "does not tell of this booking any more")


def _whole_states(services: Services, record: Record) -> Iterator[Booking]:
    """The booking as each delivery told it whole, the newest first."""
    vendor = vendor_of(record.channel_manager)
    for delivery in reversed(services.ledger.deliveries(record.key)):
        with suppress(UnreadableDelivery, UserError):
            told = vendor.read(services.deliveries.content(delivery))
            booking = None if isinstance(told, Cancellation) else _told_in(services, record, delivery)
            if booking:
                yield booking
