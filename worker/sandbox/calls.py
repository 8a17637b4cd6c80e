"""The way of one request through an account's door: key, limit, fault, then the work (reference 13.2, 4, 5, 29)."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any, cast

from flask import Response, request

from worker.sandbox.accounts import Account
from worker.sandbox.answers import Refused, refusal, refuse
from worker.sandbox.connection import drop
from worker.sandbox.faults import Fault
from worker.sandbox.limits import too_many
from worker.sandbox.switches import Settings
from worker.sandbox.texts import (
    CONTENT_TYPE,
    GATEWAY_TIMEOUT,
    INTERNAL_ERROR,
    INVALID,
    INVALID_KEY,
    MISSING_ELEMENT,
    NOT_FOUND,
    QUOTA,
)
from worker.sandbox.world import Violation, World


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that was let in."""

    world: World
    account: Account
    settings: Settings
    fault: Fault | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait out a late_commit, then have the account alone."""
        if self.fault and self.fault.fault == "late_commit":
            self.world.sleep(self.fault.seconds)
        with self.account.lock:
            yield

    def violated(self, asked: str) -> None:
        """Record a step that a program of drafts must never take (13.25)."""
        if self.settings["forbid_finalizing"]:
            path = request.path.removeprefix(f"/{self.account.name}")
            self.world.violations.append(Violation(account=self.account.name, path=path, asked=asked))


View = Callable[..., Response]


def in_turn(view: View) -> View:
    """A view that has the account alone while it works."""

    @wraps(view)
    def alone(call: Call, **ids: Any) -> Response:
        with call.turn():
            return view(call, **ids)

    return alone


def handle(world: World, name: str, view: Callable[[Call], Response]) -> Response:
    """Let a request in or refuse it, do its work, and spoil the answer where a fault is set."""
    settings = world.switches.of(name)
    try:
        account = _opened(world, name, settings)
        world.limits.admit(name, settings, world.clock())
    except Refused as refused:
        return refusal(refused, settings)
    fault = world.faults.take(name, request.method, request.path.removeprefix(f"/{name}"))
    try:
        _fail_early(world, fault, settings)
        _check_content_type()
        answer = view(Call(world=world, account=account, settings=settings, fault=fault))
    except Refused as refused:
        answer = refusal(refused, settings)
    if fault is None:
        return answer
    if fault.fault == "drop_after_commit":
        drop(request.environ)
    return fault.spoil(answer)


def json_body() -> dict[str, Any]:
    """The body as a JSON object; anything else is InvoiceXpress's 500 (13.4)."""
    try:
        body = json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(500, INTERNAL_ERROR, shape="html")
    return cast("dict[str, Any]", body)


def given_under(root: str) -> dict[str, Any]:
    """The object under a body's root; 422 without it."""
    given = json_body().get(root)
    if not isinstance(given, dict):
        raise refuse(MISSING_ELEMENT.about(root))
    return given


def _opened(world: World, name: str, settings: Settings) -> Account:
    account = world.accounts.find(name)
    if account is None and settings["unknown_account"] == "html_404":
        raise Refused(404, NOT_FOUND, shape="html")
    if account is None or not account.opens_with(request.args.get("api_key", "")):
        raise Refused(401, INVALID_KEY, shape=str(settings["auth_error_shape"]))
    return account


def _fail_early(world: World, fault: Fault | None, settings: Settings) -> None:
    match fault.fault if fault else None:
        case "too_many_requests":
            raise too_many(settings)
        case "quota_reached":
            raise Refused(422, QUOTA)
        case "refused":
            raise Refused(422, INVALID)
        case "delay_without_commit":
            world.sleep(fault.seconds if fault else 0.0)
            raise Refused(504, GATEWAY_TIMEOUT, shape="html")


def _check_content_type() -> None:
    if request.method in {"POST", "PUT"} and request.mimetype != "application/json":
        raise Refused(422, CONTENT_TYPE)
