-- Counts a worker as connected no more, unless a newer session is in force. Leases stay as they are.
-- KEYS: 1 the worker's hash.
-- ARGV: 1 worker, 2 session.
-- Returns 1 when the session was in force, else 0.
if not in_force(ARGV[1], ARGV[2]) then return 0 end
local pipelines = redis.call('HGET', KEYS[1], 'pipelines') or ''
for pipeline in pipelines:gmatch('%S+') do redis.call('ZREM', connected_key(pipeline), ARGV[1]) end
return 1
