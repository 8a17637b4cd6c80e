"""The index's Lua: how the ledger's scripts file a booking, and how a page of several sets is read.

`fs:index:all` and, for each value of a facet, `fs:index:<facet>:<value>` hold bookings by when they last changed (a status
has had its set under `fs:status:<status>` since before); `fs:index:word` holds what a booking is found by in alphabetical
order, each word before its booking's key. `fs:counts` and `fs:counts:<account>` count the bookings of each `<facet>|<value>`.
"""

from worker.keyspace import RECORD
from worker.store_version import IS_NEWER

FILE = """
local COUNTED = {status = true, account = true, property = true, channel = true, reason = true, month = true}

local function has(values, wanted)
  for _, value in ipairs(values or {}) do if value == wanted then return true end end
  return false
end

local function count(account, facet, value, by)
  if not COUNTED[facet] then return end
  for _, counts in ipairs({FS .. ':counts', FS .. ':counts:' .. account}) do
    local field = facet .. '|' .. value
    if redis.call('HINCRBY', counts, field, by) <= 0 then redis.call('HDEL', counts, field) end
  end
end

-- Files the booking under what its record says now and what its channel manager told (`told`, JSON of values by facet; ''
-- leaves that as it was). What it is filed under is kept in the record, so that nothing else need be known to change it.
local function file(key, told)
  local now, account, status, reason, property, filed =
    unpack(redis.call('HMGET', record, 'updated_at', 'account', 'status', 'reason', 'property', 'index'))
  local old, new = cjson.decode(filed or '{}'), {}
  local source = told == '' and old or cjson.decode(told)
  for _, facet in ipairs({'channel', 'month', 'guest', 'word'}) do new[facet] = source[facet] end
  new.account, new.status = {account}, {status}
  if reason and reason ~= '' then new.reason = {reason} end
  if property and property ~= '' then new.property = {property} end

  for facet, values in pairs(old) do
    for _, value in ipairs(values) do
      if not has(new[facet], value) then
        if facet == 'word' then
          redis.call('ZREM', FS .. ':index:word', value .. '\\0' .. key)
        elseif facet ~= 'status' then
          redis.call('ZREM', FS .. ':index:' .. facet .. ':' .. value, key)
        end
        count(account, facet, value, -1)
      end
    end
  end
  for facet, values in pairs(new) do
    for _, value in ipairs(values) do
      local is_new = not has(old[facet], value)
      if facet ~= 'word' and facet ~= 'status' then
        redis.call('ZADD', FS .. ':index:' .. facet .. ':' .. value, now, key)
      elseif facet == 'word' and is_new then
        redis.call('ZADD', FS .. ':index:word', 0, value .. '\\0' .. key)
      end
      if is_new then count(account, facet, value, 1) end
    end
  end
  redis.call('ZADD', FS .. ':index:all', now, key)
  redis.call('HSET', record, 'index', cjson.encode(new))
end
"""
"""Needs what `RECORD` says, and a record whose fields are as they shall be."""

FILE_AGAIN = (
    RECORD
    + IS_NEWER
    + FILE
    + """
-- ARGV: key, the sealed booking as it was read ('' for none), what it told. Another one by now was filed by whoever wrote it.
local status, booking = unpack(redis.call('HMGET', record, 'status', 'booking'))
if status and (booking or '') == ARGV[2] and not is_newer() then file(ARGV[1], ARGV[3]) end
"""
)

PAGE = """
-- KEYS: sets of bookings. ARGV: the time and key of the booking after which to begin ('' for the first), how many are
-- wanted, how many to look at. Answers the place up to which it looked ('' and '' at the end), and the bookings that are
-- in all sets, each with its time, the one that changed last first.
local lead = KEYS[1]
for _, set in ipairs(KEYS) do
  if redis.call('ZCARD', set) < redis.call('ZCARD', lead) then lead = set end
end

-- As Redis orders members: Lua's own comparison goes by the server's locale.
local function is_greater(one, other)
  for at = 1, math.min(#one, #other) do
    local left, right = one:byte(at), other:byte(at)
    if left ~= right then return left > right end
  end
  return #one > #other
end

local rank = 0
if ARGV[1] ~= '' then
  rank = redis.call('ZCOUNT', lead, '(' .. ARGV[1], '+inf')
  local behind = rank + redis.call('ZCOUNT', lead, ARGV[1], ARGV[1])
  while rank < behind do  -- many may have changed at one time, as one person asked for it
    local middle = math.floor((rank + behind) / 2)
    if is_greater(ARGV[2], redis.call('ZREVRANGE', lead, middle, middle)[1]) then
      behind = middle
    else
      rank = middle + 1
    end
  end
end

local wanted, looks, found, time, key = tonumber(ARGV[3]), tonumber(ARGV[4]), {}, '', ''
while looks > 0 do
  local rows = redis.call('ZREVRANGE', lead, rank, rank + math.min(looks, 500) - 1, 'WITHSCORES')
  if #rows == 0 then return {'', '', found} end
  local keys, fits = {}, {}
  for at = 1, #rows, 2 do keys[#keys + 1] = rows[at] end
  for _, set in ipairs(KEYS) do
    if set ~= lead then
      for at, score in ipairs(redis.call('ZMSCORE', set, unpack(keys))) do fits[at] = fits[at] ~= false and score end
    end
  end
  for at, each in ipairs(keys) do
    time, key = rows[2 * at], each
    if fits[at] ~= false then
      found[#found + 1], found[#found + 2] = each, time
      if #found == 2 * wanted then return {time, key, found} end
    end
  end
  rank, looks = rank + #keys, looks - #keys
end
return {time, key, found}
"""

COUNT = """
-- KEYS: sets of bookings. ARGV: how many of the smallest were looked at, how many to look at, and how large it may be for
-- all of it to be looked at in one. Answers how many of these are in all sets, and how many were looked at by now: -1 at the
-- end.
local lead = KEYS[1]
for _, set in ipairs(KEYS) do
  if redis.call('ZCARD', set) < redis.call('ZCARD', lead) then lead = set end
end
local rank, last, number = tonumber(ARGV[1]), tonumber(ARGV[1]) + tonumber(ARGV[2]), 0
if rank == 0 and redis.call('ZCARD', lead) <= tonumber(ARGV[3]) then
  local all = redis.pcall('ZINTERCARD', #KEYS, unpack(KEYS))  -- since Redis 7; it takes a sixth of the time
  if type(all) == 'number' then return {all, -1} end
end
while rank < last do
  local keys = redis.call('ZRANGE', lead, rank, rank + 499)
  if #keys == 0 then return {number, -1} end
  local fits = {}
  for _, set in ipairs(KEYS) do
    if set ~= lead then
      for at, score in ipairs(redis.call('ZMSCORE', set, unpack(keys))) do fits[at] = fits[at] ~= false and score end
    end
  end
  for at in ipairs(keys) do if fits[at] ~= false then number = number + 1 end end
  rank = rank + #keys
end
return {number, rank}
"""
