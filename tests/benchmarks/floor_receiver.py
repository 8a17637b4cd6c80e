"""The least that a receiver can do: take the body and store as many bytes as ours does, in one transaction of Redis.

python -m tests.benchmarks.floor_receiver PORT
"""

import os
import secrets
import sys
from collections.abc import Callable, Iterable
from typing import Any

from redis import Redis

from worker.serving import serve

COMMANDS = 10


def from_environment() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI application. `FLOOR_BYTES` is how much each request has to add to the append-only file."""
    store = Redis.from_url(os.environ["REDIS_URL"])
    part = b"x" * (int(os.environ["FLOOR_BYTES"]) // COMMANDS)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        key = f"floor:{secrets.token_hex(8)}"
        with store.pipeline(transaction=True) as pipe:
            for number in range(COMMANDS):
                pipe.hset(key, str(number), part)
            pipe.execute()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]

    return application


if __name__ == "__main__":
    serve("tests.benchmarks.floor_receiver:from_environment()", host="127.0.0.1", port=int(sys.argv[1]), processes=2)
