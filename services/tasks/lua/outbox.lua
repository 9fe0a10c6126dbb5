-- The outbox of webhooks. Each destination has a queue of its own, so that a dead one holds up no other.

-- Sorted set of destinations by the time at which each may be called next.
local WEBHOOKS = key('webhooks')
-- Sorted set of tasks whose call is still to be made, by the task's end.
local WEBHOOKS_PENDING = key('webhooks-pending')
-- Sorted set of a destination's tasks by the time at which their call is due; of those that are being called by the
-- time at which their claim runs out.
local function webhook_queue_key(destination) return key('webhook-queue', destination) end
local function webhook_calls_key(destination) return key('webhook-calls', destination) end
-- Hash of a destination that could not be reached: failures in a row, pause_ms until which it is left alone.
local function webhook_misses_key(destination) return key('webhook-misses', destination) end

-- How many calls may go to a destination at once: one that could not be reached is tried with one.
local function calls_at_once(destination)
  return redis.call('EXISTS', webhook_misses_key(destination)) == 1 and 1 or SETTINGS.webhook_calls
end

-- Plans when a destination is looked at next: when a call is due, no pause is on, and there is room for a call.
local function plan_destination(destination)
  local queue, calls = webhook_queue_key(destination), webhook_calls_key(destination)
  local due_ms = tonumber(redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')[2])
  if not due_ms then
    redis.call('ZREM', WEBHOOKS, destination)
    redis.call('DEL', webhook_misses_key(destination), calls)
    return
  end
  due_ms = math.max(due_ms, tonumber(redis.call('HGET', webhook_misses_key(destination), 'pause_ms') or 0))
  if redis.call('ZCARD', calls) >= calls_at_once(destination) then
    due_ms = math.max(due_ms, tonumber(redis.call('ZRANGE', calls, 0, 0, 'WITHSCORES')[2]))
  end
  redis.call('ZADD', WEBHOOKS, due_ms, destination)
end

-- Puts the call of a task that just ended into the outbox.
local function post_webhook(id, destination, now)
  redis.call('HSET', task_key(id), 'callback_state', 'PENDING', 'callback_next_ms', now)
  redis.call('ZADD', webhook_queue_key(destination), now, id)
  redis.call('ZADD', WEBHOOKS_PENDING, now, id)
  plan_destination(destination)
  feed('webhook')
end

-- Takes a task's call out of the outbox. Its deletion, which may have waited, goes by its own time again.
local function remove_webhook(id, destination)
  redis.call('ZREM', webhook_queue_key(destination), id)
  redis.call('ZREM', webhook_calls_key(destination), id)
  redis.call('ZREM', WEBHOOKS_PENDING, id)
  plan_destination(destination)
  local expire_ms = redis.call('HGET', task_key(id), 'expire_ms')
  if expire_ms then redis.call('ZADD', RETENTION, 'XX', expire_ms, id) end
end

-- Takes what a task that is deleted has in the outbox with it.
local function forget_webhook(id)
  local destination = redis.call('HGET', task_key(id), 'callback_destination')
  if destination then remove_webhook(id, destination) end
end

-- Whether the deletion of a task has to wait for its call; it waits until the call would be given up at the latest.
local function awaits_webhook(id, now)
  local task = redis.call('HMGET', task_key(id), 'callback_state', 'end_ms')
  if task[1] ~= 'PENDING' then return false end
  local last_ms = tonumber(task[2]) + SETTINGS.webhook_ms + 120000
  if last_ms <= now then return false end
  -- A full server refuses a script whose first write may take memory.
  redis.call('ZREM', RETENTION, id)
  redis.call('ZADD', RETENTION, last_ms, id)
  return true
end
