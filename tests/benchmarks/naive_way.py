"""The way one would write it otherwise: a Flask view that checks the signature and calls `queue.enqueue`, a job that posts with
a client of its own.

    gunicorn --workers 2 --threads 8 tests.benchmarks.naive_way:app
    rq worker naive

Tenacity tries again what is refused with 429, as its documentation shows it.
"""

import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import Any

import httpx
from flask import Flask, abort, jsonify, request
from redis import Redis
from rq import Queue
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

QUEUE = "naive"
JOB = "tests.benchmarks.naive_way.create_invoice"

app = Flask(__name__)
queue = Queue(QUEUE, connection=Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1")))


def signature(body: bytes) -> str:
    """What the channel manager proves itself with."""
    return hmac.new(os.environ.get("NAIVE_SECRET", "").encode(), body, hashlib.sha256).hexdigest()


class TooManyRequests(Exception):
    """InvoiceXpress answered 429."""


@app.post("/webhooks/<account>")
def webhook(account: str) -> Any:
    """Enqueue the booking."""
    if not hmac.compare_digest(request.headers["X-Signature"], signature(request.get_data())):
        abort(401)
    job = queue.enqueue(JOB, account, request.get_json()["data"])
    return jsonify(job=job.id)


@retry(
    retry=retry_if_exception_type(TooManyRequests),
    wait=wait_random_exponential(multiplier=1, max=60),
    stop=stop_after_attempt(10),
    reraise=True,
)
def create_invoice(account: str, booking: dict[str, Any]) -> int:
    """Make the draft; its number."""
    url = os.environ["INVOICEXPRESS_URL"].replace("{account}", account)
    with httpx.Client(base_url=url) as client:
        answer = client.post(
            "/invoices.json", params={"api_key": f"key-of-{account}"}, json={"invoice": invoice(booking)}
        )
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise TooManyRequests
    number: int = answer.raise_for_status().json()["invoice"]["id"]
    return number


def invoice(booking: dict[str, Any]) -> dict[str, Any]:
    """What is posted for a booking."""
    today = f"{datetime.now(UTC):%d/%m/%Y}"
    net = round(float(booking["total_guest"]) / 1.06, 4)
    return {
        "date": today,
        "due_date": today,
        "reference": booking["source_id"],
        "client": {"name": booking["guest_name"], "code": booking["source_id"]},
        "items": [
            {
                "name": "Alojamento",
                "description": f"{booking['check_in']} a {booking['check_out']}",
                "unit_price": f"{net}",
                "quantity": "1",
                "tax": {"name": "IVA6"},
            }
        ],
    }
