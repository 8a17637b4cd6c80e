"""What a booking is filed under in the index, and how what a person searches for is compared with it.

A guest's name is filed blind, under codes of the first three letters of each of its words: who reads the store sees that
two bookings may share a beginning, and not which. Whoever searches decrypts the few that share it, and compares.
"""

import json
import unicodedata
from collections.abc import Iterator

from mapping.booking import Booking
from worker.naming import reference_stem
from worker.records import parts_of
from worker.vault import Vault

LETTERS = 3  # of each of a name's words
LONGEST_WORD = 100


def filed_under(vault: Vault, key: str, booking: Booking | None) -> str:
    """The values by facet, as the ledger's scripts take them. `booking` is None for one of which nothing was read yet."""
    _, channel_manager, source_id = parts_of(key)
    words = [key, source_id, f"{reference_stem(channel_manager, source_id)}-"]
    told: dict[str, list[str]] = {}
    if booking:
        words += [booking.channel_reference] if booking.channel_reference else []
        told = {
            "channel": [booking.channel.value],
            "month": [month_of(booking)],
            "guest": sorted({vault.blinded(beginning)[0] for beginning in beginnings(booking.guest_name or "")}),
        }
    return json.dumps({**told, "word": sorted({plain_word(word) for word in words})}, ensure_ascii=False)


def month_of(booking: Booking) -> str:
    """The month in which the stay ends: 2026-08."""
    return f"{booking.check_out:%Y-%m}"


def plain_word(text: str) -> str:
    """`text` as a word is filed: capitals do not count."""
    return unicodedata.normalize("NFC", text.strip().casefold()).replace("\0", " ")[:LONGEST_WORD]


def beginnings(name: str) -> set[str]:
    """The first letters of each word of `name`."""
    return {word[:LETTERS] for word in name_words(name)}


def name_words(name: str) -> set[str]:
    """The words of a name in letters and digits, without accents and capitals: of D'Águeda d, agueda and dagueda."""
    found = set[str]()
    for written in _without_accents(name).split():
        parts = "".join(character if character.isalnum() else " " for character in written).split()
        found |= {*parts, "".join(parts)}
    return found - {""}


def is_named(name: str, searched: str) -> bool:
    """Whether each word of `searched` begins a word of `name`."""
    words = name_words(name)
    return all(any(word.startswith(begun) for word in words) for begun in searched_words(searched))


def searched_words(text: str) -> list[str]:
    """The words of what a person searches for, as those of a name."""
    return "".join(character if character.isalnum() else " " for character in _without_accents(text)).split()


def searched_beginnings(text: str) -> set[str]:
    """What a name that `text` means is filed under; where no word has enough letters, the longest one is taken for whole."""
    words = searched_words(text)
    return {word[:LETTERS] for word in words if len(word) >= LETTERS} or set(sorted(words, key=len)[-1:])


def _without_accents(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.casefold())
    return "".join(_letters(folded))


def _letters(text: str) -> Iterator[str]:
    return (character for character in text if not unicodedata.combining(character))
