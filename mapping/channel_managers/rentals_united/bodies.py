"""What Rentals United calls things: the elements of its pushes, by its names."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from mapping.booking import Line, LineKind, is_tourist_tax
from mapping.fields import Count, Currency, Flag, Id, Moment, Money, Part, Parts, RequiredDay, Text, VendorBody

LISTS = ("StayInfo", "ChannelTotalFeeTax", "TotalFeeTax")
"""Elements that may come more than once."""

# `ItemType` of what a channel lists beside the rent.
LINE_KINDS = {"Tax": LineKind.TAX, "Fee": LineKind.EXTRA}

# What the name of a fee has where it is cleaning; hosts may name their fees themselves.
CLEANING = ("clean", "limpeza", "limpieza", "ménage", "reinigung", "pulizi")

GUEST_FEE = "guest fee"
"""Airbnb's own fee from the guest: no money of the host's, and invoiced by Airbnb."""


class _Element(VendorBody):
    model_config = ConfigDict(alias_generator=lambda name: re.sub(r"Id$", "ID", to_pascal(name)))


class _Fee(VendorBody):
    """A tax or fee; all that is said of it are attributes. `AlreadyIncluded` is Rentals United's, three are the channel's."""

    model_config = ConfigDict(alias_generator=lambda name: f"@{to_pascal(name)}")

    name: Text
    amount: Money
    item_type: Text
    currency: Currency = None
    included_in_channel_total: Flag
    already_included: Flag

    @property
    def kind(self) -> LineKind:
        if is_tourist_tax(self.name):
            return LineKind.TOURIST_TAX
        is_cleaning = any(word in (self.name or "").lower() for word in CLEANING)
        return LineKind.CLEANING if is_cleaning else LINE_KINDS.get(self.item_type or "", LineKind.OTHER)

    @property
    def is_guest_fee(self) -> bool:
        return bool(self.included_in_channel_total) and (self.name or "").lower() == GUEST_FEE

    def line(self) -> Line:
        included = self.included_in_channel_total is not False and not self.is_guest_fee
        return Line(kind=self.kind, label=self.name, amount=self.amount, included_in_total=included)


class _Fees(VendorBody):
    listed: Parts[_Fee] = Field(default=(), validation_alias=AliasChoices("ChannelTotalFeeTax", "TotalFeeTax"))


class _Parted(VendorBody):
    """A price in parts: the channel's own, or what Rentals United makes of the property's settings."""

    total: Money = Field(default=None, validation_alias=AliasChoices("ChannelTotal", "Total"))
    rent: Money = Field(default=None, validation_alias=AliasChoices("ChannelRent", "Rent"))
    taxes_and_fees: Part[_Fees] = Field(
        default=None, validation_alias=AliasChoices("ChannelTotalFeesTaxes", "TotalFeesTaxes")
    )

    @property
    def fees(self) -> Sequence[_Fee]:
        return [fee for fee in self.taxes_and_fees.listed if fee.amount] if self.taxes_and_fees else []

    @property
    def guest_fee(self) -> Decimal:
        return sum((fee.amount or Decimal(0) for fee in self.fees if fee.is_guest_fee), Decimal(0))

    def lines(self) -> list[Line]:
        inside = sum(fee.amount or Decimal(0) for fee in self.fees if fee.already_included)
        amount = None if self.rent is None else self.rent - inside
        rent = Line(kind=LineKind.ACCOMMODATION, label="rent", amount=amount, included_in_total=True)
        return [rent, *(fee.line() for fee in self.fees)]


class _Breakdown(_Element):
    ru_breakdown: Part[_Parted] = Field(default=None, alias="RUBreakdown")
    channel_breakdown: Part[_Parted]
    channel_commission: Money


class _Costs(_Element):
    """`RUPrice` is left: from some channels it is the price less the commission, from others the price itself."""

    client_price: Money


class Stay(_Element):
    """A property's part of a reservation, with a price of its own."""

    property_id: Id
    date_from: RequiredDay
    date_to: RequiredDay
    costs: Part[_Costs]
    reservation_breakdown: Part[_Breakdown]

    @property
    def _breakdown(self) -> _Breakdown:
        return self.reservation_breakdown or _Breakdown()

    @property
    def _channel(self) -> _Parted:
        return self._breakdown.channel_breakdown or _Parted()

    @property
    def commission(self) -> Decimal | None:
        """What the channel keeps of the price."""
        return self._breakdown.channel_commission

    @property
    def currencies(self) -> set[str]:
        """In what the channel was paid, as its taxes and fees say."""
        return {fee.currency for fee in self._channel.fees if fee.currency}

    @property
    def total(self) -> Decimal | None:
        """What the guest pays, without a guest fee in it.

        `ClientPrice` is in the property's currency and may be changed by the host. Where the guest paid in another
        currency the channel's own total counts, as all that comes with it is in that one.
        """
        client, channel = self.costs.client_price if self.costs else None, self._channel.total
        price = channel if self.currencies - {"EUR"} else client or channel or client
        return price - self._channel.guest_fee if price is not None and price == channel else price

    def lines(self) -> list[Line]:
        """The parts that the channel told; else Rentals United's own, where they are of the same price."""
        if self._channel.rent is not None or self._channel.fees:
            return self._channel.lines()
        ours = self._breakdown.ru_breakdown
        return ours.lines() if ours and ours.total == self.total else []


class _Stays(_Element):
    stay_info: Parts[Stay]


class Customer(_Element):
    """Whose reservation it is; `CountryID` and `LanguageID` are left, as numbers of the vendor's own."""

    name: Text
    sur_name: Text
    email: Text
    phone: Text
    address: Text
    zip_code: Text


class Guests(_Element):
    """How many come."""

    number_of_adults: Count
    number_of_children: Count
    number_of_infants: Count


class Named(_Element):
    """What names a reservation."""

    reservation_id: Id


class State(Named):
    """What tells whether a reservation is a booking at all."""

    reservation_status_id: Text


class Reservation(State):
    """A whole reservation."""

    currency: Currency = Field(default=None, alias="@Currency")
    last_mod: Moment
    created_date: Moment
    stay_infos: Part[_Stays]
    customer_info: Part[Customer]
    guest_details_info: Part[Guests]
    creator: Text
    comments: Text
    reference_id: Text


class _Authentication(_Element):
    user_name: Id
    password: Id


class Push(_Element):
    """The root of every push, whatever its name."""

    authentication: Part[_Authentication]
    reservation: Any = None
