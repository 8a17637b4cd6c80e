"""What channel managers are asked with: the connections' credentials, and the access tokens that these were given for."""

from mapping.channel_managers import ChannelManager
from worker.keyspace import FS
from worker.store import Store
from worker.vault import Vault

REFUSED_SECONDS = 900
"""For so long a refusal is believed without asking again: who gives out few tokens a day must not be asked for each booking."""
ASKING_SECONDS = 20  # longer than a request for a token takes
DAY_SECONDS = 24 * 3600


class Credentials:
    """The credentials and access tokens of all connections, sealed."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    def of(self, connection_id: str) -> str | None:
        """What the channel manager is asked with, in the clear; None if it was not given."""
        sealed = self._store.hget(connection_key(connection_id), "credentials")
        return self._vault.open(sealed, about=_about(connection_id)).decode() if sealed else None

    def set(self, connection_id: str, vendor: ChannelManager, given: str) -> None:
        """Ask `vendor` with `given` from now on. Raises `UserError` for what is none of its form."""
        sealed = self._vault.seal(vendor.accept_credentials(given).encode(), about=_about(connection_id))
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hset(connection_key(connection_id), "credentials", sealed)
            pipe.delete(*token_keys(connection_id))
            pipe.execute()

    def renew(self, connection_id: str, before: str, now: str) -> None:
        """Put `now` in the place of `before`; credentials that a person has set since stay."""
        if now != before and self.of(connection_id) == before:
            sealed = self._vault.seal(now.encode(), about=_about(connection_id))
            self._store.hset(connection_key(connection_id), "credentials", sealed)

    def token(self, connection_id: str) -> str | None:
        """The access token that is still good, in the clear; None where one has to be asked for."""
        sealed = self._store.get(token_key(connection_id))
        return self._vault.open(sealed, about=_about_token(connection_id)).decode() if sealed else None

    def keep_token(self, connection_id: str, token: str, *, seconds: int) -> None:
        """Use `token` for so long."""
        sealed = self._vault.seal(token.encode(), about=_about_token(connection_id))
        self._store.set(token_key(connection_id), sealed, ex=seconds)

    def drop_token(self, connection_id: str) -> None:
        """The token is not taken any more."""
        self._store.delete(token_key(connection_id))

    def may_ask_for_token(self, connection_id: str) -> bool:
        """Whether this process is the one that asks for a token now; others wait for what it gets."""
        return bool(self._store.set(_asking_key(connection_id), "1", nx=True, ex=ASKING_SECONDS))

    def has_asked(self, connection_id: str) -> None:
        """The request for a token has ended."""
        self._store.delete(_asking_key(connection_id))

    def tokens_today(self, connection_id: str) -> int:
        """Count one request for a token; returns how many there were in the day that began with the first of them."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.set(_count_key(connection_id), 0, nx=True, ex=DAY_SECONDS)
            pipe.incr(_count_key(connection_id))
            return int(pipe.execute()[1])

    def is_refused(self, connection_id: str) -> bool:
        """Whether the credentials were refused a short while ago."""
        return self._store.get(_refused_key(connection_id)) is not None

    def set_refused(self, connection_id: str) -> None:
        """The credentials, or a token that was just made with them, are refused."""
        self._store.set(_refused_key(connection_id), "1", ex=REFUSED_SECONDS)


def connection_key(connection_id: str) -> str:
    """Where the hash of a connection stands."""
    return f"{FS}:connection:{connection_id}"


def token_keys(connection_id: str) -> tuple[str, ...]:
    """All that goes when a connection gets other credentials, or is removed."""
    return tuple(key(connection_id) for key in (token_key, _asking_key, _count_key, _refused_key))


def token_key(connection_id: str) -> str:
    """Where the access token of a connection stands."""
    return f"{FS}:access-token:{connection_id}"


def _asking_key(connection_id: str) -> str:
    return f"{FS}:access-token-asking:{connection_id}"


def _count_key(connection_id: str) -> str:
    return f"{FS}:access-token-count:{connection_id}"


def _refused_key(connection_id: str) -> str:
    return f"{FS}:access-token-refused:{connection_id}"


def _about(connection_id: str) -> str:
    return f"credentials of connection {connection_id}"


def _about_token(connection_id: str) -> str:
    return f"access token of connection {connection_id}"
