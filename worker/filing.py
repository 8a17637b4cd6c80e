"""What a booking is filed under in the index, and how what a person searches for is compared with it.

A guest's name is filed blind, under codes of the first three letters of each of its words: who reads the store sees that
two bookings may share a beginning, and not which. Whoever searches decrypts the few that share it, and compares.
"""

import json
import re
import unicodedata
from collections.abc import Iterator

from mapping.booking import Booking
from worker.naming import reference_stem
from worker.records import parts_of
from worker.vault import Vault

LETTERS = 3  # of each of a name's words
LONGEST_WORD = 100
REFERENCE = "fs-"  # what all begin with: worker.naming
KEY_PARTS = 3  # of a reference, too
GENERATION = re.compile(r"[0-9]{1,6}")


def filed_under(vault: Vault, key: str, booking: Booking | None) -> str:
    """The values by facet, as the ledger's scripts take them. `booking` is None for one of which nothing was read yet.

    Its key and its references are not among the words: the source id in them is enough to find it by.
    """
    _, channel_manager, source_id = parts_of(key)
    stem = reference_stem(channel_manager, source_id)
    words = [source_id] if stem.endswith(f"-{source_id}") else [source_id, f"{stem}-"]
    told: dict[str, list[str]] = {}
    if booking:
        words += [booking.channel_reference] if booking.channel_reference else []
        told = {
            "channel": [booking.channel.value],
            "month": [month_of(booking)],
            "guest": sorted({vault.blinded(beginning)[0] for beginning in beginnings(booking.guest_name or "")}),
        }
    return json.dumps({**told, "word": sorted({plain_word(word) for word in words})}, ensure_ascii=False)


def has_name(key: str, begun: str) -> bool:
    """Whether one of the booking's names that are not filed begins with `begun`, or that is one of its references."""
    _, channel_manager, source_id = parts_of(key)
    stem = f"{reference_stem(channel_manager, source_id)}-"
    names = (plain_word(key), plain_word(source_id), plain_word(stem))
    return any(name.startswith(begun) for name in names) or (
        begun.startswith(names[-1]) and GENERATION.fullmatch(begun.removeprefix(names[-1])) is not None
    )


def source_ids_in(begun: str) -> Iterator[str]:
    """What the source id begins with in the beginning of a key, ACCOUNT:CHANNEL_MANAGER:SOURCE_ID, or of a reference."""
    for parts in (begun.split(":", 2), begun.split("-", 2) if begun.startswith(REFERENCE) else []):
        if len(parts) == KEY_PARTS and parts[-1]:
            yield plain_word(parts[-1])


def is_common(begun: str) -> bool:
    """Whether the references of all bookings, or of all of a channel manager's, begin so."""
    return REFERENCE.startswith(begun) or (
        begun.startswith(REFERENCE) and "-" not in begun.removeprefix(REFERENCE)[:-1]
    )


def has_account(name: str, begun: str) -> bool:
    """Whether the keys of all of the account's bookings, or of all that it has of a channel manager, begin so."""
    account, _, rest = begun.partition(":")
    plain = plain_word(name)
    return plain.startswith(begun) or (plain == account and ":" not in rest[:-1])


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
