"""A channel manager that is asked for bookings, in this process: it knows one key, and answers what it is told to."""

import json
from collections.abc import Callable

import httpx

from mapping.channel_managers import channel_managers
from mapping.fetch import Question, answers_in


class FakeChannelManager:
    """Answers for `name`. `trouble` comes before every answer: what it returns is answered, what it raises happens."""

    def __init__(self, name: str, credentials: str) -> None:
        how = channel_managers()[name].fetch
        assert how
        self.how = how
        self.credentials = credentials
        self.trouble: Callable[[], httpx.Response | None] = lambda: None
        self.asked: list[httpx.Request] = []
        self._told: dict[str, str] = {}

    def tell(self, source_id: str, answers: bytes) -> None:
        """From now on the booking is as `answers` has it."""
        told = answers_in(answers)
        for number, answer in enumerate(told):
            question = self.how.question(source_id, told[:number])
            assert question
            self._told[self._url(question)] = json.dumps(answer, default=float)
        assert self.how.question(source_id, told) is None

    def forget(self) -> None:
        """It knows no booking any more."""
        self._told.clear()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        assert request.method == "GET"
        assert str(request.url).startswith(f"{self.how.host}/")
        answer = self.trouble()
        if answer is not None:
            return answer
        if any(request.headers.get(name) != value for name, value in self.how.headers(self.credentials).items()):
            return httpx.Response(401, json={"errors": {"code": "unauthorized"}})
        told = self._told.get(str(request.url))
        if told is None:
            return httpx.Response(404, json={"errors": {"code": "resource_not_found"}})
        return httpx.Response(200, content=told, headers={"content-type": "application/json"})

    def _url(self, question: Question) -> str:
        return str(httpx.Request("GET", self.how.host + question.path, params=dict(question.query)).url)
