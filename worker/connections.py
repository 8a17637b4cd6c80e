"""Connections: one account at one channel manager. Its webhook URL's token is kept as a hash, its secrets sealed."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from mapping.channel_managers import ChannelManager, channel_managers
from mapping.errors import FaturaSyncError, UserError
from worker.credentials import connection_key, token_keys
from worker.keyspace import FS
from worker.rhythm import hear, heard_key
from worker.store import Store, Value, Writes
from worker.vault import Vault

IDS = f"{FS}:connections"
TOKENS = f"{FS}:tokens"  # SHA-256 of a token -> connection id
TOKEN_BYTES = 24
MOST_KNOWN = 10_000  # webhook URLs that a process knows by heart


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One webhook URL. `last_delivery_at` is the last verified delivery's time, UTC."""

    id: str
    account: str
    channel_manager: str
    created_at: datetime
    last_delivery_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What is shown once, when it is made: the webhook URL's token if it is new, and the secret if it is ours."""

    connection: Connection
    token: str | None
    secret: str | None


Facts = Sequence[tuple[str, str, Value]]
"""Hash, field and value of what was read in the store, for a transaction to make sure that it still stands there."""


class ConnectionChanged(FaturaSyncError):
    """What a connection was known by does not stand in the store any more: it is to be read anew."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A connection as one of its URLs leads to it, with its secrets in the clear. It is so as long as `facts` stand."""

    connection: Connection
    secrets: list[str]
    facts: Facts


class Connections:
    """All connections in the store. `random` gives secret random bytes."""

    def __init__(self, store: Store, vault: Vault, *, random: Callable[[int], bytes]) -> None:
        self._store = store
        self._vault = vault
        self._random = random
        self._known: dict[str, Known] = {}  # by the token's hash

    def get(self, connection_id: str) -> Connection:
        """The connection. Raises `UserError` if there is none with this id."""
        return _connection(connection_id, self._fields(connection_id))

    def all(self) -> list[Connection]:
        """Every connection, by id."""
        ids = [found.decode() for found in sorted(self._store.smembers(IDS))]
        with self._store.pipeline(transaction=False) as pipe:
            for connection_id in ids:
                pipe.hgetall(connection_key(connection_id))
            found = zip(ids, pipe.execute(), strict=True)
        return [_connection(connection_id, fields) for connection_id, fields in found if fields]  # unless just removed

    def known(self, token: str) -> Known | None:
        """What `read` last answered here for the token; it may not stand any more. The first time the same as `read`."""
        return self._known.get(_hashed(token)) or self.read(token)

    def read(self, token: str) -> Known | None:
        """The connection that `token` names; None for an unknown token."""
        hashed = _hashed(token)
        self._known.pop(hashed, None)
        found = self._store.hget(TOKENS, hashed)
        if found is None:
            return None
        connection_id = found.decode()
        fields: Mapping[bytes, bytes] = self._store.hgetall(connection_key(connection_id))
        if not fields:  # removed since
            return None
        known = Known(
            connection=_connection(connection_id, fields),
            secrets=self._secrets(connection_id, fields),
            facts=((TOKENS, hashed, found), (connection_key(connection_id), "secrets", fields[b"secrets"])),
        )
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[hashed] = known
        return known

    def confirm(self, known: Known) -> None:
        """Raise `ConnectionChanged` unless what is known still stands; for where no transaction makes sure of it."""
        if any(self._store.hget(key, field) != value for key, field, value in known.facts):
            raise ConnectionChanged

    def secrets(self, connection_id: str) -> list[str]:
        """The connection's secrets in the clear, newest first: to sign as its vendor would."""
        return self._secrets(connection_id, self._fields(connection_id))

    def add(self, account: str, channel_manager: str, given: list[str], *, now: datetime) -> Issued:
        """Make a connection with the vendor's secrets, or where the secret is ours to choose with a fresh one."""
        vendor = vendor_of(channel_manager)
        secrets, fresh = self._accepted_or_fresh(vendor, given)
        connection_id = self._free_id(f"{account}-{channel_manager}")
        fields: dict[str, Value] = {
            "account": account,
            "channel_manager": channel_manager,
            "created_at": now.isoformat(),
            "secrets": self._sealed(connection_id, secrets),
        }
        token = self._token()
        with self._store.pipeline(transaction=True) as pipe:
            pipe.sadd(IDS, connection_id)
            pipe.hset(connection_key(connection_id), mapping=fields)
            _add_token(pipe, connection_id, token)
            pipe.execute()
        return Issued(connection=self.get(connection_id), token=token, secret=fresh)

    def rotate(self, connection_id: str, given: list[str], *, new_url: bool, drop_old: bool) -> Issued:
        """Put a new secret before the others, or a new webhook URL beside the old one.

        Old ones stay valid until `drop_old`, which ends all but the newest secret and URL. A channel manager that need
        not sign gets a new URL where no secret is given.
        """
        connection = self.get(connection_id)
        vendor = vendor_of(connection.channel_manager)
        secrets, fresh = self._accepted_or_fresh(vendor, given)
        kept = self.secrets(connection_id)
        if drop_old:
            kept = [] if secrets else kept[:1]
        token = self._token() if new_url or not (secrets or vendor.scheme.signs) else None
        newest_token = self._store.hget(connection_key(connection_id), "token")
        old_tokens = [found for found in self._tokens(connection_id) if token or found != newest_token]
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(connection_key(connection_id), "secrets", self._sealed(connection_id, [*secrets, *kept]))
            if drop_old and old_tokens:
                pipe.hdel(TOKENS, *old_tokens)
            if token:
                _add_token(pipe, connection_id, token)
            pipe.execute()
        return Issued(connection=connection, token=token, secret=fresh)

    def new_url(self, connection_id: str) -> Issued:
        """Put a new webhook URL beside the old one, and leave the secrets as they are."""
        connection, token = self.get(connection_id), self._token()
        with self._store.pipeline(transaction=True) as pipe:
            _add_token(pipe, connection_id, token)
            pipe.execute()
        return Issued(connection=connection, token=token, secret=None)

    def drop_old(self, connection_id: str) -> None:
        """End all but the newest secret and webhook URL."""
        newest = self._store.hget(connection_key(connection_id), "token")
        old_tokens = [found for found in self._tokens(connection_id) if found != newest]
        secrets = self._sealed(connection_id, self.secrets(connection_id)[:1])
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(connection_key(connection_id), "secrets", secrets)
            if old_tokens:
                pipe.hdel(TOKENS, *old_tokens)
            pipe.execute()

    def valid(self, connection_id: str) -> tuple[int, int]:
        """How many webhook URLs and secrets of the connection are valid: more than one each while they are renewed."""
        return len(self._tokens(connection_id)), len(self.secrets(connection_id))

    def valid_of_all(self) -> Mapping[str, tuple[int, int]]:
        """The same of every connection, by id."""
        urls = Counter(owner.decode() for owner in self._store.hgetall(TOKENS).values())
        return {each.id: (urls[each.id], len(self.secrets(each.id))) for each in self.all()}

    def remove(self, connection_id: str) -> None:
        """Forget the connection; its webhook URL is unknown from now on."""
        self.get(connection_id)
        tokens = self._tokens(connection_id)
        with self._store.pipeline(transaction=True) as pipe:
            pipe.srem(IDS, connection_id)
            pipe.delete(connection_key(connection_id), heard_key(connection_id), *token_keys(connection_id))
            if tokens:
                pipe.hdel(TOKENS, *tokens)
            pipe.execute()

    @contextmanager
    def passing_token(self, connection_id: str) -> Iterator[str]:
        """A token of the connection that is valid for as long as the context lasts: to post a sample."""
        token = self._token()
        self._store.hset(TOKENS, _hashed(token), connection_id)
        try:
            yield token
        finally:
            self._store.hdel(TOKENS, _hashed(token))

    def _tokens(self, connection_id: str) -> list[bytes]:
        return [hashed for hashed, owner in self._store.hgetall(TOKENS).items() if owner.decode() == connection_id]

    def _accepted_or_fresh(self, vendor: ChannelManager, given: list[str]) -> tuple[list[str], str | None]:
        if given:
            return [vendor.scheme.accept(secret) for secret in given], None
        if vendor.scheme.secret_is_ours:
            fresh = vendor.scheme.fresh_secret(self._random)
            return [fresh], fresh
        return [], None

    def _free_id(self, wanted: str) -> str:
        taken = {found.decode() for found in self._store.smembers(IDS)}
        candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
        return next(candidate for candidate in candidates if candidate not in taken)

    def _token(self) -> str:
        return self._random(TOKEN_BYTES).hex()

    def _sealed(self, connection_id: str, secrets: list[str]) -> bytes:
        return self._vault.seal(json.dumps(secrets).encode(), about=_about(connection_id))

    def _fields(self, connection_id: str) -> Mapping[bytes, bytes]:
        fields: Mapping[bytes, bytes] = self._store.hgetall(connection_key(connection_id))
        if not fields:
            raise UserError("There is no connection {id}. See: faturasync connection list", id=connection_id)
        return fields

    def _secrets(self, connection_id: str, fields: Mapping[bytes, bytes]) -> list[str]:
        found: list[str] = json.loads(self._vault.open(fields[b"secrets"], about=_about(connection_id)))
        return found


def _add_token(pipe: Writes, connection_id: str, token: str) -> None:
    pipe.hset(TOKENS, _hashed(token), connection_id)
    pipe.hset(connection_key(connection_id), "token", _hashed(token))  # the newest one


def touch(pipe: Writes, connection_id: str, at: datetime) -> None:
    """Queue on `pipe` that a verified delivery came."""
    pipe.hset(connection_key(connection_id), "last_delivery_at", at.isoformat())
    hear(pipe, connection_id, at.astimezone(UTC).date())


def vendor_of(channel_manager: str) -> ChannelManager:
    """The channel manager of this name. Raises `UserError` if there is none."""
    known = channel_managers()
    if channel_manager not in known:
        raise UserError(
            "There is no channel manager {name}. Known are: {known}.", name=channel_manager, known=", ".join(known)
        )
    return known[channel_manager]


def _connection(connection_id: str, fields: Mapping[bytes, bytes]) -> Connection:
    last = fields.get(b"last_delivery_at")
    return Connection(
        id=connection_id,
        account=fields[b"account"].decode(),
        channel_manager=fields[b"channel_manager"].decode(),
        created_at=datetime.fromisoformat(fields[b"created_at"].decode()),
        last_delivery_at=datetime.fromisoformat(last.decode()) if last else None,
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _about(connection_id: str) -> str:
    return f"secrets of connection {connection_id}"
