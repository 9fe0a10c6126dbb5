-- Keeps the latest progress of an attempt. It is a level: told to followers, never logged, and neither written to
-- disk nor replicated. After a restart or a failover the next report brings it back; no fsync waits for it.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 attempt, 4 token, 5 progress, 6 what of it has to change to count as progress.
-- Returns 1, or 0 when the lease is lost.
-- Reports are the most frequent of all calls: only the fields that count here are read.
local found = redis.call('HMGET', KEYS[1], 'state', 'attempt', 'token', 'progress_mark', 'batch')
local task = { state = tonumber(found[1]), attempt = tonumber(found[2]), token = found[3] }
if not task.state or not holds(task, ARGV[3], ARGV[4]) then return 0 end
redis.set_repl(redis.REPL_NONE)
if found[4] == ARGV[6] then
  redis.call('HSET', KEYS[1], 'progress', ARGV[5])
else
  redis.call('HSET', KEYS[1], 'progress', ARGV[5], 'progress_mark', ARGV[6], 'progress_ms', clock(ARGV[1]))
end
if found[5] then
  feed('progress', 'task', ARGV[2], 'progress', ARGV[5], 'batch', found[5])
else
  feed('progress', 'task', ARGV[2], 'progress', ARGV[5])
end
return 1
