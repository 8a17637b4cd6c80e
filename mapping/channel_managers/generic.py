"""Generic: the body that anyone can send (Zapier, Make, n8n, own booking sites), and its JSON schema.

The body is ours, so it is read strictly: unknown fields of `data` and every wrong field are named in the answer.
"""

import json
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mapping.booking import Booking, Status
from mapping.channel_managers import ChannelManager
from mapping.delivery import Delivery, Reading, json_body
from mapping.errors import Problem, UnreadableDelivery
from mapping.fields import Moment
from mapping.signatures import StandardWebhooksOrBearer


class Event(StrEnum):
    """What happened to the booking. Only its status counts; the two must not contradict each other."""

    CREATED = "booking.created"
    UPDATED = "booking.updated"
    CANCELLED = "booking.cancelled"


def _where(place: str, value: str) -> dict[str, Any]:
    """The JSON schema of a body in which `place` is `value`."""
    return {"properties": {place: {"const": value}}, "required": [place]}


class GenericBody(BaseModel):
    """A booking as it now is. Send it again whenever it changes."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        title="FaturaSync generic booking",
        json_schema_extra={
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [
                {
                    "if": {"properties": {"data": _where("status", Status.CONFIRMED)}},
                    "then": {"properties": {"data": {"required": ["total_guest"]}}},
                },
                {
                    "if": _where("type", Event.CANCELLED),
                    "then": {"properties": {"data": _where("status", Status.CANCELLED)}},
                },
            ],
        },
    )

    type: Event
    timestamp: Moment = Field(default=None, description="When this was sent; `data.modified_at` is what orders states.")
    data: Booking


def schema_text() -> str:
    """The JSON schema of the body, as it stands in docs/generic-booking.schema.json."""
    return json.dumps(GenericBody.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _read(delivery: Delivery) -> Reading:
    body = json_body(delivery.body)
    contradictions = _contradictions(body)
    try:
        read = GenericBody.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise UnreadableDelivery([*UnreadableDelivery.of(error).problems, *contradictions]) from None
    if contradictions:
        raise UnreadableDelivery(contradictions)
    return [read.data]


def _contradictions(body: Any) -> list[Problem]:
    """What no field shows by itself, from the body as sent, so that one answer names all that is wrong with it."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return []
    status, found = data.get("status"), []
    if status == Status.CONFIRMED and _says_nothing(data.get("total_guest")):
        found.append(Problem(path="data.total_guest", message="is missing or empty, and the booking is confirmed"))
    if body.get("type") == Event.CANCELLED and isinstance(status, str) and status != Status.CANCELLED:
        found.append(Problem(path="type", message=f"is {Event.CANCELLED}, but data.status is not {Status.CANCELLED}"))
    return found


def _says_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _event_id(delivery: Delivery) -> str | None:
    """Standard Webhooks: `webhook-id` "is the same for all attempts" of one event. Not with a bearer token alone."""
    return delivery.headers.get("webhook-id")


CHANNEL_MANAGER = ChannelManager(
    title="Generic",
    scheme=StandardWebhooksOrBearer(),
    read=_read,
    event_id=_event_id,
    answers_problems=True,
    commission="`commission`",
    tourist_tax="`tourist_tax`",
    gaps="whatever you leave out",
)
