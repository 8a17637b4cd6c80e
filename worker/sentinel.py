"""A store behind Redis Sentinel: `redis+sentinel://[user:password@]host[:port],host[:port]/SERVICE[/db][?options]`.

redis-py finds the master through the sentinels, again after each lost connection, but has no form of address for it; this is
the one that others use (https://docs.prefect.io/integrations/prefect-redis/api-ref/prefect_redis-connection).
"""

import re
from typing import Any, cast
from urllib.parse import unquote

from redis import Redis
from redis.connection import parse_url
from redis.sentinel import Sentinel

PORT = 26379
ADDRESS = re.compile(
    r"redis(?P<tls>s?)\+sentinel://(?:(?P<login>[^@/]*)@)?(?P<sentinels>[^@/?]+)/(?P<service>[^/?]+)(?:/(?P<db>\d+))?"
    r"(?:\?(?P<options>.*))?",
    re.IGNORECASE,
)
MEMBER = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::(?P<port>\d{1,5}))?")
SENTINELS_OWN = ("sentinel_username", "sentinel_password")
"""Options that log in to the sentinels; `user:password@` is for the store itself."""


def is_sentinel(url: str) -> bool:
    """Whether the address is of this form, well or badly written."""
    return url.lower().startswith(("redis+sentinel:", "rediss+sentinel:"))


def master(url: str, **settings: Any) -> Redis:
    """A client of the service's master, which connects on first use; `settings` are redis-py's. Raises `ValueError`."""
    found = ADDRESS.fullmatch(url)
    if not found:
        raise ValueError("not an address of sentinels and a service")
    options = _options(found)
    own = {name.removeprefix("sentinel_"): options.pop(name) for name in SENTINELS_OWN if name in options}
    waits = {name: value for name, value in settings.items() if name.startswith("socket_")}
    tls = {"ssl": True} if found["tls"] else {}
    sentinel: Any = Sentinel(  # type: ignore[no-untyped-call]
        [_member(member) for member in found["sentinels"].split(",")],
        sentinel_kwargs=waits | tls | own,
        **(settings | tls | options),
    )
    return cast("Redis", sentinel.master_for(unquote(found["service"])))


def _options(found: re.Match[str]) -> dict[str, Any]:
    """What the address says of connections to the store, as redis-py reads it from one of a single server."""
    login = f"{found['login']}@" if found["login"] else ""
    query = f"?{found['options']}" if found["options"] else ""
    read: dict[str, Any] = parse_url(f"redis://{login}nowhere/{found['db'] or 0}{query}")  # type: ignore[no-untyped-call]
    del read["host"]
    return read


def _member(text: str) -> tuple[str, int]:
    found = MEMBER.fullmatch(text)
    if not found:
        raise ValueError("not a sentinel's host and port")
    return found["host"].strip("[]"), int(found["port"] or PORT)
