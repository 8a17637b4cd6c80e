"""Connections as a person makes, renews and ends them: webhook URLs, secrets, credentials; and how they are.

`who` is the person's name for the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mapping.reasons import Reason
from worker.audit import CHANGED
from worker.connections import Connection, Issued, vendor_of
from worker.retries import set_going
from worker.rhythm import allowed_silence, heard_on
from worker.services import Services

WAITING = frozenset({Reason.NO_CREDENTIALS, Reason.CREDENTIALS_REFUSED})


class Hearing(StrEnum):
    """How a connection is heard."""

    NEVER = "never"
    FINE = "fine"
    SILENT = "silent"  # for longer than is usual for it


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a connection is: what it is heard like, and what it lacks before its bookings can become drafts."""

    hearing: Hearing
    silent_days: int  # since the last delivery
    lacks_secret: bool  # deliveries are refused until it is brought
    lacks_credentials: bool  # bookings are parked until they are brought

    @property
    def needs_a_look(self) -> bool:
        """Whether something is for a person to do; one that was never heard may be quite new."""
        return self.hearing is Hearing.SILENT or self.lacks_secret or self.lacks_credentials


def connect(
    services: Services, account: str, channel_manager: str, secrets: list[str], *, credentials: str | None, who: str
) -> Issued:
    """Make a connection. Raises `UserError` if there is no such account, or secrets or credentials have another form."""
    services.accounts.get(account)
    vendor = vendor_of(channel_manager)
    if credentials:
        vendor.accept_credentials(credentials)  # told before there is a connection
    issued = services.connections.add(account, channel_manager, secrets, now=services.clock())
    if credentials:
        services.credentials.set(issued.connection.id, vendor, credentials)
    services.audit.write(who, "connection-added", issued.connection.id)
    return issued


def rotate(
    services: Services, connection_id: str, secrets: list[str], *, new_url: bool, drop_old: bool = False, who: str
) -> Issued:
    """A new secret before the others, or a new URL beside the old one, as `Connections.rotate` says."""
    issued = services.connections.rotate(connection_id, secrets, new_url=new_url, drop_old=drop_old)
    changed = {"url": CHANGED if issued.token else "", "secret": CHANGED if secrets or issued.secret else ""}
    told = {name: word for name, word in changed.items() if word} | ({"old": "dropped"} if drop_old else {})
    services.audit.write(who, "connection-rotated", connection_id, became=told)
    return issued


def new_url(services: Services, connection_id: str, *, who: str) -> Issued:
    """A new webhook URL beside the old one, with the same secrets."""
    issued = services.connections.new_url(connection_id)
    services.audit.write(who, "connection-rotated", connection_id, became={"url": CHANGED})
    return issued


def drop_old(services: Services, connection_id: str, *, who: str) -> None:
    """End all but the newest secret and webhook URL."""
    services.connections.drop_old(connection_id)
    services.audit.write(who, "connection-rotated", connection_id, became={"old": "dropped"})


def set_credentials(services: Services, connection_id: str, given: str, *, who: str) -> list[str]:
    """Ask the channel manager with `given` from now on; returns the bookings that go on. Raises `UserError` for its form."""
    connection = services.connections.get(connection_id)
    services.credentials.set(connection_id, vendor_of(connection.channel_manager), given)
    services.audit.write(who, "connection-set", connection_id, became={"credentials": CHANGED})
    return set_going(services, services.ledger.parked_for(connection.account, WAITING), who=who)


def disconnect(services: Services, connection_id: str, *, who: str) -> None:
    """Forget a connection; its webhook URL is unknown from now on."""
    services.connections.remove(connection_id)
    services.audit.write(who, "connection-removed", connection_id)


def webhook_url(services: Services, issued: Issued) -> str | None:
    """The URL to paste into the channel manager, where it is new."""
    made = issued.connection
    return f"{services.environment.public_url}/webhooks/{made.channel_manager}/{issued.token}" if issued.token else None


def lacks_secret(services: Services, connection: Connection) -> bool:
    """Whether the channel manager's secret is still to be brought, without which its deliveries are refused."""
    return vendor_of(connection.channel_manager).scheme.signs and not services.connections.secrets(connection.id)


def lacks_credentials(services: Services, connection: Connection) -> bool:
    """Whether the channel manager only names bookings, and there is nothing yet to ask it with."""
    fetch = vendor_of(connection.channel_manager).fetch
    return bool(fetch and not fetch.completes) and services.credentials.of(connection.id) is None


def health(services: Services, connections: Sequence[Connection]) -> Mapping[str, Health]:
    """How each connection is, by its id."""
    now = services.clock()
    heard = heard_on(services.store, [each.id for each in connections])
    found = {}
    for each, days in zip(connections, heard, strict=True):
        last = each.last_delivery_at
        silence = now - (last or each.created_at)
        is_late = silence >= allowed_silence(days)
        found[each.id] = Health(
            hearing=Hearing.NEVER if last is None else Hearing.SILENT if is_late else Hearing.FINE,
            silent_days=silence.days,
            lacks_secret=lacks_secret(services, each),
            lacks_credentials=lacks_credentials(services, each),
        )
    return found
