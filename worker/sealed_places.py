"""Where sealed values are in the store: all of them. Whoever seals something at a new place adds it here.

What reads them here does not know what they are about: each was bound to its own place when it was sealed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.accounts import account_key
from worker.corrections import FIELDS
from worker.credentials import connection_key, token_key
from worker.deliveries import ANSWERS, DELIVERY
from worker.keyspace import FS, PATTERN
from worker.ledger import record_key
from worker.packing import PACKED
from worker.sealing import correction_field
from worker.store import Store

CHUNK = 50  # keys in one call: a delivery may have up to a mebibyte

BOOKING = "booking"
"""The field of a record whose state is what its booking is filed under."""

FIELDS_OF = {
    account_key(""): ("api_key",),
    connection_key(""): ("secrets", "credentials"),
    token_key(""): (),
    DELIVERY: ("content", ANSWERS),
    record_key(""): (BOOKING, "trail", PACKED, *(correction_field(field) for field in FIELDS)),
}
"""By what the keys of hashes begin with, their sealed fields; one that ends in a space is the beginning of several.

Where there are none, the keys are those of strings that are sealed as a whole.
"""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One sealed value: a field of a hash, or for "" the whole of a string."""

    key: str
    field: str

    def __str__(self) -> str:
        """As people are told of it: without what all keys begin with."""
        return f"{self.key.removeprefix(f'{FS}:')} {self.field}".strip()


def chunks(store: Store) -> Iterator[list[str]]:
    """The names of all keys that may hold sealed values, a few at a time; now and then one comes twice.

    A key that is made meanwhile may be missing: who makes it seals with the newest secret key of today.
    """
    pattern = f"{PATTERN}:*"
    cursor = 0
    while True:
        cursor, found = store.scan(cursor, match=pattern, count=CHUNK)
        yield [key for key in (name.decode() for name in found) if key.startswith(tuple(FIELDS_OF))]
        if not cursor:
            return


def sealed_under(store: Store, keys: Sequence[str]) -> list[tuple[Place, bytes]]:
    """Every sealed value under these keys."""
    with store.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hgetall(key) if _fields(key) else pipe.get(key)
        found = pipe.execute()
    values = [(key, {b"": value} if not _fields(key) else value) for key, value in zip(keys, found, strict=True)]
    return [
        (Place(key=key, field=name.decode()), value)
        for key, fields in values
        for name, value in fields.items()
        if value and _is_sealed(key, name.decode())
    ]


def sealed_at(store: Store, places: Sequence[Place]) -> list[tuple[Place, bytes]]:
    """What is at these places by now, where there still is something."""
    with store.pipeline(transaction=False) as pipe:
        for place in places:
            pipe.hget(place.key, place.field) if place.field else pipe.get(place.key)
        return [(place, value) for place, value in zip(places, pipe.execute(), strict=True) if value]


def _fields(key: str) -> tuple[str, ...]:
    return next(fields for begun, fields in FIELDS_OF.items() if key.startswith(begun))


def _is_sealed(key: str, field: str) -> bool:
    fields = _fields(key)
    return field in fields or not fields or field.startswith(tuple(each for each in fields if each.endswith(" ")))
