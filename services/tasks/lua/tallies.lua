-- What is counted of a pipeline since the store was new: one write for each thing, none for a task that just succeeds.

local function count_recovery(task, finding)
  redis.call('HINCRBY', tally_key(task.pipeline), 'recoveries ' .. finding, 1)
end

-- Reasons come from workers: one that invents them must not fill the store.
local function count_failure(task, reason)
  local failures = failures_key(task.pipeline)
  if redis.call('HINCRBY', failures, reason, 1) == 1 and redis.call('HLEN', failures) > SETTINGS.failure_reasons then
    redis.call('HDEL', failures, reason)
    redis.call('HINCRBY', failures, 'OTHER', 1)
  end
end

-- Counts a step that a task is about to take. failure: the reason of a worker's error, '' or nil for none.
local function count_step(task, cause, after, failure)
  if after.state == STATE.FAILED then
    -- A reason of the lifecycle's own stands above the last attempt's.
    local own = after.reason == cause and failure and failure ~= ''
    count_failure(task, own and failure or after.reason)
  -- What is recovered counts by its finding.
  elseif after.state == STATE.QUEUED and LEASED[task.state] and cause ~= 'RECOVERED' then
    redis.call('HINCRBY', tally_key(task.pipeline), 'retries ' .. cause, 1)
  end
end
