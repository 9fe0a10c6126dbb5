-- The timers of an attempt: its lease, its whole time, and the watch on its progress. All of them in one place.

local TIMERS = { LEASES, ATTEMPT_TIMEOUTS, PROGRESS_TIMEOUTS }

-- Whether the watch on progress can come before the attempt's own end.
local function is_progress_watched(task)
  return task.progress_timeout_ms > 0 and task.progress_timeout_ms < task.attempt_timeout_ms
end

-- The lease lasts this task's own heartbeat timeout from now.
local function start_lease_time(task, now)
  put('ZADD', LEASES, now + task.heartbeat_timeout_ms, task.id)
end

-- Only this and the tick write PROGRESS_TIMEOUTS. A change of progress notes its time in the task's hash, and the tick
-- looks there when the watch comes due: reports come five times a second, the tick asks once in a whole timeout.
local function start_progress_watch(task, now)
  if is_progress_watched(task) then
    put('ZADD', PROGRESS_TIMEOUTS, now + task.progress_timeout_ms, task.id)
  end
end

local function start_timers(task, now)
  start_lease_time(task, now)
  put('ZADD', ATTEMPT_TIMEOUTS, now + task.attempt_timeout_ms, task.id)
  start_progress_watch(task, now)
end

local function stop_timers(task)
  for _, name in ipairs(TIMERS) do put('ZREM', name, task.id) end
end

-- The error that a timer leaves behind: a TaskError of nothing but metadata. `reading.py` adds the lifecycle's words.
local function timer_error(timer, ms)
  local function field(tag, text) return string.char(tag, #text) .. text end
  local function entry(name, text) return field(0x2a, field(0x0a, name) .. field(0x12, text)) end
  return entry('timer', timer) .. entry('timeout_seconds', tostring(ms / 1000))
end
