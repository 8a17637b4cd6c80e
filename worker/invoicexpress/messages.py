"""InvoiceXpress's own words in a body that says no: one reader for every shape that was seen (section 9.2)."""

import html
import json
import re
from collections.abc import Iterator

from mapping.errors import InvoiceXpressRejected

LARGEST_BODY = 100_000  # bytes; what is longer is no message
DEEPEST = 8
MOST_WORDS = 10
LONGEST_WORDS = 300

ENVELOPES = frozenset({"errors", "error", "message", "reason", "base"})
"""Keys that say nothing themselves; any other key names the attribute that is meant: {"name": ["is not available."]}."""

# Bounded, so that a hostile page costs no time.
TITLE = re.compile(r"<title[^>]{0,100}>([^<]{0,500})", re.IGNORECASE)

# No status of its own tells this refusal from others (section 1.3); seen once, in English.
QUOTA_SPENT = re.compile(r"\blimit\w* reached\b|\blimite\b.*\b(atingid|alcan[cç]ad|excedid)", re.IGNORECASE)


def words(body: bytes, content_type: str, *, secret: str = "") -> tuple[str, ...]:
    """What `body` says, a text for each reason; none for an empty or unreadable body. Never raises.

    Of an HTML page only its title is left. `secret` is left out, raw and percent-encoded.
    """
    text = body[:LARGEST_BODY].decode("utf-8-sig", "replace")
    try:
        found = _texts(json.loads(text))
    except (ValueError, RecursionError):
        found = _unstructured(text, content_type)
    cleaned = (_cleaned(each, secret) for each in found)
    return tuple(dict.fromkeys(each for each in cleaned if each))[:MOST_WORDS]


def says_quota_is_spent(refusal: InvoiceXpressRejected) -> bool:
    """Whether `refusal` says that the account's plan allows no more documents in this period."""
    return refusal.status == 422 and QUOTA_SPENT.search(" ".join(refusal.words)) is not None


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """Every text in `value`, below the name of its attribute."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < DEEPEST:
        for each in value:
            yield from _texts(each, depth + 1)
    elif isinstance(value, dict) and depth < DEEPEST:
        for key, each in value.items():
            for text in _texts(each, depth + 1):
                yield text if key in ENVELOPES else f"{key} {text}"


def _unstructured(text: str, content_type: str) -> Iterator[str]:
    if title := TITLE.search(text):
        yield html.unescape(title[1])
    elif content_type.lower().startswith("text/plain"):
        yield text


def _cleaned(text: str, secret: str) -> str:
    """`text` on one line, without the secret (before cutting, lest half of it stays) and not too long."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    if secret:
        line = re.sub(_any_spelling(secret), "***", line, flags=re.IGNORECASE)
    return line if len(line) <= LONGEST_WORDS else line[: LONGEST_WORDS - 1] + "…"


def _any_spelling(secret: str) -> str:
    """A pattern for `secret`, each character of it as it is or percent-encoded."""
    return "".join(
        f"(?:{re.escape(character)}|{''.join(f'%{byte:02x}' for byte in character.encode())})" for character in secret
    )
