"""The accounts and what each holds, in memory."""

import hmac
import itertools
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from worker.sandbox.amounts import read_number
from worker.sandbox.records import Client, Document, Item, Sequence, Tax
from worker.sandbox.uids import Uids

# A new Portuguese account has the first four; an owner in Madeira or the Azores adds theirs (reference 8.1, 15.3).
# Madeira's reduced rate was 5 % until October 2024.
DEFAULT_TAXES: tuple[Mapping[str, object], ...] = (
    {"name": "IVA23", "value": "23", "region": "PT", "default_tax": 1},
    {"name": "IVA13", "value": "13", "region": "PT"},
    {"name": "IVA6", "value": "6", "region": "PT"},
    {"name": "Isento", "value": "0", "region": None},
    {"name": "IVA4-MA", "value": "4", "region": "PT-MA"},
    {"name": "IVA5-MA", "value": "5", "region": "PT-MA"},
    {"name": "IVA4-AC", "value": "4", "region": "PT-AC"},
)
_ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class BadAccount(ValueError):
    """An account that cannot be made; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The ids that the whole sandbox gives out; documents of all types share one row (13.21)."""

    documents: "itertools.count[int]" = field(default_factory=lambda: itertools.count(90_000_001))
    clients: "itertools.count[int]" = field(default_factory=lambda: itertools.count(8_000_001))
    items: "itertools.count[int]" = field(default_factory=lambda: itertools.count(600_001))
    sequences: "itertools.count[int]" = field(default_factory=lambda: itertools.count(70_001))
    taxes: "itertools.count[int]" = field(default_factory=lambda: itertools.count(501))


class Account:
    """One account. Whoever reads or writes its records holds `lock`."""

    def __init__(self, name: str, key: str, taxes: Iterable[Mapping[str, object]], numbers: Numbers) -> None:
        if not _ACCOUNT_NAME.fullmatch(name):
            raise BadAccount(f"An account's name is a subdomain of small letters, digits and -, not {name!r}.")
        if not key:
            raise BadAccount(f"The account {name} needs a key.")
        self.name = name
        self.lock = threading.RLock()
        self.numbers = numbers
        self.uids = Uids()
        self.documents: dict[int, Document] = {}
        self.clients: dict[int, Client] = {}
        self.items: dict[int, Item] = {}
        self.pdf_asked: dict[int, int] = {}
        self.taxes = {tax.id: tax for tax in (_tax(given, next(numbers.taxes)) for given in taxes)}
        if not self.taxes:
            raise BadAccount(f"The account {name} needs at least one tax.")
        series = Sequence(id=next(numbers.sequences), serie="G", default=True)
        self.sequences = {series.id: series}
        self._key = key

    def opens_with(self, key: str) -> bool:
        """Whether `key` is the account's own."""
        return hmac.compare_digest(self._key.encode(), key.encode())

    @property
    def default_tax(self) -> Tax:
        """The tax of a line that names none, or an unknown one (reference 8.2)."""
        taxes = list(self.taxes.values())
        return next((tax for tax in taxes if tax.default), taxes[0])

    @property
    def default_sequence(self) -> Sequence:
        """The series of a document that names none."""
        return next(sequence for sequence in self.sequences.values() if sequence.default)


class Accounts:
    """Every account by its name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._numbers = Numbers()

    def add(
        self,
        name: str,
        key: str,
        taxes: Iterable[Mapping[str, object]] | None = None,
        clients: Iterable[Mapping[str, object]] = (),
    ) -> Account:
        """Make an account, in place of one that had its name. Its `clients` are stored unchecked. Raises BadAccount."""
        account = Account(name, key, DEFAULT_TAXES if taxes is None else taxes, self._numbers)
        for given in clients:
            client = _client(given, next(self._numbers.clients))
            account.clients[client.id] = client
        with self._lock:
            self._accounts[name] = account
        return account

    def find(self, name: str) -> Account | None:
        """The account of that name."""
        with self._lock:
            return self._accounts.get(name)

    def everyone(self) -> list[Account]:
        """All accounts by name."""
        with self._lock:
            return sorted(self._accounts.values(), key=lambda account: account.name)


def _tax(given: Mapping[str, object], new_id: int) -> Tax:
    name, value, region, code = (given.get(field) for field in ("name", "value", "region", "code"))
    rate = read_number(value)
    if not isinstance(name, str) or not name or rate is None or not 0 <= rate < Decimal(100):
        raise BadAccount("A tax needs a name and a value from 0 to 99.99.")
    return Tax(
        id=new_id,
        name=name,
        value=rate,
        region=None if region is None else str(region),
        code=None if code is None else str(code),
        default=given.get("default_tax") in (1, "1"),
    )


def _client(given: Mapping[str, object], new_id: int) -> Client:
    texts = {key: str(value) for key, value in given.items() if value is not None}
    if not texts.get("name"):
        raise BadAccount("A client needs a name.")
    name, code, country, fiscal_id = (texts.pop(key, None) for key in ("name", "code", "country", "fiscal_id"))
    return Client(id=new_id, name=str(name), code=code, country=country, fiscal_id=fiscal_id, details=texts)
