"""The account's taxes, and which of them a draft needs (section 8)."""

from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from mapping.fields import Flag, Id, Number, Text

NOWHERE = "DESCONHECIDO"  # how InvoiceXpress spells a tax without a region, where it is not null


class Tax(BaseModel):
    """One tax of an account. Its name is the owner's choice, to be sent exactly so; its `code` may be null (15.3)."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: int
    name: Id
    percent: Number = Field(default=None, validation_alias="value")
    region: Text = None
    is_default: Flag = Field(default=None, validation_alias="default_tax")


def tax_for(taxes: Iterable[Tax], rate: Decimal, region: str) -> Tax | None:
    """The tax of `rate` percent for `region` (PT, PT-MA, PT-AC), or None: a name that is not there would mean 23 %.

    The region must be the same. A tax without a region serves where no other fits and it is the only such one: two
    may well be Madeira's and the Azores' 4 %. At 0 % a region means nothing.
    """
    fitting = [tax for tax in taxes if tax.percent == rate]
    here = [tax for tax in fitting if _region(tax) == region]
    if here:
        return min(here, key=lambda tax: (not tax.is_default, tax.id))
    anywhere = [tax for tax in fitting if not _region(tax)]
    return anywhere[0] if len(anywhere) == 1 or (anywhere and not rate) else None


def _region(tax: Tax) -> str:
    region = (tax.region or "").upper()
    return "" if region == NOWHERE else region
