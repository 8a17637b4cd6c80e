"""What the list of bookings is asked for in its address, and what can be asked for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from mapping.booking import Channel
from mapping.reasons import Reason
from webhook.console.formats import locale
from webhook.console.texts import channel, reason_text
from worker.index import Filters, Index
from worker.records import BookingStatus

MONTH = re.compile(r"2\d{3}-(0[1-9]|1[0-2])")
LONGEST = 200
MOST_NEWER = 20  # pages that "Newer" leads back to

FACETS: Mapping[str, str] = {
    "account": _l("Account"),
    "property": _l("Property"),
    "channel": _l("Channel"),
    "month": _l("Month of check-out"),
    "reason": _l("Reason"),
}
"""The menus, by their names in the address; the status has its own row."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address says. `newer` are the places at which the pages before this one began, the newest first."""

    filters: Filters
    search: str = ""
    after: str = ""
    newer: tuple[str, ...] = ()

    @property
    def address(self) -> dict[str, Any]:
        """The address's parameters but for the page."""
        return {
            "status": self.filters.status,
            "account": self.filters.account,
            "property": self.filters.property_name,
            "channel": self.filters.channel,
            "month": self.filters.month,
            "reason": self.filters.reason,
            "q": self.search or None,
        }

    def but(self, **changes: Any) -> dict[str, Any]:
        """The same with `changes`: another filter begins at its first page."""
        return {**self.address, **changes}

    @property
    def here(self) -> dict[str, Any]:
        """The address of this very page."""
        return {**self.address, "after": self.after or None, "from": list(self.newer)}

    def older(self, after: str) -> dict[str, Any]:
        """The address of the next page."""
        return {**self.address, "after": after, "from": [*self.newer, self.after][-MOST_NEWER:]}

    @property
    def newer_page(self) -> dict[str, Any]:
        """The address of the page before."""
        *before, last = self.newer or ("",)
        return {**self.address, "after": last or None, "from": before}

    @property
    def set(self) -> Iterator[tuple[str, str, str]]:
        """The menus in which something is chosen: name in the address, label, and the value for people."""
        for name, label in FACETS.items():
            if self.address[name]:
                yield name, str(label), value_text(name, self.address[name])


@dataclass(frozen=True, kw_only=True)
class Menu:
    """One facet's values: each with its word and how many bookings have it."""

    name: str
    label: str
    chosen: str
    values: Sequence[tuple[str, str, int]]


def asked(values: MultiDict[str, str]) -> Asked:
    """What an address or a form asks for; nonsense in it counts as not said."""
    told = {name: values.get(name, "").strip()[:LONGEST] for name in ("status", "q", *FACETS)}
    return Asked(
        filters=Filters(
            status=BookingStatus(told["status"]) if told["status"] in set(BookingStatus) else None,
            reason=told["reason"] if told["reason"] in set(Reason) else None,
            account=told["account"] or None,
            property_name=told["property"] or None,
            channel=told["channel"] if told["channel"] in set(Channel) else None,
            month=told["month"] if MONTH.fullmatch(told["month"]) else None,
        ),
        search=told["q"],
        after=values.get("after", "")[: 2 * LONGEST],
        newer=tuple(values.getlist("from"))[-MOST_NEWER:],
    )


def menus(index: Index, now: Asked) -> list[Menu]:
    """What can be chosen: the values that bookings have, those of the chosen account alone where there is one."""
    every, own = index.counts(), index.counts(now.filters.account)
    return [
        _menu(name, str(label), now.address[name] or "", (every if name == "account" else own).get(name, {}))
        for name, label in FACETS.items()
    ]


def value_text(name: str, value: str) -> str:
    """A facet's value for people."""
    if name == "channel":
        return channel(value)
    if name == "reason":
        word = reason_text(value)
        return word[:1].upper() + word[1:]
    if name == "month":
        return format_date(date.fromisoformat(f"{value}-01"), "LLLL y", locale=locale()).capitalize()
    return value


def _menu(name: str, label: str, chosen: str, counts: Mapping[str, int]) -> Menu:
    found = {**({chosen: 0} if chosen else {}), **counts}
    values = [(value, value_text(name, value), number) for value, number in found.items()]
    by_text = sorted(values, key=lambda each: each[1].casefold())
    newest_first = sorted(values, reverse=True)
    return Menu(name=name, label=label, chosen=chosen, values=newest_first if name == "month" else by_text)
