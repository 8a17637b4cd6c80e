"""What the environment variables say; read once at the door of each process and handed on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mapping.errors import UserError
from worker.alarm_variables import AlarmVariables, read_alarm_variables

LogFormat = Literal["json", "console"]

RETENTION = timedelta(days=90)
NEVER = "never"
MOST_DAYS = 36500


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One field a variable; None where a variable is not set and has no default."""

    redis_url: str | None
    data: Path
    secret_keys: tuple[str, ...]  # Fernet keys, newest first
    public_url: str  # without a slash at the end
    console_password: str | None
    invoicexpress_url: str  # contains {account}
    channel_manager_url: str | None  # contains {channel_manager}; None: each one's own
    log_format: LogFormat
    port: int | None
    metrics_token: str | None = None  # opens /metrics from elsewhere than this machine
    console_url: str | None = None  # without a slash at the end: messages name it
    alarms: AlarmVariables = field(default_factory=AlarmVariables)
    retention: timedelta | None = RETENTION  # for how long guests' data outlive a booking's rest; None: for ever

    def channel_manager_base(self, channel_manager: str, own: str) -> str:
        """The address at which a channel manager is asked for bookings: its `own` host unless tests say another."""
        return (
            self.channel_manager_url.replace("{channel_manager}", channel_manager) if self.channel_manager_url else own
        )


def read_environment(environ: Mapping[str, str], *, terminal: bool) -> Environment:
    """The environment's values; `terminal` says whether people read the log. Raises `UserError`."""
    home = Path(environ.get("HOME") or "/")
    return Environment(
        redis_url=environ.get("REDIS_URL") or None,
        data=Path(environ.get("FATURASYNC_DATA") or home / ".local" / "share" / "faturasync").absolute(),
        secret_keys=tuple(key.strip() for key in environ.get("FATURASYNC_SECRET_KEYS", "").split(",") if key.strip()),
        public_url=_public_url(environ.get("FATURASYNC_PUBLIC_URL") or "http://127.0.0.1:8000"),
        console_password=environ.get("CONSOLE_PASSWORD") or None,
        invoicexpress_url=_invoicexpress_url(
            environ.get("INVOICEXPRESS_URL") or "https://{account}.app.invoicexpress.com"
        ),
        channel_manager_url=_channel_manager_url(environ.get("CHANNEL_MANAGER_URL")),
        log_format=_log_format(environ.get("LOG_FORMAT"), terminal=terminal),
        port=_port(environ.get("PORT")),
        metrics_token=environ.get("METRICS_TOKEN", "").strip() or None,
        console_url=_console_url(environ.get("CONSOLE_URL")),
        alarms=read_alarm_variables(environ),
        retention=_retention(environ.get("RETENTION_DAYS")),
    )


def _public_url(url: str) -> str:
    if not _is_address(url):
        raise UserError("FATURASYNC_PUBLIC_URL must be an address such as https://hooks.example.pt.")
    return url.rstrip("/")


def _console_url(url: str | None) -> str | None:
    if url and not _is_address(url):
        raise UserError("CONSOLE_URL must be an address such as https://console.example.pt.")
    return url.rstrip("/") if url else None


def _invoicexpress_url(url: str) -> str:
    if "{account}" not in url or not _is_address(url):
        raise UserError(
            "INVOICEXPRESS_URL must be an address with {account} in it, such as https://{account}.app.invoicexpress.com."
        )
    return url.rstrip("/")


def _channel_manager_url(url: str | None) -> str | None:
    if url and ("{channel_manager}" not in url or not _is_address(url)):
        raise UserError(
            "CHANNEL_MANAGER_URL must be an address with {channel_manager} in it; leave it out to ask the real ones."
        )
    return url.rstrip("/") if url else None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _log_format(given: str | None, *, terminal: bool) -> LogFormat:
    if not given:
        return "console" if terminal else "json"
    if given == "json":
        return "json"
    if given == "console":
        return "console"
    raise UserError("LOG_FORMAT must be json or console.")


def _retention(given: str | None) -> timedelta | None:
    if not given:
        return RETENTION
    if given == NEVER:
        return None
    # Not 0, which one person reads as "at once" and the next as "not at all".
    if not given.isdecimal() or not 0 < int(given) <= MOST_DAYS:
        raise UserError(f"RETENTION_DAYS must be a number of days from 1 to {MOST_DAYS}, or {NEVER}.")
    return timedelta(days=int(given))


def _port(given: str | None) -> int | None:
    if not given:
        return None
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise UserError("PORT must be a number from 1 to 65535.")
    return int(given)
