"""What is let: properties as a person adds, changes and forgets them, and listings that no property has yet.

`who` is the person's name for the audit. What is added or changed sets the account's stuck bookings going.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mapping.reasons import Reason
from worker.index import Filters
from worker.properties import Property
from worker.records import BookingStatus
from worker.retries import chosen, set_account_going
from worker.services import Services
from worker.views import property_json


@dataclass(frozen=True, kw_only=True)
class UnknownListing:
    """What a channel manager sends bookings of, and no property of the account has: `CHANNEL_MANAGER:ID`."""

    listing: str
    name: str  # as the channel manager calls it; its id where it does not say
    bookings: int  # that wait for it


def let(services: Services, new: Property, *, who: str) -> list[str]:
    """Add a property; returns the bookings that go on. Raises `UserError` for a name or listing that is taken."""
    services.accounts.get(new.account)
    services.properties.add(new)
    services.audit.write(who, "property-added", f"{new.account} {new.name}", became=property_json(new))
    return set_account_going(services, new.account, who=who)


def change(services: Services, changed: Property, *, who: str) -> list[str]:
    """Keep `changed` over the property of its name; returns the bookings that go on. Raises `UserError` as `let` does."""
    before = services.properties.get(changed.account, changed.name)
    services.properties.save(changed)
    about = f"{changed.account} {changed.name}"
    services.audit.write(who, "property-set", about, was=property_json(before), became=property_json(changed))
    return set_account_going(services, changed.account, who=who)


def give(services: Services, account: str, name: str, listing: str, *, who: str) -> list[str]:
    """Give a listing to a property; returns the bookings that go on. Raises `UserError` if another one has it."""
    found = services.properties.get(account, name)
    listings = tuple(dict.fromkeys((*found.listings, listing)))
    return change(services, replace(found, listings=listings), who=who)


def forget(services: Services, account: str, name: str, *, who: str) -> None:
    """Forget a property; drafts that it has stay as they are."""
    services.properties.remove(account, name)
    services.audit.write(who, "property-removed", f"{account} {name}")


def unknown_listings(services: Services, account: str) -> Sequence[UnknownListing]:
    """The listings that bookings of the account wait for, the one with most of them first."""
    return _unknown(services, account).get(account, [])


def all_unknown_listings(services: Services) -> Mapping[str, Sequence[UnknownListing]]:
    """The same of every account whose bookings wait for one, by its name."""
    return _unknown(services, None)


def _unknown(services: Services, account: str | None) -> Mapping[str, Sequence[UnknownListing]]:
    waiting = Filters(status=BookingStatus.PARKED, reason=Reason.UNKNOWN_LISTING, account=account)
    keys = chosen(services, waiting)
    found: dict[str, dict[str, UnknownListing]] = {}
    for key, facts in zip(keys, services.ledger.facts(keys), strict=True):
        owner, channel_manager, _ = key.split(":", 2)
        listing = f"{channel_manager}:{facts.get('listing', '')}"
        name = facts.get("property_name") or facts.get("listing", "")
        of_owner = found.setdefault(owner, {})
        known = of_owner.setdefault(listing, UnknownListing(listing=listing, name=name, bookings=0))
        of_owner[listing] = replace(known, bookings=known.bookings + 1)
    return {
        owner: sorted(listings.values(), key=lambda each: (-each.bookings, each.listing))
        for owner, listings in found.items()
    }
