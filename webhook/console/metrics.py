"""`/metrics` for Prometheus: no page and no session, to this machine or to who has the token."""

import hmac
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_address

import structlog
from flask import Blueprint, Response, request
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from worker.metrics import exposition
from worker.services import Services

PASSED_ON = frozenset({"forwarded", "via", "x-real-ip"})
PASSED_ON_PREFIX = "x-forwarded"
"""Headers of proxies: behind one on the same machine every request comes from it."""

REFUSED = "Send METRICS_TOKEN as Authorization: Bearer, or ask from this machine without a proxy.\n"

log = structlog.get_logger()


def metrics_page(house: Services) -> Blueprint:
    """`/metrics`."""
    pages = Blueprint("metrics", __name__)

    @pages.get("/metrics")
    def metrics() -> Response:
        if not (_has_token(house.environment.metrics_token) or _is_from_here()):
            log.warning("metrics-refused", address=request.remote_addr)
            refused = Response(REFUSED, HTTPStatus.UNAUTHORIZED, content_type="text/plain; charset=utf-8")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return Response(exposition(house), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return pages


def _has_token(expected: str | None) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return expected is not None and scheme.lower() == "bearer" and _is_equal(given.strip(), expected)


def _is_equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("latin-1"), expected.encode())  # as WSGI hands the header's bytes on


def _is_from_here() -> bool:
    """Whether nobody passed the request on, as far as it tells: whom it came from, its headers, and whom it asked for."""
    host = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdecimal() else request.host
    return (
        _is_loopback(request.remote_addr or "")
        and not _was_passed_on(request.headers)
        and (host == "localhost" or _is_loopback(host.strip("[]")))
    )


def _was_passed_on(headers: Iterable[tuple[str, str]]) -> bool:
    names = {name.lower() for name, _ in headers}
    return bool(names & PASSED_ON) or any(name.startswith(PASSED_ON_PREFIX) for name in names)


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
