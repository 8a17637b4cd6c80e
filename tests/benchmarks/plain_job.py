"""The other side of the worker's benchmark: what a user would write who makes invoices with RQ, httpx and tenacity.

It runs in RQ's default worker, started as RQ's documentation does it: `rq worker plain --url ...`. That forks for each job, and
the module is imported in the fork.
"""

from typing import Any

import httpx
from rq import Worker
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

QUEUE = "plain"


@retry(
    retry=retry_if_exception_type(httpx.HTTPError),
    wait=wait_random_exponential(max=10),
    stop=stop_after_attempt(5),
    reraise=True,
)
def create_draft(url: str, api_key: str, body: dict[str, Any]) -> int:
    """POST one invoice; its id."""
    with httpx.Client(timeout=20) as client:
        answer = client.post(f"{url}/invoices.json", params={"api_key": api_key}, json=body)
        answer.raise_for_status()
        return int(answer.json()["invoice"]["id"])


class PreloadedWorker(Worker):
    """RQ's default worker for who has read its chapter on performance: named by `--worker-class`, it brings this module along.

    What is imported before the fork need not be imported in it.
    """
