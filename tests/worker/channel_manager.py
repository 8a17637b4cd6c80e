"""A channel manager that is asked for bookings: it knows one key, and answers what it is told to.

`credentials_for` gives made-up ones. Called with a request it answers in this process; `tests/vendors.py` puts it behind HTTP.
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx

from mapping.channel_managers import channel_managers
from mapping.delivery import Delivery
from mapping.fetch import Question, RefreshToken, answers_in

TOKEN_SECONDS = 24 * 3600


def credentials_for(name: str) -> str:
    """Credentials of the form that this channel manager has."""
    how = channel_managers()[name].fetch
    assert how
    if isinstance(how.token, RefreshToken):
        return f"canary-client-of-{name} canary-secret-of-{name} https://app.example/{name} canary-refresh-0"
    return f"canary-client-of-{name}:canary-secret-of-{name}" if how.token else f"canary-api-key-of-{name}"


class FakeChannelManager:
    """Answers for `name`. `trouble` comes before every answer: what it returns is answered, what it raises happens."""

    def __init__(self, name: str, credentials: str = "") -> None:
        how = channel_managers()[name].fetch
        assert how
        self.how = how
        self.credentials = credentials or credentials_for(name)
        self.trouble: Callable[[], httpx.Response | None] = lambda: None
        self.asked: list[httpx.Request] = []
        self.tokens: list[str] = []  # that it gave out
        self._told: dict[str, str] = {}

    def tell(self, delivery: Delivery, source_id: str, answers: bytes) -> None:
        """From now on the booking of which `delivery` tells is as `answers` has it."""
        told = answers_in(answers)
        for number, answer in enumerate(told):
            question = self.how.question(delivery, source_id, told[:number])
            assert question
            self._told[_url(self.how.host, question)] = json.dumps(answer, default=float)

    def forget(self) -> None:
        """It knows no booking any more."""
        self._told.clear()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        assert str(request.url).startswith(f"{self.how.host}/")
        answer = self.trouble()
        if answer is not None:
            return answer
        if self.how.token and request.url.path == self.how.token.path:
            return self._give_token(request)
        assert request.method == "GET"
        key = self.tokens[-1] if self.how.token and self.tokens else "" if self.how.token else self.credentials
        if not key or any(request.headers.get(name) != value for name, value in self.how.headers(key).items()):
            return httpx.Response(401, json={"errors": {"code": "unauthorized"}})
        told = self._told.get(str(request.url))
        if told is None:
            return httpx.Response(404, json={"errors": {"code": "resource_not_found"}})
        return httpx.Response(200, content=told, headers={"content-type": "application/json"})

    def _give_token(self, request: httpx.Request) -> httpx.Response:
        assert self.how.token
        assert request.method == "POST"
        if dict(parse_qsl(request.read().decode())) != self.how.token.form(self.credentials):
            return httpx.Response(401, json={"error": "invalid_client"})
        self.tokens.append(f"canary-token-{len(self.tokens) + 1}")
        told: dict[str, Any] = {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        if isinstance(self.how.token, RefreshToken):
            told["refresh_token"] = f"canary-refresh-{len(self.tokens)}"
            self.credentials = self.how.token.renewed(self.credentials, told["refresh_token"])
        return httpx.Response(200, json=told)


def _url(host: str, question: Question) -> str:
    return str(httpx.Request("GET", host + question.path, params=dict(question.query)).url)
