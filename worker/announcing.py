"""Messages to people through apprise: mail, Slack, Telegram and a hundred more, each named by an address.

The addresses hold passwords and tokens. apprise repeats them in its log, so nothing of that gets out of here: of a message
that was not taken only the kind of the address and one of our own words for why are told.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from worker.alarm_variables import not_understood

if TYPE_CHECKING:
    from apprise import Apprise

ADDRESS_SECONDS = 10.0
"""For which one address may keep a message; apprise gives up on a connection after four."""

HUSHED: Final = ("apprise", "urllib3")
"""Loggers whose lines hold addresses. Nothing else in FaturaSync uses urllib3."""

WHY: Final = (
    (re.compile(r"error=(\d{3})\b"), "it answered with status {0}"),
    (re.compile(r"connection error", re.IGNORECASE), "there was no connection, or the log-in was refused"),
    (re.compile(r"time[d -]*out", re.IGNORECASE), "it did not answer in time"),
)
"""What apprise's lines tell, in words that hold nothing private."""
UNTOLD: Final = "it did not say why"


class Nature(StrEnum):
    """What a message is; services show it by colour or sign. The values are apprise's."""

    ALARM = "failure"
    OVER = "success"
    DIGEST = "info"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one address made of a message. `kind` is the address's scheme: mailto, slack."""

    kind: str
    took_it: bool
    why: str = ""


class _Ear(logging.Handler):
    """Hears why a message was not taken, and passes nothing on."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep our own words for what is said."""
        text = record.getMessage()
        for pattern, words in WHY:
            if found := pattern.search(text):
                self.heard = words.format(*found.groups())


class Announcer:
    """Sends messages to every address. apprise is loaded only where there are some: it takes 0.7 s and 20 MB."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Raises `UserError` for an address that apprise does not understand; it says which, and does not repeat it."""
        self._ear = _Ear()
        self._services: list[tuple[str, Apprise]] = []
        if addresses:
            self._open(addresses)

    def _open(self, addresses: Sequence[str]) -> None:
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415  # see the class

        for name in HUSHED:
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [self._ear], False
        asset = AppriseAsset(app_id="FaturaSync", app_desc="FaturaSync", app_url="")
        for number, address in enumerate(addresses, 1):
            service = Apprise(asset=asset)
            if not service.add(address):
                raise not_understood(number)
            schemes = service[0].schemas()  # type: ignore[no-untyped-call]  # apprise has few types
            scheme = address.partition("://")[0].lower()  # https where it is a service's own, as Slack shows it
            self._services.append((scheme if scheme in schemes else min(schemes), service))

    @property
    def kinds(self) -> list[str]:
        """Where messages go, without the addresses."""
        return [kind for kind, _ in self._services]

    def send(self, title: str, body: str, nature: Nature) -> list[Answer]:
        """Send to each address; what each made of it. Takes `ADDRESS_SECONDS` for each at most."""
        return [self._sent(kind, service, title, body, nature) for kind, service in self._services]

    def _sent(self, kind: str, service: "Apprise", title: str, body: str, nature: Nature) -> Answer:
        self._ear.heard = ""
        try:
            took_it = bool(
                service.notify(body, title, notify_type=nature.value, body_format="text", timeout=ADDRESS_SECONDS)
            )
        except Exception as error:  # noqa: BLE001  # a hundred services' code, whose texts may hold the address
            return Answer(kind=kind, took_it=False, why=type(error).__name__)
        return Answer(kind=kind, took_it=took_it, why="" if took_it else self._ear.heard or UNTOLD)
