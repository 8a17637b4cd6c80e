"""`faturasync preview` and `deliver`: try a body of a channel manager."""

from typing import Any

import click
import httpx

from mapping.delivery import Delivery, NotABooking
from mapping.desired import Draft, Nothing, NotYet, PersonMustDecide
from mapping.draft import DraftLine
from mapping.errors import UserError
from mapping.reasons import todo
from worker.cli.context import json_option, opened, print_json, print_rows, read_body
from worker.connections import vendor_of
from worker.figures import explained, lines_of
from worker.meaning import Meaning, meaning
from worker.views import warnings_json

connection_option = click.option("--connection", "connection_id", required=True, metavar="CONNECTION")
event_option = click.option("--event", help="The event, where the body does not say it: ?e=EVENT of the URL.")


@click.command()
@click.argument("file")
@connection_option
@event_option
@json_option
def preview(file: str, connection_id: str, event: str | None, *, as_json: bool) -> None:
    """The draft that this delivery would make; sends nothing and stores nothing."""
    body = read_body(file)
    with opened() as services:
        connection = services.connections.get(connection_id)
        delivery = Delivery(body=body, query={"e": event} if event else {})
        reading = vendor_of(connection.channel_manager).read(delivery)
        if isinstance(reading, NotABooking):
            raise UserError(f"The body tells of no booking: {reading.what}.")
        meant = [meaning(services, connection.account, connection.channel_manager, booking) for booking in reading]
        told = [_told(each, connection.account, connection.channel_manager) for each in meant]
    if as_json:
        print_json(told)
        return
    for each, meaning_ in zip(told, meant, strict=True):
        print_rows(
            "Preview", ("", ""), [(name, str(value)) for name, value in _shown(each, meaning_).items()], empty=""
        )


@click.command()
@click.argument("file")
@connection_option
@event_option
@click.option("--receiver", metavar="URL", help="The receiver's address; FATURASYNC_PUBLIC_URL without it.")
@json_option
def deliver(file: str, connection_id: str, event: str | None, receiver: str | None, *, as_json: bool) -> None:
    """Sign a sample body as the channel manager would and post it to the receiver."""
    body = read_body(file)
    with opened() as services:
        connection = services.connections.get(connection_id)
        scheme = vendor_of(connection.channel_manager).scheme
        secret = next(iter(services.connections.secrets(connection_id)), "")
        if scheme.signs and not secret:
            raise UserError(
                f"The connection has no secret: faturasync connection rotate {connection_id} --secret-file FILE"
            )
        try:
            signed = scheme.sign(body, secret, delivery_id=services.new_id(), now=services.clock())
        except UnicodeDecodeError:
            raise UserError("The body cannot be signed: it is not UTF-8.") from None
        base = (receiver or services.environment.public_url).rstrip("/")
        with services.connections.passing_token(connection_id) as token:
            answer = _post(
                f"{base}/webhooks/{connection.channel_manager}/{token}",
                body,
                {"content-type": "application/json", **signed},
                {"e": event} if event else {},
                shown=base,
            )
    told = _answer(answer, shown=base)
    if as_json:
        print_json(told)
    elif answer.is_success:
        click.echo(f"{told['outcome']}: delivery {told['delivery']}")
    if not answer.is_success:
        problems = "; ".join(f"{each['path']} {each['message']}" for each in told.get("errors", ()))
        raise UserError(f"The receiver answered {answer.status_code}: {told.get('detail')} {problems}".strip())


def _post(url: str, body: bytes, headers: dict[str, str], query: dict[str, str], *, shown: str) -> httpx.Response:
    try:
        return httpx.post(url, content=body, headers=headers, params=query, timeout=30)
    except (httpx.RequestError, httpx.InvalidURL):
        raise UserError(
            f"No receiver answers at {shown}. Start it with `faturasync up`, or say where it is with --receiver."
        ) from None


def _answer(answer: httpx.Response, *, shown: str) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict) or not {"outcome", "detail"} & told.keys():
        raise UserError(f"What answers at {shown} is no receiver of FaturaSync ({answer.status_code}).")
    return told


def _told(meant: Meaning, account: str, channel_manager: str) -> dict[str, object]:
    booking, wanted = meant.booking, meant.desired
    told: dict[str, object] = {
        "booking": f"{account}:{channel_manager}:{booking.source_id}",
        "property": meant.property_name,
        "guest": booking.guest_name,
        "check_in": booking.check_in.isoformat(),
        "check_out": booking.check_out.isoformat(),
    }
    if isinstance(wanted, Draft):
        draft = wanted.draft
        told |= {"draft": "yes", "client": draft.client_name, "description": draft.description, **meant.figures}
        return {**told, "lines": [_line(line) for line in draft.lines], "warnings": warnings_json(meant.warnings)}
    if isinstance(wanted, NotYet):
        return {**told, "draft": f"not before {wanted.day}"}
    facts = {"account": account, "channel_manager": channel_manager, **meant.facts}
    if isinstance(wanted, PersonMustDecide):
        return {**told, "draft": "no: a person must decide", "reason": wanted.reason.value,
                "todo": todo(wanted.reason, {**facts, **wanted.facts})}  # fmt: skip
    return {**told, **_nothing(wanted, facts)}


def _shown(told: dict[str, object], meant: Meaning) -> dict[str, object]:
    """The same for people: each figure with where it came from."""
    if not isinstance(meant.desired, Draft):
        return {name: value for name, value in told.items() if value}
    heading = {name: value for name, value in told.items() if name not in meant.figures and isinstance(value, str)}
    figures = {name: text for name, text in explained(meant.figures).items() if text}
    lines = {f"Line {number}": line for number, line in enumerate(lines_of(meant.desired.draft), 1)}
    return {**heading, **figures, **lines, **{f"Warning {n}": w for n, w in enumerate(meant.warnings.values(), 1)}}


def _line(line: DraftLine) -> dict[str, str]:
    return {
        "name": line.item_name,
        "description": line.description,
        "unit_price": f"{line.unit_price:f}",
        "rate": f"{line.rate:f}",
    }


def _nothing(wanted: Nothing, facts: dict[str, str]) -> dict[str, object]:
    if wanted.reason is None:
        return {"draft": "no: cancelled"}
    return {"draft": "no", "reason": wanted.reason.value, "todo": todo(wanted.reason, {**facts, **wanted.facts})}
