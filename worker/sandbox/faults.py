"""Faults to set: what may go wrong between a client and InvoiceXpress (reference 13.29)."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Response

from worker.sandbox.amounts import read_number
from worker.sandbox.answers import html_answer

_WRITES = "POST|PUT|DELETE"
ANY = "ANY"


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """A way to fail; `methods` are those it meets when a fault names none."""

    meaning: str
    methods: str = _WRITES
    seconds: int = 0


FAULTS = {
    "drop_after_commit": FaultKind(meaning="a: do it, then drop the connection"),
    "error_after_commit": FaultKind(meaning="b: do it, then answer an HTML page with `status` (502)"),
    "late_commit": FaultKind(meaning="c: wait `seconds`, then do it", seconds=30),
    "delay_without_commit": FaultKind(meaning="d: wait `seconds`, do nothing, answer 504", seconds=30),
    "too_many_requests": FaultKind(meaning="e: answer 429, do nothing", methods=ANY),
    "truncated_json": FaultKind(meaning="f: do it, then answer only half of the body", methods="POST"),
    "html_content_type": FaultKind(meaning="g: do it, then call the answer text/html", methods="POST"),
    "quota_reached": FaultKind(meaning="h: answer 422, document limit reached, do nothing", methods="POST"),
    "refused": FaultKind(meaning="answer 422, something in the body is invalid, do nothing"),
}
_STATUSES = (500, 502, 503, 504)
_KEYS = ("fault", "times", "account", "method", "path", "seconds", "status")


class BadFault(ValueError):
    """A fault that cannot be set; the text says what can."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that is set: whom it meets and how often it is left."""

    fault: str
    times: int
    account: str | None
    method: str
    path: str | None  # regular expression, searched in the path after the account
    seconds: float
    status: int

    def meets(self, account: str, method: str, path: str) -> bool:
        """Whether a request is one that this fault waits for."""
        return (
            self.account in {None, account}
            and (self.method == ANY or method in self.method.split("|"))
            and (self.path is None or re.search(self.path, path) is not None)
        )

    def spoil(self, answer: Response) -> Response:
        """The answer as it arrives. Dropping is the connection's work, not the answer's."""
        if self.fault == "error_after_commit":
            return html_answer(self.status, f"{self.status} {HTTPStatus(self.status).phrase}")
        if self.fault == "truncated_json":
            whole = answer.get_data()
            answer.set_data(whole[: len(whole) // 2])
        if self.fault == "html_content_type":
            answer.content_type = "text/html; charset=utf-8"
        return answer


class Faults:
    """The faults that are set, in order. A request meets the first that waits for it, and only that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[Fault] = []

    def put(self, given: list[Mapping[str, object]]) -> None:
        """Set faults, all or none. Raises BadFault."""
        faults = [_read(one) for one in given]
        with self._lock:
            self._left += faults

    def take(self, account: str, method: str, path: str) -> Fault | None:
        """The fault that this request meets; it is used up once."""
        with self._lock:
            for place, fault in enumerate(self._left):
                if fault.meets(account, method, path):
                    self._left[place : place + 1] = [replace(fault, times=fault.times - 1)] * (fault.times > 1)
                    return fault
        return None

    def left(self) -> list[Fault]:
        """What is still set."""
        with self._lock:
            return list(self._left)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._left.clear()


def _read(given: Mapping[str, object]) -> Fault:
    name, times, path, status = given.get("fault"), given.get("times", 1), given.get("path"), given.get("status", 502)
    kind = FAULTS.get(str(name))
    if kind is None:
        raise BadFault(f"There is no fault {name!r}; the faults are {', '.join(FAULTS)}.")
    if unknown := [key for key in given if key not in _KEYS]:
        raise BadFault(f"A fault has no {unknown[0]!r}; it has {', '.join(_KEYS)}.")
    seconds = read_number(given.get("seconds", kind.seconds))
    if not isinstance(times, int) or times < 1:
        raise BadFault("A fault's times is a whole number from 1.")
    if seconds is None or seconds < 0:
        raise BadFault("A fault's seconds is a number from 0.")
    if not isinstance(status, int) or status not in _STATUSES:
        raise BadFault(f"A fault's status is one of {', '.join(map(str, _STATUSES))}.")
    account, method = given.get("account"), given.get("method")
    return Fault(
        fault=str(name),
        times=times,
        account=None if account is None else str(account),
        method=str(method).upper() if method else kind.methods,
        path=None if path is None else _pattern(str(path)),
        seconds=float(seconds),
        status=status,
    )


def _pattern(path: str) -> str:
    try:
        re.compile(path)
    except re.error as error:
        raise BadFault(f"A fault's path is a regular expression, which {path!r} is not: {error}.") from None
    return path
