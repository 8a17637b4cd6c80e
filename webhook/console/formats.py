"""How the console writes amounts, days and moments, in the reader's language. All of it pure."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from flask_babel import get_locale
from flask_babel import gettext as _

from mapping.iva import TIME_ZONES
from webhook.console.languages import LOCALES
from worker.spans import span

TIME_ZONE = ZoneInfo(TIME_ZONES["PT"])
SPACE = "\N{NO-BREAK SPACE}"
NOTHING = "–"


def locale() -> Locale:
    """The reader's."""
    return get_locale() or Locale.parse(LOCALES["en"])


def money(amount: str | Decimal | None, currency: str | None = "EUR", *, places: int = 2) -> str:
    """An amount as people write it: €612.50, 612,50 €. A dash where there is none."""
    if amount is None or amount == "":
        return NOTHING
    value, here = Decimal(amount) + 0, locale()  # + 0: nobody writes -0.00
    if currency:
        pattern = _with_places(here.currency_formats["standard"].pattern, places)
        text = format_currency(value, currency, pattern, locale=here, currency_digits=False)
    else:
        text = format_decimal(value, _with_places("#,##0.00", places), locale=here)
    return text.replace("-", "−")


def percent(rate: str | Decimal | None) -> str:
    """A rate as people write it; a dash where there is none."""
    if rate is None or rate == "":
        return NOTHING
    return format_percent(Decimal(rate) / 100, "#,##0.##%", locale=locale())


def day(told: str | date | None) -> str:
    """A day: 03/07/2026; a dash where there is none."""
    if not told:
        return NOTHING
    return f"{told if isinstance(told, date) else date.fromisoformat(told):%d/%m/%Y}"


def stay(check_in: str | None, check_out: str | None) -> str:
    """Two days; a year that they share is said once. Not known until the booking is fetched."""
    if check_in is None or check_out is None:
        return str(_("not fetched yet"))
    first, last = date.fromisoformat(check_in), date.fromisoformat(check_out)
    start = f"{first:%d/%m}" if first.year == last.year else day(first)
    return f"{start}{SPACE}– {day(last)}"


def moment(at: str | datetime, *, seconds: bool = False) -> str:
    """A moment on Lisbon's clock."""
    return f"{_moment(at).astimezone(TIME_ZONE):{'%d/%m/%Y, %H:%M:%S' if seconds else '%d/%m/%Y, %H:%M'}}".replace(
        " ", SPACE
    )


def since(at: str | datetime, now: datetime) -> str:
    """How long ago: 3 hours ago, há 3 horas."""
    gone = _moment(at) - now
    if abs(gone.total_seconds()) < 45:
        return str(_("just now"))
    return format_timedelta(gone, add_direction=True, locale=locale())


def web_link(url: str | None) -> str | None:
    """`url` if a browser may be sent there."""
    parts = urlsplit(url or "")
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def anchor(name: str, kind: str) -> str:
    """The id of an element that stands for `name`, which may hold any character; it can stand in an address as it is."""
    return f"{kind}-{quote(name, safe='')}"


FORMATS: dict[str, Callable[..., Any]] = {
    "anchor": anchor,
    "day": day,
    "moment": moment,
    "money": money,
    "percent": percent,
    "since": since,
    "span": span,
    "stay": stay,
    "web_link": web_link,
}
"""What templates may use."""


def _moment(at: str | datetime) -> datetime:
    found = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _with_places(pattern: str, places: int) -> str:
    return re.sub(r"0\.0+", "0." + "0" * places, pattern)
