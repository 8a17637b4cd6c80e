"""Properties: what is let. A property belongs to an account and has the vendors' listings that mean it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from mapping.channel_managers import channel_managers
from mapping.errors import UserError
from mapping.settings import Settings
from worker.keyspace import FS
from worker.store import Store


@dataclass(frozen=True, kw_only=True)
class Property:
    """One property; `listings` are `CHANNEL_MANAGER:ID`."""

    account: str
    name: str
    settings: Settings
    listings: tuple[str, ...] = ()


_JSON = TypeAdapter(Property)


class Properties:
    """All properties in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, account: str, name: str) -> Property:
        """The property. Raises `UserError` if the account has none of this name."""
        found = self._store.hget(_key(account), name)
        if found is None:
            raise UserError(
                'The account {account} has no property "{name}". See: faturasync property list',
                account=account,
                name=name,
            )
        return _JSON.validate_json(found)

    def of(self, account: str) -> list[Property]:
        """The account's properties, by name."""
        return sorted(
            (_JSON.validate_json(found) for found in self._store.hvals(_key(account))), key=lambda found: found.name
        )

    def with_listing(self, account: str, channel_manager: str, *listings: str) -> Property | None:
        """The property that the first of these listings of the vendor means that any has, or None."""
        names = self._store.hmget(_listings_key(account), [f"{channel_manager}:{listing}" for listing in listings])
        name = next(filter(None, names), None)
        return self.get(account, name.decode()) if name else None

    def add(self, new: Property) -> None:
        """Store a new property. Raises `UserError` for a name or listing that is taken."""
        if not new.name.strip() or len(new.name) > 100:
            raise UserError("A property's name has 1 to 100 characters.")
        if self._store.hexists(_key(new.account), new.name):
            raise UserError(
                'The account {account} has a property "{name}" already. '
                'Change it: faturasync property set {account} "{name}"',
                account=new.account,
                name=new.name,
            )
        self.save(new)

    def save(self, changed: Property) -> None:
        """Store the property and its listings in one transaction. Raises `UserError` for a listing that is taken."""
        taken = self._store.hmget(_listings_key(changed.account), list(changed.listings)) if changed.listings else []
        for listing, owner in zip(changed.listings, taken, strict=True):
            _check_listing(listing)
            if owner and owner.decode() != changed.name:
                raise UserError(
                    'The listing {listing} belongs to the property "{name}" already.',
                    listing=listing,
                    name=owner.decode(),
                )
        with self._store.pipeline(transaction=True) as pipe:
            for listing in self._listings(changed.account, changed.name):
                pipe.hdel(_listings_key(changed.account), listing)
            for listing in changed.listings:
                pipe.hset(_listings_key(changed.account), listing, changed.name)
            pipe.hset(_key(changed.account), changed.name, _JSON.dump_json(changed))
            pipe.execute()

    def remove(self, account: str, name: str) -> None:
        """Forget the property and its listings."""
        self.get(account, name)
        with self._store.pipeline(transaction=True) as pipe:
            for listing in self._listings(account, name):
                pipe.hdel(_listings_key(account), listing)
            pipe.hdel(_key(account), name)
            pipe.execute()

    def _listings(self, account: str, name: str) -> Sequence[str]:
        found = self._store.hget(_key(account), name)
        return _JSON.validate_json(found).listings if found else ()


def _check_listing(listing: str) -> None:
    channel_manager, _, vendor_id = listing.partition(":")
    if channel_manager not in channel_managers() or not vendor_id:
        known = ", ".join(channel_managers())
        raise UserError(
            "A listing is CHANNEL_MANAGER:ID, such as smoobu:2210045; channel managers are {known}.", known=known
        )


def _key(account: str) -> str:
    return f"{FS}:properties:{account}"


def _listings_key(account: str) -> str:
    return f"{FS}:listings:{account}"
