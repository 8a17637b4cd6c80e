"""Brings everything in the store under the newest secret key while everything runs, and tells which key opens what.

A value is put in place of the one that was read only if that is still there, so that nothing that is written meanwhile is
lost. What the newest key opens is left alone: to do it again finds nothing to do, and one that was interrupted goes on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from mapping.errors import UserError
from worker.index_scripts import FILE
from worker.keyspace import RECORD
from worker.ledger import record_key
from worker.sealed_places import BOOKING, CHUNK, Place, chunks, sealed_at, sealed_under
from worker.services import Services
from worker.store import Store

Tell = Callable[["Tally"], None]
"""Told after each few keys, for who waits."""

NEWEST = 0

PUT_FIELD = """
-- KEYS: a hash. ARGV: field, what was read, what shall be there. Answers 1 unless something else is there by now.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""

PUT_STRING = """
-- KEYS: a string. ARGV: what was read, what shall be there for as long as it would have been. Answers as above.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
"""

PUT_BOOKING = (
    RECORD
    + FILE
    + """
-- KEYS: a record. ARGV: the booking's key, its state as it was read, as it shall be, what it is filed under ('' for what it
-- was). Who reads the old state is not to file it once more, so that it is filed here. Answers as above.
if redis.call('HGET', record, 'booking') ~= ARGV[2] then return 0 end
redis.call('HSET', record, 'booking', ARGV[3])
file(ARGV[1], ARGV[4])
return 1
"""
)


@dataclass(kw_only=True)
class Tally:
    """What was found. `by_key` has how many values each key opened, newest first; `renewed` of them are the newest's now.

    While others write, a value may be counted twice. `part` is how much of the store was looked through, 1 at the end.
    """

    by_key: list[int]
    renewed: int = 0
    closed: list[Place] = field(default_factory=list)  # what no key opens
    part: float = 0.0

    @property
    def values(self) -> int:
        """All of them."""
        return sum(self.by_key) + len(self.closed)


def rotate(services: Services, *, who: str, tell: Tell = lambda _tally: None) -> Tally:
    """Seal with the newest key what another one of them opens. `who` is the person's name for the audit."""
    tally = _empty(services)
    try:
        for found in _walk(services.store, tally, tell):
            left = _counted(services, found, tally)
            while left:
                overtaken = _renew(services, left)
                tally.renewed += len(left) - len(overtaken)
                left = [each for each in sealed_at(services.store, overtaken) if _is_older(services, each[1])]
    finally:
        if tally.renewed:
            told = {"newest": services.vault.fingerprints[NEWEST], "values": tally.renewed}
            services.audit.write(who, "keys-rotated", "secret keys", became=told)
    return tally


def look(services: Services, *, tell: Tell = lambda _tally: None) -> Tally:
    """Count what each key opens; nothing is changed."""
    tally = _empty(services)
    for found in _walk(services.store, tally, tell):
        _counted(services, found, tally)
    return tally


def _empty(services: Services) -> Tally:
    return Tally(by_key=[0] * len(services.vault.fingerprints))


def _walk(store: Store, tally: Tally, tell: Tell) -> Iterable[Sequence[tuple[Place, bytes]]]:
    size = max(1, store.dbsize())
    for number, keys in enumerate(chunks(store), 1):
        yield sealed_under(store, keys)
        tally.part = min(1.0, number * CHUNK / size)
        tell(tally)
    tally.part = 1.0
    tell(tally)


def _counted(services: Services, found: Sequence[tuple[Place, bytes]], tally: Tally) -> list[tuple[Place, bytes]]:
    """Count these values; those that another key than the newest opens."""
    older = []
    for place, sealed in found:
        position = services.vault.opened_by(sealed)
        if position is None:
            tally.closed.append(place)
            continue
        tally.by_key[position] += 1
        if position != NEWEST:
            older.append((place, sealed))
    return older


def _is_older(services: Services, sealed: bytes) -> bool:
    return services.vault.opened_by(sealed) not in {NEWEST, None}


def _renew(services: Services, values: Sequence[tuple[Place, bytes]]) -> list[Place]:
    """Seal these anew; the places at which something else is by now."""
    with services.store.pipeline(transaction=False) as pipe:
        for place, sealed in values:
            renewed = services.vault.renewed(sealed)
            if not place.field:
                pipe.eval(PUT_STRING, 1, place.key, sealed, renewed)
            elif place.key.startswith(record_key("")) and place.field == BOOKING:
                key = place.key.removeprefix(record_key(""))
                pipe.eval(PUT_BOOKING, 1, place.key, key, sealed, renewed, _filed_under(services, key, sealed))
            else:
                pipe.eval(PUT_FIELD, 1, place.key, place.field, sealed, renewed)
        done = pipe.execute()
    return [place for (place, _), is_done in zip(values, done, strict=True) if not is_done]


def _filed_under(services: Services, key: str, sealed: bytes) -> str:
    sealing = services.ledger.sealing
    try:
        return sealing.filed_under(key, sealing.open_booking(key, sealed))
    except (UserError, ValidationError):  # its own pages say what is wrong with it
        return ""
