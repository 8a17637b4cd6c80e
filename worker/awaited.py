"""Bookings whose newest delivery has not come to its end yet, by account and time: which one waits longest.

A booking leaves when it is at rest, or waits for its day and nothing else; what is tried again without a new delivery is
not among them. Kept by the ledger's scripts in the same call as the status.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from worker.keyspace import FS
from worker.store import Store

_OF_ACCOUNT = f"{FS}:awaited:"  # an account's bookings, by when the delivery came

AWAITING = f"""
local function await(key, account, arrival)
  redis.call('HSET', record, 'awaited', '1')
  redis.call('ZADD', '{_OF_ACCOUNT}' .. account, arrival, key)
end

-- Whether its end was still waited for.
local function await_no_more(key)
  if redis.call('HDEL', record, 'awaited') == 0 then return false end
  redis.call('ZREM', '{_OF_ACCOUNT}' .. account, key)
  return true
end
"""
"""Lua for the ledger's scripts; `record` is the booking's record."""


def awaited_since(store: Store, accounts: Sequence[str]) -> dict[str, datetime | None]:
    """When the delivery came whose end each of these accounts has waited for longest; None where none is."""
    with store.pipeline(transaction=False) as pipe:
        for account in accounts:
            pipe.zrange(f"{_OF_ACCOUNT}{account}", 0, 0, withscores=True)
        found = pipe.execute()
    return {
        account: datetime.fromtimestamp(oldest[0][1], UTC) if oldest else None
        for account, oldest in zip(accounts, found, strict=True)
    }
