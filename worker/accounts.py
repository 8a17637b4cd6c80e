"""Accounts: hosts with an InvoiceXpress account. The API key is kept sealed and is never part of an `Account`."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from mapping.errors import UserError
from mapping.settings import Settings
from worker.keyspace import FS
from worker.store import Store, Value
from worker.vault import Vault

NAMES = f"{FS}:accounts"
NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Account:
    """One host."""

    name: str
    subdomain: str
    settings: Settings


class Accounts:
    """All accounts in the store."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def get(self, name: str) -> Account:
        """The account. Raises `UserError` if there is none of this name."""
        return _account(name, self._fields(name))

    def with_key(self, name: str) -> tuple[Account, Callable[[], str]]:
        """The account, and what opens its API key once that is needed, from one look. Raises `UserError` as `get` does."""
        fields = self._fields(name)
        return _account(name, fields), partial(self._opened, name, fields[b"api_key"])

    def all(self) -> list[Account]:
        """Every account, by name."""
        names = [name.decode() for name in sorted(self._store.smembers(NAMES))]
        with self._store.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(account_key(name))
            found = zip(names, pipe.execute(), strict=True)
        return [_account(name, fields) for name, fields in found if fields]  # unless it was just removed

    def check_free(self, name: str) -> None:
        """Raise `UserError` for a name that is taken or cannot be one."""
        if not NAME_PATTERN.fullmatch(name):
            raise UserError("An account's name is made of a-z, 0-9 and hyphens, 40 at most, such as casa-do-rio.")
        if self._store.sismember(NAMES, name):
            raise UserError("There is an account {name} already. Change it: faturasync account set {name}", name=name)

    def add(self, account: Account, api_key: str) -> None:
        """Store a new account. Raises `UserError` as `check_free` does."""
        self.check_free(account.name)
        self._save(account, api_key)

    def change(self, account: Account, *, api_key: str | None = None) -> None:
        """Store `account` over the one of the same name, with a new key if one is given."""
        self._save(account, api_key or self.api_key(account.name))

    def remove(self, name: str) -> None:
        """Forget the account and its key; what the ledger knows of its bookings stays."""
        self.get(name)
        with self._store.pipeline(transaction=True) as pipe:
            pipe.srem(NAMES, name)
            pipe.delete(account_key(name))
            pipe.execute()

    def api_key(self, name: str) -> str:
        """The account's InvoiceXpress API key, in the clear: for the InvoiceXpress client alone."""
        sealed = self._store.hget(account_key(name), "api_key")
        if not sealed:
            raise UserError("There is no account {name}. See: faturasync account list", name=name)
        return self._opened(name, sealed)

    def _opened(self, name: str, sealed: bytes) -> str:
        return self._vault.open(sealed, about=_about(name)).decode()

    def _fields(self, name: str) -> Mapping[bytes, bytes]:
        fields: Mapping[bytes, bytes] = self._store.hgetall(account_key(name))
        if not fields:
            raise UserError("There is no account {name}. See: faturasync account list", name=name)
        return fields

    def _save(self, account: Account, api_key: str) -> None:
        fields: dict[str, Value] = {
            "subdomain": account.subdomain,
            "settings": account.settings.model_dump_json(exclude_none=True),
            "api_key": self._vault.seal(api_key.encode(), about=_about(account.name)),
        }
        with self._store.pipeline(transaction=True) as pipe:
            pipe.sadd(NAMES, account.name)
            pipe.hset(account_key(account.name), mapping=fields)
            pipe.execute()


def with_settings(account: Account, settings: Settings) -> Account:
    """`account` with what `settings` say put over its own."""
    return replace(account, settings=settings.over(account.settings))


def _account(name: str, fields: Mapping[bytes, bytes]) -> Account:
    return Account(
        name=name,
        subdomain=fields[b"subdomain"].decode(),
        settings=Settings.model_validate(json.loads(fields[b"settings"])),
    )


def account_key(name: str) -> str:
    """Where the hash of an account stands."""
    return f"{FS}:account:{name}"


def _about(name: str) -> str:
    return f"API key of account {name}"
