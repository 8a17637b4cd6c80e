"""The turnover of an exempt host, from the drafts that the ledger knows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mapping.settings import Regime
from mapping.turnover import limits_on, turnover_warning
from worker.accounts import Account
from worker.records import Record
from worker.services import Services
from worker.stays import billed


def turnover(services: Services, account: str, year: int, *, without: str = "") -> Decimal:
    """The euros of the account's documents for stays that end in `year`, the booking `without` left aside.

    An older store's are not all there until a worker has filed them.
    """
    return billed(services.store, account, year) - services.ledger.billed(without, year)


def turnover_warnings(account: Account, amount: Decimal, day: date) -> Mapping[str, str]:
    """What the owner of an exempt account should know of a turnover in the year of `day`: slug and sentence."""
    limits = limits_on(day) if account.settings.regime is Regime.ART53 else None
    warning = turnover_warning(account.name, amount, limits) if limits else None
    return {warning.slug: warning.sentence} if warning else {}


def warnings_beside(services: Services, key: str, day: date, total: Decimal) -> Mapping[str, str]:
    """The same with a draft of `total` euros for the booking `key`, whose stay ends on `day`, made or not yet."""
    name = key.partition(":")[0]
    account = next((each for each in services.accounts.all() if each.name == name), None)
    if account is None or account.settings.regime is not Regime.ART53:
        return {}
    return turnover_warnings(account, turnover(services, name, day.year, without=key) + total, day)


def with_turnover(services: Services, record: Record) -> Record:
    """The record with that among its warnings, where figures of a draft are known."""
    if not (record.figures and record.booking):
        return record
    total = Decimal(record.figures.get("total") or record.figures["amount"])
    beside = warnings_beside(services, record.key, record.booking.check_out, total)
    return replace(record, warnings={**record.warnings, **beside})
