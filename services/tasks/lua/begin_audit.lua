-- Begins the record of an admin call. Records go by age, each by its own time to live, and by number.
-- KEYS: 1 the set of records.
-- ARGV: 1 now or '', 2 principal, 3 method, 4 request in words.
-- Returns the number of the record.
local now, number = clock(ARGV[1]), redis.call('INCR', AUDIT_NUMBER)
redis.call('HSET', audit_key(number), 'create_ms', now, 'principal', ARGV[2], 'method', ARGV[3], 'request', ARGV[4],
  'outcome', 'UNFINISHED')
redis.call('PEXPIREAT', audit_key(number), now + SETTINGS.audit_retention_ms)
redis.call('ZADD', KEYS[1], number, number)
trim_audit(KEYS[1], SETTINGS.audit_records)
return number
