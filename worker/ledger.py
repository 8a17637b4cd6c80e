"""The one place that remembers: for each booking its newest state, what was meant, what was sent, what exists, and why."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from typing import Any

from rq import Queue

from mapping.booking import Booking
from mapping.errors import UserError
from mapping.reasons import Reason
from worker.activity import tally_acts
from worker.causes import cause_words
from worker.counters import Counters
from worker.history import history_key, line, told, write
from worker.keyspace import FS
from worker.ledger_scripts import IGNORE, REFILE, RELEASE, REQUEUE, SETTLE, TAKE, WRITE_TRAIL
from worker.packing import PACKED, LetGo, Packed
from worker.queue import enqueue_commands
from worker.records import BookingStatus, Decision, Record, Trail
from worker.resting import rest_fields
from worker.sealing import Sealing
from worker.stays import KEPT_STAY, Stay, billed_in, stay_of
from worker.store import Store, Value, Writes
from worker.store_version import refuse_newer
from worker.vault import Vault

AT_ONCE = 500  # records in one call of the store


class Ledger:
    """All bookings in the store. What `counters` hold is written with what is written after each request."""

    def __init__(self, store: Store, vault: Vault, queue: Queue, counters: Counters | None = None) -> None:
        self._store = store
        self.sealing = Sealing(vault)
        self._queue = queue
        self._counters = counters or Counters()

    def get(self, key: str) -> Record | None:
        """The booking's record, or None."""
        fields = self._store.hgetall(record_key(key))
        return self.sealing.record(key, fields) if fields else None

    def known(self, key: str) -> Record:
        """The booking's record. Raises `UserError` if there is none."""
        record = self.get(key)
        if record is None:
            raise UserError(f"There is no booking {key}. See: faturasync bookings")
        return record

    def many(self, keys: Sequence[str]) -> list[Record]:
        """The records of those of `keys` that there are, in the same order."""
        found: list[Record] = []
        for begin in range(0, len(keys), AT_ONCE):
            chunk = keys[begin : begin + AT_ONCE]
            with self._store.pipeline(transaction=False) as pipe:
                for key in chunk:
                    pipe.hgetall(record_key(key))
                records = zip(chunk, pipe.execute(), strict=True)
            found += [self.sealing.record(key, fields) for key, fields in records if fields]
        return found

    def guest_names(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The guest's name of each booking that has one, without reading the rest of it."""
        named = list(keys)
        with self._store.pipeline(transaction=False) as pipe:
            for key in named:
                pipe.hget(record_key(key), "booking")
            found = {key: sealed for key, sealed in zip(named, pipe.execute(), strict=True) if sealed}
        names = {key: self.sealing.guest_name(key, sealed) for key, sealed in found.items()}
        return {key: name for key, name in names.items() if name}

    def unchanged_since(self, status: BookingStatus, moment: datetime) -> list[str]:
        """The bookings that have been in this status since before `moment`."""
        return [found.decode() for found in self._store.zrangebyscore(f"{FS}:status:{status}", 0, moment.timestamp())]

    def job(self, key: str) -> str:
        """The id of the RQ job that is responsible for the booking; "" where there is no such booking."""
        return self.jobs([key])[0]

    def jobs(self, keys: Iterable[str]) -> list[str]:
        """The same for each of many."""
        with self._store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(record_key(key), "job")
            return [(found or b"").decode() for found in pipe.execute()]

    def property_names(self, keys: Iterable[str]) -> list[str]:
        """The name of each booking's property; "" where none has its listing."""
        with self._store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(record_key(key), "property")
            return [(found or b"").decode() for found in pipe.execute()]

    def all(self, *statuses: BookingStatus) -> Iterator[Record]:
        """Every booking of these statuses, in the order in which they came into them."""
        for status in statuses:
            yield from self.many(self.keys_of(status))

    def keys_of(self, *statuses: BookingStatus) -> list[str]:
        """The bookings of these statuses, in the order in which they came into them."""
        with self._store.pipeline(transaction=True) as pipe:
            for status in statuses:
                pipe.zrange(f"{FS}:status:{status}", 0, -1)
            return [key.decode() for keys in pipe.execute() for key in keys]

    def parked_for(self, account: str, reasons: AbstractSet[Reason]) -> list[str]:
        """The account's bookings that are parked for one of `reasons`, the one that was parked first first."""
        keys = self.keys(account, BookingStatus.PARKED)
        with self._store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(record_key(key), "reason")
            found = [(reason or b"").decode() for reason in pipe.execute()]
        return [key for key, reason in zip(keys, found, strict=True) if reason in reasons]

    def facts(self, keys: Iterable[str]) -> list[Mapping[str, str]]:
        """What goes with the reason of each of these bookings."""
        with self._store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(record_key(key), "facts")
            return [json.loads(found or b"{}") for found in pipe.execute()]

    def dropped(self, keys: Iterable[str]) -> set[str]:
        """Those of the bookings whose guest's data are not kept any more."""
        named = list(keys)
        with self._store.pipeline(transaction=False) as pipe:
            for key in named:
                pipe.hget(record_key(key), "dropped")
            return {key for key, found in zip(named, pipe.execute(), strict=True) if found}

    def trails(self, account: str, *statuses: BookingStatus) -> Iterator[tuple[str, Trail]]:
        """What was asked of InvoiceXpress for each of the account's bookings of these statuses."""
        keys = [key for status in statuses for key in self.keys(account, status)]
        with self._store.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(record_key(key), ["trail", PACKED])
            for key, (sealed, packed) in zip(keys, pipe.execute(), strict=True):
                yield key, self.sealing.open_trail(key, sealed, packed)

    def keys(self, account: str, status: BookingStatus) -> list[str]:
        """The account's bookings of this status, in the order in which they came into it."""
        return [key for key in self.keys_of(status) if key.startswith(f"{account}:")]

    def take(self, key: str, job: str, token: str, *, seconds: int) -> Mapping[bytes, bytes] | None:
        """Begin `job`'s turn, alone for `seconds` at most: the record's fields as they are kept. A newer state gets its own job.

        Empty if another job is responsible for the booking by now, None if one is at work. Raises `NewerStore`, and changes
        nothing but the lock, if a newer program has taken the store over.
        """
        answer = self._store.eval(TAKE, 2, record_key(key), _lock_key(key), job, token, seconds)
        if isinstance(answer, list):
            return dict(zip(answer[::2], answer[1::2], strict=True))
        if answer == b"newer":
            refuse_newer(self._store)
        return None if answer == b"busy" else {}

    def write_trail(self, key: str, trail: Trail, lines: Sequence[str] = ()) -> None:
        """Remember what was asked of InvoiceXpress and what came of it: true whoever is responsible. So is the history.

        Raises `NewerStore` if a newer program has taken the store over: it goes on from what was remembered before.
        """
        with self._store.pipeline(transaction=True) as pipe:
            pipe.eval(WRITE_TRAIL, 1, record_key(key), self.sealing.seal_trail(key, trail))
            write(pipe, key, lines)
            tally_acts(pipe, lines)
            self._counters.write(pipe)
            if not pipe.execute()[0]:
                refuse_newer(self._store)

    def settle(
        self,
        key: str,
        job: str,
        status: BookingStatus,
        *,
        now: datetime,
        reason: Reason | None = None,
        facts: Mapping[str, str] | None = None,
        booking: Booking | None = None,
        stay: Stay | None = None,
        fields: Mapping[str, Value] | None = None,
        lines: Sequence[str] = (),
        done: Sequence[str] = (),
        token: str = "",
    ) -> bool:
        """Say how the job ended, with what state if it could be read, and what is kept of its stay (None: what was).

        `token` is that of the job's lock, if it has one; others are let in then. `lines` are for the history. False,
        and nothing but the lines of what was `done` is kept, if a newer state has given the booking to another job,
        whose word it is then; or nothing at all if a newer program has taken the store over.
        """
        read: dict[str, Value] = {"booking": self.sealing.seal_booking(key, booking)} if booking else {}
        pairs = [word for pair in (read | dict(fields or {})).items() for word in pair]
        head: list[Value] = [key, now.timestamp(), job, status.value, reason or "", json.dumps(facts or {})]
        head.append(self.sealing.filed_under(key, booking) if booking else "")
        head += [*cause_words(status, reason, facts or {}), *(stay.words() if stay else KEPT_STAY)]
        head += self._counters.words()
        words = (record_key(key), history_key(key), *head, *told(done), *told(lines), *pairs)
        if not token:
            return bool(self._store.eval(SETTLE, 2, *words))
        with self._store.pipeline(transaction=False) as pipe:
            pipe.eval(SETTLE, 2, *words)
            pipe.eval(RELEASE, 1, _lock_key(key), token)
            return bool(pipe.execute()[0])

    def billed(self, key: str, year: int) -> Decimal:
        """The euros of the booking's document if its stay ends in `year`."""
        return billed_in(self._store.hget(record_key(key), "billed"), year)

    def refile(self, records: Iterable[Record]) -> None:
        """Put bookings, unless they have changed since they were read, where stuck ones and stays are found."""
        with self._store.pipeline(transaction=False) as pipe:
            for record in records:
                words = [
                    *cause_words(record.status, record.reason, record.facts),
                    *stay_of(record.status, record.booking, record.trail).words(),
                ]
                words += [str(word) for word in rest_fields(record.booking, record.trail).values()]
                keys = (record_key(record.key), deliveries_key(record.key))
                pipe.eval(REFILE, len(keys), *keys, record.key, record.updated_at.timestamp(), *words)
            pipe.execute()

    def requeue(
        self,
        key: str,
        *,
        job: str,
        now: datetime,
        instead_of: str = "",
        look: bool = False,
        decision: Decision | None = None,
        brings_back: bool = False,
        lines: Sequence[str] = (),
        pipe: Writes | None = None,
    ) -> bool:
        """Give the booking a new job named `job`; with `instead_of` only if that one was lost: it is still responsible.

        `look` makes the job look at the document even where nothing is to be changed. `decision` is what a person decided
        about it; `brings_back` takes back that it is ignored. `lines` are for the history. On a `pipe` it is queued, and
        the answer comes from there.
        """
        head: list[Value] = [key, now.timestamp(), instead_of, job, "1" if look else ""]
        head += [decision or "", "1" if brings_back else "", *told(lines)]
        words = command_words(enqueue_commands(self._queue, key, job_id=job, delivery=""))
        return bool((pipe or self._store).eval(REQUEUE, 2, record_key(key), history_key(key), *head, *words))

    def ignore(self, key: str, *, job: str, now: datetime, lines: Sequence[str], pipe: Writes) -> None:
        """Queue on `pipe` that a person ignores the booking, now and whatever comes; `job` is one that nobody has."""
        head: list[Value] = [key, now.timestamp(), job, Reason.IGNORED_BY_A_PERSON, *told(lines)]
        pipe.eval(IGNORE, 2, record_key(key), history_key(key), *head)

    def note(self, key: str, event: str, *, at: datetime, **facts: str | int) -> None:
        """Add a line to the booking's history. Never a guest's data."""
        with self._store.pipeline(transaction=True) as pipe:
            write(pipe, key, [line(event, at=at, **facts)])
            pipe.execute()

    def history(self, key: str) -> list[dict[str, Any]]:
        """The booking's history, oldest first."""
        packed, lines = self._with_packed(key, history_key(key))
        return [*map(dict, packed.history), *map(json.loads, lines)]

    def deliveries(self, key: str) -> list[str]:
        """The ids of the deliveries that told a state of this booking, oldest first."""
        packed, ids = self._with_packed(key, deliveries_key(key))
        return [*(each.id for each in packed.deliveries), *(found.decode() for found in ids)]

    def let_go(self, key: str) -> Mapping[str, LetGo]:
        """Those of its deliveries of which nothing else is kept, by id."""
        packed = self.sealing.unpacked(key, self._store.hget(record_key(key), PACKED))
        return {each.id: each for each in packed.deliveries}

    def _with_packed(self, key: str, beside: str) -> tuple[Packed, list[bytes]]:
        """What was packed of the booking, and the list of what came since, of one moment."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.hget(record_key(key), PACKED)
            pipe.lrange(beside, 0, -1)
            packed, found = pipe.execute()
        return self.sealing.unpacked(key, packed), found

    def lock(self, key: str, token: str, *, seconds: int) -> bool:
        """Keep other jobs of this booking away for `seconds` at most. It saves requests; the uid is what makes it safe."""
        return bool(self._store.set(_lock_key(key), token, nx=True, ex=seconds))

    def unlock(self, key: str, token: str) -> None:
        """Let others in, unless the lock has passed to somebody else."""
        self._store.eval(RELEASE, 1, _lock_key(key), token)

    def is_locked(self, key: str) -> bool:
        """Whether a job of this booking is at work."""
        return bool(self._store.exists(_lock_key(key)))


def command_words(commands: list[list[bytes]]) -> list[Value]:
    """Commands as the ledger's scripts take them: their number, then for each the number of its words and the words."""
    words: list[Value] = [len(commands)]
    for command in commands:
        words += [len(command), *command]
    return words


def record_key(key: str) -> str:
    """Where the booking's record is."""
    return f"{FS}:booking:{key}"


def seen_key(key: str) -> str:
    """Where the digests of the booking's deliveries of the last day are."""
    return f"{FS}:seen:{key}"


def deliveries_key(key: str) -> str:
    """Where the ids of the booking's deliveries are."""
    return f"{FS}:deliveries:{key}"


def _lock_key(key: str) -> str:
    return f"{FS}:lock:{key}"
