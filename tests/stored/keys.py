"""Stores as earlier versions wrote them: `version_N.json` has the keys, and what was told of the bookings then."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from worker.store import Store

FOLDER = Path(__file__).parent
SECRET_KEY = "c3RvcmVkLXdpdGgtdmVyc2lvbi0xLW9mLWEtc3RvcmU="
"""A Fernet key with which nothing but these is sealed."""

BASE64 = "base64:"


def stored(version: int) -> Mapping[str, Any]:
    """The file: `keys`, each with its type and value, and `told`, each booking as `bookings --json` had it."""
    found: Mapping[str, Any] = json.loads((FOLDER / f"version_{version}.json").read_text())
    return found


def load(store: Store, keys: Mapping[str, Any]) -> None:
    """Put these keys into the store."""
    put: Mapping[str, Callable[[str, Any], object]] = {
        "string": store.set,
        "hash": lambda key, value: store.hset(key, mapping={name: _bytes(text) for name, text in value.items()}),
        "list": lambda key, value: store.rpush(key, *value),
        "set": lambda key, value: store.sadd(key, *value),
        "zset": store.zadd,
    }
    for key, (kind, value) in keys.items():
        put[kind](key, value)


def _text(value: bytes) -> str:
    """As the file has it: what is no text in base64."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return BASE64 + base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.removeprefix(BASE64)) if text.startswith(BASE64) else text.encode()


def keys_of(store: Store) -> dict[str, tuple[str, Any]]:
    """All of our keys in the store but those that pass by themselves."""
    client: Any = store
    read: Mapping[str, Callable[[str], object]] = {
        "string": lambda key: client.get(key).decode(),
        "hash": lambda key: {name.decode(): _text(value) for name, value in sorted(client.hgetall(key).items())},
        "list": lambda key: [each.decode() for each in client.lrange(key, 0, -1)],
        "set": lambda key: sorted(each.decode() for each in client.smembers(key)),
        "zset": lambda key: {each.decode(): score for each, score in client.zrange(key, 0, -1, withscores=True)},
    }
    found = [key.decode() for key in sorted(client.keys("fs:*")) if client.ttl(key) < 0]
    kinds = [client.type(key).decode() for key in found]
    return {key: (kind, read[kind](key)) for key, kind in zip(found, kinds, strict=True)}
