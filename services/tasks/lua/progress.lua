-- Keeps the latest progress of an attempt. It is a level: told to followers, never logged, and neither written to
-- disk nor replicated. After a restart or a failover the next report brings it back; no fsync waits for it.
-- KEYS: 1 the task's hash.
-- ARGV: 1 task, 2 attempt, 3 token, 4 progress.
-- Returns 1, or 0 when the lease is lost.
local task = load_task(ARGV[1])
if not task or not holds(task, ARGV[2], ARGV[3]) then return 0 end
redis.set_repl(redis.REPL_NONE)
redis.call('HSET', KEYS[1], 'progress', ARGV[4])
if task.batch == '' then
  feed('progress', 'task', task.id, 'progress', ARGV[4])
else
  feed('progress', 'task', task.id, 'progress', ARGV[4], 'batch', task.batch)
end
return 1
