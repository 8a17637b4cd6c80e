"""The ledger's changes that must be all or nothing, as Lua that Redis runs in one piece.

A booking's record is a hash at KEYS[1]. `job` names the RQ job that is responsible for it and `begun` says whether that
job has read the state; a state that comes before it has needs no job of its own. `file` keeps the index as the record is.
"""

from worker.activity import COUNTING
from worker.awaited import AWAITING
from worker.causes import GROUPING
from worker.counters import COUNT_UP, Counted
from worker.deliveries import ANSWERS, DELIVERY, TELLS_OF
from worker.history import TELL
from worker.index_scripts import FILE
from worker.keyspace import RECORD
from worker.packing import NO_JOB, PACKED
from worker.resting import REST, RESTING
from worker.stays import STAYS
from worker.store_version import IS_NEWER, NEWEST

PRELUDE = (
    RECORD
    + IS_NEWER
    + f"""
-- From now on a program that is older than this one leaves the record alone.
local function sign() redis.call('HSET', record, 'form', '{NEWEST}') end
"""
    + FILE
    + GROUPING
    + AWAITING
    + TELL
    + RESTING
    + """
-- The set of bookings of a status moves with the status.
local function set_status(key, status, now)
  leave_cause(key)
  local old = redis.call('HGET', record, 'status')
  if old then redis.call('ZREM', FS .. ':status:' .. old, key) end
  redis.call('HSET', record, 'status', status, 'updated_at', now)
  redis.call('ZADD', FS .. ':status:' .. status, now, key)
  set_rest(key, status, tonumber(now))
end

-- Runs the command in ARGV at `at`: the number of its words, then the words. Answers where the next one begins.
local function run_command(at)
  local words = {}
  for index = 1, tonumber(ARGV[at]) do words[index] = ARGV[at + index] end
  redis.call(unpack(words))
  return at + 1 + #words
end

-- Runs the commands in ARGV from `at` on, their number first. Answers where the next word is.
local function run_commands(at)
  local after = at + 1
  for _ = 1, tonumber(ARGV[at]) do after = run_command(after) end
  return after
end

local function give_job(job, at)
  redis.call('HSET', record, 'job', job, 'begun', '0')
  run_commands(at)
end
"""
)
"""What the scripts that change a booking's status begin with."""

REQUEUE = (
    PRELUDE
    + """
-- KEYS: record, history. ARGV: key, now, the job that must still be responsible for what is not at rest ('' for any, at
-- rest or not: a person wants it), new job, '1' if the document is to be looked at in any case, what a person decided
-- ('' leaves that as it is), '1' if one that is ignored is to come back, lines for the history, the commands that enqueue
-- the job. Answers 1 if it was done.
local job, status, decision = unpack(redis.call('HMGET', record, 'job', 'status', 'decision'))
if not job or is_newer() then return 0 end
if ARGV[5] == '1' then redis.call('HSET', record, 'look', '1') end
if ARGV[3] == '' then
  redis.call('HSET', record, 'attempts', '0')
elseif job ~= ARGV[3] or (status ~= 'queued' and status ~= 'waiting') then
  return 0
end
if ARGV[6] ~= '' then redis.call('HSET', record, 'decision', ARGV[6]) end
if ARGV[7] == '1' and decision == 'ignore' then redis.call('HDEL', record, 'decision') end
set_status(ARGV[1], 'queued', ARGV[2])
file(ARGV[1], '')
give_job(ARGV[4], tell(8))
return 1
"""
)

IGNORE = (
    PRELUDE
    + STAYS
    + """
-- KEYS: record, history. ARGV: key, now, a job that nobody has: whoever is at work has no word any more, reason, lines for
-- the history. Answers 1 if there is such a booking.
if not redis.call('HGET', record, 'job') or is_newer() then return 0 end
redis.call('HSET', record, 'decision', 'ignore', 'job', ARGV[3], 'begun', '1', 'reason', ARGV[4], 'facts', '{}')
redis.call('HDEL', record, 'look')
set_status(ARGV[1], 'ignored', ARGV[2])
await_no_more(ARGV[1])
lack_nothing(ARGV[1])
file(ARGV[1], '')
tell(5)
return 1
"""
)

TAKE = (
    RECORD
    + IS_NEWER
    + """
-- KEYS: record, lock. ARGV: job, the lock's token, for how many seconds it holds at most. Answers busy if somebody else has
-- the lock, newer if a newer program has taken the store over, other if another job is responsible for the booking, and else
-- the record's fields, each before its value.
local holder = redis.call('GET', KEYS[2])  -- we are it where the store's answer was lost and redis-py asks again
if holder and holder ~= ARGV[2] then return 'busy' end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
if is_newer() then return 'newer' end
if redis.call('HGET', record, 'job') ~= ARGV[1] then return 'other' end
redis.call('HSET', record, 'begun', '1')
return redis.call('HGETALL', record)
"""
)

WRITE_TRAIL = (
    RECORD
    + IS_NEWER
    + f"""
-- ARGV: the sealed trail. Answers 0 if a newer program has taken the store over.
if is_newer() then return 0 end
redis.call('HSET', record, 'trail', ARGV[1], 'form', '{NEWEST}')
return 1
"""
)

SETTLE = (
    PRELUDE
    + COUNT_UP
    + COUNTING
    + STAYS
    + f"""
-- KEYS: record, history. ARGV: key, now, job, status, reason, facts, what the booking is filed under ('' if it was not
-- read), its cause's id and what that is ('' for none), what is kept of its stay (three words, '-' for what was), what was
-- counted, lines for the history in any case, then lines, and fields with their values, that are written only if no newer
-- state has given the booking to another job. Answers 1 if none has.
if is_newer() then return 0 end
local now = tonumber(ARGV[2])
tally(now, 'jobs', 1)
local lines = tell(count_all(13))
if redis.call('HGET', record, 'job') ~= ARGV[3] then
  count_up('{Counted.TURNS}|superseded')
  return 0
end
count_up('{Counted.TURNS}|' .. ARGV[4])
if ARGV[4] == 'waiting' then count_up('{Counted.WAITS}|' .. ARGV[5]) end
local fields = tell(lines)
for at = fields, #ARGV, 2 do redis.call('HSET', record, ARGV[at], ARGV[at + 1]) end
sign()
set_status(ARGV[1], ARGV[4], ARGV[2])
join_cause(ARGV[1], now, ARGV[8], ARGV[9])
set_stay(ARGV[1], ARGV[10], ARGV[11], ARGV[12])
redis.call('HSET', record, 'reason', ARGV[5], 'facts', ARGV[6])
file(ARGV[1], ARGV[7])
if ARGV[4] ~= 'waiting' then redis.call('HDEL', record, 'look') end
tally_end(ARGV[1], now, ARGV[4], ARGV[5])
return 1
"""
)

REFILE = (
    RECORD
    + IS_NEWER
    + GROUPING
    + STAYS
    + RESTING
    + f"""
-- KEYS: record, ids of deliveries. ARGV: key, updated_at as it was read, its cause's id and what that is ('' for none), what
-- is kept of its stay, its end and whether its document is over. What has changed since then was filed by whoever changed
-- it; each body that is kept says for which bookings in any case.
if is_newer() then return end
for _, delivery in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if redis.call('HEXISTS', '{DELIVERY}' .. delivery, 'content') == 1 then
    redis.call('HSET', '{DELIVERY}' .. delivery, '{TELLS_OF}' .. ARGV[1], '1')
  end
end
local status, updated_at = unpack(redis.call('HMGET', record, 'status', 'updated_at'))
if not updated_at or tonumber(updated_at) ~= tonumber(ARGV[2]) then return end
redis.call('HSET', record, 'ends', ARGV[8], 'over', ARGV[9])
set_rest(ARGV[1], status, tonumber(updated_at))
leave_cause(ARGV[1])
join_cause(ARGV[1], updated_at, ARGV[3], ARGV[4])
set_stay(ARGV[1], ARGV[5], ARGV[6], ARGV[7])
"""
)

DROP = (
    PRELUDE
    + f"""
-- KEYS: record, history, ids of deliveries, the states told, the account's rows. ARGV: key, updated_at, sealed booking, trail
-- and what was packed before as they were read, how many lines the history had, how many ids, what is packed now, what the
-- booking is filed under, source id, when it was dropped, how many of the record's fields go, their names, the commands to
-- carry out beside it. Answers 1 if all was still as it was read.
local updated_at, booking, trail, packed = unpack(redis.call('HMGET', record, 'updated_at', 'booking', 'trail', '{PACKED}'))
if is_newer() or not updated_at or updated_at ~= ARGV[2] then return 0 end
if (booking or '') ~= ARGV[3] or (trail or '') ~= ARGV[4] or (packed or '') ~= ARGV[5] then return 0 end
if redis.call('LLEN', KEYS[2]) ~= tonumber(ARGV[6]) or redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[7]) then return 0 end
for _, delivery in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  local body, others = '{DELIVERY}' .. delivery, 0
  redis.call('HDEL', body, '{TELLS_OF}' .. ARGV[1], '{ANSWERS}' .. ARGV[10])
  for _, name in ipairs(redis.call('HKEYS', body)) do
    if string.sub(name, 1, {len(TELLS_OF)}) == '{TELLS_OF}' then others = others + 1 end
  end
  if others == 0 then redis.call('DEL', body) end
end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('HDEL', KEYS[5], ARGV[1])
redis.call('HDEL', record, 'digest')  -- the same body once more is news now
redis.call('HSET', record, '{PACKED}', ARGV[8])
redis.call('HSETNX', record, 'dropped', ARGV[11])
local status, ends = unpack(redis.call('HMGET', record, 'status', 'ends'))
if status ~= 'parked' then redis.call('HDEL', record, 'over') end
if status ~= 'queued' and status ~= 'waiting' then
  redis.call('HSET', record, 'job', '{NO_JOB}')
  if tonumber(ends or '') and tonumber(ends) <= tonumber(updated_at) then redis.call('HDEL', record, 'ends') end
end
sign()
file(ARGV[1], ARGV[9])
redis.call('ZREM', '{REST}', ARGV[1])
local fields = tonumber(ARGV[12])
for index = 13, 12 + fields do redis.call('HDEL', record, ARGV[index]) end
run_commands(13 + fields)
return 1
"""
)

RELEASE = """
-- ARGV: the token with which the lock was taken.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
