"""How a booking's record is kept: guests' data sealed, each part bound to its place, and read again."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import TypeAdapter

from mapping.booking import Booking
from mapping.reasons import Reason
from worker.corrections import FIELDS, Correction
from worker.filing import filed_under
from worker.packing import FIRST_AT, NOTHING, PACKED, TRAIL, Packed, packed_in
from worker.records import BookingStatus, Decision, Dropped, Record, Trail, parts_of
from worker.store_version import refuse_newer_record
from worker.vault import Vault

_CORRECTION = TypeAdapter(Correction)
_DROPPED = TypeAdapter(Dropped)


class Sealing:
    """Seals and opens the parts of records."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal_booking(self, key: str, booking: Booking) -> bytes:
        """A state of the booking."""
        plain = booking.model_dump_json(by_alias=True, exclude_defaults=True).encode()
        return self._vault.seal_compact(plain, about=f"booking {key}")

    def open_booking(self, key: str, sealed: bytes) -> Booking:
        """What was sealed so."""
        return Booking.model_validate_json(self._vault.open(sealed, about=f"booking {key}"))

    def guest_name(self, key: str, sealed: bytes) -> str | None:
        """The guest's name in it, nothing else being read."""
        name: str | None = json.loads(self._vault.open(sealed, about=f"booking {key}")).get("guest_name")
        return name

    def filed_under(self, key: str, booking: Booking | None) -> str:
        """What the ledger's scripts file the booking under."""
        return filed_under(self._vault, key, booking)

    def seal_trail(self, key: str, trail: Trail) -> bytes:
        """What was asked of InvoiceXpress."""
        return self._vault.seal_compact(TRAIL.dump_json(trail), about=f"trail of booking {key}")

    def open_trail(self, key: str, sealed: bytes | None, packed: bytes | None = None) -> Trail:
        """What was sealed so, or packed; nothing is the trail of a booking for which nothing was asked."""
        if sealed is None:
            return self.unpacked(key, packed).trail
        return TRAIL.validate_json(self._vault.open(sealed, about=f"trail of booking {key}"))

    def pack(self, key: str, packed: Packed) -> bytes:
        """What is left of a booking."""
        return self._vault.seal_compact(packed.as_json(key), about=f"what is left of booking {key}")

    def unpacked(self, key: str, sealed: bytes | None) -> Packed:
        """What was packed so; of most bookings nothing is."""
        return packed_in(self._vault.open(sealed, about=f"what is left of booking {key}"), key) if sealed else NOTHING

    def seal_correction(self, key: str, correction: Correction) -> bytes:
        """What a person says of one field."""
        about = f"correction of {correction.field} of booking {key}"
        return self._vault.seal(_CORRECTION.dump_json(correction), about=about)

    def dropped(self, dropped: Dropped) -> bytes:
        """As the record keeps it; it needs no sealing."""
        return f"{dropped.at.timestamp():.0f} {dropped.status}".encode()

    def record(self, key: str, fields: Mapping[bytes, bytes]) -> Record:
        """The record whose fields are these. Raises `NewerStore` if a newer program wrote it."""
        refuse_newer_record(fields.get(b"form"))
        packed = self.unpacked(key, fields.get(PACKED.encode()))
        kept = {FIRST_AT} & packed.texts.keys()
        in_key = zip(("account", "channel_manager", "source_id"), parts_of(key), strict=True)
        text = {name: value.encode() for name, value in (*in_key, *packed.texts.items())}
        text |= {name.decode(): value for name, value in fields.items() if name.decode() not in kept}
        return Record(
            key=key,
            account=text["account"].decode(),
            channel_manager=text["channel_manager"].decode(),
            source_id=text["source_id"].decode(),
            connection=text["connection"].decode(),
            status=BookingStatus(text["status"].decode()),
            last_reason=Reason(reason.decode()) if (reason := text.get("reason")) else None,
            facts=json.loads(text.get("facts", b"{}")),
            newest=text["newest"].decode(),
            job=text["job"].decode(),
            begun=text.get("begun", b"1") == b"1",
            attempts=int(text.get("attempts", 0)),
            deliveries=int(text["deliveries"]),
            first_at=datetime.fromtimestamp(float(text.get("first_at", 0)), UTC),  # not kept before 2026-11-23
            told_at=datetime.fromtimestamp(float(text.get("told", text.get("arrival", b"0"))), UTC),
            updated_at=datetime.fromtimestamp(float(text["updated_at"]), UTC),
            shall_look="look" in text,
            booking=self.open_booking(key, sealed) if (sealed := text.get("booking")) else packed.booking,
            property_name=text.get("property", b"").decode() or None,
            figures=json.loads(text.get("figures", b"{}")),
            warnings=json.loads(text.get("warnings", b"{}")),
            trail=self.open_trail(key, sealed) if (sealed := text.get("trail")) else packed.trail,
            corrections=dict(self._corrections(key, text)),
            decision=Decision(decision.decode()) if (decision := text.get("decision")) else None,
            dropped=_dropped(dropped) if (dropped := text.get("dropped")) else None,
        )

    def _corrections(self, key: str, fields: Mapping[str, bytes]) -> Iterator[tuple[str, Correction]]:
        for field in FIELDS:
            if sealed := fields.get(correction_field(field)):
                plain = self._vault.open(sealed, about=f"correction of {field} of booking {key}")
                yield field, _CORRECTION.validate_json(plain)


def _dropped(kept: bytes) -> Dropped:
    if kept.startswith(b"{"):  # as version 1 kept it
        return _DROPPED.validate_json(kept)
    at, _, status = kept.decode().partition(" ")
    return Dropped(at=datetime.fromtimestamp(int(at), UTC), status=BookingStatus(status))


def correction_field(field: str) -> str:
    """Where in the record a correction of `field` is; nothing in it is none."""
    return f"correction {field}"
