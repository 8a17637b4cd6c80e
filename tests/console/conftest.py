"""What the console's tests share: somebody who visits, somebody who has logged in, and bookings to look at."""

import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from flask.testing import FlaskClient

from mapping.delivery import Delivery
from mapping.reasons import Reason
from mapping.settings import Settings
from tests.cli.conftest import KEY, sandbox_url
from tests.console.visits import PASSWORD, log_in
from tests.processes import PLAIN
from webhook.console import create_console
from worker.accounts import Account
from worker.connections import vendor_of
from worker.logs import configure_logging
from worker.records import BookingStatus
from worker.services import Services

__all__ = ["sandbox_url"]

Tell = Callable[..., str]
Settle = Callable[..., None]


@pytest.fixture
def log() -> io.StringIO:
    """All that is logged while the test runs, as a process would write it, debug lines included."""
    configure_logging("json", level=logging.DEBUG, stream=(lines := io.StringIO()))
    return lines


@pytest.fixture
def connected_house(house: Services, sandbox_url: str) -> Services:
    """The services with an InvoiceXpress that is the sandbox, with the accounts `casa` and `quinta` afresh."""
    for name in ("casa", "quinta"):
        httpx.post(f"{sandbox_url}/_sandbox/accounts", json={"name": name, "key": KEY}, **PLAIN).raise_for_status()
    environment = replace(house.environment, invoicexpress_url=f"{sandbox_url}/{{account}}")
    return replace(house, environment=environment)


@pytest.fixture
def host(connected_house: Services) -> FlaskClient:
    """Somebody who has logged in where InvoiceXpress answers."""
    client = create_console(connected_house, password=PASSWORD, secret_key=b"k" * 32).test_client()
    assert log_in(client).status_code == 303
    return client


@pytest.fixture
def visitor(house: Services) -> FlaskClient:
    return create_console(house, password=PASSWORD, secret_key=b"k" * 32).test_client()


@pytest.fixture
def user(visitor: FlaskClient) -> FlaskClient:
    """Somebody who has logged in."""
    assert log_in(visitor).status_code == 303
    return visitor


@pytest.fixture
def tell(house: Services) -> Tell:
    """tell("R-1", guest_name=...): a delivery from `generic`; returns the booking's key."""

    def told(source_id: str, account: str = "casa", **fields: object) -> str:
        if not any(known.account == account for known in house.connections.all()):
            house.accounts.add(Account(name=account, subdomain=account, settings=Settings()), "the-api-key")
            house.connections.add(account, "generic", [], now=house.clock())
        connection = next(known for known in house.connections.all() if known.account == account)
        data = {
            "source_id": source_id,
            "ota": "airbnb",
            "ota_reference": f"HM{source_id}",
            "status": "confirmed",
            "property_ref": "casa-do-largo",
            "check_in": "2026-07-03",
            "check_out": "2026-07-07",
            "guest_name": "Anneke de Wit",
            "guest_email": "anneke@example.com",
            "currency": "EUR",
            "total_guest": "418.00",
            **fields,
        }
        body = {"type": "booking.created", "timestamp": "2026-05-02T09:15:41Z", "data": data}
        delivery = Delivery(body=json.dumps(body).encode())
        taken = house.intake.take(connection, delivery, vendor_of("generic").read(delivery), now=house.clock())
        return taken.bookings[0]

    return told


@pytest.fixture
def settle(house: Services) -> Settle:
    """settle(key, status, reason=..., figures=...): what a job would write."""

    def settled(
        key: str,
        status: BookingStatus,
        reason: Reason | None = None,
        figures: dict[str, str] | None = None,
        **facts: str,
    ) -> None:
        fields = {"property": "Casa do Largo", "figures": json.dumps(figures or {})}
        now = house.clock()
        house.ledger.settle(key, house.ledger.job(key), status, now=now, reason=reason, facts=facts, fields=fields)
        house.ledger.note(key, status.value, at=now, reason=reason.value if reason else "")

    return settled
