"""A guest who is to be found nowhere, and what whoever has the store, or its keys too, could read in it."""

import base64
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken

from tests.test_secrets_nowhere import forms
from tests.worker.room import Room, everything, key_of, words_in
from worker.phrases import PHRASES
from worker.records import BookingStatus, Record
from worker.services import Services

NAME, LATER_NAME, CORRECTED_NAME = "Zulmira Canária-Quintela", "Zulmira Quintela-Nóvoa", "Zulmira Quintela Bragança"
NIF = "501964843"
GUEST: Mapping[str, Any] = {
    "guest_name": NAME,
    "guest_email": "zulmira.canaria@example.com",
    "guest_phone": "+351 912 345 078",
    "guest_address": "Travessa do Canário 77",
    "guest_postcode": "4990-777",
    "guest_city": "Vilarinho-Canário",
    "guest_country": "PT",
    "guest_language": "pt-canary",
    "guest_tax_id": NIF,
    "guest_company": "Canário & Filhas, Lda",
    "guest_note": "Chegamos tarde, canário ao ombro",
    "group_id": "GROUP-CANARY-1",
    "ota_raw": "Canary Direct",
}
CANARIES: Sequence[str] = (
    *(str(value) for name, value in GUEST.items() if name != "guest_country"), LATER_NAME, CORRECTED_NAME, "Zulmira", "Quintela",
)  # fmt: skip
LONG = timedelta(days=400)
"""Longer than anything is kept after any stay of these tests."""
TOKEN = re.compile(rb"gAAAA[A-Za-z0-9_-]+=*")
COMPACT = b"\x80\0\0\0\0"  # what a token of this century begins with that is not text


WRITTEN = {form: canary for canary in CANARIES for form in forms(canary)}
"""How each may be written."""


def seen(house: Services) -> set[str]:
    """What of the guest whoever has the store reads in it."""
    return _found(_plain(house))


def opened(house: Services) -> set[str]:
    """What whoever has its keys too reads in it."""
    return _found(b"\n".join([_plain(house), *_opened(house)]))


def _plain(house: Services) -> bytes:
    """Every key and value, also what RQ has compressed."""
    return b"\n".join(form for word in words_in(house.store) for form in (word, *_unpacked(word)))


def _unpacked(word: bytes) -> Iterator[bytes]:
    with suppress(zlib.error):
        yield zlib.decompress(word)
    with suppress(ValueError, zlib.error):
        yield zlib.decompress(base64.b64decode(word, validate=True))


def _found(text: bytes) -> set[str]:
    return {canary for form, canary in WRITTEN.items() if form in text}


def _opened(house: Services) -> list[bytes]:
    found = []
    compact = [base64.urlsafe_b64encode(word) for word in words_in(house.store) if word.startswith(COMPACT)]
    tokens = [*((token, 32) for token in TOKEN.findall(everything(house.store))), *((token, 16) for token in compact)]
    for token, bound in tokens:
        try:
            plain = house.vault._fernet.decrypt(token)[bound:]
            found.append(zlib.decompressobj(zdict=PHRASES).decompress(plain))
        except InvalidToken:
            raise AssertionError("What is sealed with a key that this test does not have cannot be searched.") from None
    return found


def act(room: Room, action: str, number: int = 1, **fields: object) -> None:
    """Be the person in InvoiceXpress with this booking's document, if there is one, and have it looked at."""
    document = room.record(number).trail.document
    if document:
        room.desk.post("/_sandbox/act", json={"account": "casa", "action": action, "id": document.id, "fields": fields})
        room.house.ledger.requeue(key_of(number), job=room.house.new_id(), now=room.clock(), look=True)


def finalised(room: Room, number: int = 1) -> Record:
    """The booking after a person finalised its draft."""
    act(room, "finalize", number)
    record = room.to_rest(number)
    assert record.status is BookingStatus.FINAL
    return record
