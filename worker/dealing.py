"""Accounts take turns: a long queue is put in the order in which each account has one job, then each a second, and so on.

RQ's list is first come, first served, so that ten thousand bookings of one account would be in front of all others'. Once a
second, where jobs wait, one script deals the list anew. Each account's jobs stay in their order, and none leaves the list.
"""

from typing import Any

from rq import Queue
from rq.job import Job

from worker.keyspace import FS
from worker.store import Store

DEAL_SECONDS = 0.9  # a little less than what a worker's own rhythm is, so that no round is missed
LONG = 20
"""Jobs from which on it is worth it: what is before a booking then is done in a moment."""
MOST = 50_000
"""Jobs that are dealt at a time, from the front: the store does nothing else meanwhile, 25 ms for 10,000 of them."""

DEAL = """
-- KEYS: RQ's list of jobs, what keeps others from dealing it too. ARGV: how the names of jobs' keys begin, the length from
-- which it is dealt, how many at most, milliseconds until it may be dealt again. A job without an account's name (a look at
-- drafts, one that an older program enqueued) is dealt with all others like it. Answers 1 if the order has changed.
local length = math.min(redis.call('LLEN', KEYS[1]), tonumber(ARGV[3]))
-- The longer it takes, the more seldom, so that the store spends about 2 % of its time on it at most.
local pause = math.max(tonumber(ARGV[4]), math.floor(length / 5))
if length < tonumber(ARGV[2]) or not redis.call('SET', KEYS[2], '1', 'NX', 'PX', pause) then return 0 end
local jobs, had, rounds = redis.call('LRANGE', KEYS[1], 0, length - 1), {}, {}
for _, job in ipairs(jobs) do
  local meta = redis.call('HGET', ARGV[1] .. job, 'meta')
  local account = meta and string.match(meta, '"account": ?"([^"]*)"') or ''
  local turn = (had[account] or 0) + 1
  had[account] = turn
  rounds[turn] = rounds[turn] or {}
  table.insert(rounds[turn], job)
end
local dealt, changed = {}, false
for _, turn in ipairs(rounds) do
  for _, job in ipairs(turn) do
    table.insert(dealt, job)
    changed = changed or job ~= jobs[#dealt]
  end
end
if not changed then return 0 end
redis.call('LTRIM', KEYS[1], length, -1)
for last = length, 1, -1000 do  -- to the front, the last one first
  local pushed = {}
  for index = last, math.max(last - 999, 1), -1 do table.insert(pushed, dealt[index]) end
  redis.call('LPUSH', KEYS[1], unpack(pushed))
end
return 1
"""


def deal(store: Store, queue: Queue, *, most: int = MOST) -> bool:
    """Deal the queue if it is long, unless some process did so a moment ago; whether the order has changed."""
    prefix: Any = Job.redis_job_namespace_prefix  # as RQ_KEY_PREFIX has it
    keys = (queue.key, f"{FS}:dealt")
    return bool(store.eval(DEAL, len(keys), *keys, prefix, LONG, most, round(DEAL_SECONDS * 1000)))
