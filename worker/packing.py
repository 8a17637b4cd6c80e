"""What is kept of a booking whose guest's data were let go, as one sealed value: a sixth of what its parts would take.

It lies under the record: what the record says itself is newer. A booking that lives again gets its fields, lines and
deliveries beside it, and the next time that it is let go all of it is packed together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from mapping.booking import Booking
from worker.records import Trail

PACKED = "packed"
"""The record's field."""
TEXTS = ("connection", "newest", "first_at", "figures", "warnings")
"""Fields of the record that are packed as they are: none of the ledger's scripts looks at them."""
FIRST_AT = "first_at"
"""The one of them that does not change any more: what a booking that lives again says of it is too late."""
PARTS = (*TEXTS, "booking", "trail", "channel_manager", "source_id")
"""Fields of the record that are not there any more; the last two are in its key."""
SAYING_NOTHING: Mapping[str, str] = {"attempts": "0", "reason": "", "lacks": "", "begun": "1"}
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

    def as_json(self) -> bytes:
        """To be sealed."""
        told = {
            "texts": {name: json.loads(text) if text[:1] == "{" else text for name, text in self.texts.items()},
            "booking": self.booking.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            if self.booking
            else None,
            "trail": TRAIL.dump_python(self.trail, mode="json", exclude_defaults=True),
            "history": list(self.history),
            "deliveries": [
                [each.id, each.received_at.isoformat() if each.received_at else None, each.outcome]
                for each in self.deliveries
            ],
        }
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


NOTHING = Packed(texts={}, booking=None, trail=Trail(), history=(), deliveries=())


def packed_in(plain: bytes) -> Packed:
    """What `as_json` made."""
    told = json.loads(plain)
    return Packed(
        texts={name: json.dumps(text) if isinstance(text, dict) else text for name, text in told["texts"].items()},
        booking=Booking.model_validate_json(json.dumps(told["booking"])) if told["booking"] else None,
        trail=TRAIL.validate_json(json.dumps(told["trail"])),
        history=told["history"],
        deliveries=[
            LetGo(id=name, received_at=datetime.fromisoformat(at) if at else None, outcome=outcome)
            for name, at, outcome in told["deliveries"]
        ],
    )
