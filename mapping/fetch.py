"""How a booking is fetched from a channel manager whose webhook only names it: what to ask, and how the answers read.

Data and functions only; the worker asks (`worker/fetching/`), and the receiver never does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mapping.delivery import Delivery, Reading, json_body
from mapping.errors import UserError

Answers = Sequence[Any]
"""The JSON of each answer, in the order of the questions."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One GET. Its host is the module's own, never a delivery's."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)


class Grant(Protocol):
    """How an access token is got for credentials, by OAuth 2."""

    @property
    def path(self) -> str:
        """Where it is asked for, on the module's host."""

    @property
    def a_day(self) -> int:
        """Tokens that may be asked for with one connection's credentials."""

    def form(self, credentials: str) -> Mapping[str, str]:
        """What is posted for a token."""

    def renewed(self, credentials: str, refresh_token: str) -> str:
        """The credentials from now on, where an access token came with this refresh token."""


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

    def renewed(self, credentials: str, refresh_token: str) -> str:
        """As they were: this grant knows no refresh tokens (RFC 6749, section 4.4.3)."""
        del refresh_token
        return credentials


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """OAuth 2's refresh of what a host has authorised: each refresh token may be good for one access token only.

    Credentials are four words: the application's id, its secret, its redirect URI, and the newest refresh token.
    """

    path: str
    a_day: int

    def form(self, credentials: str) -> Mapping[str, str]:
        """What is posted for a token (RFC 6749, section 6; the redirect URI where a vendor wants it)."""
        client_id, client_secret, redirect_uri, refresh_token = credentials.split()
        named = {"client_id": client_id, "client_secret": client_secret, "redirect_uri": redirect_uri}
        return {"grant_type": "refresh_token", "refresh_token": refresh_token, **named}

    def renewed(self, credentials: str, refresh_token: str) -> str:
        """With the new refresh token in the place of the old one."""
        return " ".join([*credentials.split()[:3], refresh_token])


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
    requests: int = 1  # that one booking needs, all told: none is begun where there is no room for them
    token: Grant | None = None
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


def authorisation(given: str) -> str:
    """Credentials for `RefreshToken`, as they are to be kept. Raises `UserError` for anything else."""
    words = given.split()
    if len(words) != 4 or not all(word.isascii() and word.isprintable() for word in words):
        raise UserError(
            "The credentials file must hold four lines: the application's id, its secret, its redirect URI and the refresh "
            "token that came with the host's authorisation."
        )
    return " ".join(words)


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
