"""What an HTTP answer of InvoiceXpress means: whose turn it is, and the JSON in it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from mapping.errors import InvoiceXpressRejected, InvoiceXpressUnavailable, TooManyRequests
from worker.counters import CREATED, NO_ANSWER, NOT_SENT, OK, outcome_of
from worker.invoicexpress.messages import words

LONGEST_WAIT = 900.0
"""Seconds. The limit is per minute (section 1.3): whoever asks for more than a quarter of an hour is not believed."""

OUTCOME_UNKNOWN = frozenset({408, 409})  # 409: a creation with the same uid is under way (section 3.1)

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class UnknownHost(InvoiceXpressUnavailable):
    """The address does not exist."""


@dataclass(kw_only=True)
class Asked:
    """One request that was to be sent: its path, without a query or key, and what came of it."""

    method: str
    path: str
    status: int | None = None  # None where no answer came
    is_sent: bool = True  # where no answer came: whether it may have arrived
    milliseconds: int = 0
    words: str = ""  # InvoiceXpress's own where it refused, ours where no answer came
    date: str = ""  # the answer's Date header

    @property
    def outcome(self) -> str:
        """What came of it, as a label. A POST makes a draft, and nothing else."""
        if self.status is None:
            return NO_ANSWER if self.is_sent else NOT_SENT
        found = outcome_of(self.status)
        return CREATED if (self.method, found) == ("POST", OK) else found

    @classmethod
    @contextmanager
    def told_to(cls, heard: Callable[["Asked"], None], method: str, path: str) -> Iterator["Asked"]:
        """Around one request, which `heard` is told of when it is over, however it ended."""
        asked = cls(method=method, path=path)
        begun = perf_counter()
        try:
            yield asked
        except InvoiceXpressRejected as refusal:
            asked.words = "; ".join(refusal.words)
            raise
        except InvoiceXpressUnavailable as error:
            asked.words = "" if asked.status else str(error)
            asked.is_sent = error.sent
            raise
        finally:
            asked.milliseconds = round((perf_counter() - begun) * 1000)
            heard(asked)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came. `call` is the request's method and path, without ids, query or address."""

    call: str
    status: int
    body: bytes
    content_type: str = ""
    retry_after: str = ""
    date: str = ""

    def accepted(self, *, now: datetime, secret: str) -> "Answer":
        """The answer itself if it is a 2xx, else whose turn it is (section 9.4). `secret` is kept out of the words."""
        if 200 <= self.status < 300:
            return self
        if self.status == 429:
            raise TooManyRequests(
                f"InvoiceXpress asks to wait ({self.call}: 429).", retry_after=seconds_to_wait(self.retry_after, now)
            )
        if 400 <= self.status < 500 and self.status not in OUTCOME_UNKNOWN:
            raise InvoiceXpressRejected(self.status, words(self.body, self.content_type, secret=secret))
        raise InvoiceXpressUnavailable(f"InvoiceXpress answered {self.call} with {self.status}.", sent=True)

    def json(self) -> Any:
        """The body's JSON, numbers as Decimal. Unreadable is unavailable: what was asked may have been done."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, ArithmeticError, RecursionError):
            raise self.unreadable() from None

    def the_object(self) -> dict[str, Any]:
        """The one object in the body, whatever its root is called (section 2.1)."""
        return self._only(dict)

    def the_list(self) -> list[Any]:
        """The one list in the body."""
        return self._only(list)

    def read(self, model: type[M], value: object) -> M:
        """`value` as a `model`."""
        try:
            return model.model_validate(value)
        except ValidationError:
            raise self.unreadable() from None

    def unreadable(self) -> InvoiceXpressUnavailable:
        """The error for a 2xx that does not say what it should."""
        return InvoiceXpressUnavailable(f"InvoiceXpress answered {self.call} unreadably ({self.status}).", sent=True)

    def _only(self, kind: type[T]) -> T:
        root = self.json()
        found = [value for value in root.values() if isinstance(value, kind)] if isinstance(root, dict) else []
        if len(found) != 1:
            raise self.unreadable()
        return found[0]


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """What a Retry-After header asks for, as seconds or as an HTTP date; None where it says nothing usable."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(seconds.total_seconds(), 0.0), LONGEST_WAIT)
