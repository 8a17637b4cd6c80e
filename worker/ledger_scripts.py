"""The ledger's changes that must be all or nothing, as Lua that Redis runs in one piece.

A booking's record is a hash at KEYS[1]. `job` names the RQ job that is responsible for it and `begun` says whether that
job has read the state; a state that comes before it has needs no job of its own. `file` keeps the index as the record is.
"""

from mapping.reasons import Reason
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

_PRELUDE = (
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

local function give_job(job, at)
  redis.call('HSET', record, 'job', job, 'begun', '0')
  while ARGV[at] do at = run_command(at) end
end
"""
)

ACCEPT = (
    _PRELUDE
    + """
-- KEYS: record, the states told (by time), ids of deliveries.
-- ARGV: key, now, version, the body's digest, delivery, sealed booking ('' if it is only named), connection, account,
-- channel manager, source id, job, arrival, what tells this state (the vendor's event id, if any, and the digest),
-- seconds for which the same means a redelivery, what the booking is filed under, the command that stores the delivery,
-- the commands that enqueue the job. Answers queued or repeated; left, and the delivery waits for the newer program that has
-- taken the store over, if one has.
local key, now, version, digest, delivery, state = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[13]
if is_newer() then
  run_command(16)
  redis.call('HDEL', '"""
    + DELIVERY
    + """' .. delivery, '"""
    + TELLS_OF
    + """' .. key)  -- it has told nothing yet
  redis.call('ZADD', FS .. ':left', ARGV[12], delivery)
  return 'left'
end
redis.call('HINCRBY', record, 'deliveries', 1)
redis.call('HSETNX', record, 'first_at', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400)
local told_at = tonumber(redis.call('ZSCORE', KEYS[2], state) or '-inf')
local known, newest_arrival, newest_digest = unpack(redis.call('HMGET', record, 'version', 'arrival', 'digest'))
local repeated = digest == newest_digest or now - told_at < tonumber(ARGV[14])
local older = known and version ~= '' and known ~= '' and version < known
-- A delivery that could not be read when it came is no newer than what came since, unless its version says so.
local arrival = tonumber(ARGV[12])
if known and arrival < tonumber(now) and (version == '' or known == '' or version == known) then
  older = arrival < tonumber(newest_arrival)
end
redis.call('ZADD', KEYS[2], 'NX', now, state)
redis.call('EXPIRE', KEYS[2], 86400)
if repeated then
  if digest == newest_digest then
    redis.call('HSET', record, 'told', now)
    if redis.call('HGET', record, 'reason') == '"""
    + Reason.OUTDATED
    + """' then  -- by now it is known that it is not
      set_status(key, 'queued', now)
      redis.call('HDEL', record, 'reason', 'facts')
      redis.call('HSET', record, 'look', '1')
      file(key, '')
      give_job(ARGV[11], 17 + ARGV[16])
    end
  end
  return 'repeated'
end

local job_commands = run_command(16)
redis.call('RPUSH', KEYS[3], delivery)
if older then  -- kept all the same: the store may have lost that a document was made for it
  if redis.call('HGET', record, 'status') == 'parked' then
    set_status(key, 'queued', now)
    redis.call('HDEL', record, 'reason', 'facts')
    file(key, '')
    give_job(ARGV[11], job_commands)
  else
    set_rest(key, redis.call('HGET', record, 'status'), tonumber(now))  -- there is a body again that is to be dropped
  end
  return 'repeated'
end
redis.call('ZADD', KEYS[2], now, state)
-- What says no version comes after what was known, and before anything newer than that.
if version == '' and known and known ~= '' then version = known:gsub('%+*$', '+') end
redis.call('HDEL', record, 'told')
redis.call('HSET', record, 'digest', digest, 'version', version, 'arrival', ARGV[12], 'attempts', '0', 'newest', delivery,
  'connection', ARGV[7], 'account', ARGV[8], 'channel_manager', ARGV[9], 'source_id', ARGV[10])
await(key, ARGV[8], ARGV[12])
sign()
if ARGV[6] ~= '' then redis.call('HSET', record, 'booking', ARGV[6]) end
local status, begun = unpack(redis.call('HMGET', record, 'status', 'begun'))
set_status(key, 'queued', now)
redis.call('HDEL', record, 'reason', 'facts', 'dropped')
file(key, (ARGV[6] ~= '' or not known) and ARGV[15] or '')
if not (status == 'queued' and begun == '0') then give_job(ARGV[11], job_commands) end
return 'queued'
"""
)

REQUEUE = (
    _PRELUDE
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
    _PRELUDE
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

BEGIN = (
    RECORD
    + IS_NEWER
    + """
-- ARGV: job. Answers 1 if this job is responsible for the booking, -1 if a newer program has taken the store over.
if is_newer() then return -1 end
if redis.call('HGET', record, 'job') ~= ARGV[1] then return 0 end
redis.call('HSET', record, 'begun', '1')
return 1
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
    _PRELUDE
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
    _PRELUDE
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
local at = 13 + fields
while ARGV[at] do at = run_command(at) end
return 1
"""
)

RELEASE = """
-- ARGV: the token with which the lock was taken.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
