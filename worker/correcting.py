"""How a person corrects a booking: what may be said, what it would mean, and the attempt that follows at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from mapping.booking import Booking
from mapping.countries import COUNTRY_NAMES, iso_country
from mapping.errors import UnreadableDelivery, UserError
from mapping.iva import Category, Rates, rates_on
from mapping.settings import Regime
from mapping.taxation import category_of
from worker.audit import CHANGED
from worker.corrections import FIELDS, OF_THE_GUEST, RATE, Correction, Given, as_text, outdated, told_of
from worker.history import line
from worker.ledger import record_key
from worker.meaning import Meaning, NotFetched, meaning_of, told_booking
from worker.records import Record
from worker.sealing import correction_field
from worker.services import Services

LABELS = {
    "total_guest": "The total",
    "commission": "The commission",
    "guest_name": "The guest's name",
    "guest_country": "The guest's country",
    "guest_tax_id": "The guest's tax number",
    RATE: "The rate",
}
"""How each field is called where a value of it is refused."""
NUMBERS = frozenset({"total_guest", "commission", RATE})
MAY_BE_NONE = frozenset({"guest_country", "guest_tax_id"})

REFUSALS: Final[Mapping[str, str]] = {
    "empty": "{label} is empty.",
    "below-zero": "{label} must not be below zero.",
    "wrong": "{label} {wrong}.",
    "no-country": "InvoiceXpress knows no country {value}. Give its two letters (ISO 3166), such as DE.",
    "exempt": "The account {account} is exempt from IVA (art. 53): there is no rate to correct.",
    "no-location": "The rate can be corrected once the booking's property has a location, which decides the rates.",
    "no-rate": "{value} % is no rate of IVA in {location} on {day}. The rates there are: {known}.",
}
"""What cannot be, in a sentence with names in braces."""
NOT_TWO_LETTERS = "must be two letters such as DE"
WRONGS = (
    "must be a number", 'must be a number such as "612.50"', "must be a number below ten million", "must be text",
    "has half a character (a lone surrogate)", NOT_TWO_LETTERS,
)  # fmt: skip
"""What a value may be refused with by the booking's own fields."""


class Refused(UserError):
    """A value that cannot be. `slug` is one of `REFUSALS`, `facts` what its sentence names."""

    def __init__(self, slug: str, **facts: str) -> None:
        super().__init__(REFUSALS[slug], **facts)
        self.slug = slug
        self.facts: Mapping[str, str] = facts


def correct(
    services: Services, key: str, given: Mapping[str, str], *, drop: Collection[str] = (), who: str
) -> list[str]:
    """Let `given` count instead of what the channel manager told, `drop` corrections, and try the booking again at once.

    Returns the fields that say something else by that; where there is none, nothing is done. An empty country or tax
    number says that the guest has none. Raises `UserError` with one sentence for what cannot be.
    """
    case = _case(services, key)
    changed = case.changes(given, drop, who=who)
    if not changed:
        return []
    now = services.clock()
    was = {field: case.said_now(field) for field in changed if field not in OF_THE_GUEST}
    became = {field: CHANGED if field in OF_THE_GUEST else case.said_then(field, changed[field]) for field in changed}
    lines = []
    for field, correction in changed.items():
        event = "corrected" if correction else "correction-dropped"
        values = {"from": was.get(field), "to": became[field]}
        lines.append(line(event, at=now, who=who, field=field, **values))
    with services.store.pipeline(transaction=True) as pipe:
        for field, correction in changed.items():
            sealed = services.ledger.sealing.seal_correction(key, correction) if correction else b""
            pipe.hset(record_key(key), correction_field(field), sealed)
        services.ledger.requeue(key, job=services.new_id(), now=now, lines=lines, pipe=pipe)
        services.audit.write(who, "correct", key, was=was, became=became, pipe=pipe)
        pipe.execute()
    return list(changed)


def proposed(services: Services, key: str, given: Mapping[str, str], *, drop: Collection[str] = ()) -> Meaning:
    """What the booking would mean if it was corrected so; nothing is kept. Raises `UserError` as `correct` does."""
    case = _case(services, key)
    changed = case.changes(given, drop, who="")
    corrections = {field: each for field, each in {**case.record.corrections, **changed}.items() if each}
    return meaning_of(services, case.record, case.told, corrections=corrections)


def told_now(services: Services, key: str) -> Mapping[str, str | None]:
    """What the channel manager says by now of each field that can be corrected. Raises `UserError` as `correct` does."""
    case = _case(services, key)
    return {field: told_of(case.told, field) for field in FIELDS}


def rates_to_choose(services: Services, key: str) -> Rates | None:
    """The law's rates for the stay; None where there is no rate to correct. Raises `UserError` as `correct` does."""
    try:
        return _case(services, key).rates()
    except Refused:
        return None


def refusals(services: Services, key: str, given: Mapping[str, str]) -> Mapping[str, Refused]:
    """Which of `given` cannot be, by field; empty where `correct` would take them all."""
    case = _case(services, key)
    found: dict[str, Refused] = {}
    for field, text in given.items():
        try:
            case.changes({field: text}, (), who="")
        except Refused as refusal:
            found[field] = refusal
    return found


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A booking that is to be corrected; `told` is what its channel manager says of it by now."""

    services: Services
    record: Record
    told: Booking

    def changes(self, given: Mapping[str, str], drop: Collection[str], *, who: str) -> Mapping[str, Correction | None]:
        """The corrections that are new, None for one that is dropped."""
        for field in drop:
            if field not in self.record.corrections:
                raise UserError(f"{LABELS.get(field, field)} is not corrected.")
        changed: dict[str, Correction | None] = dict.fromkeys(drop)
        for field, value in _read(given).items():
            if value == self.said_now(field):
                continue
            self._check(field, value)
            told = told_of(self.told, field)
            new = Correction(field=field, value=value, told=told, who=who, at=self.services.clock())
            changed[field] = None if value == told and field in self.record.corrections else new
        return changed

    def said_now(self, field: str) -> str | None:
        """What counts now."""
        correction = self.record.corrections.get(field)
        counts = correction is not None and not outdated(self.told, {field: correction})
        return self.said_then(field, correction if counts else None)

    def said_then(self, field: str, correction: Correction | None) -> str | None:
        """What counts with this correction, or without one."""
        return correction.value if correction else told_of(self.told, field)

    def _check(self, field: str, value: str | None) -> None:
        if value is None:
            if field not in MAY_BE_NONE:
                raise Refused("empty", label=LABELS[field])
        elif field in NUMBERS and Decimal(value) < 0:
            raise Refused("below-zero", label=LABELS[field])
        elif field == "guest_country" and iso_country(value) not in COUNTRY_NAMES:
            raise Refused("no-country", value=value)
        elif field == RATE:
            self._check_rate(value)

    def _check_rate(self, value: str) -> None:
        """Only what the law knows where the property lies on the day of check-out; and nothing goes over an exemption."""
        rates = self.rates()
        if rates is None or category_of(rates, Decimal(value)) is None:
            known = ", ".join(f"{rates.of(category):f}" for category in Category) if rates else "none"
            location, day = rates.location.value if rates else "?", self.told.check_out.isoformat()
            raise Refused("no-rate", value=value, location=location, day=day, known=known)

    def rates(self) -> Rates | None:
        """The law's rates for the stay; None where the table does not know the day. Raises `Refused` where none can be said."""
        services, record = self.services, self.record
        owner = services.accounts.get(record.account)
        place = services.properties.with_listing(record.account, record.channel_manager, *self.told.listings)
        settings = place.settings.over(owner.settings) if place else owner.settings
        if settings.regime is Regime.ART53:
            raise Refused("exempt", account=record.account)
        if place is None or settings.location is None:
            raise Refused("no-location")
        return rates_on(settings.location, self.told.check_out)


def _case(services: Services, key: str) -> _Case:
    record = services.ledger.known(key)
    if record.dropped:
        raise UserError("The guest's data of {booking} are not kept any more, so it cannot be corrected.", booking=key)
    try:
        told = told_booking(services, record)
    except (UnreadableDelivery, NotFetched):
        told = None
    if told is None:
        raise UserError(f"The booking {key} cannot be corrected before it could be read.")
    return _Case(services=services, record=record, told=told)


def _read(given: Mapping[str, str]) -> Mapping[str, str | None]:
    """The values in the form in which a booking has them."""
    try:
        values = Given.model_validate({field: _plain(field, text) for field, text in given.items()})
    except ValidationError as error:
        problem = UnreadableDelivery.of(error).problems[0]
        label = LABELS.get(problem.path, problem.path)
        wrong = NOT_TWO_LETTERS if problem.path == "guest_country" else problem.message
        raise Refused("wrong", label=label, wrong=wrong) from None
    return {field: as_text(field, getattr(values, field)) for field in FIELDS if field in given}


def _plain(field: str, text: str) -> str:
    """Numbers as people write them in Portugal, 612,50 and 6 %, with a point and no sign behind."""
    return text.strip().removesuffix("%").rstrip().replace(",", ".") if field in NUMBERS else text
