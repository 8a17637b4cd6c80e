"""What an owner chose, for an account and for each property. What a property does not say, its account says."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mapping.booking import Channel
from mapping.fields import Currency
from mapping.iva import POSTAL_CODE, RATES, Category, Location


class Language(StrEnum):
    """The language of a draft's text."""

    PT = "pt"
    EN = "en"


class Basis(StrEnum):
    """What is billed: the price, or what is left of it after the channel's commission."""

    NET = "net"
    GROSS = "gross"


class Prices(StrEnum):
    """Whether the channel manager's prices have IVA inside, or it comes on top of them."""

    WITH_IVA = "with-iva"
    WITHOUT_IVA = "without-iva"


class Regime(StrEnum):
    """How the owner is taxed. An exemption is only ever stamped because this says so."""

    NORMAL = "normal"
    ART53 = "art53"


class DraftAt(StrEnum):
    """From which day on a draft should exist."""

    CONFIRMATION = "confirmation"
    CHECK_IN = "check-in"
    CHECK_OUT = "check-out"


class TouristTax(StrEnum):
    """What becomes of a tourist tax that is part of the price; it is never in the base of IVA."""

    LEAVE_OUT = "leave-out"
    OWN_LINE = "own-line"


class MissingGuest(StrEnum):
    """Who the client is where a booking has no guest's name."""

    PARK = "park"
    FINAL_CONSUMER = "final-consumer"


NET_NOTE = (
    "The tax authority holds that the guest is invoiced the whole price, and that the channel's commission is a cost of the "
    "host's with a document of its own (binding information, Proc. 918/2018): gross."
)
"""What is said wherever `net` can be chosen (shared reference portuguese-invoicing.md 1.5)."""

OBSERVATION_NAMES = frozenset(
    {"check_in", "check_out", "nights", "property", "registration", "channel", "reference", "guests"}
)
"""What an owner's observations may name in braces."""

IN_STAY = "in-stay"
OWN_LINE = "own-line"
PERCENTS = frozenset(rates.of(category) for rates in RATES for category in Category)


def _postal_code(text: str) -> str:
    if not POSTAL_CODE.fullmatch(text):
        raise ValueError("must be a Portuguese postal code such as 9000-123")
    return text


def _cleaning(text: str) -> str:
    way, _, rate = text.partition("=")
    if text == IN_STAY or (way == OWN_LINE and (rate in list(Category) or rate in {f"{each:f}" for each in PERCENTS})):
        return text
    known = ", ".join(f"{each:f}" for each in sorted(PERCENTS))
    raise ValueError(f"must be in-stay or own-line=RATE, where RATE is reduced, intermediate, normal or one of {known}")


def _registration(text: str) -> str:
    number = re.fullmatch(r"(?:AL)?(?:\s*n\.?\s*[ºo]\.?)?\W*([0-9]{1,7})(?:\s*/\s*AL)?", text, re.IGNORECASE)
    return f"{number[1]}/AL" if number else text


def _observations(text: str) -> str:
    try:
        fields = [(name, form, how) for _, name, form, how in Formatter().parse(text) if name is not None]
    except ValueError:
        fields = [("", None, None)]
    if any(name not in OBSERVATION_NAMES or form or how for name, form, how in fields):
        known = ", ".join(f"{{{name}}}" for name in sorted(OBSERVATION_NAMES))
        raise ValueError(f"may name {known} in braces, and nothing else")
    return text


def _without_percent_sign(value: object) -> object:
    return value.removesuffix("%").rstrip() if isinstance(value, str) else value


Percent = Annotated[Decimal, Field(ge=0, lt=100)]
Exchange = Annotated[Decimal, Field(gt=0, le=1_000_000)]
PostalCode = Annotated[str, AfterValidator(_postal_code)]
Registration = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_registration)]
Series = Annotated[str, Field(min_length=1, max_length=100)]
Observations = Annotated[str, Field(max_length=255), AfterValidator(_observations)]
Cleaning = Annotated[str, BeforeValidator(_without_percent_sign), AfterValidator(_cleaning)]


class Settings(BaseModel):
    """An account's or a property's choices; None and missing channels are "not said here"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: Location | None = None
    postal_code: PostalCode | None = None  # a check on the location
    currency: Currency | None = None
    exchange: Mapping[Currency, Exchange] = Field(default_factory=dict)  # euros for one unit of a currency
    basis: Basis | None = None  # of every channel that has none of its own
    channel_basis: Mapping[Channel, Basis] = Field(default_factory=dict)
    commission: Mapping[Channel, Percent] = Field(default_factory=dict)  # percent of the price, where a body has none
    prices: Prices | None = None
    regime: Regime | None = None
    draft_at: DraftAt | None = None
    start_date: date | None = None  # bookings made before it are not ours to invoice
    tourist_tax: TouristTax | None = None
    cleaning: Cleaning | None = None  # in-stay, or own-line=RATE
    missing_guest: MissingGuest | None = None
    language: Language | None = None
    limit: Annotated[int, Field(ge=1, le=100_000)] | None = None  # InvoiceXpress's requests a minute; an account's only
    observations: Observations | None = None  # printed below the lines
    sequence: Series | None = None  # the name of an InvoiceXpress series
    registration: Registration | None = None  # the number of the alojamento local

    def over(self, other: Self) -> Self:
        """These settings, and `other`'s where these say nothing. A basis for every channel goes over each one's own."""
        by_name = {name for name, value in self if isinstance(value, Mapping)}
        said = self.model_dump(exclude_none=True, exclude=by_name)
        theirs = {name: {} if name == "channel_basis" and self.basis else getattr(other, name) for name in by_name}
        merged = {name: {**theirs[name], **getattr(self, name)} for name in by_name}
        return other.model_copy(update={**said, **merged})

    @property
    def own_line_rate(self) -> str | None:
        """The rate of cleaning and extras on a line of their own; None where they stay in the stay's."""
        return (self.cleaning or IN_STAY).partition("=")[2] or None

    def basis_of(self, channel: Channel) -> Basis | None:
        """What the owner chose for this channel; None where nothing is said."""
        return self.channel_basis.get(channel, self.basis)
