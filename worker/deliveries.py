"""What was received: each delivery that was proven, its body sealed."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mapping.delivery import Delivery
from mapping.errors import Problem, UserError
from mapping.fetch import Answers, answers_in
from worker.activity import tally_delivery
from worker.keyspace import FS
from worker.store import Store, Value, Writes
from worker.store_version import NEWEST, refuse_newer_record
from worker.vault import Vault

UNREADABLE = f"{FS}:unreadable"  # ids of deliveries that wait for a fix, by time
LEFT = f"{FS}:left"  # ids of deliveries that an older program took while a newer one has the store, by time
LATEST = f"{FS}:latest"  # what came last, oldest first
LATEST_LENGTH = 50
IGNORED_SECONDS = 30 * 24 * 3600

DELIVERY = f"{FS}:delivery:"  # before a delivery's id
TELLS_OF = "of "
"""Before a booking's key, in the record of each delivery that told a state of it: one that tells of several keeps its body
until the last of them is let go."""
ANSWERS = "answers "
"""Before a source id: what its channel manager answered about that booking."""

DROP_UNREADABLE = """
-- KEYS: the unreadable ones, the delivery. ARGV: its id. Answers 1 unless somebody has read it just now.
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('HGET', KEYS[2], 'outcome') ~= 'unreadable' then return 0 end
return redis.call('DEL', KEYS[2])
"""


@dataclass(frozen=True, kw_only=True)
class StoredDelivery:
    """One delivery as the store knows it. `outcome` is what the channel manager was answered."""

    id: str
    connection: str
    account: str
    channel_manager: str
    received_at: datetime
    outcome: str
    problems: tuple[Problem, ...] = ()
    is_answered: bool = False  # what it only names was asked for, and the answers are kept with it


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One of the deliveries that came last, also one that repeats, of which nothing else is kept."""

    id: str
    connection: str
    channel_manager: str
    received_at: datetime
    outcome: str
    bookings: tuple[str, ...]


class Deliveries:
    """All deliveries in the store."""

    def __init__(self, store: Store, vault: Vault, *, retention: timedelta | None = None) -> None:
        """What tells of no booking is kept for `retention`, and 30 days at most."""
        self._store = store
        self._vault = vault
        kept_seconds = int(retention.total_seconds()) if retention else IGNORED_SECONDS
        self._ignored_seconds = min(kept_seconds, IGNORED_SECONDS)

    def write(self, pipe: Writes, stored: StoredDelivery, delivery: Delivery) -> None:
        """Queue the delivery's record on `pipe`. The headers, which hold what proved it, are not kept."""
        content = json.dumps(dict(delivery.query)).encode() + b"\0" + delivery.body
        fields: dict[str, Value] = {
            "connection": stored.connection,
            "account": stored.account,
            "channel_manager": stored.channel_manager,
            "received_at": stored.received_at.isoformat(),
            "outcome": stored.outcome,
            "form": NEWEST,
            "content": self._vault.seal_compact(content, about=_about(stored.id)),
        }
        if stored.problems:
            fields["problems"] = _as_json(stored.problems)
        pipe.hset(_key(stored.id), mapping=fields)
        if stored.outcome == "unreadable":
            pipe.zadd(UNREADABLE, {stored.id: stored.received_at.timestamp()})
        if stored.outcome == "ignored":
            pipe.expire(_key(stored.id), self._ignored_seconds)

    def announce(self, pipe: Writes, stored: StoredDelivery, bookings: Sequence[str] = ()) -> None:
        """Queue on `pipe` that the delivery came, and of which bookings it tells."""
        line = [stored.id, stored.connection, stored.channel_manager, stored.received_at.isoformat(), *bookings]
        pipe.rpush(LATEST, json.dumps(line))
        pipe.ltrim(LATEST, -LATEST_LENGTH, -1)
        tally_delivery(pipe, stored.received_at)

    def latest(self, limit: int = LATEST_LENGTH) -> list[Arrival]:
        """What came last, the last first."""
        lines = [json.loads(line) for line in reversed(self._store.lrange(LATEST, -limit, -1))]
        with self._store.pipeline(transaction=False) as pipe:
            for delivery_id, *_ in lines:
                pipe.hget(_key(delivery_id), "outcome")
            outcomes = pipe.execute()
        return [_arrival(line, outcome) for line, outcome in zip(lines, outcomes, strict=True)]

    def get(self, delivery_id: str) -> StoredDelivery:
        """The delivery's record. Raises `UserError` if there is none, or if a newer program wrote it."""
        fields = self._store.hgetall(_key(delivery_id))
        if not fields:
            raise UserError(f"There is no delivery {delivery_id}.")
        refuse_newer_record(fields.get(b"form"))
        return StoredDelivery(
            id=delivery_id,
            connection=fields[b"connection"].decode(),
            account=fields[b"account"].decode(),
            channel_manager=fields[b"channel_manager"].decode(),
            received_at=datetime.fromisoformat(fields[b"received_at"].decode()),
            outcome=fields[b"outcome"].decode(),
            is_answered=any(name.startswith(ANSWERS.encode()) for name in fields),
            problems=tuple(
                Problem(path=path, message=message) for path, message in json.loads(fields.get(b"problems", b"[]"))
            ),
        )

    def content(self, delivery_id: str) -> Delivery:
        """What was sent. Raises `UserError` if the body is not kept any more."""
        return self._content(delivery_id, self._store.hget(_key(delivery_id), "content"))

    def told(self, delivery_id: str, source_id: str) -> tuple[Delivery, Answers | None]:
        """Its content, and what its channel manager answered about the booking. Raises as `content` does."""
        sealed, answers = self._store.hmget(_key(delivery_id), ["content", f"{ANSWERS}{source_id}"])
        return self._content(delivery_id, sealed), self._answers(delivery_id, source_id, answers)

    def _content(self, delivery_id: str, sealed: bytes | None) -> Delivery:
        if sealed is None:
            raise UserError(f"The body of delivery {delivery_id} is not kept any more.")
        query, _, body = self._vault.open(sealed, about=_about(delivery_id)).partition(b"\0")
        return Delivery(body=body, query=json.loads(query))

    def body(self, delivery_id: str) -> bytes | None:
        """What was sent; None if it is not kept any more."""
        return self.content(delivery_id).body if self._store.hexists(_key(delivery_id), "content") else None

    def kept_for(self, delivery_ids: Sequence[str]) -> set[str]:
        """The bookings for which the body of one of these deliveries is kept."""
        with self._store.pipeline(transaction=False) as pipe:
            for delivery_id in delivery_ids:
                pipe.hgetall(_key(delivery_id))
            found = pipe.execute()
        told = TELLS_OF.encode()
        return {name.removeprefix(told).decode() for fields in found for name in fields if name.startswith(told)}

    def keep_answers(self, delivery_id: str, source_id: str, answers: bytes) -> None:
        """Keep what the channel manager answered when it was asked for a booking that the delivery names."""
        sealed = self._vault.seal(answers, about=_about_answers(delivery_id, source_id))
        self._store.hset(_key(delivery_id), f"{ANSWERS}{source_id}", sealed)

    def answers(self, delivery_id: str, source_id: str) -> Answers | None:
        """What it answered; None if it was not asked yet."""
        return self._answers(delivery_id, source_id, self._store.hget(_key(delivery_id), f"{ANSWERS}{source_id}"))

    def _answers(self, delivery_id: str, source_id: str, sealed: bytes | None) -> Answers | None:
        return answers_in(self._vault.open(sealed, about=_about_answers(delivery_id, source_id))) if sealed else None

    def unreadable(self) -> Sequence[str]:
        """The ids of deliveries that could not be read, oldest first."""
        return [found.decode() for found in self._store.zrange(UNREADABLE, 0, -1)]

    def unreadable_by_connection(self) -> Counter[str]:
        """How many deliveries of each connection could not be read."""
        with self._store.pipeline(transaction=False) as pipe:
            for found in self.unreadable():
                pipe.hget(_key(found), "connection")
            return Counter(connection.decode() for connection in pipe.execute() if connection)

    def drop_unreadable(self, *, before: datetime, limit: int) -> int:
        """Forget up to `limit` deliveries that came before then and could never be read; how many those were."""
        found = self._store.zrangebyscore(UNREADABLE, "-inf", before.timestamp(), start=0, num=limit, withscores=True)
        with self._store.pipeline(transaction=False) as pipe:
            for delivery_id, _ in found:
                pipe.eval(DROP_UNREADABLE, 2, UNREADABLE, _key(delivery_id.decode()), delivery_id)
            return sum(pipe.execute())

    def left(self) -> Sequence[str]:
        """The ids of deliveries that were only kept, for a newer program to take in, oldest first."""
        return [found.decode() for found in self._store.zrange(LEFT, 0, -1)]

    def set_unreadable(self, delivery_id: str, problems: Sequence[Problem]) -> None:
        """The delivery, which was left, cannot be read."""
        with self._store.pipeline(transaction=True) as pipe:
            pipe.zrem(LEFT, delivery_id)
            pipe.zadd(UNREADABLE, {delivery_id: self.get(delivery_id).received_at.timestamp()})
            pipe.hset(_key(delivery_id), mapping={"outcome": "unreadable", "problems": _as_json(problems)})
            pipe.execute()

    def set_read(self, delivery_id: str, *, outcome: str) -> None:
        """The delivery could be read after all, with this outcome; one that told no booking anything new is soon forgotten."""
        told = any(name.startswith(TELLS_OF.encode()) for name in self._store.hgetall(_key(delivery_id)))
        with self._store.pipeline(transaction=True) as pipe:
            pipe.zrem(UNREADABLE, delivery_id)
            pipe.zrem(LEFT, delivery_id)
            pipe.hset(_key(delivery_id), "outcome", outcome)
            pipe.hdel(_key(delivery_id), "problems")
            if not told:
                pipe.expire(_key(delivery_id), self._ignored_seconds)
            pipe.execute()


def _arrival(line: Sequence[str], outcome: bytes | None) -> Arrival:
    delivery_id, connection, channel_manager, at, *bookings = line
    return Arrival(
        id=delivery_id,
        connection=connection,
        channel_manager=channel_manager,
        received_at=datetime.fromisoformat(at),
        outcome=outcome.decode() if outcome else "repeated",
        bookings=tuple(bookings),
    )


def _as_json(problems: Sequence[Problem]) -> str:
    return json.dumps([[problem.path, problem.message] for problem in problems])


def _key(delivery_id: str) -> str:
    return f"{DELIVERY}{delivery_id}"


def _about(delivery_id: str) -> str:
    return f"delivery {delivery_id}"


def _about_answers(delivery_id: str, source_id: str) -> str:
    return f"answers to delivery {delivery_id} about {source_id}"
