"""Keeps secrets and guests' data unreadable in Redis: Fernet with several keys, so that they can be rotated.

A sealed value is a Fernet token: as text, or where there are very many of them as the bytes that the text stands for, which
are a quarter less. Which of the two it is its first byte says.
"""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Sequence
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mapping.errors import UserError
from worker.phrases import PHRASES

BLINDED_BYTES = 8  # words that share a code by chance are told apart once they are opened
COMPACT_BOUND = 16  # bytes of what a value is about
FERNET_VERSION = b"\x80"
"""The first byte of a token that is not text: https://github.com/fernet/spec/blob/master/Spec.md"""
FINGERPRINT_BYTES = 4  # enough to tell a handful of keys apart, and of no use to whoever looks for one


class Vault:
    """Seals with the newest key, opens with any.

    Each sealed value is bound to what it is about (`"account casa"`): one that was copied to another place does not
    open there.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys, newest first. Raises `UserError` if there is none or one is malformed."""
        try:
            self._fernets = [Fernet(key) for key in keys]
            self._fernet = MultiFernet(self._fernets)
        except ValueError:
            raise UserError(
                "FATURASYNC_SECRET_KEYS must hold Fernet keys, newest first, separated by commas. Make one: "
                'python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
            ) from None
        self._blinds = [HKDF(SHA256(), 32, salt=None, info=b"index").derive(key.encode()) for key in keys]
        self.fingerprints = tuple(_fingerprint(key) for key in keys)
        """What stands for each key where people and processes speak of it, newest first."""

    def seal(self, plain: bytes, *, about: str) -> bytes:
        """`plain`, compressed and encrypted."""
        return self._fernet.encrypt(_bound(about) + zlib.compress(plain))

    def seal_compact(self, plain: bytes, *, about: str) -> bytes:
        """The same as bytes, for what there is one of for each booking; of JSON such as our own little is left."""
        packer = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zdict=PHRASES)
        return _as_bytes(self._fernet.encrypt(_bound(about)[:COMPACT_BOUND] + packer.compress(plain) + packer.flush()))

    def open(self, sealed: bytes, *, about: str) -> bytes:
        """What was sealed in either way. Raises `UserError` if no key fits or it was sealed about something else."""
        try:
            opened = self._fernet.decrypt(_as_text(sealed))
        except InvalidToken:
            raise UserError(
                f"The {about} cannot be decrypted: put the key that was in FATURASYNC_SECRET_KEYS when it was stored "
                "back, behind the newest one."
            ) from None
        bound = _bound(about)[: COMPACT_BOUND if sealed.startswith(FERNET_VERSION) else None]
        if not opened.startswith(bound):
            raise UserError(f"The {about} was stored for something else; set it again.")
        return zlib.decompressobj(zdict=PHRASES).decompress(opened.removeprefix(bound))

    def opened_by(self, sealed: bytes) -> int | None:
        """Which of the keys opens what was sealed, 0 being the newest; None if none does."""
        for position, fernet in enumerate(self._fernets):
            with suppress(InvalidToken):
                fernet.decrypt(_as_text(sealed))
                return position
        return None

    def renewed(self, sealed: bytes) -> bytes:
        """The same, sealed by the newest key; what it is about stays bound to it. One of the keys must open it."""
        renewed = self._fernet.rotate(_as_text(sealed))
        return _as_bytes(renewed) if sealed.startswith(FERNET_VERSION) else renewed

    def blinded(self, word: str) -> list[str]:
        """What stands for `word` where it is to be found but not read: the newest key's code first, then the others'."""
        return [hmac.digest(blind, word.encode(), "sha256")[:BLINDED_BYTES].hex() for blind in self._blinds]


def _bound(about: str) -> bytes:
    """Of one length, as `about` may have any character in it."""
    return hashlib.sha256(about.encode()).digest()


def _as_bytes(token: bytes) -> bytes:
    return base64.urlsafe_b64decode(token)


def _as_text(sealed: bytes) -> bytes:
    return base64.urlsafe_b64encode(sealed) if sealed.startswith(FERNET_VERSION) else sealed


def _fingerprint(key: str) -> str:
    return HKDF(SHA256(), FINGERPRINT_BYTES, salt=None, info=b"fingerprint").derive(key.encode()).hex()


def fresh_key() -> str:
    """A new key for `FATURASYNC_SECRET_KEYS`."""
    return Fernet.generate_key().decode()
