"""The floor of the worker's benchmark: a loop that posts the same bodies over one connection, and does nothing else.

    python -m tests.benchmarks.posting_loop URL API_KEY < BODIES

BODIES is a JSON list. Prints how many seconds the loop took, and how many of the processor.
"""

import json
import sys
import time

import httpx


def main(url: str, api_key: str) -> None:
    bodies = json.load(sys.stdin)
    with httpx.Client(timeout=20) as client:
        begun, cpu = time.perf_counter(), time.process_time()
        for body in bodies:
            client.post(f"{url}/invoices.json", params={"api_key": api_key}, json=body).raise_for_status()
        took = {"seconds": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps(took))  # noqa: T201  # for who started it


if __name__ == "__main__":
    main(*sys.argv[1:])
