"""The receiver as one would write it otherwise: a Flask view that checks the signature and calls `queue.enqueue`.

gunicorn --workers 2 --threads 8 tests.benchmarks.naive_receiver:app
"""

import base64
import hashlib
import hmac
import os
from typing import Any

from flask import Flask, abort, jsonify, request
from redis import Redis
from rq import Queue

app = Flask(__name__)
queue = Queue("naive", connection=Redis.from_url(os.environ["REDIS_URL"]))
secret = base64.b64decode(os.environ["NAIVE_SECRET"].removeprefix("whsec_"))


@app.post("/webhooks")
def webhook() -> Any:
    """Enqueue the booking."""
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.get_data()
    expected = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
    if not hmac.compare_digest(request.headers["webhook-signature"], f"v1,{expected}"):
        abort(401)
    booking = request.get_json()["data"]
    job = queue.enqueue("tests.benchmarks.naive_worker.create_invoice", booking)
    return jsonify(status="queued", job=job.id), 202
