"""What takes a delivery in, as Lua that Redis runs in one piece: the delivery, its bookings' newest states and their jobs."""

from mapping.reasons import Reason
from worker.counters import COUNT_UP, Counted
from worker.deliveries import DELIVERY, TELLS_OF
from worker.ledger_scripts import PRELUDE

CHANGED = b"changed"

TAKE = (
    PRELUDE
    + COUNT_UP
    + f"""
-- KEYS: of each booking that the delivery tells of the record, the states told (by time), the ids of its deliveries.
-- ARGV: how many facts must still stand in the store, and of each the key, field and value; delivery, connection, channel
-- manager, now, arrival; the commands that tell that it came, none for one that came before; the commands that
-- store it; of each booking the words that the loop below reads, and the commands that enqueue its job.
-- Answers 'changed', and writes nothing, if a fact does not stand any more; else what became of each booking.
local at = 0
local function word()
  at = at + 1
  return ARGV[at]
end

for _ = 1, tonumber(word()) do
  local key, field, value = word(), word(), word()
  if redis.call('HGET', key, field) ~= value then return 'changed' end
end
local delivery, connection, channel_manager, now, arrival = word(), word(), word(), word(), word()

local function skip_commands()
  for _ = 1, tonumber(word()) do at = at + ARGV[at + 1] + 1 end
end

local telling = at + 1
skip_commands()
local storing, is_stored = at + 1, false
skip_commands()

local function store()
  if not is_stored then run_commands(storing) end
  is_stored = true
end

local function wake(key, told)
  set_status(key, 'queued', now)
  redis.call('HDEL', record, 'reason', 'facts')
  file(key, '')
  give_job(told.job, told.enqueueing)
end

-- Answers queued or repeated; left, and the delivery waits for the newer program that has taken the store over, if one has.
local function accept(seen, deliveries, told)
  local key, version = told.key, told.version
  if is_newer() then
    store()  -- it has told nothing yet
    redis.call('ZADD', FS .. ':left', arrival, delivery)
    return 'left'
  end
  redis.call('HINCRBY', record, 'deliveries', 1)
  redis.call('HSETNX', record, 'first_at', now)
  redis.call('ZREMRANGEBYSCORE', seen, '-inf', now - 86400)
  local told_at = tonumber(redis.call('ZSCORE', seen, told.state) or '-inf')
  local known, newest_arrival, newest_digest = unpack(redis.call('HMGET', record, 'version', 'arrival', 'digest'))
  if newest_arrival then known = known or '' end  -- of one that was let go an empty version is not kept
  local repeated = told.digest == newest_digest or now - told_at < tonumber(told.seconds)
  local older = known and version ~= '' and known ~= '' and version < known
  -- A delivery that could not be read when it came is no newer than what came since, unless its version says so.
  if known and tonumber(arrival) < tonumber(now) and (version == '' or known == '' or version == known) then
    older = tonumber(arrival) < tonumber(newest_arrival)
  end
  redis.call('ZADD', seen, 'NX', now, told.state)
  redis.call('EXPIRE', seen, 86400)
  if repeated then
    if told.digest == newest_digest then
      redis.call('HSET', record, 'told', now)
      if redis.call('HGET', record, 'reason') == '{Reason.OUTDATED}' then  -- by now it is known that it is not
        redis.call('HSET', record, 'look', '1')
        wake(key, told)
      end
    end
    return 'repeated'
  end

  store()
  redis.call('HSET', '{DELIVERY}' .. delivery, '{TELLS_OF}' .. key, '1')
  redis.call('RPUSH', deliveries, delivery)
  if older then  -- kept all the same: the store may have lost that a document was made for it
    if redis.call('HGET', record, 'status') == 'parked' then
      wake(key, told)
    else
      set_rest(key, redis.call('HGET', record, 'status'), tonumber(now))  -- there is a body again that is to be dropped
    end
    return 'repeated'
  end
  redis.call('ZADD', seen, now, told.state)
  -- What says no version comes after what was known, and before anything newer than that.
  if version == '' and known and known ~= '' then version = known:gsub('%+*$', '+') end
  redis.call('HDEL', record, 'told')
  redis.call('HSET', record, 'digest', told.digest, 'version', version, 'arrival', arrival, 'attempts', '0',
    'newest', delivery, 'connection', connection, 'account', account, 'channel_manager', channel_manager,
    'source_id', told.source_id)
  await(key, account, arrival)
  sign()
  if told.booking ~= '' then redis.call('HSET', record, 'booking', told.booking) end
  local status, begun = unpack(redis.call('HMGET', record, 'status', 'begun'))
  set_status(key, 'queued', now)
  redis.call('HDEL', record, 'reason', 'facts', 'dropped')
  file(key, (told.booking ~= '' or not known) and told.filed or '')
  if not (status == 'queued' and begun == '0') then give_job(told.job, told.enqueueing) end
  return 'queued'
end

if #KEYS == 0 then store() end
local outcomes, outcome = {{}}, 'repeated'
for first = 1, #KEYS, 3 do
  record = KEYS[first]
  local told = {{
    key = word(),
    source_id = word(),
    version = word(),
    digest = word(),   -- of the body
    state = word(),    -- what tells this state: the vendor's event id, if any, and the digest
    seconds = word(),  -- for which the same means a redelivery
    booking = word(),  -- sealed; '' if it is only named
    filed = word(),    -- what it is filed under
    job = word(),
    enqueueing = at + 1,
  }}
  skip_commands()
  outcomes[#outcomes + 1] = accept(KEYS[first + 1], KEYS[first + 2], told)
  if outcomes[#outcomes] ~= 'repeated' then outcome = 'queued' end
end
if ARGV[telling] ~= '0' then
  run_commands(telling)
  if #KEYS > 0 then count_up('{Counted.DELIVERIES}|' .. channel_manager .. '|' .. outcome) end
end
return outcomes
"""
)
