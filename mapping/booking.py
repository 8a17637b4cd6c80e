"""One stay, in our words: what every channel manager's dialect is read into."""

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from mapping.fields import Count, Country, Currency, Flag, Id, Moment, Money, Number, RequiredDay, Slug, Text


class Channel(StrEnum):
    """Where the guest booked."""

    AIRBNB = "airbnb"
    BOOKING = "booking"
    VRBO = "vrbo"
    EXPEDIA = "expedia"
    DIRECT = "direct"
    OTHER = "other"


class Status(StrEnum):
    """What the channel manager says the booking is. Only `CONFIRMED` is ever invoiced."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    PENDING = "pending"
    INQUIRY = "inquiry"
    BLOCKED = "blocked"
    OWNER_STAY = "owner_stay"
    NO_SHOW = "no_show"
    UNKNOWN = "unknown"


class LineKind(StrEnum):
    """What one part of the price is for."""

    ACCOMMODATION = "accommodation"
    CLEANING = "cleaning"
    EXTRA = "extra"
    DISCOUNT = "discount"
    TOURIST_TAX = "tourist_tax"
    TAX = "tax"
    COMMISSION = "commission"
    PAYMENT = "payment"
    DEPOSIT = "deposit"
    OTHER = "other"


class PriceIs(StrEnum):
    """What a channel manager's price means. Each one's module says it."""

    GUEST_TOTAL = "guest_total"  # all that the guest pays the host or the channel for the stay
    HOST_PAYOUT = "host_payout"  # what is left of that after the channel's commission


class Line(BaseModel):
    """One part of the price as the channel manager lists it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: LineKind
    label: Text
    amount: Money
    vat_rate: Number = Field(default=None, description="Percent.")
    included_in_total: Flag = Field(default=None, description="Whether total_guest contains it.")


class Booking(BaseModel):
    """One stay.

    Field names are those that anyone may send to `generic`. Money is in major units of `currency` (euros), to the cent.
    Times are UTC; days are the property's calendar days.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    source_id: Id = Field(description="The channel manager's id of the booking; unique within the account.")
    is_test: Flag = Field(default=None, description="A try-out: no guest stays, nothing is invoiced.")
    group_id: Text = Field(default=None, description="Ties several bookings of one guest together.")
    channel: Channel = Field(default=Channel.OTHER, alias="ota", description="Where the guest booked.")
    channel_raw: Text = Field(default=None, alias="ota_raw")
    channel_reference: Text = Field(default=None, alias="ota_reference", description="The channel's confirmation code.")
    status: Status
    status_raw: Text
    modified_at: Moment = Field(default=None, description="When the vendor last changed the booking; orders states.")
    sequence: Text = Field(default=None, description="The vendor's ordered event id, where it has one.")
    created_at: Moment
    booked_at: Moment
    cancelled_at: Moment
    cancellation_fee: Money = Field(default=None, description="What the guest pays although it is cancelled.")

    property_ref: Id = Field(description="The vendor's id of what is let.")
    unit_ref: Text = Field(default=None, description="The vendor's id of the room in it, where it lets several.")
    property_name: Text

    check_in: RequiredDay
    check_out: RequiredDay
    stays: Count = Field(
        default=None, description="Of how many stays in different units it is made; one where not said."
    )
    adults: Count
    children: Count
    infants: Count

    guest_name: Text
    guest_email: Text
    guest_phone: Text
    guest_address: Text
    guest_postcode: Text
    guest_city: Text
    guest_country: Country = Field(default=None, description="ISO 3166, two letters.")
    guest_language: Text
    guest_tax_id: Text
    guest_company: Text

    currency: Currency = Field(default=None, description="ISO 4217.")
    total_guest: Money = Field(default=None, description="All that the guest pays for the stay, IVA inside.")
    price_is: PriceIs = Field(
        default=PriceIs.GUEST_TOTAL,
        description="Whether total_guest is what the guest pays, or only what the host receives of it.",
    )
    total_includes_tourist_tax: Flag = Field(default=None, description="Not said is taken as yes.")
    commission: Money = Field(default=None, description="What the channel keeps of total_guest.")
    cleaning: Money
    tourist_tax: Money
    deposit: Money = Field(default=None, description="Security deposit; never invoiced.")
    payout: Money = Field(default=None, description="What the host receives, as the vendor says.")
    lines: tuple[Line, ...] = ()

    guest_note: Text
    warnings: tuple[Slug, ...] = Field(default=(), description="What is odd about this booking, one slug each.")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_absent(cls, value: Any) -> Any:
        """An empty country, currency or channel says nothing, as it does in every other field."""
        if isinstance(value, dict):
            return {name: given for name, given in value.items() if given != ""}
        return value

    @field_validator("check_out")
    @classmethod
    def _stay_has_nights(cls, check_out: date, info: ValidationInfo) -> date:
        if info.data.get("status") is Status.CONFIRMED and check_out <= info.data.get("check_in", date.min):
            raise ValueError("must be after the day of check-in")
        return check_out

    @property
    def listings(self) -> tuple[str, ...]:
        """What a property may be known by: the room in what is let, if one is said, before the whole."""
        room = (f"{self.property_ref}/{self.unit_ref}",) if self.unit_ref else ()
        return (*room, self.property_ref)

    @property
    def nights(self) -> int:
        """How many nights the stay has, from its days (vendors' own counts are unreliable)."""
        return (self.check_out - self.check_in).days

    @property
    def version(self) -> str:
        """Sorts the states of one booking by the vendor's own order; "" where the vendor has none."""
        if self.sequence:
            return self.sequence.zfill(LONGEST_SEQUENCE)  # so that 10 comes after 9
        return self.modified_at.astimezone(UTC).isoformat(timespec="microseconds") if self.modified_at else ""


LONGEST_SEQUENCE = 26  # characters of a ULID
"""Of what vendors number their events with."""

# How "tourist tax" is written on invoices and in price lists: letters only, no accents, in lower case.
TOURIST_TAX_NAMES = (
    "citytax",
    "touristtax",
    "touristfee",
    "tourismtax",
    "tourismfee",
    "roomtax",
    "lodgingtax",
    "touristlevy",
    "citylevy",
    "taxaturistica",
    "taxadeturismo",
    "taxamunicipalturistica",
    "taxadormida",
    "tasaturistica",
    "impuestoturistico",
    "taxedesejour",
    "tassadisoggiorno",
    "impostadisoggiorno",
    "kurtaxe",
    "ortstaxe",
    "bettensteuer",
    "toeristenbelasting",
)

# Domains of addresses that a channel forwards for a while; no invoice should be sent there.
RELAY_DOMAINS = ("guest.booking.com", "guest.airbnb.com", "m.expediapartnercentral.com", "messages.homeaway.com")


def is_tourist_tax(*names: str | None) -> bool:
    """Whether one of a vendor's names for a part of the price ("cityTax", "Taxa turística") means tourist tax."""
    return any(known in _letters(name) for name in names if name for known in TOURIST_TAX_NAMES)


def _letters(name: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFD", name).casefold() if character.isalpha())


def sum_of(lines: Iterable[Line], kind: LineKind) -> Decimal | None:
    """The amounts of the lines of one kind together; None where there is none of it."""
    amounts = [line.amount for line in lines if line.kind is kind and line.amount is not None]
    return sum(amounts, Decimal(0)) if amounts else None
