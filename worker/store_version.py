"""The version of what is in the store, so that a program that is older than it leaves it alone.

`fs:version` says which: a program raises it before it writes anything in a form that the one before cannot read, and a
store without it is version 1. Records say besides which version wrote to them last (`form`). What a newer program finds of
an older one it reads.
"""

import importlib.metadata

import structlog

from mapping.errors import UserError
from worker.keyspace import FS
from worker.store import Store

NEWEST = 2
"""What this program writes. Raise it with each change of a record that the program before would misread or lose; a new
field that it does not look at is none. Older ones are read for ever: `tests/stored/` has a store of each.
2: sealed values as bytes, and what is left of a booking as one of them.
"""

VERSION = f"{FS}:version"

IS_NEWER = f"""
-- Whether the store has become that of a newer program.
local function is_newer()
  return tonumber(string.match(redis.call('GET', '{VERSION}') or '1', '^%d+')) > {NEWEST}
end
"""
"""Lua for the ledger's scripts: none of them changes a store that a newer program has taken over meanwhile."""

_TAKE_OVER = (
    IS_NEWER
    + f"""
-- ARGV: what the key says where this program is the newest. Answers what it says now.
local said = redis.call('GET', '{VERSION}')
if is_newer() or (said and tonumber(string.match(said, '^%d+')) == {NEWEST}) then return said end
redis.call('SET', '{VERSION}', ARGV[1])
return ARGV[1]
"""
)

log = structlog.get_logger()


class NewerStore(UserError):
    """The store, or a record in it, was written by a newer program."""


def take_over(store: Store) -> None:
    """Make the store this program's. Raises `NewerStore`, and changes nothing, if a newer one had it."""
    _refuse(store.eval(_TAKE_OVER, 0, f"{NEWEST} {importlib.metadata.version('faturasync')}"))


def refuse_newer(store: Store) -> None:
    """Raise `NewerStore` if a newer program has taken the store over."""
    _refuse(store.get(VERSION) or b"1")


def is_newer(store: Store) -> bool:
    """Whether a newer program has taken the store over."""
    return _form(store.get(VERSION) or b"1") > NEWEST


def refuse_newer_record(form: bytes | None) -> None:
    """Raise `NewerStore` if a record, whose field `form` says this, was written by a newer program."""
    _refuse(form or b"1")


def _refuse(said: bytes) -> None:
    _, _, program = said.decode().partition(" ")
    if (form := _form(said)) > NEWEST:
        raise NewerStore(
            "The store is of version {form} and this program knows {known}: start FaturaSync {program}, or put back a copy "
            "that was made before the update (docs/backup.md).",
            form=form,
            known=NEWEST,
            program=f"{program} or newer" if program else "as it was updated",
        )


def _form(said: bytes) -> int:
    return int(said.split()[0])
