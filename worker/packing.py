"""What is kept of a booking whose guest's data were let go, as one sealed value: a sixth of what its parts would take.

It lies under the record: what the record says itself is newer. A booking that lives again gets its fields, lines and
deliveries beside it, and the next time that it is let go all of it is packed together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from mapping.booking import Booking
from worker.naming import client_code, reference, uid
from worker.records import Trail, parts_of

PACKED = "packed"
"""The record's field."""
TEXTS = ("connection", "newest", "first_at", "figures", "warnings")
"""Fields of the record that are packed as they are: none of the ledger's scripts looks at them."""
FIRST_AT = "first_at"
"""The one of them that does not change any more: what a booking that lives again says of it is too late."""
PARTS = (*TEXTS, "booking", "trail", "account", "channel_manager", "source_id")
"""Fields of the record that are not there any more; the last three are in its key."""
SAYING_NOTHING: Mapping[str, str] = {"attempts": "0", "reason": "", "lacks": "", "begun": "1", "version": ""}
"""Fields that go, too, where this is what they say."""
NO_JOB = "-"
"""The job of a booking at rest: none that there was has a word any more."""

TRAIL = TypeAdapter(Trail)


@dataclass(frozen=True, kw_only=True)
class LetGo:
    """A delivery of which nothing else is kept; it came at a moment that is not known for those of a store of old."""

    id: str
    received_at: datetime | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What was packed. Lines of the history are as `worker.history` tells them, oldest first; so are deliveries."""

    texts: Mapping[str, str]
    booking: Booking | None
    trail: Trail
    history: Sequence[Mapping[str, Any]]
    deliveries: Sequence[LetGo]

    def as_json(self, key: str) -> bytes:
        """To be sealed; names that follow from the booking's key are left out."""
        told = {
            "texts": {name: json.loads(text) if text[:1] == "{" else text for name, text in self.texts.items()},
            "booking": self.booking.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            if self.booking
            else None,
            "trail": TRAIL.dump_python(
                _renamed(self.trail, _names(key, self.trail), {}), mode="json", exclude_defaults=True
            ),
            "history": list(self.history),
            "deliveries": [
                [each.id, each.received_at.timestamp() if each.received_at else None, each.outcome]
                for each in self.deliveries
            ],
        }
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


NOTHING = Packed(texts={}, booking=None, trail=Trail(), history=(), deliveries=())


def packed_in(plain: bytes, key: str) -> Packed:
    """What `as_json` made."""
    told = json.loads(plain)
    trail = TRAIL.validate_json(json.dumps(told["trail"]))
    return Packed(
        texts={name: json.dumps(text) if isinstance(text, dict) else text for name, text in told["texts"].items()},
        booking=Booking.model_validate_json(json.dumps(told["booking"])) if told["booking"] else None,
        trail=_renamed(trail, {}, _names(key, trail)),
        history=told["history"],
        deliveries=[
            LetGo(id=name, received_at=datetime.fromtimestamp(at, UTC) if at else None, outcome=outcome)
            for name, at, outcome in told["deliveries"]
        ],
    )


def _names(key: str, trail: Trail) -> Mapping[str, str]:
    """What the newest document and its client are called."""
    _, channel_manager, source_id = parts_of(key)
    number = trail.generation
    return {
        "uid": uid(key, number),
        "reference": reference(channel_manager, source_id, number),
        "client_code": client_code(key),
    }


def _renamed(trail: Trail, known: Mapping[str, str], given: Mapping[str, str]) -> Trail:
    """The trail with its names left out where they are the `known` ones, or with those `given` where they were left out."""

    def name(what: str, said: str) -> str:
        return "" if known.get(what) == said else said or given.get(what, "")

    claim, sent = trail.claim, trail.sent
    if claim:
        claim = replace(claim, uid=name("uid", claim.uid), reference=name("reference", claim.reference))
    if sent:
        sent = replace(
            sent,
            uid=name("uid", sent.uid),
            reference=name("reference", sent.reference),
            client_code=name("client_code", sent.client_code),
        )
    return replace(trail, claim=claim, sent=sent)
