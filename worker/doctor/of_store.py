"""The store: whether it answers, and keeps what it is told."""

from collections.abc import Iterator, Mapping
from typing import Any

from mapping.errors import UserError
from worker.doctor.findings import Finding, Level
from worker.services import Services
from worker.store import check

PLACE = "store"
FULL_PERCENT = 90
REPLICA = ("slave", "replica")


def look_at_store(services: Services) -> Iterator[Finding]:
    """The store's version, role, files and memory."""
    try:
        doubts = check(services.store)
    except UserError as error:
        yield Finding(place=PLACE, level=Level.FAULT, said=str(error), is_deadly=True)
        return
    facts = services.store.info()
    faults = [*_roles(facts), *_writes(facts), *(Finding.fault(PLACE, *_parted(doubt)) for doubt in doubts)]
    yield from faults
    yield from _memory(facts)
    if not faults:
        name, version = (
            ("Valkey", facts["valkey_version"]) if "valkey_version" in facts else ("Redis", facts["redis_version"])
        )
        yield Finding.good(PLACE, f"{name} {version} answers, writes to its append-only file, and drops nothing.")


def _parted(doubt: str) -> tuple[str, str]:
    """A sentence of the store's check, and the last one of it, which says what to do."""
    said, _, todo = doubt.rpartition(". ")
    return f"{said}.", todo


def _roles(facts: Mapping[str, Any]) -> Iterator[Finding]:
    if facts.get("role") in REPLICA:
        yield Finding.fault(PLACE, "This is a replica, which takes no writes.", "Give REDIS_URL the primary's address.")
    if facts.get("loading"):
        yield Finding.fault(PLACE, "The store still reads its file.", "Wait for it, and ask again.")


def _writes(facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether its last write to disk went well."""
    for field, what in (
        ("aof_last_write_status", "last write to its append-only file"),
        ("aof_last_bgrewrite_status", "last rewriting of its append-only file"),
        ("rdb_last_bgsave_status", "last snapshot"),
    ):
        if facts.get(field, "ok") != "ok":
            todo = "Look for a full disk or a folder that it may not write to, and read the store's log."
            yield Finding.fault(PLACE, f"The store's {what} failed.", todo)


def _memory(facts: Mapping[str, Any]) -> Iterator[Finding]:
    most, used = int(facts.get("maxmemory", 0)), int(facts.get("used_memory", 0))
    if most and used * 100 >= most * FULL_PERCENT:
        said = f"The store uses {used * 100 // most} % of the memory that it may use."
        yield Finding.warning(PLACE, said, "Give it more (maxmemory): once it is full, deliveries are answered 503.")
