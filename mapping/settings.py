"""What an owner chose, for an account and for each property. What a property does not say, its account says."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from mapping.booking import Channel
from mapping.fields import Currency
from mapping.iva import Location


class Language(StrEnum):
    """The language of a draft's text."""

    PT = "pt"
    EN = "en"


Percent = Annotated[Decimal, Field(ge=0, lt=100)]


class Settings(BaseModel):
    """An account's or a property's choices; None and missing channels are "not said here"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: Location | None = None
    currency: Currency | None = None
    commission: Mapping[Channel, Percent] = Field(default_factory=dict)  # percent of the price, where a body has none
    language: Language | None = None
    limit: Annotated[int, Field(ge=1, le=100_000)] | None = None  # InvoiceXpress's requests a minute; an account's only

    def over(self, other: Self) -> Self:
        """These settings, and `other`'s where these say nothing."""
        said = self.model_dump(exclude_none=True, exclude={"commission"})
        return other.model_copy(update={**said, "commission": {**other.commission, **self.commission}})
