-- Completes the record of an admin call. Calls that changed nothing, such as refused ones, may be many: theirs are at
-- most a tenth of all, so that they cannot push out the others.
-- KEYS: 1 the set of records.
-- ARGV: 1 number, 2 outcome, '' to take the record back, 3 1 when something was changed, 4 tasks joined by spaces.
-- Returns 1, or 0 when the record is gone.
local number = ARGV[1]
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[1], number)
  return redis.call('DEL', audit_key(number))
end
if redis.call('EXISTS', audit_key(number)) == 0 then return 0 end
redis.call('HSET', audit_key(number), 'outcome', ARGV[2], 'tasks', ARGV[4])
if ARGV[3] == '0' then
  redis.call('ZADD', AUDIT_UNCHANGED, number, number)
  trim_audit(AUDIT_UNCHANGED, math.max(1, math.floor(SETTINGS.audit_records / 10)))
end
return 1
