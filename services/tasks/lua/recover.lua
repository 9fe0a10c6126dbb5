-- Puts a stuck task back: a QUEUED or RUNNING one to QUEUED, a CANCELLING one to CANCELLED. Its attempt is fenced off.
-- Changes nothing when the task is not as it was found: somebody else was first, or it has healed.
-- KEYS: 1 the task's hash.
-- ARGV: 1 now or '', 2 task, 3 state, 4 attempt, 5 sequence, 6 finding or 'NONE', 7 cause: RECOVERED, or LEASE_EXPIRED
--   where the attempt counts.
-- Returns 'RESET', 'CHANGED' or 'GONE'.
local now, task, finding = clock(ARGV[1]), load_task(ARGV[2]), ARGV[6]
if not task then return 'GONE' end
if task.state ~= tonumber(ARGV[3]) or task.attempt ~= tonumber(ARGV[4]) or task.sequence ~= tonumber(ARGV[5]) then
  return 'CHANGED'
end
local lease_end_ms = tonumber(redis.call('ZSCORE', LEASES, task.id))
local healed = (finding == 'ORPHANED' and lease_end_ms) or (task.state == STATE.QUEUED and is_queued(task))
  or (finding == 'HEARTBEAT_EXPIRED' and lease_end_ms and lease_end_ms > now)
local more = { error = timer_error('heartbeat_timeout', task.heartbeat_timeout_ms), counts_as = 'RECOVERED' }
local after = not healed and move(task, ARGV[7], now, more)
if not after then return 'CHANGED' end
if after.state ~= STATE.FAILED then count_recovery(task, finding == 'NONE' and 'FORCED' or finding) end
if task.worker ~= '' then
  feed('drop', 'worker', task.worker, 'task', task.id, 'attempt', task.attempt, 'token', task.token)
end
return 'RESET'
