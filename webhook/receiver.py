"""The receiver: takes a delivery in, proves it, stores it with its job in one transaction, answers.

It asks nobody but Amazon, for what proves a message of SNS.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, jsonify, request
from gunicorn.http.errors import ParseException
from redis import RedisError
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from mapping.errors import UnreadableDelivery, UnverifiedDelivery
from mapping.signatures import Scheme
from webhook.amazon import Amazon, AmazonUnavailable
from worker.certificates import Certificates
from worker.connections import ConnectionChanged, Known, vendor_of
from worker.counters import UNKNOWN, Counted, Counters, Rejected, keep_flushing
from worker.environment import read_environment
from worker.intake import Taken
from worker.logs import configure_logging
from worker.services import Services, services
from worker.store import connect

LARGEST_BODY = 1024 * 1024
RETRY_AFTER_SECONDS = "30"

log = structlog.get_logger()

Answer = tuple[Response, int] | tuple[Response, int, Mapping[str, str]]


def from_environment() -> Flask:
    """The application for a WSGI server, wired from the environment's variables."""
    environment = read_environment(os.environ, terminal=False)
    configure_logging(environment.log_format)
    house = services(environment, connect(environment.redis_url or ""))
    keep_flushing(house.counters, house.store)
    return create_receiver(house)


def create_receiver(house: Services, amazon: Amazon | None = None) -> Flask:
    """The application on `house`. `amazon` is who vouches for messages of SNS."""
    notary = amazon or Amazon(Certificates(house.store))
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY + 1  # Flask cuts a body without a length there and says nothing
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it

    @app.get("/healthz")
    def healthz() -> Answer:
        return jsonify(status="up"), HTTPStatus.OK

    @app.get("/readyz")
    def readyz() -> Answer:
        house.store.ping()
        return jsonify(status="ready"), HTTPStatus.OK

    @app.route("/webhooks/<channel_manager>/<token>", methods=["GET", "HEAD", "POST"], provide_automatic_options=False)
    def webhook(channel_manager: str, token: str) -> Answer:
        if request.method == "POST":
            return _receive(house, notary, channel_manager, token)
        if _of(channel_manager, house.connections.read(token)) is None:
            return _unknown()
        return jsonify(status="ready", channel_manager=channel_manager), HTTPStatus.OK

    app.register_error_handler(
        ConnectionChanged, lambda _: _try_again("The connection is being changed; send it again.")
    )
    app.register_error_handler(RedisError, partial(_store_is_away, house.counters))
    app.register_error_handler(HTTPException, _http_problem)
    return app


def _receive(house: Services, notary: Amazon, channel_manager: str, token: str) -> Answer:
    known = _of(channel_manager, house.connections.known(token))
    if known is None:
        _count(house.counters, Rejected.UNKNOWN_URL)
        return _unknown()
    delivery = Delivery(
        body=_body(house.counters),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.args.items()),
    )
    try:
        return _take(house, notary, known, delivery)
    except (ConnectionChanged, UnverifiedDelivery):
        known = _of(channel_manager, house.connections.read(token))  # its secrets or its URL may have been renewed
    if known is None:
        _count(house.counters, Rejected.UNKNOWN_URL)
        return _unknown()
    try:
        return _take(house, notary, known, delivery)
    except UnverifiedDelivery as error:
        log.warning("delivery-refused", outcome="refused", why=str(error), **_told(known))
        _count(house.counters, Rejected.SIGNATURE)
        return _problem(HTTPStatus.UNAUTHORIZED, str(error))


def _take(house: Services, notary: Amazon, known: Known, delivery: Delivery) -> Answer:
    """Raises `UnverifiedDelivery`, or `ConnectionChanged` if it was proven by what does not stand any more."""
    connection, told = known.connection, _told(known)
    vendor = vendor_of(connection.channel_manager)
    try:
        delivery = _proven(vendor.scheme, delivery, known.secrets, notary)
    except AmazonUnavailable as error:
        log.warning("delivery-put-off", why=str(error), **told)
        _count(house.counters, Rejected.UNPROVEN)
        return _try_again("What proves the delivery cannot be had just now; send it again later.")
    now = house.clock()
    try:
        reading = vendor.read(delivery)
    except UnreadableDelivery as error:
        if vendor.answers_problems:
            house.connections.confirm(known)
            # Not its text: the sender may have written anything as a field's name.
            log.warning("delivery-refused", outcome="refused", problems=len(error.problems), **told)
            _count(house.counters, Rejected.INVALID)
            return _unprocessable(error)
        taken = house.intake.take_unreadable(connection, delivery, error.problems, now=now, facts=known.facts)
        log.warning("delivery-unreadable", delivery=taken.delivery, outcome=taken.outcome, why=str(error), **told)
        return _taken(taken)
    taken = house.intake.take(connection, delivery, reading, now=now, facts=known.facts)
    log.info("delivery-taken", delivery=taken.delivery, outcome=taken.outcome, bookings=list(taken.bookings), **told)
    return _taken(taken)


def _of(channel_manager: str, known: Known | None) -> Known | None:
    return known if known and known.connection.channel_manager == channel_manager else None


def _told(known: Known) -> dict[str, str]:
    each = known.connection
    return {"connection": each.id, "account": each.account, "channel_manager": each.channel_manager}


def _proven(scheme: Scheme, delivery: Delivery, secrets: list[str], notary: Amazon) -> Delivery:
    """The delivery, once it is proven and its sender was told that more is welcome."""
    certificate_at = scheme.certificate_at(delivery)
    if certificate_at:
        delivery = replace(delivery, certificate=notary.certificate(certificate_at))
    scheme.verify(delivery, secrets)
    confirmation_at = scheme.confirmation_at(delivery)
    if confirmation_at:
        notary.confirm(confirmation_at)
    return delivery


def _body(counters: Counters) -> bytes:
    """The raw bytes."""
    try:
        return _whole_body()
    except HTTPException as error:
        is_large = isinstance(error, RequestEntityTooLarge)
        _count(counters, Rejected.TOO_LARGE if is_large else Rejected.BROKEN)
        raise


def _whole_body() -> bytes:
    try:
        body = request.get_data(cache=False)
    except ParseException:  # chunks that are none; the server finds out only now
        raise BadRequest from None
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    if request.content_length not in {None, len(body)}:  # it broke off, and Flask says nothing
        raise BadRequest
    return body


def _count(counters: Counters, why: Rejected) -> None:
    """Count that a delivery was not taken in. Who calls any URL must not be able to make up labels."""
    if request.endpoint == "webhook" and request.method == "POST":
        named = (request.view_args or {})["channel_manager"]
        counters.add(Counted.REJECTED, named if named in channel_managers() else UNKNOWN, why)


def _taken(taken: Taken) -> Answer:
    return jsonify(delivery=taken.delivery, outcome=taken.outcome), HTTPStatus.OK


def _unknown() -> Answer:
    return _problem(HTTPStatus.NOT_FOUND, "There is no such webhook URL.")


def _unprocessable(error: UnreadableDelivery) -> Answer:
    problems = [{"path": problem.path, "message": problem.message} for problem in error.problems]
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The body is not in the documented form.", errors=problems)


def _store_is_away(counters: Counters, error: RedisError) -> Answer:
    _count(counters, Rejected.STORE_AWAY)
    log.error("store-away", why=type(error).__name__)
    return _try_again("The store does not answer; send it again later.")


def _try_again(detail: str) -> Answer:
    answer, status = _problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
    return answer, status, {"Retry-After": RETRY_AFTER_SECONDS}


def _http_problem(error: HTTPException) -> Any:
    if error.code is None:
        return error
    answer, status = _problem(HTTPStatus(error.code), HTTPStatus(error.code).description or error.name)[:2]
    allowed = error.get_headers(request.environ) if error.code == HTTPStatus.METHOD_NOT_ALLOWED else []
    return answer, status, {name: value for name, value in allowed if name == "Allow"}


def _problem(status: HTTPStatus, detail: str, **more: object) -> tuple[Response, int]:
    """An answer as RFC 9457 has it."""
    answer = jsonify(title=status.phrase, status=status.value, detail=detail, **more)
    answer.content_type = "application/problem+json"
    return answer, status
