"""The connection to the one Redis (or Valkey) that holds everything: ours and RQ's keys."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self, cast

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from mapping.errors import UserError

OLDEST_VERSION = (6, 2)
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0  # longer than RQ's blocking pops, which set their own


Value = str | bytes | int | float


class Writes(Protocol):
    """The writing commands we use; on a pipeline they are queued."""

    def delete(self, *keys: str) -> Any: ...
    def expire(self, key: str, seconds: int) -> Any: ...
    def hdel(self, key: str, *fields: str | bytes) -> Any: ...
    def incr(self, key: str) -> Any: ...
    def hincrby(self, key: str, field: str, amount: int = 1) -> Any: ...
    def hset(
        self, key: str, field: str | None = None, value: Value | None = None, mapping: Mapping[str, Value] | None = None
    ) -> Any: ...
    def ltrim(self, key: str, start: int, end: int) -> Any: ...
    def rpush(self, key: str, *values: Value) -> Any: ...
    def sadd(self, key: str, *members: Value) -> Any: ...
    def srem(self, key: str, *members: Value) -> Any: ...
    def set(self, key: str, value: Value, *, nx: bool = False, px: int | None = None, ex: int | None = None) -> Any: ...
    def zadd(self, key: str, members: Mapping[str, float], *, nx: bool = False, xx: bool = False) -> Any: ...
    def zrem(self, key: str, *members: Value) -> Any: ...
    def eval(self, script: str, keys: int, *keys_and_args: Value) -> Any: ...


class Pipeline(Writes, Protocol):
    """Commands sent in one go; with `transaction` all or none of them are carried out."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def execute(self) -> list[Any]: ...
    def get(self, key: str) -> Any: ...
    def hget(self, key: str, field: str) -> Any: ...
    def hgetall(self, key: str) -> Any: ...
    def lrange(self, key: str, start: int, end: int) -> Any: ...
    def zcard(self, key: str) -> Any: ...
    def zmscore(self, key: str, members: list[str]) -> Any: ...
    def zrange(self, key: str, start: int, end: int) -> Any: ...


class Store(Writes, Protocol):
    """The commands that the rooms use of redis-py's client, typed for answers in bytes."""

    def exists(self, *keys: str) -> int: ...
    def get(self, key: str) -> bytes | None: ...
    def hexists(self, key: str, field: str) -> bool: ...
    def hget(self, key: str, field: str) -> bytes | None: ...
    def hgetall(self, key: str) -> dict[bytes, bytes]: ...
    def hmget(self, key: str, fields: list[str]) -> list[bytes | None]: ...
    def hvals(self, key: str) -> list[bytes]: ...
    def info(self, *sections: str) -> dict[str, Any]: ...
    def lrange(self, key: str, start: int, end: int) -> list[bytes]: ...
    def ping(self) -> bool: ...
    def pipeline(self, *, transaction: bool = True) -> Pipeline: ...
    def sismember(self, key: str, member: Value) -> bool: ...
    def smembers(self, key: str) -> AbstractSet[bytes]: ...
    def zcard(self, key: str) -> int: ...
    def zinter(self, keys: list[str], *, aggregate: str) -> list[bytes]: ...
    def zrange(self, key: str, start: int, end: int, *, desc: bool = False) -> list[bytes]: ...
    def zrangebylex(self, key: str, low: bytes, high: bytes, start: int, num: int) -> list[bytes]: ...
    def zrangebyscore(self, key: str, low: Value, high: Value) -> list[bytes]: ...
    def config_get(self, pattern: str) -> dict[str, str]: ...
    def close(self) -> None: ...


def connect(url: str) -> Store:
    """A client that connects on first use; answers are bytes. Raises `UserError` for a malformed `url`."""
    try:
        client = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            health_check_interval=30,
            # A restart of the store takes a moment; a command that may have run is safe to send again (see the ledger).
            retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=2),
        )
    except ValueError:
        raise UserError(
            "REDIS_URL must be an address such as redis://127.0.0.1:6379/0 or unix:///run/redis.sock."
        ) from None
    return cast("Store", client)


def started_at(client: Store, *, now: datetime) -> datetime:
    """When the server that answers was started, to the second and rather late than early."""
    return now - timedelta(seconds=int(client.info("server")["uptime_in_seconds"]))


def queued_commands(pipe: Any) -> list[list[bytes]]:
    """The commands that a pipeline of redis-py holds and has not sent, each as its words."""
    return [[_encoded(word) for word in words] for words, _ in pipe.command_stack]


def _encoded(word: object) -> bytes:
    """A command's word as redis-py sends it; str() would give an enum's name where its text is meant."""
    if isinstance(word, bytes):
        return word
    return word.encode() if isinstance(word, str) else str(word).encode()


def check(client: Store) -> list[str]:
    """What is not as it should be in a store that answers, one sentence each. Raises `UserError` if it does not answer."""
    try:
        facts = client.info()
    except RedisError as error:
        raise UserError(
            f"The store does not answer ({type(error).__name__}). Start Redis, or correct REDIS_URL."
        ) from None
    version = tuple(int(part) for part in str(facts["redis_version"]).split(".")[:2])
    if version < OLDEST_VERSION:
        raise UserError(f"The store is Redis {facts['redis_version']}; FaturaSync needs 6.2 or newer, or Valkey.")
    warnings = []
    if not facts.get("aof_enabled"):
        warnings.append("The store keeps no append-only file: bookings are lost when it stops. Set appendonly yes.")
    elif _syncs_later(client):
        warnings.append(
            "The store writes its append-only file to disk a moment after it answers: a power cut loses bookings of the "
            "last second that were acknowledged. Set appendfsync always."
        )
    if facts.get("maxmemory_policy", "noeviction") != "noeviction":
        warnings.append("The store may drop bookings when its memory is full. Set maxmemory-policy noeviction.")
    return warnings


def _syncs_later(client: Store) -> bool:
    try:
        return client.config_get("appendfsync").get("appendfsync") not in {None, "always"}
    except ResponseError:  # a managed one may not tell
        return False
