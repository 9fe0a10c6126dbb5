-- Pauses of pipelines, as far as several scripts have to know of them.

-- Nothing times out while its pipeline is paused, and what waited when it was resumed has its whole queue timeout from
-- then on: a maintenance must not fail all that waits. Found out when a wait is due, so that waiting costs nothing.
-- Returns whether the wait goes on.
local function wait_goes_on(task, now)
  local due_ms = tonumber(redis.call('ZSCORE', QUEUE_TIMEOUTS, task.id))
  local until_ms = due_ms
  if redis.call('HEXISTS', PAUSED, task.pipeline) == 1 then
    until_ms = now + task.queue_timeout_ms
  else
    local resumed_ms = tonumber(redis.call('HGET', RESUMED, task.pipeline))
    -- The wait began before the resume.
    if resumed_ms and due_ms - task.queue_timeout_ms < resumed_ms then until_ms = resumed_ms + task.queue_timeout_ms end
  end
  if until_ms <= now then return false end
  redis.call('ZADD', QUEUE_TIMEOUTS, until_ms, task.id)
  return true
end
