"""One line a fact, for every process: structlog, and the standard library's loggers through the same processors.

What must never be in a line: keys, secrets, tokens, guests' data. Nothing hands these to a logger; the redaction here
is the second net, for what libraries write by themselves (URLs, exception texts).
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import redis
import structlog
from structlog.typing import Processor

from mapping.errors import FaturaSyncError
from worker.environment import LogFormat

QUIET = ("httpx", "httpcore", "rq", "rq.worker", "urllib3", "werkzeug")
"""Libraries that tell of every request or job; ours tell it in their own words. RQ gives its worker's a level of its own."""

HIDDEN = "***"
PATTERNS = (
    (re.compile(r"(api[_-]?key=)[^&\s\"']+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), HIDDEN),
    (re.compile(r"\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"(/webhooks/[^/\s]+/)[^/\s?\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\w+://[^/\s:@]*:)[^/\s@]+@"), rf"\1{HIDDEN}@"),
)

ANY = re.compile("|".join(f"(?{'i' if each.flags & re.IGNORECASE else ''}:{each.pattern})" for each, _ in PATTERNS))
"""Whether any of them fits: hardly ever, and asking once takes a fifth of the time."""

TELLING = (FaturaSyncError, OSError, redis.RedisError)
"""Errors whose text is known to hold nothing private; of others only the type and the place are logged."""


def redacted(text: str) -> str:
    """`text` without what looks like a key, a secret, or a token in a URL."""
    if not ANY.search(text):
        return text
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def story(error: BaseException) -> str:
    """Where `error` came from and what it is, without the values that a foreign error's text may hold."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    text = f": {error}" if isinstance(error, TELLING) else ""
    return " < ".join([type(error).__name__ + text, *reversed(frames)])


def configure_logging(form: LogFormat, *, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every logger's lines to `stream` (standard error if None), one JSON object or one coloured line each."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_exception,
        _redact,
    ]
    stream = stream or sys.stderr
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=24)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _tell_exception(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["error"] = story(error)
    line.pop("exc_text", None)
    return line


def _redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for name, value in line.items():
        if not name.startswith("_"):  # structlog's own, which are not written
            line[name] = _cleaned(value)
    return line


def _cleaned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _cleaned(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(each) for each in value]
    return value if isinstance(value, int | float | None) else redacted(str(value))
