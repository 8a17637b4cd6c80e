"""Everything that one sandbox holds and lives by."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from worker.sandbox.accounts import Accounts
from worker.sandbox.counters import Counters
from worker.sandbox.faults import Faults
from worker.sandbox.limits import Limits
from worker.sandbox.switches import Switchboard


@dataclass(frozen=True, kw_only=True)
class Violation:
    """What a program that only makes drafts must never ask for (13.25)."""

    account: str
    path: str
    asked: str


@dataclass(frozen=True, kw_only=True)
class World:
    """The sandbox's state, and the clock, sleep and chance it was given."""

    clock: Callable[[], float]  # epoch seconds
    sleep: Callable[[float], None]
    chance: random.Random
    accounts: Accounts = field(default_factory=Accounts)
    switches: Switchboard = field(default_factory=Switchboard)
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    counters: Counters = field(default_factory=Counters)
    violations: list[Violation] = field(default_factory=list)
