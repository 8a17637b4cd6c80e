"""How a booking is fetched from a channel manager whose webhook only names it: what to ask, and how the answers read.

Data and functions only; the worker asks (`worker/fetching/`), and the receiver never does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mapping.delivery import Delivery, Reading, json_body
from mapping.errors import UserError

Answers = Sequence[Any]
"""The JSON of each answer, in the order of the questions."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One GET. Its host is the module's own, never a delivery's."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClientCredentials:
    """OAuth 2's grant of that name: an access token for credentials that are `client_id:client_secret`."""

    path: str  # on the module's host
    scope: str
    a_day: int  # tokens that may be asked for with one client

    def form(self, credentials: str) -> Mapping[str, str]:
        """What is posted for a token (RFC 6749, section 4.4.2)."""
        client_id, _, client_secret = credentials.partition(":")
        named = {"client_id": client_id, "client_secret": client_secret}
        return {"grant_type": "client_credentials", "scope": self.scope, **named}


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """What is particular about fetching from one channel manager.

    `accept` gives the credentials as they are to be kept, or raises `UserError` with what their form must be. `question`
    says what to ask next for the booking of that id which the delivery tells of, given the answers so far; None when all is
    known. `read` says what the delivery and the answers mean, and raises `UnreadableDelivery` where they do not have the
    known shape. Both may raise `BookingNotFound` for an answer that says so in its own way.
    """

    host: str  # scheme and host
    accept: Callable[[str], str]
    headers: Callable[[str], Mapping[str, str]]  # from the credentials, or the access token that was got with them
    question: Callable[[Delivery, str, Answers], Question | None]
    read: Callable[[Delivery, Answers], Reading]
    a_minute: int  # requests of one connection
    token: ClientCredentials | None = None
    completes: bool = False  # True: deliveries tell whole bookings, and only who gave credentials has them completed
    reads_twice: bool = False  # True: what is asked is not changed in one piece; only what is read twice alike counts
    never_kept: frozenset[str] = frozenset()  # names of fields that are dropped from answers before these are kept


def one_word(given: str) -> str:
    """Credentials that are a single key, as they are to be kept. Raises `UserError` for anything else."""
    words = given.split()
    if len(words) != 1 or not (words[0].isascii() and words[0].isprintable()):
        raise UserError("The credentials must be the API key: one word on one line.")
    return words[0]


def client_id_and_secret(given: str) -> str:
    """Credentials that are `client_id:client_secret`, as they are to be kept. Raises `UserError` for anything else."""
    words = given.split()
    if len(words) != 1 or not (words[0].isascii() and words[0].isprintable() and all(words[0].partition(":"))):
        raise UserError("The credentials must be one line: client_id:client_secret.")
    return words[0]


def bearer(token: str) -> Mapping[str, str]:
    """The header that an access token is sent in (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


def kept_answers(how: Fetch, answers: Answers) -> bytes:
    """The answers as they are kept; `never_kept` is left out. Their decimals are text, which `Money` reads alike."""
    return json.dumps(_without(answers, how.never_kept), default=str).encode()


def answers_in(kept: bytes) -> Answers:
    """The answers in what `kept_answers` made."""
    answers: Answers = json_body(kept)
    return answers


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(child, names) for name, child in value.items() if name not in names}
    return [_without(child, names) for child in value] if isinstance(value, list | tuple) else value
