"""How bookings, accounts and properties are told to scripts and the audit: the JSON that command line and console share."""

from collections.abc import Mapping
from typing import Any

from mapping.settings import Settings
from worker.accounts import Account
from worker.properties import Property
from worker.records import Record


def settings_json(settings: Settings) -> dict[str, Any]:
    """Settings for scripts: what is said. `commission` is always there: scripts have come to rely on it."""
    said = settings.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in said.items() if value or name == "commission"}


def account_json(account: Account) -> dict[str, Any]:
    """An account; never its key."""
    return {"account": account.name, "subdomain": account.subdomain, **settings_json(account.settings)}


def property_json(place: Property) -> dict[str, Any]:
    """A property."""
    listings = list(place.listings)
    return {"account": place.account, "property": place.name, "listings": listings, **settings_json(place.settings)}


def warnings_json(warnings: Mapping[str, str]) -> list[dict[str, str]]:
    """A draft's warnings, each slug with its sentence."""
    return [{"warning": slug, "sentence": sentence} for slug, sentence in warnings.items()]


def corrections_json(record: Record) -> list[dict[str, str | None]]:
    """What persons said instead of the channel manager: by field, null for "none", and what the channel manager had said."""
    return [
        {"field": each.field, "value": each.value, "told": each.told, "who": each.who, "at": each.at.isoformat()}
        for each in record.corrections.values()
    ]


def as_json(record: Record) -> dict[str, Any]:
    """One booking. Money is a string of euros, times are UTC. Until one was fetched that is only named, what it is is null."""
    booking, figures, trail = record.booking, record.figures, record.trail
    document = trail.document
    return {
        "booking": record.key,
        "account": record.account,
        "property": record.property_name,
        "channel_manager": record.channel_manager,
        "source_id": record.source_id,
        "channel": booking.channel.value if booking else None,
        "channel_reference": booking.channel_reference if booking else None,
        "status": record.status.value,
        "reason": record.reason.value if record.reason else None,
        "todo": record.todo,
        "guest": booking.guest_name if booking else None,
        "check_in": booking.check_in.isoformat() if booking else None,
        "check_out": booking.check_out.isoformat() if booking else None,
        "amount": figures.get("amount"),
        "rate": figures.get("rate"),
        "currency": (booking.currency if booking else None) or ("EUR" if figures else None),
        "basis": figures.get("basis"),
        "commission": figures.get("commission"),
        "reference": trail.claim.reference if trail.claim else None,
        "document": {"id": document.id, "state": document.state, "url": document.url} if document else None,
        "deliveries": record.deliveries,
        "updated_at": record.updated_at.isoformat(),
        "warnings": warnings_json(record.warnings),
        "guest_data_dropped_at": record.dropped.at.isoformat() if record.dropped else None,
    }
