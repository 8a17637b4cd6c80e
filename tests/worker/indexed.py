"""The index as it is in the store, and as it has to be by the records."""

import json
from collections import Counter
from typing import Any

from worker.index_scripts import FIRST
from worker.ledger import record_key
from worker.records import BookingStatus
from worker.services import Services
from worker.store import Store

Sets = dict[str, dict[str, float]]


def index_in(house: Services) -> tuple[Sets, dict[str, dict[str, int]]]:
    """Every set of the index and every hash of counts."""
    store: Any = house.store
    keys = {FIRST + place: key.decode() for place, key in enumerate(store.lrange("fs:filed", 0, -1))}
    times = dict(store.zrange("fs:listed", 0, -1, withscores=True))
    words = [word.decode().partition("\0") for word in store.zrange("fs:word", 0, -1)]
    sets = {
        name.decode(): {keys[int(number)]: times[number] for number in store.smembers(name)}
        for name in store.keys("fs:facet:*")
    }
    counts = {name.decode(): store.hgetall(name) for name in store.keys("fs:counts*")}
    if keys:
        sets["fs:listed"] = {keys[int(number)]: time for number, time in times.items()}
        sets["fs:word"] = {f"{word}\0{keys[int(number)]}": 0 for word, _, number in words}
    return sets, {
        name: {field.decode(): int(number) for field, number in rows.items()} for name, rows in counts.items()
    }


def index_by_records(house: Services) -> tuple[Sets, dict[str, dict[str, int]]]:
    """What these have to be."""
    sets: Sets = {}
    counts: dict[str, Counter[str]] = {}
    for record in house.ledger.all(*BookingStatus):
        time = float(house.store.hget(record_key(record.key), "updated_at") or 0)
        told = json.loads(house.ledger.sealing.filed_under(record.key, record.booking))
        for word in told.pop("word"):
            sets.setdefault("fs:word", {})[f"{word}\0{record.key}"] = 0
        facets: dict[str, list[str]] = {
            **told,
            "account": [record.account],
            "status": [record.status],
            "reason": [record.last_reason] if record.last_reason else [],
            "property": [record.property_name] if record.property_name else [],
        }
        sets.setdefault("fs:listed", {})[record.key] = time
        for facet, values in facets.items():
            for value in values:
                sets.setdefault(f"fs:facet:{facet}:{value}", {})[record.key] = time
        facets = {**facets, "guest": []}
        for name in ("fs:counts", f"fs:counts:{record.account}"):
            fields = [f"{facet}|{value}" for facet, values in facets.items() for value in values]
            counts.setdefault(name, Counter()).update(fields)
    return sets, {name: dict(counted) for name, counted in counts.items()}


def forget_the_index(store: Store) -> None:
    """Leave what the version before the index would have written."""
    client: Any = store
    names = ("fs:index:*", "fs:facet:*", "fs:word", "fs:listed", "fs:filed", "fs:counts*")
    client.delete(*(key for name in names for key in client.keys(name)))
    for record in client.keys("fs:booking:*"):
        client.hdel(record, "index", "number")
