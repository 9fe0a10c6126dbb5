-- Reads a page of audit records, newest first.
-- KEYS: 1 the set of records.
-- ARGV: 1 page size, 2 number of the last record of the page before, '' for the first page.
-- Returns {number and values of each in turn, 1 when more follow}.
local page, bytes, size = {}, 0, tonumber(ARGV[1])
local highest = ARGV[2] ~= '' and '(' .. ARGV[2] or '+inf'
local numbers = redis.call('ZRANGE', KEYS[1], highest, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, size + 1)
for index = 1, math.min(size, #numbers) do
  local values = redis.call('HMGET', audit_key(numbers[index]), 'create_ms', 'principal', 'method', 'request',
    'outcome', 'tasks')
  -- Records are as old as their numbers say: behind one that ran out there is no other.
  if not values[1] then
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', numbers[index])
    redis.call('ZREMRANGEBYSCORE', AUDIT_UNCHANGED, '-inf', numbers[index])
    return { page, 0 }
  end
  page[#page + 1] = numbers[index]
  page[#page + 1] = values
  bytes = bytes + #(values[6] or '')
  if bytes > SETTINGS.page_bytes and index < #numbers then return { page, 1 } end
end
return { page, #numbers > size and 1 or 0 }
