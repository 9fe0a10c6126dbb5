-- Does what is due: delayed tasks become ready, leases run out, attempts and waits end.
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
  return first_due(DELAYED, ATTEMPT_TIMEOUTS, LEASES, QUEUE_TIMEOUTS, RETENTION, IMAGE_PINS)
end

-- Most ticks find nothing to do. They write once a second only: events would wait behind the fsync of each.
local last, next_ms = tonumber(redis.call('GET', KEYS[1])), next_due()
if last and now >= last and now - last < 1000 and (not next_ms or next_ms > now) then
  return { 0, 0, 0, 0, 0, next_ms and next_ms - now or -1 }
end

-- Nobody could renew leases while the store was away, or its clock jumped: every worker gets a full period again.
-- A full server refuses a script whose first write may take memory: this one comes first, for ticks free memory.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], now)
if last and (now < last or now - last > 5000) then
  for _, id in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
    redis.call('ZADD', LEASES, now + SETTINGS.lease_ms, id)
    renewed = renewed + 1
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

local function end_attempt(task, cause)
  move(task, cause, now, {})
  feed('drop', 'worker', task.worker, 'task', task.id, 'attempt', task.attempt, 'token', task.token)
end
for _, task in ipairs(due(ATTEMPT_TIMEOUTS)) do
  end_attempt(task, 'ATTEMPT_TIMEOUT')
  timed_out = timed_out + 1
end
for _, task in ipairs(due(LEASES)) do
  end_attempt(task, 'LEASE_EXPIRED')
  expired = expired + 1
end
for _, task in ipairs(due(QUEUE_TIMEOUTS)) do
  if not wait_goes_on(task, now) then
    move(task, 'QUEUE_TIMEOUT', now, {})
    timed_out = timed_out + 1
  end
end

local retention_due = (first_due(RETENTION, IMAGE_PINS) or now + 1) <= now and 1 or 0
next_ms = next_due()
return { ready, expired, timed_out, renewed, retention_due, next_ms and math.max(next_ms - now, 0) or -1 }
