"""Access tokens by OAuth 2 (RFC 6749): one for a connection, shared by all workers."""

from typing import TypeGuard

from mapping.delivery import json_body
from mapping.errors import ChannelManagerRejected, ChannelManagerUnavailable, UnreadableDelivery
from mapping.fetch import Grant
from worker.credentials import Credentials
from worker.fetching.transport import Answer, CountedRequests
from worker.pacing import Gate

SPARE_SECONDS = 300
"""A token is taken for spent this long before it is, as clocks differ and requests take their time."""
SHORTEST_SECONDS = 60
REFUSALS = frozenset({400, 401, 403})  # RFC 6749, section 5.2: invalid_client, invalid_grant, unauthorized_client


class Tokens:
    """The access tokens of one connection."""

    def __init__(self, credentials: Credentials, requests: CountedRequests, connection_id: str) -> None:
        self._credentials = credentials
        self._requests = requests
        self._connection = connection_id

    def token(self, grant: Grant, given: str, base: str, gate: Gate) -> str:
        """A token that is good. Raises `ChannelManagerRejected` or `ChannelManagerUnavailable` where there is none to get."""
        known = self._credentials.token(self._connection)
        if known:
            return known
        if self._credentials.is_refused(self._connection):
            raise ChannelManagerRejected("it refused them a short while ago")
        if not self._credentials.may_ask_for_token(self._connection):
            raise ChannelManagerUnavailable("another worker asks for an access token", retry_after=1)
        try:
            return self._asked(grant, given, base, gate)
        finally:
            self._credentials.has_asked(self._connection)

    def _asked(self, grant: Grant, given: str, base: str, gate: Gate) -> str:
        if self._credentials.tokens_today(self._connection) > grant.a_day:
            raise ChannelManagerUnavailable(f"{grant.a_day} access tokens a day are spent", retry_after=3600)
        with gate.request():
            answer = self._requests.post(base + grant.path, grant.form(given))
        if answer.status in REFUSALS:
            self._credentials.set_refused(self._connection)
            raise ChannelManagerRejected(f"status {answer.status} to a request for an access token")
        token, seconds, refresh_token = _read(answer)
        if refresh_token:  # before the token is used: the old one may be worth nothing from now on
            self._credentials.renew(self._connection, given, grant.renewed(given, refresh_token))
        self._credentials.keep_token(self._connection, token, seconds=max(SHORTEST_SECONDS, seconds - SPARE_SECONDS))
        return token


def _read(answer: Answer) -> tuple[str, int, str | None]:
    """The access token, for how many seconds it is good, and the refresh token that comes with it."""
    if answer.status == 200:
        try:
            found = json_body(answer.body)
        except UnreadableDelivery:
            found = None
        found = found if isinstance(found, dict) else {}
        token, seconds = found.get("access_token"), found.get("expires_in", 0)
        refresh_token = found.get("refresh_token")
        if _is_token(token) and str(seconds).isdecimal():
            return token, int(seconds), refresh_token if _is_token(refresh_token) else None
    raise ChannelManagerUnavailable(f"status {answer.status} to a request for an access token, without one")


def _is_token(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value) and value.isascii() and value.isprintable() and " " not in value
