-- Does what is due: delayed tasks become ready, leases run out, attempts, waits and reviews end, models that stand
-- still stop.
-- KEYS: 1 the time of the last tick.
-- ARGV: 1 now or ''.
-- Returns {ready, expired, timed out, renewed, whether retention is due, ms until something is due or -1}.
local now = clock(ARGV[1])
local ready, expired, timed_out, renewed = 0, 0, 0, 0

local function first_due(...)
  local first
  for _, name in ipairs({ ... }) do
    local head = tonumber(redis.call('ZRANGE', name, 0, 0, 'WITHSCORES')[2])
    if head and (not first or head < first) then first = head end
  end
  return first
end
local function next_due()
  return first_due(DELAYED, ATTEMPT_TIMEOUTS, LEASES, PROGRESS_TIMEOUTS, QUEUE_TIMEOUTS, REVIEW_TIMEOUTS, RETENTION,
    IMAGE_PINS)
end

-- Most ticks find nothing to do. They write once a second only: events would wait behind the fsync of each.
local last, server = (redis.call('GET', KEYS[1]) or ''):match('^(%d+) (%x*)$')
local next_ms = next_due()
last = tonumber(last)
if last and now >= last and now - last < 1000 and (not next_ms or next_ms > now) then
  return { 0, 0, 0, 0, 0, next_ms and next_ms - now or -1 }
end

-- A full server refuses a script whose first write may take memory: this one comes first, for ticks free memory.
redis.call('DEL', KEYS[1])
local this_server = redis.call('INFO', 'server'):match('run_id:(%x+)')
redis.call('SET', KEYS[1], now .. ' ' .. this_server)
-- Nobody could renew leases while the store was away, or its clock jumped: every worker gets a full period again. Of a
-- server that was started again the times of progress are gone too, however soon it was back.
if last and (now < last or now - last > 5000 or server ~= this_server) then
  for _, id in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
    local task = load_task(id)
    if task then
      start_lease_time(task, now)
      start_progress_watch(task, now)
      -- Of a clock that was ahead: the watch would wait for it to come round again.
      local changed_ms = tonumber(redis.call('HGET', task_key(id), 'progress_ms'))
      if changed_ms and changed_ms > now then redis.call('HSET', task_key(id), 'progress_ms', now) end
      renewed = renewed + 1
    end
  end
end

-- The tasks that are due. One that an operator deleted by hand must not hold up all others.
local function due(name)
  local found = {}
  for _, id in ipairs(redis.call('ZRANGE', name, '-inf', now, 'BYSCORE', 'LIMIT', 0, SETTINGS.tick_items)) do
    local task = load_task(id)
    if task then found[#found + 1] = task else redis.call('ZREM', name, id) end
  end
  return found
end

for _, task in ipairs(due(DELAYED)) do
  redis.call('ZREM', DELAYED, task.id)
  make_ready(task)
  ready = ready + 1
end

local function end_attempt(task, cause, timer)
  move(task, cause, now, { error = timer_error(timer, task[timer .. '_ms']) })
  feed('drop', 'worker', task.worker, 'task', task.id, 'attempt', task.attempt, 'token', task.token)
end
for _, task in ipairs(due(ATTEMPT_TIMEOUTS)) do
  end_attempt(task, 'ATTEMPT_TIMEOUT', 'attempt_timeout')
  timed_out = timed_out + 1
end
for _, task in ipairs(due(LEASES)) do
  end_attempt(task, 'LEASE_EXPIRED', 'heartbeat_timeout')
  expired = expired + 1
end
for _, task in ipairs(due(PROGRESS_TIMEOUTS)) do
  local changed_ms = tonumber(redis.call('HGET', task_key(task.id), 'progress_ms')) or 0
  if changed_ms + task.progress_timeout_ms > now then
    start_progress_watch(task, changed_ms)
  else
    end_attempt(task, 'NO_PROGRESS', 'progress_timeout')
    timed_out = timed_out + 1
  end
end
for _, task in ipairs(due(QUEUE_TIMEOUTS)) do
  if not wait_goes_on(task, now) then
    move(task, 'QUEUE_TIMEOUT', now, { error = timer_error('queue_timeout', task.queue_timeout_ms) })
    timed_out = timed_out + 1
  end
end
for _, task in ipairs(due(REVIEW_TIMEOUTS)) do
  expire_review(task, now)
  timed_out = timed_out + 1
end

local retention_due = (first_due(RETENTION, IMAGE_PINS) or now + 1) <= now and 1 or 0
next_ms = next_due()
return { ready, expired, timed_out, renewed, retention_due, next_ms and math.max(next_ms - now, 0) or -1 }
