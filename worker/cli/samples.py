"""`faturasync preview` and `deliver`: try a body of a channel manager."""

from typing import Any

import click
import httpx

from mapping.booking import Booking
from mapping.delivery import Cancellation, Delivery, Doorbell, NotABooking
from mapping.desired import Draft, Nothing, NotYet, PersonMustDecide
from mapping.draft import InvoiceDraft
from mapping.errors import UserError
from mapping.reasons import todo
from worker.certificates import Certificates
from worker.cli.context import json_option, opened, print_json, print_rows, read_body
from worker.connections import Connection, vendor_of
from worker.figures import explained, line_text, lines_json
from worker.meaning import Meaning, meaning
from worker.records import Decision, booking_key
from worker.services import Services
from worker.turnover import warnings_beside
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
        if isinstance(reading, Doorbell):
            raise UserError(
                "The body only says that a booking changed; the worker asks the channel manager for it once it is delivered."
            )
        if isinstance(reading, Cancellation):
            raise UserError("The body only says that the booking was cancelled: its draft is withdrawn, if it has one.")
        told = [_told(services, connection, booking) for booking in reading]
    if as_json:
        print_json(told)
        return
    for each in told:
        print_rows("Preview", ("", ""), [(name, str(value)) for name, value in _shown(each).items()], empty="")


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
        passing = Certificates(services.store).passing(scheme.certificate_at(signed), signed.certificate)
        with passing, services.connections.passing_token(connection_id) as token:
            answer = _post(
                f"{base}/webhooks/{connection.channel_manager}/{token}",
                signed.body,
                {"content-type": "application/json", **signed.headers},
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


def _told(services: Services, connection: Connection, booking: Booking) -> dict[str, Any]:
    account, channel_manager = connection.account, connection.channel_manager
    key = booking_key(account, channel_manager, booking.source_id)
    record = services.ledger.get(key)
    corrections = record.corrections if record else {}
    at_once = record is not None and record.decision is Decision.DRAFT_NOW
    meant = meaning(services, account, channel_manager, booking, corrections=corrections, at_once=at_once)
    wanted = meant.desired
    told: dict[str, Any] = {
        "booking": key,
        "property": meant.property_name,
        "guest": meant.booking.guest_name,
        "check_in": booking.check_in.isoformat(),
        "check_out": booking.check_out.isoformat(),
    }
    if isinstance(wanted, Draft):
        return {**told, "draft": "yes", **_told_draft(services, meant, wanted.draft, key)}
    if isinstance(wanted, NotYet):
        told["draft"] = f"not before {wanted.day}"
        then = meaning(services, account, channel_manager, booking, corrections=corrections, now=wanted.moment)
        return told | (_told_draft(services, then, then.desired.draft, key) if isinstance(then.desired, Draft) else {})
    facts = {"booking": key, "account": account, "channel_manager": channel_manager, **meant.facts}
    if isinstance(wanted, PersonMustDecide):
        return {**told, "draft": "no: a person must decide", "reason": wanted.reason.value,
                "todo": todo(wanted.reason, {**facts, **wanted.facts})}  # fmt: skip
    return {**told, **_nothing(wanted, facts)}


def _told_draft(services: Services, meant: Meaning, draft: InvoiceDraft, key: str) -> dict[str, Any]:
    warnings = {**meant.warnings, **warnings_beside(services, key, meant.booking.check_out, draft.total)}
    return {
        **_words(draft),
        **meant.figures,
        "lines": lines_json(draft),
        "warnings": warnings_json(warnings),
    }


def _shown(told: dict[str, Any]) -> dict[str, object]:
    """The same for people: each figure with where it came from."""
    if "lines" not in told:
        return {name: value for name, value in told.items() if value}
    heading = ("booking", "property", "guest", "check_in", "check_out", "draft", "client")
    return {
        **{name: told[name] for name in heading if told[name]},
        **{name: text for name, text in explained(told).items() if text},
        **{f"Line {number}": line for number, line in enumerate(map(line_text, told["lines"]), 1)},
        **{f"Warning {number}": each["sentence"] for number, each in enumerate(told["warnings"], 1)},
    }


def _words(draft: InvoiceDraft) -> dict[str, str]:
    """Whom the draft is for and what it says, as far as it says anything."""
    words = {
        "client": draft.client_name,
        "client_country": draft.client_country,
        "client_tax_number": draft.client_tax_number,
        "description": draft.description,
        "observations": draft.observations,
        "sequence": draft.sequence,
    }
    return {name: text for name, text in words.items() if text}


def _nothing(wanted: Nothing, facts: dict[str, str]) -> dict[str, Any]:
    if wanted.reason is None:
        return {"draft": "no: cancelled"}
    return {"draft": "no", "reason": wanted.reason.value, "todo": todo(wanted.reason, {**facts, **wanted.facts})}
