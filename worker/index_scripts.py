"""The index's Lua: how the ledger's scripts file a booking, and how a page of several sets is read.

Each booking has a number, its place in the list `fs:filed`; sets of numbers take a twentieth of what sets of keys would.
`fs:listed` holds the numbers by when their bookings last changed, `fs:facet:<facet>:<value>` those of a facet's value, and
`fs:word` what a booking is found by in alphabetical order, each word before the number. `fs:counts` and
`fs:counts:<account>` count the bookings of each `<facet>|<value>`.
"""

from worker.keyspace import FS, RECORD
from worker.store_version import IS_NEWER

_FS = f"local FS = '{FS}'\n"

FIRST = 10_000_000
"""The first booking's number: as all have as many digits, their order as text, which is Redis', is that of the numbers."""

_LISTS = (
    _FS
    + f"""
local function key_of(number) return redis.call('LINDEX', FS .. ':filed', number - {FIRST}) end
"""
)

_IN_ALL = """
local sets = {}
for at, set in ipairs(KEYS) do sets[at] = {name = set, size = redis.call('SCARD', set)} end
table.sort(sets, function(one, other) return one.size < other.size end)
local smallest = sets[1] and sets[1].size

-- Those of the numbers, no more than 500, that are in all sets.
local function in_all(numbers)
  for _, set in ipairs(sets) do
    if #numbers == 0 then break end
    local left = {}
    for at, is_in in ipairs(redis.call('SMISMEMBER', set.name, unpack(numbers))) do
      if is_in == 1 then left[#left + 1] = numbers[at] end
    end
    numbers = left
  end
  return numbers
end
"""

FILE = (
    f"local FIRST = {FIRST}\n"
    """
local COUNTED = {status = true, account = true, property = true, channel = true, reason = true, month = true}

-- As the record names them; an account stays what it is.
local FACETS = {c = 'channel', m = 'month', g = 'guest', w = 'word', s = 'status', r = 'reason', p = 'property'}

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

-- The booking's number; it gets one when it is filed first.
local function number_of(key)
  local number = redis.call('HGET', record, 'number')
  if number then return number end
  number = string.format('%d', redis.call('RPUSH', FS .. ':filed', key) - 1 + FIRST)
  redis.call('HSET', record, 'number', number)
  return number
end

-- Files the booking under what its record says now and what its channel manager told (`told`, JSON of values by facet; ''
-- leaves that as it was). What it is filed under is kept in the record, so that nothing else need be known to change it.
local function file(key, told)
  local now, status, reason, property, filed =
    unpack(redis.call('HMGET', record, 'updated_at', 'status', 'reason', 'property', 'index'))
  local number, old, new = number_of(key), {}, {}
  for facet, values in pairs(cjson.decode(filed or '{}')) do old[FACETS[facet] or facet] = values end
  local source = told == '' and old or cjson.decode(told)
  for _, facet in ipairs({'channel', 'month', 'guest', 'word'}) do
    if source[facet] and #source[facet] > 0 then new[facet] = source[facet] end
  end
  old.account, new.account, new.status = filed and {account} or nil, {account}, {status}
  if reason and reason ~= '' then new.reason = {reason} end
  if property and property ~= '' then new.property = {property} end

  for facet, values in pairs(old) do
    for _, value in ipairs(values) do
      if not has(new[facet], value) then
        if facet == 'word' then
          redis.call('ZREM', FS .. ':word', value .. '\\0' .. number)
        else
          redis.call('SREM', FS .. ':facet:' .. facet .. ':' .. value, number)
        end
        count(account, facet, value, -1)
      end
    end
  end
  for facet, values in pairs(new) do
    for _, value in ipairs(values) do
      if facet == 'word' then
        redis.call('ZADD', FS .. ':word', 0, value .. '\\0' .. number)
      else
        redis.call('SADD', FS .. ':facet:' .. facet .. ':' .. value, number)
      end
      if not has(old[facet], value) then count(account, facet, value, 1) end
    end
  end
  redis.call('ZADD', FS .. ':listed', now, number)
  local kept = {}
  for letter, facet in pairs(FACETS) do kept[letter] = new[facet] end
  redis.call('HSET', record, 'index', cjson.encode(kept))
end
"""
)
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

KEYS_OF = (
    _LISTS
    + """
-- ARGV: numbers. Answers their bookings.
local keys = {}
for at, number in ipairs(ARGV) do keys[at] = key_of(number) end
return keys
"""
)

PAGE = (
    _LISTS
    + _IN_ALL
    + """
-- KEYS: sets of numbers, or none for all bookings. ARGV: the time and number of the booking after which to begin ('' for the
-- first), how many are wanted, how many to look at in one call, and how large the smallest set may be for it to be asked how
-- many are in all. Answers the place up to which it looked ('' and '' at the end), and the bookings that are in all sets,
-- each with its time, the one that changed last first.
local listed, wanted, looks, after = FS .. ':listed', tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[2])
local found, number = {}, ''

local function tell(each, at)
  found[#found + 1], found[#found + 2] = key_of(each), at
  return #found == 2 * wanted
end

-- To look at the few that are in all sets takes as long as there are of them, to walk the list until enough fit as long as
-- they are rare.
local bookings = redis.call('ZCARD', listed)
local function is_few(number) return number <= looks and 6 * number * number <= wanted * bookings end
local are_few = smallest and is_few(smallest)
if smallest and not are_few and #KEYS > 1 and smallest <= tonumber(ARGV[5]) then
  local all = redis.pcall('SINTERCARD', #KEYS, unpack(KEYS))  -- since Redis 7
  are_few = type(all) == 'number' and is_few(all)
end

if are_few then
  local numbers, rows = redis.call('SINTER', unpack(KEYS)), {}
  for begin = 1, #numbers, 500 do
    local some = {unpack(numbers, begin, math.min(begin + 499, #numbers))}
    for at, score in ipairs(redis.call('ZMSCORE', listed, unpack(some))) do
      if score then rows[#rows + 1] = {tonumber(some[at]), score, tonumber(score)} end
    end
  end
  table.sort(rows, function(one, other)
    if one[3] ~= other[3] then return one[3] > other[3] end
    return one[1] > other[1]
  end)
  local begun = tonumber(ARGV[1])
  for _, row in ipairs(rows) do
    if not begun or row[3] < begun or (row[3] == begun and row[1] < after) then
      if tell(row[1], row[2]) then return {row[2], tostring(row[1]), found} end
    end
  end
  return {'', '', found}
end

local rank = 0
if ARGV[1] ~= '' then
  rank = redis.call('ZCOUNT', listed, '(' .. ARGV[1], '+inf')
  local behind = rank + redis.call('ZCOUNT', listed, ARGV[1], ARGV[1])
  while rank < behind do  -- many may have changed at one time, as one person asked for it
    local middle = math.floor((rank + behind) / 2)
    if tonumber(redis.call('ZREVRANGE', listed, middle, middle)[1]) < after then
      behind = middle
    else
      rank = middle + 1
    end
  end
end

while looks > 0 do
  local numbers = redis.call('ZREVRANGE', listed, rank, rank + math.min(looks, #KEYS > 0 and 500 or wanted) - 1)
  if #numbers == 0 then return {'', '', found} end
  local fitting = in_all(numbers)
  local times = #fitting > 0 and redis.call('ZMSCORE', listed, unpack(fitting))
  for at, each in ipairs(fitting) do
    if tell(each, times[at]) then return {times[at], each, found} end
  end
  number = numbers[#numbers]
  rank, looks = rank + #numbers, looks - #numbers
end
return {redis.call('ZSCORE', listed, number), number, found}
"""
)

COUNT = (
    _FS
    + _IN_ALL
    + """
-- KEYS: sets of numbers. ARGV: how many of all bookings were looked at, how many to look at, and how large the smallest set
-- may be for all of it to be looked at in one. Answers how many of these are in all sets, and how many were looked at by
-- now: -1 at the end.
local rank, number = tonumber(ARGV[1]), 0
if rank == 0 and smallest <= tonumber(ARGV[3]) then
  local all = redis.pcall('SINTERCARD', #KEYS, unpack(KEYS))  -- since Redis 7
  return {type(all) == 'number' and all or #redis.call('SINTER', unpack(KEYS)), -1}
end
local last = rank + tonumber(ARGV[2])
while rank < last do
  local numbers = redis.call('ZRANGE', FS .. ':listed', rank, rank + 499)
  if #numbers == 0 then return {number, -1} end
  number, rank = number + #in_all(numbers), rank + #numbers
end
return {number, rank}
"""
)
