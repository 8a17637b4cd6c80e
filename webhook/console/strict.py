"""What every answer of the console says about itself: where its parts may come from, and who may keep or frame it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}
"""Of every answer; a file under `static/` may be kept, as its address changes with it."""

KEEP = "private, max-age=31536000, immutable"


def answer_strictly(app: Flask) -> None:
    """Put the headers on each answer of `app`, and a version on the address of each static file."""
    app.after_request(_with_headers)
    app.url_defaults(_with_version)


def _with_headers(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    if request.endpoint == "static" and answer.status_code == 200:
        answer.headers["Cache-Control"] = KEEP if "v" in request.args else "no-cache"
    return answer


def _with_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "filename" in values:
        values["v"] = _version(values["filename"])


@cache
def _version(filename: str) -> str:
    path = Path(__file__).parents[1] / "static" / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
